//! The ETSI side of the engine: bytes of messages to inputs, outputs to bytes of messages. The views in units belong to
//! `voorrang_messages`; here they only change hands.

mod srem;
mod ssem;

pub use srem::{SremError, requests_from_srem};
pub use ssem::{SsemError, ssem};
