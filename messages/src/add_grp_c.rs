//! The European content of regional extensions, ISO TS 19091 annex G. Generated from `asn1/add_grp_c.asn1`; `regional` reads and writes it.

include!(concat!(env!("OUT_DIR"), "/add_grp_c.rs"));
