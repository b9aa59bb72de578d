//! The life of a session, in both roles.
//!
//! | file | what it owns |
//! |---|---|
//! | [`link`] | what both roles share: calls and answers, Alive both ways, the clocks |
//! | [`application`] | the application's side |
//! | [`controller`] | the controller's side: all streams to one controller |

pub mod application;
pub mod controller;
pub mod link;

pub use application::{Application, ApplicationConfig, ApplicationEvent};
pub use link::{Incoming, Link, LinkConfig, LinkFault};
