//! The priority engine: requests, positions and confirmed lamps in; statuses for the vehicles and wishes for the controllers out. Pure and
//! deterministic: it reads no clock and does no I/O, so simulator and gateway run the very same.
//!
//! A [`PriorityEngine`] owns one control area of one or more intersections. The host tells it what happens by
//! [`handle`](PriorityEngine::handle), calls [`advance`](PriorityEngine::advance) when [`next_deadline`](PriorityEngine::next_deadline) has
//! come, and carries out what it says: [`Output::Wishes`] go to the `voorrang_signals::Controller` of that intersection, whose interlock
//! has the last word, [`Output::Status`] goes to the vehicle, and [`Output::Warning`] to those who drive near it.
//!
//! ```
//! use std::sync::Arc;
//! use voorrang_messages::{
//!     IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind, SequenceNumber, StationId,
//!     VehicleRole,
//! };
//! use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, StrategyConfig};
//! use voorrang_signals::{Aspect, Intersection, Wish};
//! use voorrang_units::{Duration, Instant};
//!
//! let crossing = Intersection::from_toml(include_str!("../tests/support/crossing.toml"), "crossing.toml")?;
//! let (id, east) = (crossing.id(), crossing.group_named("05").unwrap());
//! let start = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
//! let config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
//! let mut engine = PriorityEngine::new(vec![Arc::new(crossing)], config, start);
//! let mut outputs = Vec::new();
//!
//! // An ambulance will be at the stop line of the eastern approach in 20 seconds. (`etsi::requests_from_srem` reads this from bytes.)
//! let request = PriorityRequest {
//!     station: StationId(4711),
//!     intersection: IntersectionReference { region: Some(id.region), id: id.id },
//!     request: RequestId(1),
//!     sequence: Some(SequenceNumber(0)),
//!     kind: RequestKind::New,
//!     inbound: IntersectionAccess::Approach(2),
//!     outbound: None,
//!     eta: Some(start + Duration::from_seconds(20)),
//!     service_window: None,
//!     role: Some(VehicleRole::Emergency),
//!     subrole: Some(5),
//!     importance: Some(14),
//!     position: None,
//!     heading: None,
//!     speed: None,
//! };
//! engine.handle(start, Input::Request(request), &mut outputs);
//! let [Output::Wishes { wishes, .. }, Output::Status(status)] = outputs.as_slice() else { panic!() };
//! assert_eq!(wishes.wish(east), Wish::Green);
//! assert_eq!(status.status, PrioritizationStatus::Processing);
//!
//! // The controller confirms green: the vehicle is told.
//! outputs.clear();
//! let green = Input::Signal { intersection: id, group: east, aspect: Aspect::Green };
//! engine.handle(start + Duration::from_seconds(9), green, &mut outputs);
//! let Some(Output::Status(status)) = outputs.last() else { panic!() };
//! assert_eq!(status.status, PrioritizationStatus::Granted);
//! # Ok::<(), voorrang_signals::document::Problems>(())
//! ```
//!
//! # Where things are
//! - [`request`]: the request table and the life of a request. [`strategy`]: when to intervene. [`recovery`]: how to find back.
//! - [`area`]: what the engine knows. [`approach`], [`eta`]: where a vehicle is and when it arrives. [`queue`]: who stands before it.
//!   [`transit`]: what public transport and goods get. [`switching`]: how soon a group can be green. [`precedence`]: what ranks above every request.
//! - [`kar`]: what vehicles tell by the Dutch short-range radio.
//! - [`eva`]: warnings of approaching emergency vehicles, out and in.
//! - [`etsi`]: SREM bytes in, SSEM, SPATEM and MAPEM bytes out. [`journal`]: what happened, as lines, to be played again.

#![forbid(unsafe_code)]

pub mod approach;
pub mod area;
mod config;
mod deadlines;
mod engine;
pub mod eta;
pub mod etsi;
pub mod eva;
mod exchange;
pub mod journal;
pub mod kar;
pub mod precedence;
pub mod queue;
pub mod recovery;
pub mod request;
mod seconds;
mod stations;
mod steady;
pub mod strategy;
pub mod switching;
pub mod transit;
mod vicinity;
mod warnings;

pub use area::PartialConflicts;
pub use config::EngineConfig;
pub use engine::PriorityEngine;
pub use eva::{EvaConfig, EvaPublisher, EvaReceiver};
pub use exchange::{Input, Output, VehiclePosition};
pub use kar::{KarConfig, KarMessage};
pub use queue::QueueConfig;
pub use recovery::{LongestWaitConfig, RecoveryConfig};
pub use request::RequestConfig;
pub use strategy::{
    AbsoluteConfig, ConditionalConfig, CorridorConfig, EtaConfig, OptimalConfig, StrategyConfig,
};
pub use transit::TransitConfig;

/// The example of `docs/how-to/strategy.md`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/how-to/strategy.md")]
struct HowToAddAStrategy;
