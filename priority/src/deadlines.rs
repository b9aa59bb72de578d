//! When the engine wants to be called again: a heap, so that whoever has nothing to do costs nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use voorrang_units::Instant;

/// One deadline for each of a fixed number of owners.
#[derive(Debug)]
pub(crate) struct Deadlines {
    /// What is due, earliest first; an entry that no longer agrees with `due` is dropped when it comes to the top.
    heap: BinaryHeap<Reverse<(Instant, usize)>>,
    due: Vec<Option<Instant>>,
}

impl Deadlines {
    /// No deadlines for `owners` owners.
    pub(crate) fn new(owners: usize) -> Self {
        Self { heap: BinaryHeap::with_capacity(most_entries(owners) + 1), due: vec![None; owners] }
    }

    /// Replaces the deadline of an owner.
    pub(crate) fn set(&mut self, owner: usize, at: Option<Instant>) {
        if self.due[owner] == at {
            return;
        }
        self.due[owner] = at;
        if let Some(at) = at {
            self.heap.push(Reverse((at, owner)));
            self.compact();
        }
        self.drop_outdated();
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes an owner whose deadline has come, earliest first, lowest owner first.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<usize> {
        let Reverse((at, owner)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        self.due[owner] = None;
        self.drop_outdated();
        Some(owner)
    }

    /// The top must always be valid, so that `next` can look without changing anything.
    fn drop_outdated(&mut self) {
        while let Some(Reverse((at, owner))) = self.heap.peek() {
            if self.due[*owner] == Some(*at) {
                return;
            }
            self.heap.pop();
        }
    }

    /// Bounds the outdated entries, whatever a hostile network makes of the deadlines.
    fn compact(&mut self) {
        if self.heap.len() > most_entries(self.due.len()) {
            let due = &self.due;
            self.heap.retain(|Reverse((at, owner))| due[*owner] == Some(*at));
        }
    }
}

/// So many entries the heap has at most, valid and outdated ones.
const fn most_entries(owners: usize) -> usize {
    4 * owners + 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_unix_millis(millis)
    }

    #[test]
    fn the_earliest_comes_first_and_a_replaced_one_never() {
        let mut deadlines = Deadlines::new(3);
        deadlines.set(0, Some(at(30)));
        deadlines.set(1, Some(at(10)));
        deadlines.set(2, Some(at(20)));
        deadlines.set(1, Some(at(40)));
        assert_eq!(deadlines.next(), Some(at(20)));
        assert_eq!(deadlines.pop_due(at(35)), Some(2));
        assert_eq!(deadlines.pop_due(at(35)), Some(0));
        assert_eq!(deadlines.pop_due(at(35)), None);
        deadlines.set(1, None);
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn a_deadline_that_is_moved_for_ever_does_not_fill_the_memory() {
        let mut deadlines = Deadlines::new(2);
        deadlines.set(0, Some(at(0)));
        for millis in 1..10_000 {
            deadlines.set(1, Some(at(millis)));
        }
        assert!(deadlines.heap.len() <= 73, "{}", deadlines.heap.len());
        assert_eq!((deadlines.pop_due(at(9_999)), deadlines.pop_due(at(9_999))), (Some(0), Some(1)));
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn a_deadline_set_back_to_an_earlier_value_is_due_once() {
        let mut deadlines = Deadlines::new(1);
        deadlines.set(0, Some(at(5)));
        deadlines.set(0, Some(at(7)));
        deadlines.set(0, Some(at(5)));
        assert_eq!(deadlines.pop_due(at(9)), Some(0));
        assert_eq!(deadlines.pop_due(at(9)), None);
    }
}
