//! What the operating system says of its clock. The kernel's own word (`adjtimex`) needs unsafe code, so those are asked who know it: a file of
//! systemd-timesyncd, then `timedatectl`, then `chronyc`.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use voorrang_units::Instant;

use super::ClockHealth;
use crate::clock::Clock;

/// A command that takes longer says nothing.
const PATIENCE: Duration = Duration::from_secs(3);
/// More of a command's output is not read.
const MOST_OUTPUT: u64 = 4096;

/// Both times at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SystemTimes {
    pub(super) engine: Instant,
    pub(super) system: Instant,
}

impl SystemTimes {
    pub(super) fn now(clock: &Clock) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let system = Instant::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Self { engine: clock.now(), system }
    }
}

/// Whether somebody keeps the system's clock in step with UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Synchronised {
    /// Says this source.
    Yes(&'static str),
    /// Says this source.
    No(&'static str),
    /// Nobody could be asked.
    Unknown,
}

/// What follows: a step shows as an offset between the two, for engine time does not follow it.
pub(super) fn judge(times: SystemTimes, synchronised: &Synchronised, max_offset_s: f64) -> ClockHealth {
    let offset_s = (times.engine - times.system).seconds();
    let health = ClockHealth::measured("system", offset_s, max_offset_s, "the system's clock");
    if !health.trusted {
        return health;
    }
    match synchronised {
        Synchronised::Yes(by) => {
            let why = format!("{}, which is kept in step, says {by}", health.why);
            ClockHealth { why, ..health }
        }
        Synchronised::No(by) => {
            let why = format!("the system's clock is not synchronised, says {by}");
            ClockHealth { trusted: false, why, ..health }
        }
        Synchronised::Unknown => {
            let why = "nobody says whether the system's clock is synchronised: run systemd-timesyncd or chrony, or \
                       choose [clock] source = \"ntp\", or \"assumed\" where that is enough";
            ClockHealth { trusted: false, why: why.to_owned(), ..health }
        }
    }
}

/// Whoever may know whether the clock is kept in step.
#[derive(Debug)]
pub(super) struct Keeper {
    /// systemd-timesyncd touches it when it has set the clock.
    pub(super) timesync_file: PathBuf,
    pub(super) timedatectl: &'static str,
    pub(super) chronyc: &'static str,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            timesync_file: PathBuf::from("/run/systemd/timesync/synchronized"),
            timedatectl: "timedatectl",
            chronyc: "chronyc",
        }
    }
}

impl Keeper {
    pub(super) async fn ask(&self) -> Synchronised {
        // The kernel's word, whoever steers it: it is withdrawn when the steering ends. timesyncd's file is not.
        if let Some(said) = output(self.timedatectl, &["show", "--property=NTPSynchronized", "--value"]).await
        {
            match said.trim() {
                "yes" => return Synchronised::Yes("timedatectl"),
                "no" => return Synchronised::No("timedatectl"),
                _ => {}
            }
        }
        if let Some(said) = output(self.chronyc, &["-c", "tracking"]).await
            && let Some(leap) = said.trim().rsplit(',').next().filter(|leap| !leap.is_empty())
        {
            return match leap {
                "Not synchronised" => Synchronised::No("chronyc"),
                _ => Synchronised::Yes("chronyc"),
            };
        }
        if self.timesync_file.exists() {
            return Synchronised::Yes("systemd-timesyncd");
        }
        Synchronised::Unknown
    }
}

/// What a command says, if it is there and succeeds.
async fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let read = async {
        let mut said = String::new();
        stdout.take(MOST_OUTPUT).read_to_string(&mut said).await.ok()?;
        child.wait().await.ok()?.success().then_some(said)
    };
    tokio::time::timeout(PATIENCE, read).await.ok()?
}
