//! What all ETSI ITS messages begin with, and where they are: TS 102 894-2, module ITS-Container. Generated from `asn1/its_container.asn1`.

include!(concat!(env!("OUT_DIR"), "/its_container.rs"));
