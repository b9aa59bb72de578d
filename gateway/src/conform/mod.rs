//! Tests a controller: what it says of itself and how its lamps behave, held against an intersection file; with leave, what it does when it is
//! commanded.
//!
//! | file | what |
//! |---|---|
//! | `check` | the checks, with source and rank; what was found |
//! | `meta` | what the controller says of itself |
//! | `lamps` | lamps against their times |
//! | `trial` | the commands, safe ones and those that must not lead to a lamp |
//! | `examiner` | the examination from beginning to end, sans-I/O |
//! | `report` | what came out, for people and machines |

pub mod check;
pub mod examiner;
mod lamps;
mod meta;
pub mod report;
#[cfg(test)]
mod tests;
mod trial;

pub use examiner::{Examination, Examiner};
pub use report::Report;

use crate::clock::Clock;
use crate::tlcfi_client;

/// Examines the controller at an address from beginning to end.
pub async fn examine(address: &str, examination: Examination, clock: &Clock) -> Report {
    let mut examiner = Examiner::new(examination, clock.now());
    if let Err(error) = tlcfi_client::run(address, clock, &mut examiner).await {
        examiner.unreachable(&format!("{address}: {error}"));
    }
    Report::of(address, clock.now(), &mut examiner)
}
