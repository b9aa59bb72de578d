//! TLS where we are the client: whose servers we trust, and who we are.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use voorrang_signals::document::Table;

use super::server::checked;
use super::{TlsError, certificates, private_key, provider, roots};

/// What a table like `tls = { ca = "broker-ca.pem", certificate = "gateway.pem", key = "gateway.key" }` names, read.
#[derive(Clone)]
pub struct ClientTls {
    ca: String,
    identity: Option<(String, String)>,
}

impl ClientTls {
    /// From PEM texts: who signs servers' certificates; our certificate and its key, where the server asks for one.
    #[must_use]
    pub const fn new(ca: String, identity: Option<(String, String)>) -> Self {
        Self { ca, identity }
    }

    /// Reads the table and what it names; what is wrong is reported.
    pub(crate) fn read(table: &Table<'_>, folder: &Path) -> Option<Self> {
        let ca = table.required("ca");
        let (certificate, key) = (table.optional("certificate"), table.optional("key"));
        table.no_other_keys();
        let ca = checked(ca?, folder, |pem| roots(pem).map(drop));
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                let certificate = checked(certificate, folder, |pem| certificates(pem).map(drop));
                let key = checked(key, folder, |pem| private_key(pem).map(drop));
                Some((certificate?, key?))
            }
            _ => {
                table.wrong("`certificate` and `key` go together", "give both, or neither");
                return None;
            }
        };
        let tls = Self { ca: ca?, identity };
        if let Err(error) = tls.client_config() {
            table.wrong(format!("tls: {error}"), "give a certificate and the key that it was made with");
            return None;
        }
        Some(tls)
    }

    /// What a connection needs: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// When a PEM text holds nothing, or key and certificate don't belong together.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots(&self.ca)?);
        let config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                builder.with_client_auth_cert(certificates(certificate)?, private_key(key)?)?
            }
        };
        Ok(Arc::new(config))
    }
}

/// Nothing of the key.
impl fmt::Debug for ClientTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientTls")
            .field("identity", &self.identity.is_some())
            .finish_non_exhaustive()
    }
}
