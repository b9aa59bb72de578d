//! c-its-parser, with types of its own.

use c_its_parser::standards::{cam_1_4_1, denm_1_3_1, mapem_2_2_1, spatem_2_2_1, srem_2_2_1, ssem_2_2_1};
use serde_json::Value;

use crate::{Peer, Readable};

pub use cam_1_4_1::cam_pdu_descriptions::CAM as Cam;
pub use denm_1_3_1::denm_pdu_descriptions::DENM as Denm;
pub use mapem_2_2_1::mapem_pdu_descriptions::MAPEM as Mapem;
pub use spatem_2_2_1::spatem_pdu_descriptions::SPATEM as Spatem;
pub use srem_2_2_1::srem_pdu_descriptions::SREM as Srem;
pub use ssem_2_2_1::ssem_pdu_descriptions::SSEM as Ssem;

macro_rules! peers {
    ($($message:ty),*) => {$(
        impl Peer for $message {
            fn decode(octets: &[u8]) -> Result<Self, String> {
                rasn_c_its::uper::decode(octets).map_err(|error| error.to_string())
            }

            fn encode(&self) -> Result<Vec<u8>, String> {
                rasn_c_its::uper::encode(self).map_err(|error| error.to_string())
            }
        }

        impl Readable for $message {
            fn to_jer(&self) -> Result<Value, String> {
                let text = rasn_c_its::jer::encode(self).map_err(|error| error.to_string())?;
                serde_json::from_str(&text).map_err(|error| error.to_string())
            }
        }
    )*};
}

peers!(Cam, Denm, Mapem, Spatem, Srem, Ssem);
