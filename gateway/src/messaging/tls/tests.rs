//! An authority with its certificates, for this module's tests and those of the transports.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};

use super::*;

/// An authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key, in PEM. Good for a server on loopback, and for a client.
    pub(crate) fn issue(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        params.distinguished_name.push(DnType::CommonName, name);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// A client that this authority signed, and that trusts it.
    pub(crate) fn client(&self, name: &str) -> ClientTls {
        ClientTls::new(self.pem(), Some(self.issue(name)))
    }
}

fn named(params: CertificateParams) -> Option<String> {
    let (pem, _) = Authority::new("test").sign(params);
    subject(&certificates(&pem).unwrap()[0]).map(|name| name.to_string())
}

#[test]
fn a_certificate_is_known_by_its_common_name_or_else_by_its_first_alternative_name() {
    let mut both = CertificateParams::new(vec!["unit7.example".to_owned()]).unwrap();
    both.distinguished_name.push(DnType::CommonName, "Utrecht ambulances");
    assert_eq!(named(both).as_deref(), Some("Utrecht ambulances"));
    let mut alternative = CertificateParams::new(vec!["unit7.example".to_owned()]).unwrap();
    alternative.distinguished_name = rcgen::DistinguishedName::new();
    assert_eq!(named(alternative).as_deref(), Some("unit7.example"));
    let mut none = CertificateParams::default();
    none.distinguished_name = rcgen::DistinguishedName::new();
    assert_eq!(named(none), None);
    assert_eq!(subject(&CertificateDer::from(vec![1, 2, 3])), None);
}

#[test]
fn key_and_certificate_have_to_belong_together() {
    let authority = Authority::new("test");
    let ((certificate, _), (_, key)) = (authority.issue("a"), authority.issue("b"));
    let client = ClientTls::new(authority.pem(), Some((certificate, key)));
    assert!(matches!(client.client_config(), Err(TlsError::Rustls(_))));
    assert!(matches!(ClientTls::new("x".to_owned(), None).client_config(), Err(TlsError::NoCertificate)));
    assert!(!format!("{client:?}").contains("PRIVATE"));
}
