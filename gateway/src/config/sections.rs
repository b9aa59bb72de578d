//! The tables that other modules read: ADD YOUR LINES HERE, a field and its reading.

use std::path::Path;

use voorrang_signals::document::Table;

use crate::messaging::Messaging;
use crate::operations::config::{ClockConfig, HttpConfig};
use crate::privacy::RetentionConfig;

/// What the tables of transports, operations and security say.
#[derive(Debug)]
pub struct Sections {
    /// `[udp]`, `[tcp]`, `[mqtt]`, `[tls]`.
    pub messaging: Messaging,
    /// `[retention]`.
    pub retention: RetentionConfig,
    /// How it is known that the clock is right.
    pub clock: ClockConfig,
    /// The page and what else is shown over HTTP; none where the table is missing.
    pub http: Option<HttpConfig>,
}

impl Sections {
    /// Reads each; `base` is the folder of the configuration file, from which paths in it count. A table that isn't there is its owner's default.
    pub(super) fn read(root: &Table<'_>, base: &Path) -> Self {
        Self {
            messaging: Messaging::read(root, base),
            retention: section(root, "retention", RetentionConfig::read).unwrap_or_default(),
            clock: section(root, "clock", ClockConfig::read).unwrap_or_default(),
            http: section(root, "http", |table| HttpConfig::read(table, base)),
        }
    }
}

/// Reads the table of a key, if it is there; reports keys that `read` did not ask for.
pub fn section<'d, T>(
    root: &Table<'d>,
    key: &'static str,
    read: impl FnOnce(&Table<'d>) -> Option<T>,
) -> Option<T> {
    let table = root.optional(key)?.table()?;
    let section = read(&table);
    table.no_other_keys();
    section
}

/// Reads the tables of a list, if it is there; reports keys that `read` did not ask for. Rows that can't be read are left out.
pub fn rows<'d, T>(root: &Table<'d>, key: &'static str, read: impl Fn(&Table<'d>) -> Option<T>) -> Vec<T> {
    let tables = root.optional(key).map(|value| value.tables()).unwrap_or_default();
    let each = tables.into_iter().filter_map(|table| {
        let row = read(&table);
        table.no_other_keys();
        row
    });
    each.collect()
}
