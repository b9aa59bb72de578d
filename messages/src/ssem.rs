//! SSEM: traffic lights tell what became of requests, TS 103 301 clause 8. Generated from `asn1/ssem.asn1`.

include!(concat!(env!("OUT_DIR"), "/ssem.rs"));
