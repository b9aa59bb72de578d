//! SPATEM: the state of signal groups and what it will be, TS 103 301 clause 5. Generated from `asn1/spatem.asn1`.

include!(concat!(env!("OUT_DIR"), "/spatem.rs"));
