//! What was received under one key, as long as a repeat of it would still pass for new.

use std::collections::HashSet;

use voorrang_units::{Duration, Instant};

use super::MacError;

/// Remembers wrappers by their mark. Many senders may share a key: their sequence numbers needn't grow together.
///
/// A wrapper counts while its time stamp is no further than the tolerance from our time, before or after; so whatever is older than twice the
/// tolerance can be forgotten. It is kept in two halves, of which the older is dropped as a whole.
#[derive(Debug)]
pub struct ReplayWindow {
    tolerance: Duration,
    most: usize,
    began: Option<Instant>,
    young: HashSet<u128>,
    old: HashSet<u128>,
}

impl ReplayWindow {
    /// The default of how far a time stamp may be from our time.
    pub const TOLERANCE: Duration = Duration::from_seconds(5);
    /// So many are remembered in each half: beyond, nothing passes. 8 MiB.
    pub const MOST: usize = 262_144;

    /// One that takes time stamps up to so far from our time, and remembers twice so many wrappers.
    #[must_use]
    pub fn new(tolerance: Duration, most: usize) -> Self {
        Self { tolerance, most, began: None, young: HashSet::new(), old: HashSet::new() }
    }

    /// Takes note of a wrapper whose MAC is right.
    ///
    /// # Errors
    /// When it isn't of now, was here before, or can't be remembered.
    pub fn admit(&mut self, now: Instant, sent: Instant, mark: u128) -> Result<(), MacError> {
        if (now - sent).millis().saturating_abs() > self.tolerance.millis() {
            return Err(MacError::Stale);
        }
        let age = self.began.map_or(Duration::ZERO, |began| now - began);
        if self.began.is_none() || age > self.tolerance * 2 {
            // After a pause the younger half is too old as well.
            let both = age > self.tolerance * 4;
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            if both {
                self.old.clear();
            }
            self.began = Some(now);
        }
        if self.old.contains(&mark) {
            return Err(MacError::Replayed);
        }
        if self.young.len() >= self.most && !self.young.contains(&mark) {
            return Err(MacError::TooMany);
        }
        if self.young.insert(mark) { Ok(()) } else { Err(MacError::Replayed) }
    }
}
