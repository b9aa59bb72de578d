//! DENM: a warning of an event on the road, EN 302 637-3 V1.3.1. Generated from `asn1/denm.asn1`.

include!(concat!(env!("OUT_DIR"), "/denm.rs"));
