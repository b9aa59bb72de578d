//! CAM: an ITS station tells where it is and what it does, EN 302 637-2 V1.4.1. Generated from `asn1/cam.asn1`.

include!(concat!(env!("OUT_DIR"), "/cam.rs"));
