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

use voorrang_units::{Duration, Instant};

pub use application::{Application, ApplicationConfig, ApplicationEvent};
pub use link::{Incoming, Link, LinkConfig, LinkFault};

/// The whole tenth of a second at or after a moment. Controllers look each 0.1 s; whoever has a thousand sessions wakes a few times a second rather
/// than for each of them.
fn on_the_tenth(at: Instant) -> Instant {
    const TENTH: i64 = 100;
    at + Duration::from_millis((-at.unix_millis()).rem_euclid(TENTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_tenth_stays_and_any_other_moment_becomes_the_next() {
        let tenth = |millis| on_the_tenth(Instant::from_unix_millis(millis)).unix_millis();
        assert_eq!([0, 1, 99, 100, 101].map(tenth), [0, 100, 100, 100, 200]);
        assert_eq!([-1, -100, -101].map(tenth), [0, -100, -100]);
    }
}
