//! Who writes: one at a time. Whoever hands something over while nobody writes does it himself, for all who come meanwhile: the operating system takes lines in a few
//! microseconds, and to wake another thread takes ten times that. A thread of its own writes where that isn't so: each time that the file is to be
//! forced to the disk, while the disk takes nothing, and for some time after it was slow. So a disk that hangs holds one of the runtime's threads at
//! most; answers wait for it in any case.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use super::desk::{Beginning, Desk, Unwritten};
use super::outlets::Outlets;
use super::queue::{Bound, Queue};
use super::segment::Store;
use super::{Commit, CommitSink, Untaken};
use crate::clock::Clock;

/// Octets that wait for the writer at most, of records.
const MOST_QUEUED_OCTETS: usize = 32 << 20;
/// After so many rounds for others an area has its own inbox to look after.
const ROUNDS: usize = 16;
/// The thread. Dropped without [`finish`](Self::finish) it writes what waits, and ends by itself.
#[derive(Debug)]
pub struct Writer {
    office: Arc<Office>,
    thread: Option<JoinHandle<Result<(), Unwritten>>>,
}

impl Writer {
    /// Makes the first file and starts the thread.
    ///
    /// # Errors
    /// When the file can't be made or written, or the thread not started.
    pub fn start(
        beginning: Beginning,
        store: Box<dyn Store>,
        outlets: Arc<Outlets>,
        clock: Clock,
    ) -> io::Result<(Journal, Self)> {
        let bound = Bound { commits: beginning.limits.journal_queue, octets: MOST_QUEUED_OCTETS };
        let (health, healthy) = watch::channel(true);
        let desk = Desk::new(beginning, store, outlets, clock, health)?;
        let office = Arc::new(Office { queue: Queue::new(bound), desk: Mutex::new(desk) });
        let within = Arc::clone(&office);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || within.attend())?;
        Ok((Journal { office: Arc::clone(&office), healthy }, Self { office, thread: Some(thread) }))
    }

    /// Writes what waits, and ends.
    ///
    /// # Errors
    /// When the disk did not take all of it.
    pub fn finish(mut self) -> Result<(), Unwritten> {
        self.office.queue.close();
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.office.queue.close();
    }
}

/// What waits, and the desk where one at a time writes.
struct Office {
    queue: Queue,
    desk: Mutex<Desk>,
}

impl fmt::Debug for Office {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Office").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl Office {
    /// Writes what waits, if nobody does already: whoever does looks again once he has left the desk.
    fn write_here_or_call(&self) {
        for _ in 0..ROUNDS {
            let mut desk = match self.desk.try_lock() {
                Ok(desk) => desk,
                Err(TryLockError::Poisoned(desk)) => desk.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            if !desk.is_quick() {
                break;
            }
            desk.work(&self.queue);
            let quick = desk.is_quick();
            drop(desk);
            if !quick {
                break;
            }
            if self.queue.is_empty() {
                return;
            }
        }
        self.queue.call();
    }

    /// The thread: what takes long, and what is due by time alone.
    fn attend(&self) -> Result<(), Unwritten> {
        loop {
            let mut desk = self.desk();
            if !desk.work(&self.queue) {
                return desk.end();
            }
            desk.sync_beside();
            let patience = desk.patience();
            drop(desk);
            self.queue.wait(patience);
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to the writer. Clones lead to the same.
#[derive(Debug, Clone)]
pub struct Journal {
    office: Arc<Office>,
    healthy: watch::Receiver<bool>,
}

impl Journal {
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
        self.office.queue.is_empty()
    }
}

impl CommitSink for Journal {
    fn submit(&self, commit: Commit) -> Result<(), Untaken> {
        self.office.queue.push(commit)?;
        self.office.write_here_or_call();
        Ok(())
    }
}
