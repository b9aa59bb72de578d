//! The data of SAE J2735 as ISO TS 19091 and TS 103 301 use it. Generated from `asn1/dsrc.asn1`.

include!(concat!(env!("OUT_DIR"), "/dsrc.rs"));
