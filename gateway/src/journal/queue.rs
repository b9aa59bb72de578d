//! What waits for the writer: bounded, so that a disk that is slow makes areas wait and memory stays flat.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::Commit;
use crate::engine_task::{CommitSink, Untaken};

/// The way to the writer. Clones lead to the same.
#[derive(Debug, Clone)]
pub struct Journal {
    queue: Arc<Queue>,
    healthy: watch::Receiver<bool>,
}

impl Journal {
    pub(super) const fn new(queue: Arc<Queue>, healthy: watch::Receiver<bool>) -> Self {
        Self { queue, healthy }
    }

    /// Whether the journal takes records, and news of it.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<bool> {
        self.healthy.clone()
    }
}

#[cfg(test)]
impl Journal {
    /// Whether the writer has taken all that waited.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.lock().commits.is_empty()
    }
}

impl CommitSink for Journal {
    fn submit(&self, commit: Commit) -> Result<(), Untaken> {
        self.queue.push(commit)
    }
}

/// What waits.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    most: Bound,
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) commits: usize,
    pub(super) octets: usize,
}

#[derive(Debug, Default)]
struct State {
    commits: Vec<Commit>,
    octets: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(most: Bound) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), most }
    }

    fn push(&self, commit: Commit) -> Result<(), Untaken> {
        let mut state = self.lock();
        if state.closed {
            return Err(Untaken::Gone);
        }
        if state.commits.len() >= self.most.commits || state.octets >= self.most.octets {
            return Err(Untaken::Full(commit));
        }
        let was_empty = state.commits.is_empty();
        state.octets += commit.records.len();
        state.commits.push(commit);
        drop(state);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes all that waits, in the place of what `taken` holds; waits for it no longer than `patience`. False once the queue is closed and empty.
    pub(super) fn take(&self, taken: &mut Vec<Commit>, patience: Duration) -> bool {
        taken.clear();
        let mut state = self.lock();
        if state.commits.is_empty() && !state.closed {
            let waiting = |state: &mut State| state.commits.is_empty() && !state.closed;
            let waited = self.filled.wait_timeout_while(state, patience, waiting);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::swap(taken, &mut state.commits);
        state.octets = 0;
        !state.closed || !taken.is_empty()
    }

    /// From now on the writer ends once it has taken what waits.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
