//! What waits for the writer: bounded, so that a disk that is slow makes areas wait and memory stays flat.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Commit, Untaken};

/// What waits.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Wakes the writer's thread.
    news: Condvar,
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
    /// The thread is to look.
    called: bool,
    closed: bool,
}

impl Queue {
    pub(super) fn new(most: Bound) -> Self {
        Self { state: Mutex::default(), news: Condvar::new(), most }
    }

    pub(super) fn push(&self, commit: Commit) -> Result<(), Untaken> {
        let mut state = self.lock();
        if state.closed {
            return Err(Untaken::Gone);
        }
        if state.commits.len() >= self.most.commits || state.octets >= self.most.octets {
            return Err(Untaken::Full(commit));
        }
        state.octets += commit.records.len();
        state.commits.push(commit);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().commits.is_empty()
    }

    /// Takes all that waits, in the place of what `taken` holds. False once the queue is closed and empty.
    pub(super) fn take(&self, taken: &mut Vec<Commit>) -> bool {
        taken.clear();
        let mut state = self.lock();
        std::mem::swap(taken, &mut state.commits);
        state.octets = 0;
        !state.closed || !taken.is_empty()
    }

    /// Has the writer's thread look.
    pub(super) fn call(&self) {
        self.lock().called = true;
        self.news.notify_one();
    }

    /// Sleeps until somebody calls or the queue is closed, and no longer than `patience`; not at all while something waits.
    pub(super) fn wait(&self, patience: Duration) {
        let nothing = |state: &mut State| !state.called && !state.closed && state.commits.is_empty();
        let waited = self.news.wait_timeout_while(self.lock(), patience, nothing);
        waited.unwrap_or_else(PoisonError::into_inner).0.called = false;
    }

    /// From now on the writer ends once it has taken what waits.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.news.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
