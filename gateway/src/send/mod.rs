//! `send`: a vehicle under blue light. It drives a route, says where it is, asks the intersections on its way for priority and hears what becomes
//! of it. All octets are real; only the road is not.
//!
//! | file | what |
//! |---|---|
//! | `route_file.rs` | the route file |
//! | `route.rs` | where the vehicle is when |
//! | `stop_lines.rs` | which stop lines lie on the route |
//! | `onboard.rs` | what is asked when, and what came of it |
//! | `cam.rs` | CAMs at their times |
//! | `link.rs` | UDP, TCP, TLS or MQTT |
//! | `story.rs` | what is told to whoever watches |

mod cam;
mod link;
mod onboard;
mod route;
mod route_file;
mod stop_lines;
mod story;

use std::path::PathBuf;
use std::time::Duration as StdDuration;

use voorrang_messages::StationId;
use voorrang_signals::document::Problems;
use voorrang_units::{Duration, Instant};

pub use link::{Address, By, LinkError, NoAddress, Target};
pub use story::Form;

use self::cam::Cams;
use self::link::Link;
use self::onboard::OnboardUnit;
use self::story::Story;
use crate::clock::Clock;

/// How often the vehicle looks where it is.
const STEP: StdDuration = StdDuration::from_millis(50);
/// After its last word, answers may still come.
const FAREWELL: Duration = Duration::from_millis(2500);

/// What is driven, and to whom it is said.
#[derive(Debug)]
pub struct SendOptions {
    /// The route file.
    pub route: PathBuf,
    /// Intersection files beside those that the route names.
    pub intersections: Vec<PathBuf>,
    /// Who is asked.
    pub target: Target,
    /// Who asks; none: whom the route names.
    pub station: Option<u32>,
    /// So many times as fast as the route says.
    pub times: f64,
    /// Whether CAMs are sent.
    pub cams: bool,
    /// What is told, and how.
    pub form: Form,
}

/// Why nothing can be driven, or the drive ended.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The route, or an intersection, can't be read.
    #[error(transparent)]
    Route(#[from] Problems),
    /// Nobody can be reached.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A message can't be made.
    #[error("{what}: {why}")]
    Message {
        /// Which.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// Nobody takes what is told.
    #[error("the output is gone: {0}")]
    Output(#[from] std::io::Error),
}

/// Drives the route to its end. Whether every intersection that was asked granted before its stop line.
///
/// # Errors
/// When the route can't be read, nobody is reached, or the connection ends.
pub async fn run(options: SendOptions, output: impl std::io::Write) -> Result<bool, SendError> {
    let route = route_file::load(&options.route, &options.intersections, options.times)?;
    let station = StationId(options.station.unwrap_or(route.station));
    let mut link = Link::open(&options.target).await?;
    let clock = Clock::start();
    let start = clock.now();
    let mut unit = OnboardUnit::new(station, route.stop_lines());
    let mut cams = options.cams.then(|| Cams::new(station));
    let mut story = Story::new(options.form, output);
    story.begins(start, station, &options.target, &route)?;
    let mut silent_since: Option<Instant> = None;
    let mut steps = tokio::time::interval(STEP);
    steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = steps.tick() => {
                let now = clock.now();
                let state = route.state(now - start);
                for passed in unit.drive(now, state.as_ref()) {
                    story.passed(now, &passed)?;
                }
                if let Some(octets) = unit.message(now, state.as_ref())? {
                    link.send(&octets).await?;
                }
                if let (Some(cams), Some(state)) = (&mut cams, &state)
                    && let Some(octets) = cams.message(now, state)?
                {
                    link.send(&octets).await?;
                }
                let over = state.is_none() && unit.is_silent();
                silent_since = over.then(|| silent_since.unwrap_or(now));
                if silent_since.is_some_and(|since| now - since >= FAREWELL) {
                    break;
                }
            }
            octets = link.hear() => {
                let octets = octets?;
                let now = clock.now();
                for heard in unit.hear(now, route.state(now - start).as_ref(), &octets) {
                    story.heard(now, &heard)?;
                }
            }
        }
    }
    story.ends(unit.asked())?;
    Ok(unit.asked().iter().all(onboard::Asked::was_granted_in_time))
}
