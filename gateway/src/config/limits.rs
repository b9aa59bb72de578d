//! `[limits]`: how much may wait where. Each bound keeps memory flat whatever is sent.

use voorrang_signals::document::Table;

/// How much may wait where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Commits that wait for the journal, of all areas. Beyond it areas wait. Default 16 384.
    pub journal_queue: usize,
    /// Octets of records kept while the disk takes none. Beyond it they are let go, and the journal says how many. Default 32 MB.
    pub journal_backlog_octets: usize,
    /// Threads that carry transports and areas; by default as many as there are processors, and two at least: a disk that hangs may hold one.
    pub threads: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { journal_queue: 16_384, journal_backlog_octets: 32 << 20, threads: usual_threads() }
    }
}

impl LimitsConfig {
    /// Reads the table.
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let usual = Self::default();
        let number = |key, from: usize, to: usize, otherwise: usize| match table.optional(key) {
            Some(value) => value.integer(from..=to),
            None => Some(otherwise),
        };
        let queue = number("journal_queue", 64, 1 << 20, usual.journal_queue);
        let backlog = number("journal_backlog_mb", 1, 4096, usual.journal_backlog_octets >> 20);
        let threads = number("threads", 2, 256, usual.threads);
        Some(Self { journal_queue: queue?, journal_backlog_octets: backlog? << 20, threads: threads? })
    }
}

fn usual_threads() -> usize {
    std::thread::available_parallelism().map_or(2, |processors| processors.get().clamp(2, 256))
}
