//! What waits for a writing thread: bounded in octets, never waited for. Whoever has too much loses the newest, and that is counted.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The way to a writing thread; the thread ends once this is dropped and it has written what waited.
#[derive(Debug)]
pub(super) struct Batches<T> {
    shared: Arc<Shared<T>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    /// Waited for by whoever flushes.
    emptied: Condvar,
    lost: AtomicU64,
    most: usize,
    gather: Duration,
}

#[derive(Debug)]
struct State<T> {
    waiting: Vec<T>,
    octets: usize,
    writing: bool,
    /// Somebody waits until all is written.
    hurried: bool,
    closed: bool,
}

impl<T: Send + 'static> Batches<T> {
    /// Starts a thread that writes what comes, a batch at a time; at most `most` octets wait. A batch gathers for so long, or until it is an eighth
    /// of that: to wake a thread for each message costs more than all else about it.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn start(
        name: &str,
        most: usize,
        gather: Duration,
        mut write: impl FnMut(&mut Vec<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let state = State { waiting: Vec::new(), octets: 0, writing: false, hurried: false, closed: false };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            lost: AtomicU64::new(0),
            most,
            gather,
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut batch = Vec::new();
            while theirs.take(&mut batch) {
                write(&mut batch);
                batch.clear();
                theirs.written();
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands something over that counts for so many octets; false where it is lost.
    pub(super) fn push(&self, what: T, octets: usize) -> bool {
        let mut state = self.shared.lock();
        if state.octets + octets > self.shared.most {
            drop(state);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let enough = self.shared.enough();
        let before = state.octets;
        state.octets += octets;
        state.waiting.push(what);
        let wake = state.waiting.len() == 1 || (before < enough && state.octets >= enough);
        drop(state);
        if wake {
            self.shared.filled.notify_one();
        }
        true
    }

    /// How many were lost.
    pub(super) fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Waits until all that was handed over is written.
    pub(super) fn flush(&self) {
        let mut state = self.shared.lock();
        state.hurried = true;
        self.shared.filled.notify_one();
        let busy = |state: &mut State<T>| !state.waiting.is_empty() || state.writing;
        let waited = self.shared.emptied.wait_while(state, busy);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn enough(&self) -> usize {
        self.most / 8
    }

    fn take(&self, batch: &mut Vec<T>) -> bool {
        let waiting = |state: &mut State<T>| state.waiting.is_empty() && !state.closed;
        let state = self.filled.wait_while(self.lock(), waiting);
        let gathers = |state: &mut State<T>| {
            state.octets < self.enough() && !state.waiting.is_empty() && !state.hurried && !state.closed
        };
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let gathered = self.filled.wait_timeout_while(state, self.gather, gathers);
        let mut state = gathered.unwrap_or_else(PoisonError::into_inner).0;
        state.hurried = false;
        std::mem::swap(batch, &mut state.waiting);
        state.octets = 0;
        state.writing = !batch.is_empty();
        !batch.is_empty()
    }

    fn written(&self) {
        let mut state = self.lock();
        state.writing = false;
        let idle = state.waiting.is_empty();
        drop(state);
        if idle {
            self.emptied.notify_all();
        }
    }
}

impl<T> Drop for Batches<T> {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_one();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_fits_is_written_in_order_and_the_rest_counted() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let gate = Arc::new(Mutex::new(()));
        let held = gate.lock().unwrap();
        let theirs = Arc::clone(&gate);
        let batches = Batches::start("test", 30, Duration::ZERO, move |batch: &mut Vec<u32>| {
            drop(theirs.lock().unwrap());
            batch.drain(..).for_each(|number| sender.send(number).unwrap());
        })
        .unwrap();
        assert!(batches.push(0, 10));
        // The thread has the first, or will have it together with the next three.
        let taken = (1..10).filter(|number| batches.push(*number, 10)).count();
        assert!((2..=3).contains(&taken), "{taken}");
        assert_eq!(batches.lost(), 9 - taken as u64);
        drop(held);
        batches.flush();
        drop(batches);
        let numbers: Vec<u32> = receiver.iter().collect();
        assert_eq!(numbers, (0..=u32::try_from(taken).unwrap()).collect::<Vec<_>>());
    }

    #[test]
    fn a_batch_gathers_until_it_is_large_or_somebody_waits_for_it() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let hour = Duration::from_secs(3600);
        let batches = Batches::start("test", 800, hour, move |batch: &mut Vec<u32>| {
            sender.send(std::mem::take(batch)).unwrap();
        })
        .unwrap();
        (0..9).for_each(|number| assert!(batches.push(number, 10)));
        assert!(receiver.try_recv().is_err());
        assert!(batches.push(9, 10));
        assert_eq!(receiver.recv().unwrap(), (0..10).collect::<Vec<_>>());
        assert!(batches.push(10, 10));
        batches.flush();
        assert_eq!(receiver.try_recv().unwrap(), [10]);
        assert!(batches.push(11, 10));
        drop(batches);
        assert_eq!(receiver.recv().unwrap(), [11]);
    }
}
