//! The ETSI side of the engine: bytes of messages to inputs, outputs to bytes of messages. The views in units belong to
//! `voorrang_messages`; here they only change hands.
//!
//! | file | message | when |
//! |---|---|---|
//! | `srem` | requests in | as they come |
//! | `cam` | positions in | as they come |
//! | `ssem` | statuses out | on each [`Output::Status`](crate::Output::Status) |
//! | `mapem` | lanes and connections out | as [`Publication`] says |
//! | `spatem` | lamps and their times out | as [`Publication`] says |

mod cam;
mod mapem;
mod publication;
mod spatem;
mod srem;
mod ssem;

pub use cam::{CamError, vehicle_from_cam, vehicle_from_state};
pub use mapem::{MapemError, mapem, road_topology};
pub use publication::{Due, Publication};
pub use spatem::{
    Lamp, Operation, Prioritization, SignalReport, SpatemError, intervention_reasons, prioritizations,
    signal_state, spatem,
};
pub use srem::{SremError, SremRequests, requests_from_srem};
pub use ssem::{SsemError, ssem};
