//! The priority engine: requests in, wishes for the controllers and statuses for the vehicles out. Pure and deterministic; simulator
//! and gateway run the same.

#![forbid(unsafe_code)]

pub mod approach;
pub mod area;
mod deadlines;
mod engine;
pub mod eta;
pub mod etsi;
pub mod journal;
pub mod recovery;
pub mod request;
mod seconds;
pub mod strategy;

pub use engine::{EngineConfig, Input, Output, PriorityEngine, VehiclePosition};
pub use recovery::RecoveryConfig;
pub use request::RequestConfig;
pub use strategy::{AbsoluteConfig, StrategyConfig};
