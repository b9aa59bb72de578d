//! The tables `[clock]` and `[http]` of `gateway.toml`.

use std::net::SocketAddr;
use std::path::Path;

use voorrang_signals::document::{Table, Value};

use crate::config::Secret;
use crate::config::listen::{host_and_port, socket_address};

/// Where the live page is unless the file says otherwise.
const USUAL_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8600);
/// A token that could be guessed protects nothing.
const SHORTEST_TOKEN: usize = 20;
/// The port of NTP.
const NTP_PORT: u16 = 123;

/// How it is known that engine time is true time.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockConfig {
    /// Who says so.
    pub source: ClockSource,
    /// Beyond this many seconds no intervention starts.
    pub max_offset_s: f64,
}

/// Who knows the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockSource {
    /// The operating system keeps its clock in step.
    System,
    /// Time servers, `host:port` each, at least one.
    Ntp {
        /// Which.
        servers: Vec<String>,
    },
    /// Nobody: the clock is taken to be right.
    Assumed,
}

impl Default for ClockConfig {
    fn default() -> Self {
        Self { source: ClockSource::System, max_offset_s: 0.5 }
    }
}

impl ClockConfig {
    /// Reads `[clock]`; nothing where something was wrong with it, which is reported.
    #[must_use]
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let names = [("system", 0), ("ntp", 1), ("assumed", 2)];
        let source = table.required("source").and_then(|value| value.one_of(&names));
        let servers = table.optional("servers");
        let max_offset_s = match table.optional("max_offset_s") {
            Some(value) => value.number(0.01..=5.0),
            None => Some(Self::default().max_offset_s),
        };
        let source = match (source?, servers) {
            (1, Some(servers)) => ClockSource::Ntp { servers: read_servers(&servers)? },
            (1, None) => {
                table.wrong(
                    "source \"ntp\" needs servers",
                    "add servers = [\"ntp.example\"], three of them at best",
                );
                return None;
            }
            (_, Some(servers)) => {
                return servers
                    .wrong("`servers` are only asked by source \"ntp\"", "choose that, or leave them out");
            }
            (0, None) => ClockSource::System,
            (_, None) => ClockSource::Assumed,
        };
        Some(Self { source, max_offset_s: max_offset_s? })
    }
}

impl ClockConfig {
    /// What it does, in plain words: for `check`.
    #[must_use]
    pub fn explain(&self) -> String {
        let beyond = format!("no intervention starts while it is off by more than {} s", self.max_offset_s);
        match &self.source {
            ClockSource::System => {
                format!("the operating system keeps it in step, and is asked whether it does; {beyond}")
            }
            ClockSource::Ntp { servers } => format!("compared with {}; {beyond}", servers.join(", ")),
            ClockSource::Assumed => "taken to be right: nobody compares it".to_owned(),
        }
    }
}

fn read_servers(value: &Value<'_>) -> Option<Vec<String>> {
    const MOST: usize = 8;
    let list = value.list()?;
    if list.is_empty() || list.len() > MOST {
        return value.wrong(format!("{} time servers", list.len()), format!("name 1 to {MOST}"));
    }
    list.iter()
        .map(|server| match server.text()? {
            bare if !bare.contains(':') && !bare.is_empty() => Some(format!("{bare}:{NTP_PORT}")),
            _ => host_and_port(server),
        })
        .collect()
}

/// What is shown over HTTP, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whoever shows it may see everything; `/healthz` and `/metrics` need none.
    pub token: Option<Secret>,
    /// TLS, with the certificate of `[tls]`.
    pub tls: bool,
    /// Whoever has a client certificate that `[tls]` accepts may see everything.
    pub client_certificates: bool,
    /// Names by which clients call this server.
    pub hosts: Vec<String>,
    /// More connections at once are not accepted.
    pub max_connections: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: USUAL_LISTEN,
            token: None,
            tls: false,
            client_certificates: false,
            hosts: Vec::new(),
            max_connections: 64,
        }
    }
}

impl HttpConfig {
    /// Reads `[http]`; paths count from `base`. Nothing where something was wrong with it, which is reported.
    #[must_use]
    pub fn read(table: &Table<'_>, base: &Path) -> Option<Self> {
        let usual = Self::default();
        let flag = |key| table.optional(key).map_or(Some(false), |value| value.flag());
        let (tls, client_certificates, plain) = (flag("tls"), flag("client_certificates"), flag("plain"));
        let token = match table.optional("token_file") {
            Some(value) => {
                Secret::read(&value, base).and_then(|secret| long_enough(&value, secret)).map(Some)
            }
            None => Some(None),
        };
        let hosts = match table.optional("hosts") {
            Some(value) => {
                value.texts().map(|hosts| hosts.iter().map(|(_, host)| (*host).to_owned()).collect())
            }
            None => Some(Vec::new()),
        };
        let max_connections = match table.optional("max_connections") {
            Some(value) => value.integer(1..=4096_u32).and_then(|count| usize::try_from(count).ok()),
            None => Some(usual.max_connections),
        };
        let listen = table.optional("listen");
        let address = match &listen {
            Some(value) => socket_address(value),
            None => Some(usual.listen),
        };
        let (tls, client_certificates, plain, token) = (tls?, client_certificates?, plain?, token?);
        let listen_at = address?;
        if client_certificates && !tls {
            table.wrong("client certificates come with TLS only", "add tls = true");
            return None;
        }
        if let Some(value) = listen.filter(|_| !listen_at.ip().is_loopback()) {
            if token.is_none() && !client_certificates {
                return value.wrong(
                    format!("`listen` is {listen_at}, which others reach, and everybody there would see everything"),
                    "add token_file, or tls = true with client_certificates = true, or listen on 127.0.0.1",
                );
            }
            if !tls && !plain {
                return value.wrong(
                    format!(
                        "`listen` is {listen_at}, which others reach, and the token would pass in the clear"
                    ),
                    "add tls = true, or write plain = true if the network itself is encrypted",
                );
            }
        }
        Some(Self {
            listen: listen_at,
            token,
            tls,
            client_certificates,
            hosts: hosts?,
            max_connections: max_connections?,
        })
    }
}

