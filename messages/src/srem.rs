//! SREM: a vehicle asks traffic lights for priority, TS 103 301 clause 8. Generated from `asn1/srem.asn1`.

include!(concat!(env!("OUT_DIR"), "/srem.rs"));
