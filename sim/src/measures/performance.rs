//! Owns what the program itself cost: processor time, wall clock, memory, start-up. These figures differ from run to run and
//! are the only part of a summary that does.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::statistics::rounded;

/// Linux counts processor time for user space in hundredths of a second (`USER_HZ`), whatever the kernel's own tick.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a comparison cost to compute.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Performance {
    /// Vehicles moved by one traffic step, summed over all runs.
    pub vehicle_updates: u64,
    /// Processor time of the whole process, user and system, seconds; `None` where the system does not tell.
    pub cpu_s: Option<f64>,
    /// From the start of the program, seconds.
    pub wall_s: Option<f64>,
    /// From the start of the program to its first traffic step, milliseconds.
    pub start_up_ms: Option<f64>,
    /// The most memory that the process held, 10^6 bytes; `None` where the system does not tell.
    pub peak_memory_mb: Option<f64>,
}

impl Performance {
    /// Measured now, in a program that was `started` then and did its first step after `start_up`.
    #[must_use]
    pub fn measure(started: Instant, start_up: Option<Duration>, vehicle_updates: u64) -> Self {
        Self {
            vehicle_updates,
            cpu_s: rounded(
                std::fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu_seconds(&stat)),
            ),
            wall_s: rounded(Some(started.elapsed().as_secs_f64())),
            start_up_ms: rounded(start_up.map(|time| time.as_secs_f64() * 1000.0)),
            peak_memory_mb: rounded(
                std::fs::read_to_string("/proc/self/status").ok().and_then(|status| peak_megabytes(&status)),
            ),
        }
    }
}

/// User and system time from `/proc/PID/stat`. The second field, the program's name in brackets, may hold spaces and brackets:
/// fields are counted from its end.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let user: f64 = fields.nth(11)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// The high-water mark of resident memory from `/proc/PID/status`.
fn peak_megabytes(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_user_and_system() {
        let stat = "4711 (a (b) c) R 1 1 1 0 -1 4194304 900 0 0 0 250 75 3 4 20 0 1 0 123456 1 2 3";
        assert_eq!(cpu_seconds(stat), Some(3.25));
        assert_eq!(cpu_seconds("nonsense"), None);
    }

    #[test]
    fn peak_memory_is_the_high_water_mark() {
        let status = "Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t    5000 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(peak_megabytes(status), Some(5.12));
        assert_eq!(peak_megabytes("Name:\tx\n"), None);
    }

    #[test]
    fn this_process_can_be_measured() {
        let performance = Performance::measure(Instant::now(), None, 3);
        assert_eq!(performance.vehicle_updates, 3);
        assert_eq!(performance.start_up_ms, None);
        assert!(performance.wall_s.is_some());
    }
}
