//! Emulated controllers behind TCP, each on a port of its own: `voorrang-gateway emulate`.
//!
//! | file | what it owns |
//! |---|---|
//! | `server` | one controller: its emulator, its listener and its streams |
//! | `display` | what happens, as a line for people or for programs |

pub mod display;
pub mod server;

pub use display::{Display, Format};
pub use server::{EmulateError, Server};

#[cfg(test)]
mod tests;
