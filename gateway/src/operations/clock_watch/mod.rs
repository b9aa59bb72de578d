//! Whether engine time is true time. Engine time never jumps (see [`Clock`](crate::clock)), so what is watched is how far it is from UTC, and
//! whether somebody keeps it there. While nobody can say so, no intervention starts.
//!
//! | `[clock] source` | who is asked | file |
//! |---|---|---|
//! | `system` (default) | the operating system: is its clock kept in step, and did it step away from engine time | `system` |
//! | `ntp` | time servers, by our own SNTP | `sntp` |
//! | `assumed` | nobody; has to be written out | |

pub mod sntp;
mod system;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::config::{ClockConfig, ClockSource};
use super::metrics::Metrics;
use crate::clock::Clock;
use system::{Keeper, Synchronised, SystemTimes};

/// What the clock watch found last.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockHealth {
    /// Engine time is near enough to true time.
    pub trusted: bool,
    /// `system`, `ntp` or `assumed`.
    pub source: &'static str,
    /// By how many seconds engine time is ahead of the reference, where that is known.
    pub offset_s: Option<f64>,
    /// How that is known, or why not, in half a sentence.
    pub why: String,
}

impl ClockHealth {
    /// Nobody looks, as the configuration says.
    #[must_use]
    pub fn assumed() -> Self {
        let why = "the clock is assumed to be right, nobody checks it".to_owned();
        Self { trusted: true, source: "assumed", offset_s: None, why }
    }

    /// It cannot be trusted.
    #[must_use]
    pub fn untrusted(source: &'static str, why: impl Into<String>) -> Self {
        Self { trusted: false, source, offset_s: None, why: why.into() }
    }

    fn measured(source: &'static str, offset_s: f64, max_offset_s: f64, by: &str) -> Self {
        let trusted = offset_s.abs() <= max_offset_s;
        let way = if offset_s >= 0.0 { "ahead of" } else { "behind" };
        let mut why = format!("engine time is {:.3} s {way} {by}", offset_s.abs());
        if !trusted {
            why.push_str(
                ", which is too much: set the system's clock right, then restart, for engine time never jumps",
            );
        }
        Self { trusted, source, offset_s: Some(offset_s), why }
    }
}

/// Watches the clock for ever. The receiver holds what was found last; before the first look nothing is trusted, unless it is assumed.
#[must_use]
pub fn watch(config: ClockConfig, clock: Clock, metrics: Arc<Metrics>) -> watch::Receiver<ClockHealth> {
    let (found, seen) = watch::channel(match config.source {
        ClockSource::Assumed => ClockHealth::assumed(),
        ClockSource::System => ClockHealth::untrusted("system", "the clock was not looked at yet"),
        ClockSource::Ntp { .. } => ClockHealth::untrusted("ntp", "no time server has answered yet"),
    });
    let tell = move |health: ClockHealth| {
        metrics.clock(health.offset_s, health.trusted);
        found.send_if_modified(|last| {
            if last.trusted != health.trusted {
                match health.trusted {
                    true => {
                        tracing::info!(source = health.source, "the clock can be trusted: {}", health.why)
                    }
                    false => {
                        tracing::warn!(source = health.source, "the clock cannot be trusted: {}", health.why);
                    }
                }
            }
            let is_new = *last != health;
            *last = health;
            is_new
        });
    };
    match config.source {
        ClockSource::Assumed => {
            tracing::warn!("[clock] source = \"assumed\": nobody checks whether the clock is right");
            tell(ClockHealth::assumed());
        }
        ClockSource::System => {
            tokio::spawn(watch_system(clock, config.max_offset_s, tell));
        }
        ClockSource::Ntp { servers } => {
            tokio::spawn(watch_servers(clock, servers, config.max_offset_s, tell));
        }
    }
    seen
}

/// A step of the system's clock shows within a second; whether somebody keeps it is asked now and then.
async fn watch_system(clock: Clock, max_offset_s: f64, tell: impl Fn(ClockHealth)) {
    const LOOK_EVERY: Duration = Duration::from_secs(1);
    const ASK_EVERY: u32 = 30;
    let keeper = Keeper::default();
    let mut synchronised = keeper.ask().await;
    for look in 1_u32.. {
        let times = SystemTimes::now(&clock);
        tell(system::judge(times, &synchronised, max_offset_s));
        tokio::time::sleep(LOOK_EVERY).await;
        // Who is not kept in step wants to hear soon that he is.
        if look.is_multiple_of(ASK_EVERY)
            || !matches!(synchronised, Synchronised::Yes(_)) && look.is_multiple_of(5)
        {
            synchronised = keeper.ask().await;
        }
    }
}

/// The median of several servers, each by the quickest of its answers. Whoever answered a short while ago still counts.
async fn watch_servers(clock: Clock, servers: Vec<String>, max_offset_s: f64, tell: impl Fn(ClockHealth)) {
    const EVERY: Duration = Duration::from_secs(64);
    const AGAIN: Duration = Duration::from_secs(8);
    /// So many rounds without an answer, and nobody knows the time any more.
    const MOST_SILENT: u32 = 3;
    let mut silent = 0;
    loop {
        match sntp::offset_by_many(&clock, &servers, max_offset_s).await {
            Ok(offset) => {
                silent = 0;
                let by = format!("{} of {} time servers", offset.servers, servers.len());
                tell(ClockHealth::measured("ntp", offset.ahead_s, max_offset_s, &by));
            }
            Err(why) => {
                silent += 1;
                if silent >= MOST_SILENT {
                    tell(ClockHealth::untrusted("ntp", why.to_string()));
                }
            }
        }
        tokio::time::sleep(if silent > 0 { AGAIN } else { EVERY }).await;
    }
}

#[cfg(test)]
mod tests;
