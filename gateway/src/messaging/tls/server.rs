//! The table `[tls]`: our certificate, and who signs those of clients.
//!
//! ```toml
//! [tls]
//! certificate = "gateway.pem"    # ours, with the chain that leads to its authority
//! key = "gateway.key"
//! clients = "clients.pem"        # the authorities whose client certificates we take
//! ```

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use voorrang_signals::document::{Table, Value};

use super::{TlsError, certificates, private_key, provider, roots};
use crate::messaging::config::file;

/// What `[tls]` names, read.
pub struct TlsFiles {
    certificate: String,
    key: String,
    clients: Option<String>,
}

/// Whether clients need a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificates {
    /// Whoever has none is turned away.
    Required,
    /// Whoever shows one has it verified.
    Optional,
}

impl TlsFiles {
    /// Reads the table and what it names; what is wrong is reported. Paths are relative to `folder`.
    #[must_use]
    pub fn read(table: &Table<'_>, folder: &Path) -> Option<Self> {
        let certificate = table.required("certificate");
        let key = table.required("key");
        let clients = table.optional("clients");
        table.no_other_keys();
        let certificate = checked(certificate?, folder, |pem| certificates(pem).map(drop));
        let key = checked(key?, folder, |pem| private_key(pem).map(drop));
        let clients = clients.map(|value| checked(value, folder, |pem| roots(pem).map(drop)));
        let files = Self {
            certificate: certificate?,
            key: key?,
            clients: match clients {
                Some(clients) => Some(clients?),
                None => None,
            },
        };
        // Whether key and certificate belong together shows here.
        if let Err(error) = files.server_config(ClientCertificates::Optional) {
            table.wrong(format!("[tls]: {error}"), "give a certificate and the key that it was made with");
            return None;
        }
        Some(files)
    }

    /// Whether client certificates can be verified.
    #[must_use]
    pub const fn verifies_clients(&self) -> bool {
        self.clients.is_some()
    }

    /// What a listener needs: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// When key and certificate don't belong together, or client certificates are required and nobody is named who signs them.
    pub fn server_config(&self, clients: ClientCertificates) -> Result<Arc<ServerConfig>, TlsError> {
        let builder =
            ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let builder = match (&self.clients, clients) {
            (None, ClientCertificates::Required) => return Err(TlsError::NoClients),
            (None, ClientCertificates::Optional) => builder.with_no_client_auth(),
            (Some(pem), wanted) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(pem)?), provider());
                let verifier = match wanted {
                    ClientCertificates::Required => verifier,
                    ClientCertificates::Optional => verifier.allow_unauthenticated(),
                };
                builder.with_client_cert_verifier(verifier.build()?)
            }
        };
        let config = builder.with_single_cert(certificates(&self.certificate)?, private_key(&self.key)?)?;
        Ok(Arc::new(config))
    }
}

/// Nothing of the key.
impl fmt::Debug for TlsFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TlsFiles")
            .field("verifies_clients", &self.verifies_clients())
            .finish_non_exhaustive()
    }
}

/// A file that holds what it should.
pub(super) fn checked(
    value: Value<'_>,
    folder: &Path,
    check: impl FnOnce(&str) -> Result<(), TlsError>,
) -> Option<String> {
    let (path, pem) = file(&value, folder)?;
    match check(&pem) {
        Ok(()) => Some(pem),
        Err(error) => value.wrong(format!("{}: {error}", path.display()), "give a PEM file"),
    }
}
