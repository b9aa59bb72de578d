//! Vehicle types of ISO 24534-3. Generated from `asn1/electronic_registration.asn1`.

include!(concat!(env!("OUT_DIR"), "/electronic_registration.rs"));
