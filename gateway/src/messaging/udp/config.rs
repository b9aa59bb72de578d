//! The table `[udp]`.
//!
//! ```toml
//! [udp]
//! listen = "127.0.0.1:4711"      # the default
//! geonetworking = false          # also take packets with GeoNetworking and BTP headers
//! keys = [{ name = "utrecht", file = "utrecht.key" }]
//! mac = "required"               # or "optional"; "required" as soon as there are keys
//! tolerance_s = 5                # how far a MAC's time stamp may be off
//! sources = ["192.0.2.0/24"]     # nobody else is heard
//! receive_buffer_kib = 8192
//! subscribers = [{ address = "192.0.2.9:5000", kinds = ["spatem"], intersections = ["528/3107"], key = "utrecht", geonetworking = true }]
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use voorrang_signals::document::Table;
use voorrang_units::Duration;

use super::form::Form;
use crate::messaging::config::{self, Surroundings, enumeration};
use crate::messaging::mac::{Keyring, ReplayWindow};
use crate::messaging::network::Network;
use crate::messaging::subscription::Subscription;
use crate::messaging::transport::socket_address;

/// Where it listens unless told otherwise.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4711);
/// A second of 20,000 requests of 100 octets, each with the kernel's own 300 or so round it.
const RECEIVE_BUFFER: usize = 8 << 20;

/// UDP as configured.
#[derive(Debug, Clone)]
pub(super) struct UdpConfig {
    pub(super) listen: SocketAddr,
    pub(super) geonetworking: bool,
    pub(super) keys: Keyring,
    pub(super) mac_required: bool,
    pub(super) tolerance: Duration,
    pub(super) sources: Vec<Network>,
    pub(super) receive_buffer: usize,
    pub(super) subscribers: Vec<ConfiguredSubscriber>,
}

/// A subscriber of the configuration.
#[derive(Debug, Clone)]
pub(super) struct ConfiguredSubscriber {
    pub(super) address: SocketAddr,
    pub(super) form: Form,
    pub(super) subscription: Subscription,
}

impl Default for UdpConfig {
    fn default() -> Self {
        Self {
            listen: LISTEN,
            geonetworking: false,
            keys: Keyring::default(),
            mac_required: false,
            tolerance: ReplayWindow::TOLERANCE,
            sources: Vec::new(),
            receive_buffer: RECEIVE_BUFFER,
            subscribers: Vec::new(),
        }
    }
}

impl UdpConfig {
    pub(super) fn read(table: &Table<'_>, surroundings: &Surroundings<'_>) -> Option<Self> {
        let listen = config::listen(table, LISTEN);
        let geonetworking = table.optional("geonetworking").is_some_and(|value| value.flag() == Some(true));
        let keys: Keyring = config::keys(table, surroundings.folder).into_iter().collect();
        let mac = table.optional("mac");
        let mac_required = mac
            .as_ref()
            .and_then(|value| value.one_of(&[("required", true), ("optional", false)]))
            .unwrap_or(!keys.is_empty());
        if let Some(mac) = mac.filter(|_| mac_required && keys.is_empty()) {
            mac.wrong::<()>(
                "`mac` is required, and there are no keys",
                "give `keys`, each with name and file",
            );
        }
        let tolerance = table.optional("tolerance_s").map(|value| value.seconds(0.1..=60.0));
        let sources = sources(table);
        let receive_buffer =
            table.optional("receive_buffer_kib").map(|value| value.integer(64_u32..=1 << 20));
        let subscribers = subscribers(table, &keys);
        table.no_other_keys();
        let listen = listen?;
        if !listen.ip().is_loopback() && !mac_required && sources.is_empty() {
            table.wrong(
                format!("udp listens on {listen}, where anybody can send"),
                "share keys (`keys`, `mac = \"required\"`), or name who may send (`sources = [\"192.0.2.0/24\"]`), or listen on 127.0.0.1",
            );
            return None;
        }
        Some(Self {
            listen,
            geonetworking,
            keys,
            mac_required,
            tolerance: tolerance.map_or(Some(ReplayWindow::TOLERANCE), |value| value)?,
            sources,
            receive_buffer: match receive_buffer {
                Some(kib) => usize::try_from(kib?).ok()? << 10,
                None => RECEIVE_BUFFER,
            },
            subscribers,
        })
    }

    pub(super) fn explained(&self) -> Vec<String> {
        let Self { listen, keys, sources, subscribers, .. } = self;
        let mut lines = vec![format!("udp listens on {listen}.")];
        if self.geonetworking {
            lines
                .push("It also takes GeoNetworking packets; signatures on them are not verified.".to_owned());
        }
        if self.mac_required {
            lines.push(format!("Only datagrams under a MAC are heard: of {}.", enumeration(keys.names())));
        } else if !keys.is_empty() {
            lines.push(format!("A MAC is taken, of {}, and not required.", enumeration(keys.names())));
        }
        if !sources.is_empty() {
            lines.push(format!("Only {} are heard.", enumeration(sources)));
        }
        if !subscribers.is_empty() {
            lines.push(format!("Subscribers: {}.", enumeration(subscribers.iter().map(|one| one.address))));
        }
        lines
    }
}

fn sources(table: &Table<'_>) -> Vec<Network> {
    let list = table.optional("sources").and_then(|value| value.list()).unwrap_or_default();
    let network = |value: &voorrang_signals::document::Value<'_>| match value.text()?.parse() {
        Ok(network) => Some(network),
        Err(error) => value.wrong(format!("`sources`: {error}"), "write it like \"192.0.2.0/24\""),
    };
    list.iter().filter_map(network).collect()
}

fn subscribers(table: &Table<'_>, keys: &Keyring) -> Vec<ConfiguredSubscriber> {
    let mut subscribers = Vec::new();
    for row in table.optional("subscribers").map(|value| value.tables()).unwrap_or_default() {
        let address = row.required("address").and_then(|value| socket_address(&value));
        let geonetworking = row.optional("geonetworking").is_some_and(|value| value.flag() == Some(true));
        let key = row.optional("key").map(|value| {
            let name = value.text()?;
            match keys.get(name) {
                Some(key) => Some(Arc::clone(key)),
                None => value.wrong(format!("there is no key `{name}`"), "name one of `keys`"),
            }
        });
        let subscription = Subscription::read(&row);
        row.no_other_keys();
        if let (Some(address), None | Some(Some(_))) = (address, &key) {
            let form = Form { geonetworking, key: key.flatten() };
            subscribers.push(ConfiguredSubscriber { address, form, subscription });
        }
    }
    subscribers
}
