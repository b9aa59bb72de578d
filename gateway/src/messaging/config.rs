//! The transports' part of the configuration: each reads its own table, here stands what they have in common.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use voorrang_signals::document::{Table, Value};

use super::mac::Key;
use super::tls::TlsFiles;
use super::transport::socket_address;
use super::{TRANSPORTS, TransportConfig};

/// Key files hold some dozens of octets, certificate chains some kilobytes.
const LARGEST_FILE: u64 = 1 << 20;

/// All transports as configured.
#[derive(Debug, Default)]
pub struct Messaging {
    /// In the order of [`TRANSPORTS`].
    pub transports: Vec<Box<dyn TransportConfig>>,
    /// Our certificate, and whose client certificates we take: the table `[tls]`.
    pub tls: Option<Arc<TlsFiles>>,
}

/// What a transport's table is read in.
#[derive(Debug)]
pub(crate) struct Surroundings<'c> {
    /// The folder of the configuration, which its paths are relative to.
    pub(crate) folder: &'c Path,
    /// The table `[tls]`.
    pub(crate) tls: Option<&'c Arc<TlsFiles>>,
}

impl Messaging {
    /// Reads `[udp]`, `[tcp]`, `[mqtt]` and `[tls]` of the configuration's root; what is wrong is reported to the document. `folder` is the
    /// configuration's own. Where no transport has a table, UDP listens on loopback.
    #[must_use]
    pub fn read(root: &Table<'_>, folder: &Path) -> Self {
        let tls = root.optional("tls");
        let tls = tls.and_then(|value| TlsFiles::read(&value.table()?, folder)).map(Arc::new);
        let surroundings = Surroundings { folder, tls: tls.as_ref() };
        let mut transports = Vec::new();
        let mut any = false;
        for kind in TRANSPORTS {
            if let Some(value) = root.optional(kind.name) {
                any = true;
                transports.extend(value.table().and_then(|table| (kind.read)(&table, &surroundings)));
            }
        }
        if !any {
            transports.extend(TRANSPORTS.iter().filter_map(|kind| Some(kind.default?())));
        }
        Self { transports, tls }
    }
}

/// The address of a listener; `default` where the table has no `listen`.
pub(crate) fn listen(table: &Table<'_>, default: SocketAddr) -> Option<SocketAddr> {
    table.optional("listen").map_or(Some(default), |value| socket_address(&value))
}

/// Reads a file that the configuration names. What hinders is reported.
pub(crate) fn file(value: &Value<'_>, folder: &Path) -> Option<(PathBuf, String)> {
    let path = folder.join(value.text()?);
    let read = || {
        let size = std::fs::metadata(&path)?.len();
        if size > LARGEST_FILE {
            return Err(std::io::Error::other(format!("it has {size} octets")));
        }
        std::fs::read_to_string(&path)
    };
    match read() {
        Ok(text) => Some((path, text)),
        Err(error) => value.wrong(
            format!("{} can't be read: {error}", path.display()),
            "put it there, readable for the gateway; paths are relative to this file",
        ),
    }
}

/// Reads `keys = [{ name = "utrecht", file = "utrecht.key" }]`.
pub(crate) fn keys(table: &Table<'_>, folder: &Path) -> Vec<Arc<Key>> {
    let mut keys: Vec<Arc<Key>> = Vec::new();
    for row in table.optional("keys").map(|value| value.tables()).unwrap_or_default() {
        let name = row.required("name").and_then(|value| value.text());
        let hex = row.required("file").and_then(|value| file(&value, folder));
        row.no_other_keys();
        let (Some(name), Some((path, hex))) = (name, hex) else { continue };
        if keys.iter().any(|key| **key.name() == *name) {
            row.wrong(format!("there are two keys `{name}`"), "give each its own name");
            continue;
        }
        match Key::from_hex(name, hex.trim()) {
            Ok(key) => keys.push(Arc::new(key)),
            Err(error) => row.wrong(
                format!("key `{name}` in {}: {error}", path.display()),
                "make one with: openssl rand -hex 32",
            ),
        }
    }
    keys
}

/// `a, b and c`.
pub(crate) fn enumeration<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<T> = items.into_iter().collect();
    let mut text = String::new();
    for (place, item) in items.iter().enumerate() {
        let between = match place {
            0 => "",
            _ if place + 1 == items.len() => " and ",
            _ => ", ",
        };
        let _ = write!(text, "{between}{item}");
    }
    text
}
