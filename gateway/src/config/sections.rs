//! The tables that other modules read: ADD YOUR LINES HERE, a field and its reading.

use std::path::Path;

use voorrang_signals::document::Table;

/// What the tables of transports, operations and security say.
#[derive(Debug, Clone, Default)]
pub struct Sections {}

impl Sections {
    /// Reads each; `base` is the folder of the configuration file, from which paths in it count. A table that isn't there is its owner's default.
    ///
    /// ```ignore
    /// udp: section(root, "udp", |table| UdpConfig::read(table, base)),
    /// authorised: rows(root, "authorised", |table| Authorised::read(table, base)),
    /// ```
    pub(super) fn read(_root: &Table<'_>, _base: &Path) -> Self {
        Self {}
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
