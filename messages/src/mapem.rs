//! MAPEM: the lanes of an intersection and how they connect, TS 103 301 clause 6. Generated from `asn1/mapem.asn1`.

include!(concat!(env!("OUT_DIR"), "/mapem.rs"));
