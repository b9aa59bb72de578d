//! Whom a certificate names.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

/// No name is longer (X.520: a common name has 64 characters, a DNS name 253).
const LONGEST: usize = 256;

/// The name that a verified certificate is known by: the common name of its subject; where it has none, its first alternative name that is a
/// DNS name, a URI or a mail address. None where it has none of these.
#[must_use]
pub fn subject(certificate: &CertificateDer<'_>) -> Option<Arc<str>> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    let common = parsed.subject().iter_common_name().find_map(|name| name.as_str().ok());
    let alternative = || {
        let names = &parsed.subject_alternative_name().ok()??.value.general_names;
        names.iter().find_map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::URI(name) | GeneralName::RFC822Name(name) => {
                Some(*name)
            }
            _ => None,
        })
    };
    let name = common.filter(|name| !name.is_empty()).or_else(alternative)?;
    (name.len() <= LONGEST).then(|| Arc::from(name))
}
