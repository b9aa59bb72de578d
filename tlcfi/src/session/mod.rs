//! The life of a session, in both roles.
//!
//! | file | what it owns |
//! |---|---|
//! | `link` | what both roles share: calls and answers, Alive both ways, the clocks |

pub mod link;

pub use link::{Incoming, Link, LinkConfig, LinkFault};
