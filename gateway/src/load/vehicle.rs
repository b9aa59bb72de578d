//! One vehicle of the measurement: what it says next, and which of its messages wait for an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use voorrang_messages::{PriorityRequest, RequestKind, SequenceNumber};
use voorrang_units::{Duration, Instant};

/// Numbers of messages (`MsgCount`).
const NUMBERS: usize = 128;
/// Always so far ahead: nobody intervenes for it while the measurement lasts.
const AHEAD: Duration = Duration::from_seconds(240);

/// A vehicle.
#[derive(Debug)]
pub(super) struct Vehicle {
    request: PriorityRequest,
    next: SequenceNumber,
    waiting: Waiting,
}

/// Messages of one vehicle that wait for an answer. By number: when the message was due to leave, in nanoseconds from the start, and one more; 0 where
/// none waits.
#[derive(Debug, Clone)]
pub(super) struct Waiting(Arc<[AtomicU64; NUMBERS]>);

impl Waiting {
    fn new() -> Self {
        Self(Arc::new(std::array::from_fn(|_| AtomicU64::new(0))))
    }

    fn add(&self, number: SequenceNumber, due: u64) {
        self.0[usize::from(number.0) % NUMBERS].store(due + 1, Ordering::Relaxed);
    }

    /// An answer to a message of that number: when that was due, if it still waited.
    pub(super) fn answered(&self, number: SequenceNumber) -> Option<u64> {
        self.0[usize::from(number.0) % NUMBERS].swap(0, Ordering::Relaxed).checked_sub(1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|one| one.load(Ordering::Relaxed) == 0)
    }
}

impl Vehicle {
    pub(super) fn new(request: PriorityRequest) -> Self {
        Self { request, next: SequenceNumber(0), waiting: Waiting::new() }
    }

    pub(super) fn station(&self) -> u32 {
        self.request.station.0
    }

    /// What it says now; `due` is when that was to leave.
    pub(super) fn asks(&mut self, now: Instant, due: u64, octets: &mut Vec<u8>) -> bool {
        self.request.sequence = Some(self.next);
        self.request.eta = Some(now + AHEAD);
        let said = self.says(now, octets);
        self.waiting.add(self.next, due);
        self.next = self.next.next();
        self.request.kind = RequestKind::Update;
        said
    }

    /// What it says in the end.
    pub(super) fn cancels(&mut self, now: Instant, octets: &mut Vec<u8>) -> bool {
        self.request.sequence = Some(self.next);
        self.request.kind = RequestKind::Cancellation;
        self.request.eta = None;
        self.says(now, octets)
    }

    fn says(&self, now: Instant, octets: &mut Vec<u8>) -> bool {
        let srem = PriorityRequest::to_srem(std::slice::from_ref(&self.request), now);
        srem.is_ok_and(|srem| srem.encode(octets).is_ok())
    }

    pub(super) fn waiting(&self) -> Waiting {
        self.waiting.clone()
    }
}
