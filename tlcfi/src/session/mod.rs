//! The life of a session, in both roles.
//!
//! | file | what it owns |
//! |---|---|
//! | [`link`] | what both roles share: calls and answers, Alive both ways, the clocks |
//! | [`application`] | the application's side |

pub mod application;
pub mod link;

pub use application::{Application, ApplicationConfig, ApplicationEvent};
pub use link::{Incoming, Link, LinkConfig, LinkFault};
