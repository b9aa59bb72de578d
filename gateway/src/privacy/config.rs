//! `[retention]`: what is kept of people, and for how long.

use voorrang_signals::document::Table;
use voorrang_units::Duration;

use super::calendar::days;

/// What is kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Whether octets are kept at all. Default true: without them nobody can show what was sent.
    pub keep_octets: bool,
    /// Octets and tracks with the ids of their stations. Default 24 h.
    pub identified: Duration,
    /// Octets after that, with other ids. Default 14 days.
    pub octets: Duration,
    /// The journal after that, with other ids. Default 90 days.
    pub journal: Duration,
    /// The audit, and the keys that tell who is who in it. Default 90 days.
    pub audit: Duration,
    /// Observations. Default 90 days.
    pub observations: Duration,
    /// V-Log files. Default 90 days.
    pub vlog: Duration,
    /// Octets of one hour take no more than this on the disk. Default 2 GB.
    pub octets_an_hour: u64,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            keep_octets: true,
            identified: Duration::from_seconds(24 * 3600),
            octets: days(14),
            journal: days(90),
            audit: days(90),
            observations: days(90),
            vlog: days(90),
            octets_an_hour: 2 << 30,
        }
    }
}

impl RetentionConfig {
    /// Reads the table.
    #[must_use]
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let usual = Self::default();
        let span = |key, otherwise: Duration| match table.optional(key) {
            Some(value) => value.integer(1..=3650_i64).map(days),
            None => Some(otherwise),
        };
        let keep_octets = table.optional("octets").map_or(Some(usual.keep_octets), |value| value.flag());
        let identified = match table.optional("identified_h") {
            Some(value) => value.seconds(1.0..=720.0).map(|hours| hours * 3600),
            None => Some(usual.identified),
        };
        let octets = span("octets_days", usual.octets);
        let journal = span("journal_days", usual.journal);
        let audit = span("audit_days", usual.audit);
        let observations = span("observations_days", usual.observations);
        let vlog = span("vlog_days", usual.vlog);
        let an_hour = match table.optional("octets_mb_per_hour") {
            Some(value) => value.integer(1..=1_000_000_u64).map(|megabytes| megabytes << 20),
            None => Some(usual.octets_an_hour),
        };
        let read = Self {
            keep_octets: keep_octets?,
            identified: identified?,
            octets: octets?,
            journal: journal?,
            audit: audit?,
            observations: observations?,
            vlog: vlog?,
            octets_an_hour: an_hour?,
        };
        for (key, span) in [("octets_days", read.octets), ("journal_days", read.journal)] {
            if span < read.identified {
                table.wrong(
                    format!("`{key}` is shorter than `identified_h`"),
                    "ids are replaced before a file is deleted: make it as long at least",
                );
            }
        }
        Some(read)
    }
}
