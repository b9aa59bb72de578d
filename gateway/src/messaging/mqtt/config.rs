//! The table `[mqtt]`.
//!
//! ```toml
//! [mqtt]
//! broker = "127.0.0.1:1883"
//! version = "5"                  # or "3.1.1"
//! prefix = "voorrang/v1"         # of all topics; the default
//! client_id = "voorrang-70000"   # the default: our station
//! username = "gateway"
//! password_file = "mqtt.secret"
//! tls = { ca = "broker-ca.pem", certificate = "gateway.pem", key = "gateway.key" }
//! queue_kib = 1024               # what waits to be sent, at most
//! ```

use std::net::IpAddr;

use voorrang_messages::StationId;
use voorrang_signals::document::Table;

use super::client::{Endpoint, Version};
use super::topics::Topics;
use crate::messaging::config::{Surroundings, file};
use crate::messaging::tls::{ClientTls, TlsError};

const QUEUE: usize = 1 << 20;
/// MQTT 3.1.1 clause 3.1.3.1: what every broker takes has 1 to 23 of these; ours may be longer, as those in use take it.
const LONGEST_CLIENT_ID: usize = 64;

/// MQTT as configured.
#[derive(Debug)]
pub(super) struct MqttConfig {
    host: String,
    port: u16,
    version: Version,
    pub(super) topics: Topics,
    client_id: Option<String>,
    credentials: Option<(String, String)>,
    tls: Option<ClientTls>,
    pub(super) queue: usize,
}

impl MqttConfig {
    pub(super) fn read(table: &Table<'_>, surroundings: &Surroundings<'_>) -> Option<Self> {
        let broker = table.required("broker").and_then(|value| {
            let text = value.text()?;
            match host_and_port(text) {
                Some(broker) => Some(broker),
                None => value.wrong(format!("\"{text}\" is no broker"), "write it like \"127.0.0.1:1883\""),
            }
        });
        let version = table.optional("version").map_or(Some(Version::Five), |value| {
            value.one_of(&[("5", Version::Five), ("3.1.1", Version::Three)])
        });
        let topics = table.optional("prefix").map_or(Some(Topics::default()), |value| {
            match Topics::new(value.text()?) {
                Some(topics) => Some(topics),
                None => value.wrong("a prefix has no +, # or empty level", "write it like \"voorrang/v1\""),
            }
        });
        let client_id = table.optional("client_id").map(|value| {
            let text = value.text()?;
            let fits = (1..=LONGEST_CLIENT_ID).contains(&text.len())
                && text.bytes().all(|octet| octet.is_ascii_graphic());
            if fits {
                Some(text.to_owned())
            } else {
                value.wrong("a client id has 1 to 64 visible characters", "shorten it")
            }
        });
        let credentials = credentials(table, surroundings);
        let tls = table.optional("tls").map(|value| ClientTls::read(&value.table()?, surroundings.folder));
        let queue = table.optional("queue_kib").map(|value| value.integer(64_u32..=1 << 20));
        table.no_other_keys();
        let (host, port) = broker?;
        if tls.is_none() && !is_loopback(&host) {
            table.wrong(
                format!(
                    "the broker {host} is reached without TLS, where anybody can read and change what is said"
                ),
                "add tls = { ca = ..., certificate = ..., key = ... }, or use a broker on 127.0.0.1",
            );
            return None;
        }
        Some(Self {
            host,
            port,
            version: version?,
            topics: topics?,
            client_id: match client_id {
                Some(id) => Some(id?),
                None => None,
            },
            credentials: match credentials {
                Some(credentials) => Some(credentials?),
                None => None,
            },
            tls: match tls {
                Some(tls) => Some(tls?),
                None => None,
            },
            queue: match queue {
                Some(kib) => usize::try_from(kib?).ok()? << 10,
                None => QUEUE,
            },
        })
    }

    pub(super) fn endpoint(&self, station: StationId) -> Result<Endpoint, TlsError> {
        Ok(Endpoint {
            version: self.version,
            host: self.host.clone(),
            port: self.port,
            client_id: self.client_id.clone().unwrap_or_else(|| format!("voorrang-{station}")),
            credentials: self.credentials.clone(),
            tls: self.tls.as_ref().map(ClientTls::client_config).transpose()?,
        })
    }

    pub(super) fn explained(&self) -> Vec<String> {
        let how = match (&self.tls, self.version) {
            (Some(_), Version::Five) => "MQTT 5 under TLS",
            (None, Version::Five) => "MQTT 5 without TLS",
            (Some(_), Version::Three) => "MQTT 3.1.1 under TLS",
            (None, Version::Three) => "MQTT 3.1.1 without TLS",
        };
        vec![
            format!(
                "mqtt reaches the broker {}:{} by {how}; its topics begin with {}/.",
                self.host, self.port, self.topics
            ),
            "Who may publish as which session is the broker's to see to: docs/messaging.md has its rules."
                .to_owned(),
        ]
    }
}

fn credentials(table: &Table<'_>, surroundings: &Surroundings<'_>) -> Option<Option<(String, String)>> {
    let username = table.optional("username");
    let password = table.optional("password_file");
    match (username, password) {
        (None, None) => None,
        (Some(username), Some(password)) => {
            let username = username.text();
            let password = file(&password, surroundings.folder);
            Some(username.zip(password).map(|(name, (_, text))| (name.to_owned(), text.trim().to_owned())))
        }
        (Some(_), None) | (None, Some(_)) => {
            table.wrong("`username` and `password_file` go together", "give both, or neither");
            Some(None)
        }
    }
}

/// `broker.example:8883`, `[::1]:1883`.
pub(crate) fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.strip_prefix('[').map_or(Some(host), |host| host.strip_suffix(']'))?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    (!host.is_empty() && !host.contains(char::is_whitespace)).then(|| (host.to_owned(), port))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
