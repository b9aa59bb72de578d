//! Addresses in the configuration. Whoever listens does so on this machine alone, unless the file names another address and what protects it.

use std::net::SocketAddr;

use voorrang_signals::document::{Table, Value};

/// Reads the key `listen` of a table; `usual` where it isn't there. An address that others reach needs `protection` (what protects it, for people; none
/// where nothing is configured) or the table's key `unprotected = true`. `remedy` says what would protect it: `add [tls] with client_ca`.
pub fn listen(
    table: &Table<'_>,
    usual: SocketAddr,
    protection: Option<&str>,
    remedy: &str,
) -> Option<SocketAddr> {
    let unprotected = table.optional("unprotected").and_then(|value| value.flag()).unwrap_or(false);
    let Some(value) = table.optional("listen") else { return Some(usual) };
    let address = socket_address(&value)?;
    if address.ip().is_loopback() || protection.is_some() || unprotected {
        return Some(address);
    }
    value.wrong(
        format!("`listen` is {address}, which others reach, and nothing protects it"),
        format!(
            "{remedy}, listen on 127.0.0.1, or write unprotected = true if the network itself protects it"
        ),
    )
}

/// Reads an address: `127.0.0.1:4700`, `[::1]:4700`.
pub fn socket_address(value: &Value<'_>) -> Option<SocketAddr> {
    let text = value.text()?;
    match text.parse() {
        Ok(address) => Some(address),
        Err(_) => {
            value.wrong(format!("\"{text}\" is no address"), "write address and port, as 127.0.0.1:4700")
        }
    }
}

/// Reads the name or address of another host, and its port: `tlc12.example:11501`.
pub fn host_and_port(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    let parts = text.rsplit_once(':').filter(|(host, port)| {
        !host.is_empty()
            && port.parse::<u16>().is_ok_and(|port| port > 0)
            && !host.contains(char::is_whitespace)
    });
    match parts {
        Some(_) => Some(text.to_owned()),
        None => value.wrong(format!("\"{text}\" is no host and port"), "write them as 127.0.0.1:11501"),
    }
}

#[cfg(test)]
mod tests {
    use voorrang_signals::document::Document;

    use super::*;

    fn check(text: &str, protection: Option<&str>) -> Result<SocketAddr, String> {
        let document = Document::parse("g.toml", text);
        let read =
            listen(&document.root(), SocketAddr::from(([127, 0, 0, 1], 4700)), protection, "add [tls]");
        document.finish().map_err(|problems| problems.to_string())?;
        Ok(read.unwrap())
    }

    #[test]
    fn without_a_word_only_this_machine_reaches_a_listener() {
        assert_eq!(check("", None).unwrap().to_string(), "127.0.0.1:4700");
        assert_eq!(check("listen = \"[::1]:80\"", None).unwrap().to_string(), "[::1]:80");
        assert_eq!(
            check("listen = \"0.0.0.0:80\"", None).unwrap_err(),
            "g.toml:1:10: `listen` is 0.0.0.0:80, which others reach, and nothing protects it; add [tls], listen on 127.0.0.1, \
             or write unprotected = true if the network itself protects it"
        );
        assert!(check("listen = \"0.0.0.0:80\"", Some("TLS")).is_ok());
        assert!(check("listen = \"0.0.0.0:80\"\nunprotected = true", None).is_ok());
        assert!(check("listen = \"localhost:80\"", None).unwrap_err().contains("no address"));
    }
}
