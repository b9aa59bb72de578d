//! TLC-FI: the protocol between a control application and a traffic light controller (iVRI), in both roles, sans-I/O.
//!
//! | module | what it owns |
//! |---|---|
//! | [`frame`] | octets to whole JSON texts |
//! | [`rpc`] | JSON-RPC 2.0: requests, answers, notifications, calls outstanding |
//! | [`objects`] | what passes: registration, meta, states, events |
//! | [`ticks`] | the clocks of both peers |
//! | [`retry`] | when to connect and to register again |
//! | [`emulator`] | an emulated controller, with faults on request |
//! | [`session`] | the life of a session, in both roles |
//!
//! No normative text was at hand: `docs/tlcfi.md` tells where each rule is from and how sure it is.

#![forbid(unsafe_code)]

pub mod emulator;
pub mod frame;
pub mod objects;
pub mod retry;
pub mod rpc;
pub mod session;
pub mod ticks;
