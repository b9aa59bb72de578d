//! `[journal]`.

use std::time::Duration;

use voorrang_signals::document::Table;

/// How the journal is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalConfig {
    /// When lines are to be on the disk itself, not only with the operating system.
    pub sync: Sync,
    /// A file is followed by the next once it has so many octets.
    pub segment_octets: u64,
}

/// When what was written is forced to the disk. What the operating system has survives the end of our process, in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// When the operating system sees fit: half a minute may be lost with the power.
    Never,
    /// So often, beside the writing: nobody waits for it.
    Interval(Duration),
    /// Before any answer leaves: answers wait for the disk.
    Each,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { sync: Sync::Interval(Duration::from_secs(1)), segment_octets: 64 << 20 }
    }
}

/// The choices of `sync`.
#[derive(Clone, Copy)]
enum Name {
    Never,
    Interval,
    Each,
}

impl JournalConfig {
    /// Reads the table.
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let usual = Self::default();
        let sync = table.optional("sync");
        let names = [("never", Name::Never), ("interval", Name::Interval), ("each", Name::Each)];
        let name = match &sync {
            Some(value) => value.one_of(&names),
            None => Some(Name::Interval),
        };
        let interval = table.optional("sync_interval_s").map(|value| (value.number(0.01..=3600.0), value));
        let segment = match table.optional("segment_mb") {
            Some(value) => value.integer(1..=4096_u64).map(|megabytes| megabytes << 20),
            None => Some(usual.segment_octets),
        };
        let sync = match (name?, interval) {
            (Name::Interval, None) => usual.sync,
            (Name::Interval, Some((seconds, _))) => Sync::Interval(Duration::from_secs_f64(seconds?)),
            (Name::Never, None) => Sync::Never,
            (Name::Each, None) => Sync::Each,
            (Name::Never | Name::Each, Some((_, value))) => {
                return value.wrong(
                    "`sync_interval_s` without an interval",
                    "take it out, or write sync = \"interval\"",
                );
            }
        };
        Some(Self { sync, segment_octets: segment? })
    }
}
