//! The flow analysis that a city wants of a journal, without persons: how many requests, how many were granted, what they gained and by how much
//! vehicles were later than they had expected; per approach, hour of the day and quarter of the year.
//!
//! | figure | what it is |
//! |---|---|
//! | requests | a station's request at an intersection, from its first message to its cancellation, or to its last message where a minute passed without another; those that KAR alone tells of are not among them |
//! | granted | those that were told `granted` at least once |
//! | time to green | from the first message to the first `granted` |
//! | wait at red | how long after the last ETA told before it `granted` came; nothing where green was there by then |
//! | wait without priority | what a vehicle waits on average that arrives at any moment: the sum of (not green)²/2 over the sum of the cycles, of the approach's groups, from those cycles in which nobody had a live request at the intersection; none with fewer than ten such cycles. An estimate: it leaves out queues |
//! | wait avoided | the difference of these two, where both are known |
//! | delay | from the ETA of the first message to the cancellation, which a vehicle sends as it passes the stop line; of those that were granted. It holds the vehicle's own error in foretelling |
//!
//! **Groups of fewer than five distinct vehicles are not shown.** In a journal that has aged the same vehicle has another number each day, so five
//! numbers of five days may be one vehicle: what counts is the largest number of distinct vehicles of one day. Where what is hidden could be
//! reckoned from the total and the groups that are shown, because fewer than five vehicles are hidden in all, the smallest shown group is hidden too.
//!
//! | file | what |
//! |---|---|
//! | `passage` | one request's life, from the journal's lines |
//! | `lamps` | how long a group is not green when nobody asks |
//! | `collect` | a journal to passages |
//! | `summary` | passages to figures by group, and what is hidden |
//! | `output` | figures as table, JSON, CSV |

mod collect;
mod lamps;
mod output;
mod passage;
mod summary;
#[cfg(test)]
mod tests;

pub use collect::{CollectFault, collect};
pub use output::{csv, json, table};
pub use passage::Passage;
pub use summary::{By, Figures, Group, Section, Spread, Statistics, summarise};
