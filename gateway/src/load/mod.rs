//! `load`: how long a running gateway takes to answer. Many vehicles stand far before stop lines and say so again and again, at times that are fixed
//! beforehand: a slow answer delays no request, so that none of the waiting is left out.
//!
//! `plan.rs` chooses the vehicles from the gateway's own configuration, `echo.rs` measures the machine alone, `traffic.rs` sends to the gateway and
//! measures, `times.rs` keeps what was measured, `report.rs` tells.

mod echo;
mod plan;
mod report;
mod times;
mod traffic;
mod vehicle;

use std::path::PathBuf;
use std::time::Duration;

use voorrang_signals::document::Problems;

pub use report::{Report, RoundTrip};

/// What is measured.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// The gateway's configuration: where it listens, its intersections, who may ask.
    pub config: PathBuf,
    /// Requests a second.
    pub rate: u32,
    /// For how long.
    pub duration: Duration,
    /// How many vehicles; none: as many as need be for each to say no more than four requests a second.
    pub vehicles: Option<usize>,
    /// Whether another machine may be the target.
    pub elsewhere: bool,
    /// Whether a mere echo is measured too, on loopback: two seconds more.
    pub echo: bool,
}

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The configuration can't be read.
    #[error(transparent)]
    Config(#[from] Problems),
    /// It doesn't let anybody be measured.
    #[error("{what}; {remedy}")]
    Unfit {
        /// What is missing.
        what: String,
        /// How to mend it.
        remedy: &'static str,
    },
    /// A socket or a thread can't be had.
    #[error("{what}: {source}")]
    System {
        /// Which.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

/// Sends to the gateway and waits for its answers.
///
/// # Errors
/// When the configuration names nobody who may ask, or nowhere to ask at.
pub fn run(options: &LoadOptions) -> Result<Report, LoadError> {
    let plan = plan::Plan::new(options)?;
    traffic::sleep_exactly();
    // Over another machine's network this one's loopback says nothing.
    let wanted = options.echo && plan.target.ip().is_loopback();
    let echo = wanted.then(|| echo::measure(options.rate)).transpose();
    let echo = echo.map_err(|source| LoadError::System { what: "no echo to compare with", source })?;
    Ok(Report { echo, ..traffic::run(plan)? })
}
