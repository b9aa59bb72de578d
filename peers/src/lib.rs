//! Other codecs of the ETSI ITS messages, to hold ours against: their values in tests, their speed in benchmarks. Nothing that is
//! deployed depends on this crate.
//!
//! | module | codec | types from |
//! |---|---|---|
//! | [`rasn_compiled`] | rasn 0.30 | our ASN.1 profile, by rasn-compiler |
//! | [`c_its`] | c-its-parser 2.4.2 on rasn 0.28 | its own modules: TS 103 301 V2.2.1 for DSRC, which adds behind extension markers |
//! | [`asn1rs_stock`] | asn1rs 0.3.1, reader and writer included | our ASN.1 profile, by its converter |
//!
//! Each module has the types `Srem`, `Ssem`, `Spatem`, `Mapem`, `Cam` and `Denm`, which are a [`Peer`].

#![forbid(unsafe_code)]

pub mod asn1rs_stock;
pub mod c_its;
mod json;
pub mod rasn_compiled;

use serde_json::Value;

/// A message of another codec.
pub trait Peer: Sized {
    /// Reads a message in UPER.
    ///
    /// # Errors
    /// What the codec says.
    fn decode(octets: &[u8]) -> Result<Self, String>;

    /// Writes it in UPER.
    ///
    /// # Errors
    /// What the codec says.
    fn encode(&self) -> Result<Vec<u8>, String>;
}

/// A message that its codec writes as JSON.
pub trait Readable: Peer {
    /// Its JSON encoding rules (X.697): BIT STRINGs in hex, filled up to octets, those of variable size as `{"value", "length"}`;
    /// OCTET STRINGs in upper-case hex.
    ///
    /// # Errors
    /// What the codec says.
    fn to_jer(&self) -> Result<Value, String>;

    /// The form of `messages/tests/vectors/`: names as in the ASN.1, BIT STRINGs as 0s and 1s, OCTET STRINGs in lower-case hex, an open
    /// type as `{"hex"}`, and nothing for a member that has its DEFAULT.
    ///
    /// # Errors
    /// What the codec says.
    fn to_json(&self) -> Result<Value, String> {
        self.to_jer().map(|value| json::from_jer(&value))
    }
}
