//! The warning of an approaching emergency vehicle (EVA): a DENM with `causeCode` 95 for those who drive on the road ahead of it, and for those
//! who come to the crossing it is about to pass.
//!
//! Pure, as all of this crate: times are arguments, warnings are values. Bytes belong to `voorrang_messages`
//! ([`EmergencyVehicleApproaching::to_denm`](voorrang_messages::EmergencyVehicleApproaching::to_denm) and `from_denm`), sending to the host.
//!
//! | who | what | where |
//! |---|---|---|
//! | [`EvaPublisher`] | a vehicle with light bar and siren has a warning, updated as it moves and cancelled at its end | `publisher.rs` |
//! | [`RoadAhead`] | the traces of the warning: own lane, crossing arms, ways out | `road_ahead.rs` |
//! | [`EvaReceiver`] | the warnings that came in: latest word, end, expiry | `receiver.rs` |
//! | [`Relevance`] | one driver's: which of them concern him now, and from where the vehicle comes | `relevance.rs` |
//! | [`EvaConfig`] | intervals, distances, bounds | `config.rs` |
//!
//! # The life of a warning
//! | what happens | DENM |
//! |---|---|
//! | light bar and siren on | new action, at once |
//! | moved 5 m, turned, changed speed, other road | update, at most one a second |
//! | nothing new (it stands at its incident) | update every 10 s |
//! | light bar or siren off; no position for 5 s; [`leave`](EvaPublisher::leave); dropped for want of room | cancellation, at once |
//! | on again | new action, a second after the cancellation at the earliest |
//! | update or cancellation lost | receivers drop it 15 s after its last detection |
//!
//! # Privacy
//! `originatingStationID` and the header's station are [`EvaConfig::station`], our own. The station number of the vehicle, by which it could be
//! followed from day to day, is in no warning.
//!
//! # Where it is built in
//! - **Sending**: the [`PriorityEngine`](crate::PriorityEngine) of which [`EngineConfig::eva`](crate::EngineConfig::eva) names a station gives each
//!   position to [`EvaPublisher::observe`], with the [`RoadAhead`] of the arm that the vehicle drives, and says
//!   [`Output::Warning`](crate::Output::Warning). Each goes by `to_denm` and `encode` to the radio and the broker; the area in which it is
//!   spread, a circle of [`PublisherConfig::reach`] around `event_position`, is told by what carries it.
//! - **Receiving**: each DENM of which `from_denm` gives a warning goes to [`EvaReceiver::receive`]; for each driver
//!   [`Relevance::assess`] says what to show. Drivers who hear the same share one receiver.
//!
//! ```
//! use voorrang_messages::StationId;
//! use voorrang_priority::VehiclePosition;
//! use voorrang_priority::eva::{ComesFrom, Driver, EvaConfig, EvaPublisher, EvaReceiver, Relevance};
//! use voorrang_units::{Angle, GeodeticPosition, Instant, Length, Speed};
//!
//! let config = EvaConfig::with_station(StationId(900_001));
//! let now = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
//! let north = Angle::from_degrees(0.0);
//! let ambulance = VehiclePosition {
//!     station: StationId(4711),
//!     position: GeodeticPosition::from_degrees(52.0, 5.0).unwrap(),
//!     speed: Some(Speed::from_kilometres_per_hour(70.0)),
//!     heading: Some(north),
//!     light_bar: true,
//!     siren: true,
//! };
//! let mut warnings = Vec::new();
//! EvaPublisher::new(&config).observe(now, &ambulance, None, &mut warnings);
//!
//! let mut receiver = EvaReceiver::new(config.receiver.clone());
//! receiver.receive(now, &warnings[0]);
//! let ahead = GeodeticPosition::from_degrees(52.002, 5.0).unwrap();
//! let driver = Driver { position: ahead, heading: north, speed: None };
//! let alerts = Relevance::new(config.receiver).assess(now, &driver, &receiver);
//! assert_eq!(alerts[0].from, ComesFrom::Behind);
//! assert!(alerts[0].distance > Length::from_metres(200.0));
//! ```

mod config;
mod publisher;
mod receiver;
mod relevance;
mod road_ahead;
#[cfg(test)]
mod tests;
mod way;

pub use config::{EvaConfig, PublisherConfig, ReceiverConfig};
pub use publisher::EvaPublisher;
pub use receiver::{EvaReceiver, Reception};
pub use relevance::{ComesFrom, Driver, EvaAlert, Relevance};
pub use road_ahead::RoadAhead;
