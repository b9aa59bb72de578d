//! The table `[tcp]`.
//!
//! ```toml
//! [tcp]
//! listen = "127.0.0.1:4712"      # the default
//! tls = true                     # the default where there is [tls]; without it only loopback
//! connections = 1000             # at a time; from one address at most a tenth of them, and at least 4
//! idle_s = 120                   # whoever says nothing for so long is taken for gone
//! queue_kib = 256                # what waits for one that reads too slowly
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use voorrang_signals::document::Table;

use crate::messaging::config::{self, Surroundings};
use crate::messaging::tls::TlsFiles;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4712);

/// TCP as configured.
#[derive(Debug)]
pub(super) struct TcpConfig {
    pub(super) listen: SocketAddr,
    pub(super) tls: Option<Arc<TlsFiles>>,
    pub(super) limits: Limits,
}

/// What one peer, and all of them, may take up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// At a time.
    pub(super) connections: usize,
    /// Without a word from the peer.
    pub(super) idle: Duration,
    /// For a TLS handshake, the first octet, a frame or line that has begun, and for a write.
    pub(super) patience: Duration,
    /// What waits to be written, in octets.
    pub(super) queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            idle: Duration::from_secs(120),
            patience: Duration::from_secs(10),
            queue: 256 << 10,
        }
    }
}

impl Limits {
    /// From one address at a time.
    pub(super) const fn connections_from_one(&self) -> usize {
        let tenth = self.connections / 10;
        if tenth < 4 { 4 } else { tenth }
    }
}

impl TcpConfig {
    pub(super) fn read(table: &Table<'_>, surroundings: &Surroundings<'_>) -> Option<Self> {
        let listen = config::listen(table, LISTEN);
        let wanted = table.optional("tls");
        let flag = wanted.as_ref().map(|value| value.flag());
        let connections = table.optional("connections").map(|value| value.integer(1_u32..=65_535));
        let idle = table.optional("idle_s").map(|value| value.seconds(1.0..=3600.0));
        let queue = table.optional("queue_kib").map(|value| value.integer(64_u32..=65_536));
        table.no_other_keys();
        let tls = match (flag, surroundings.tls) {
            (Some(Some(false)), _) | (None, None) => None,
            (Some(Some(true)), None) => {
                return wanted?
                    .wrong("there is no table [tls]", "add [tls] with certificate, key and clients");
            }
            (_, tls) => tls.cloned(),
        };
        if tls.as_ref().is_some_and(|tls| !tls.verifies_clients()) {
            table.wrong(
                "tcp takes client certificates, and nobody is named who signs them",
                "give `clients` in [tls], or `tls = false` here and loopback",
            );
            return None;
        }
        let listen = listen?;
        if tls.is_none() && !listen.ip().is_loopback() {
            table.wrong(
                format!("tcp listens on {listen} without TLS, where anybody can read and send"),
                "add [tls] with certificate, key and clients, or listen on 127.0.0.1",
            );
            return None;
        }
        let mut limits = Limits::default();
        if let Some(connections) = connections {
            limits.connections = usize::try_from(connections?).ok()?;
        }
        if let Some(idle) = idle {
            limits.idle = Duration::from_millis(u64::try_from(idle?.millis()).ok()?);
        }
        if let Some(queue) = queue {
            limits.queue = usize::try_from(queue?).ok()? << 10;
        }
        Some(Self { listen, tls, limits })
    }

    pub(super) fn explained(&self) -> Vec<String> {
        let who = match self.tls {
            Some(_) => "under TLS, to clients whose certificate is verified",
            None => "without TLS, to whoever is on this machine",
        };
        vec![format!("tcp listens on {}, {who}.", self.listen)]
    }
}
