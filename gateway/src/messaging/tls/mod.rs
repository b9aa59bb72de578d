//! TLS by rustls, with ring as the one crypto provider in the tree: our certificate towards clients (`server.rs`), ours towards brokers and
//! other servers (`client.rs`), and whom a client's certificate names (`subject.rs`).

mod client;
mod server;
mod subject;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub use client::ClientTls;
pub use server::{ClientCertificates, TlsFiles};
pub use subject::subject;

/// Why TLS can't be had with what is there.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file holds no certificates.
    #[error("no certificate in PEM is there")]
    NoCertificate,
    /// A file holds no private key.
    #[error("no private key in PEM is there")]
    NoKey,
    /// rustls wants none of it.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
    /// What is to verify clients can't.
    #[error("client certificates can't be verified: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    /// Client certificates are asked for and nobody is named who signs them.
    #[error("nobody is named who signs client certificates")]
    NoClients,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    certificates.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| TlsError::NoKey)
}

fn roots(pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}