impl HttpConfig {
    /// What it does, in plain words: for `check`.
    #[must_use]
    pub fn explain(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let who = match (&self.token, self.client_certificates) {
            (Some(_), true) => "whoever has the token or a client certificate",
            (Some(_), false) => "whoever has the token",
            (None, true) => "whoever has a client certificate",
            (None, false) => "anybody on this machine",
        };
        format!("The live page, health and metrics are on {scheme}://{}/, for {who}.", self.listen)
    }
}

fn long_enough(value: &Value<'_>, secret: Secret) -> Option<Secret> {
    match secret.reveal().len() {
        short if short < SHORTEST_TOKEN => value.wrong(
            format!("the token has {short} characters and could be guessed"),
            format!("write {SHORTEST_TOKEN} or more into its file, as `openssl rand -hex 32` makes them"),
        ),
        _ => Some(secret),
    }
}

#[cfg(test)]
mod tests {
    use voorrang_signals::document::Document;

    use super::*;

    fn http(text: &str, base: &Path) -> Result<HttpConfig, String> {
        let document = Document::parse("g.toml", text);
        let root = document.root();
        let read = HttpConfig::read(&root, base);
        root.no_other_keys();
        document.finish().map_err(|problems| problems.to_string())?;
        Ok(read.unwrap())
    }

    fn clock(text: &str) -> Result<ClockConfig, String> {
        let document = Document::parse("g.toml", text);
        let root = document.root();
        let read = ClockConfig::read(&root);
        root.no_other_keys();
        document.finish().map_err(|problems| problems.to_string())?;
        Ok(read.unwrap())
    }

    #[test]
    fn off_this_machine_a_token_or_a_certificate_is_needed_and_not_in_the_clear() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "0123456789abcdef0123456789abcdef\n").unwrap();
        std::fs::write(folder.path().join("short"), "secret").unwrap();
        let read = |text: &str| http(text, folder.path());
        assert_eq!(read("").unwrap(), HttpConfig::default());
        assert!(HttpConfig::default().listen.ip().is_loopback());
        assert!(
            read("listen = \"0.0.0.0:80\"").unwrap_err().contains("everybody there would see everything")
        );
        let clear = read("listen = \"0.0.0.0:80\"\ntoken_file = \"token\"").unwrap_err();
        assert!(clear.contains("in the clear"), "{clear}");
        assert!(read("listen = \"0.0.0.0:80\"\ntoken_file = \"token\"\nplain = true").is_ok());
        assert!(read("listen = \"0.0.0.0:80\"\ntoken_file = \"token\"\ntls = true").is_ok());
        assert!(read("listen = \"0.0.0.0:80\"\ntls = true\nclient_certificates = true").is_ok());
        assert!(read("client_certificates = true").unwrap_err().contains("tls = true"));
        assert!(read("token_file = \"short\"").unwrap_err().contains("could be guessed"));
        assert!(read("tokenfile = \"token\"").unwrap_err().contains("did you mean `token_file`"));
    }

    #[test]
    fn who_checks_the_clock_is_said_in_so_many_words() {
        assert_eq!(clock("source = \"system\"").unwrap(), ClockConfig::default());
        assert_eq!(clock("source = \"assumed\"").unwrap().source, ClockSource::Assumed);
        let ntp = clock("source = \"ntp\"\nservers = [\"ntp.example\", \"192.0.2.1:1123\"]").unwrap();
        let servers = vec!["ntp.example:123".to_owned(), "192.0.2.1:1123".to_owned()];
        assert_eq!(ntp.source, ClockSource::Ntp { servers });
        for (text, problem) in [
            ("", "`source` is missing"),
            ("source = \"ntp\"", "needs servers"),
            ("source = \"system\"\nservers = [\"a\"]", "only asked by"),
            ("source = \"ntp\"\nservers = []", "name 1 to 8"),
            ("source = \"system\"\nmax_offset_s = 9", "give 0.01 to 5"),
        ] {
            let problems = clock(text).unwrap_err();
            assert!(problems.contains(problem), "{text}: {problems}");
        }
    }
}
