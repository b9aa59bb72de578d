//! The Voorrang simulator: emergency vehicles on their routes through signalised networks, with the same priority engine and
//! the same intersection files as the gateway.

#![forbid(unsafe_code)]

pub mod demand;
pub mod measures;
pub mod network;
pub mod scenario;
pub mod simulation;
