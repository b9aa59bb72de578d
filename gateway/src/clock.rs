//! Engine time: UTC at the start of the process, advanced by the monotonic clock, so that it never runs back and never jumps. How far that is
//! from true UTC is the business of `operations::clock_watch`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant as Monotonic, SystemTime, UNIX_EPOCH};

use voorrang_units::{Duration, Instant};

/// The clock that every part of the gateway reads; clones show the same time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Monotonic {
        start: Instant,
        began: Monotonic,
    },
    /// Virtual time, in milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Starts with what the system's clock shows now.
    #[must_use]
    pub fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = Instant::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Self(Source::Monotonic { start, began: Monotonic::now() })
    }

    /// Stands at `start` until it is moved: for tests.
    #[must_use]
    pub fn manual(start: Instant) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.unix_millis()))))
    }

    /// Moves a manual clock on; any other goes by itself.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(millis) = &self.0 {
            millis.fetch_add(by.millis(), Ordering::SeqCst);
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.0 {
            Source::Monotonic { start, began } => {
                let passed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
                *start + Duration::from_millis(passed)
            }
            Source::Manual(millis) => Instant::from_unix_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// How long to wait from now until a moment; nothing where it has passed.
    #[must_use]
    pub fn until(&self, moment: Instant) -> std::time::Duration {
        let millis = (moment - self.now()).millis();
        std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}
