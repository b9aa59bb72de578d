//! What waits to leave by a connection: filled from any thread, emptied by one task, bounded in octets. Who takes less than there is for it
//! loses the oldest, for the newest says what is true now.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// A message's bookkeeping counts too, so that many small ones don't take more than they seem to.
const OVERHEAD: usize = 64;

/// What can wait.
pub(super) trait Load {
    /// How much memory it takes, about.
    fn octets(&self) -> usize;
}

impl Load for Bytes {
    fn octets(&self) -> usize {
        self.len()
    }
}

/// A bounded queue.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Notify,
    most_octets: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    octets: usize,
    closed: bool,
}

/// What became of something put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It waits, and so many older ones made room for it.
    Waits {
        /// How many.
        displaced: usize,
    },
    /// Nobody empties the queue any more.
    Closed,
}

impl<T: Load> Queue<T> {
    /// One that holds no more than that.
    pub(super) fn new(most_octets: usize) -> Self {
        let state = State { waiting: VecDeque::new(), octets: 0, closed: false };
        Self { state: Mutex::new(state), filled: Notify::new(), most_octets }
    }

    /// Puts something at the end.
    pub(super) fn put(&self, octets: T) -> Put {
        let mut state = self.state();
        if state.closed {
            return Put::Closed;
        }
        let mut displaced = 0;
        let size = octets.octets() + OVERHEAD;
        while state.octets + size > self.most_octets {
            let Some(oldest) = state.waiting.pop_front() else { break };
            state.octets -= oldest.octets() + OVERHEAD;
            displaced += 1;
        }
        state.octets += size;
        state.waiting.push_back(octets);
        drop(state);
        self.filled.notify_one();
        Put::Waits { displaced }
    }

    /// Waits until something is there, and takes all of it; none once the queue is closed and empty.
    pub(super) async fn take(&self, taken: &mut Vec<T>) -> bool {
        loop {
            {
                let mut state = self.state();
                state.octets = 0;
                taken.extend(state.waiting.drain(..));
                if !taken.is_empty() {
                    return true;
                }
                if state.closed {
                    return false;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Takes nothing more; what waits may still leave.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(fill: u8) -> Bytes {
        Bytes::from(vec![fill; 36])
    }

    #[tokio::test]
    async fn the_oldest_make_room_for_the_newest() {
        let queue = Queue::new(300);
        for fill in 0..3 {
            assert_eq!(queue.put(message(fill)), Put::Waits { displaced: 0 });
        }
        assert_eq!(queue.put(message(3)), Put::Waits { displaced: 1 });
        assert_eq!(queue.put(Bytes::from(vec![4; 200])), Put::Waits { displaced: 3 });
        let mut taken = Vec::new();
        assert!(queue.take(&mut taken).await);
        assert_eq!(taken.iter().map(|octets| octets[0]).collect::<Vec<_>>(), [4]);
    }

    #[tokio::test]
    async fn what_waits_when_it_closes_still_leaves() {
        let queue = Queue::new(300);
        queue.put(message(1));
        queue.close();
        assert_eq!(queue.put(message(2)), Put::Closed);
        let mut taken = Vec::new();
        assert!(queue.take(&mut taken).await);
        taken.clear();
        assert!(!queue.take(&mut taken).await);
    }
}
