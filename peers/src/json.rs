//! From the JSON encoding rules (X.697), in which rasn writes, to the form of `messages/tests/vectors/`. It goes by the names of members
//! alone, so it shares nothing with our own types: they are held against what it gives.

use serde_json::{Value, json};

/// Members that are BIT STRINGs of a fixed size, and that size: X.697 has their octets in hex and leaves open how many bits of the last
/// count. `status` is one in a SPATEM; in an SSEM it is a list or an enumeration value, none of which is four digits of hex. The size of
/// `vehicle` is extensible, which rasn 0.28 overlooks here: its text is right for the eight bits of the root only.
const BIT_STRINGS: [(&str, usize); 21] = [
    ("accelerationControl", 7),
    ("bikeLane", 16),
    ("crosswalk", 16),
    ("directionalUse", 2),
    ("emergencyPriority", 2),
    ("energyStorageType", 7),
    ("exteriorLights", 8),
    ("lightBarSirenInUse", 2),
    ("maneuver", 12),
    ("maneuvers", 12),
    ("median", 16),
    ("parking", 16),
    ("positionOfOccupants", 20),
    ("sharedWith", 10),
    ("sidewalk", 16),
    ("specialTransportType", 4),
    ("status", 16),
    ("striping", 16),
    ("trackedVehicle", 16),
    ("transitStatus", 8),
    ("vehicle", 8),
];

/// Members of the ITS PDU header that the common data dictionary of release 2 (TS 102 894-2 V2.2.1), which c-its-parser has in four
/// messages, writes otherwise.
const RENAMED: [(&str, &str); 2] = [("messageId", "messageID"), ("stationId", "stationID")];

/// Members that are OCTET STRINGs.
const OCTET_STRINGS: [&str; 2] = ["entityID", "ptActivationData"];

/// The same value in our form.
pub(crate) fn from_jer(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let present = members.iter().filter(|(name, value)| !is_default(name, value));
            Value::Object(
                present.map(|(name, value)| (our_name(name).to_owned(), member(name, value))).collect(),
            )
        }
        Value::Array(elements) => elements.iter().map(from_jer).collect(),
        plain => plain.clone(),
    }
}

fn our_name(name: &str) -> &str {
    RENAMED.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours)
}

/// The one DEFAULT of the messages is written out: `validityDuration` of a DENM.
fn is_default(name: &str, value: &Value) -> bool {
    name == "validityDuration" && *value == json!(600)
}

fn member(name: &str, value: &Value) -> Value {
    if let Some(hex) = value.as_str() {
        let size = BIT_STRINGS.iter().find(|(bit_string, _)| *bit_string == name).map(|(_, size)| *size);
        if let Some(bits) = size.and_then(|size| bits(hex, size)) {
            return bits.into();
        }
        return match name {
            "regExtValue" => json!({ "hex": hex.to_lowercase() }),
            _ if OCTET_STRINGS.contains(&name) => hex.to_lowercase().into(),
            _ => value.clone(),
        };
    }
    // A BIT STRING of another size than a fixed one is written with its size.
    let sized = value["value"].as_str().zip(value["length"].as_u64());
    let bits = sized.and_then(|(hex, size)| bits(hex, usize::try_from(size).ok()?));
    bits.map_or_else(|| from_jer(value), Value::from)
}

/// The first `size` bits of octets in hex, if these are as many octets as that needs.
fn bits(hex: &str, size: usize) -> Option<String> {
    if hex.len() != size.div_ceil(8) * 2 {
        return None;
    }
    let digits: Option<String> =
        hex.chars().map(|digit| digit.to_digit(16).map(|digit| format!("{digit:04b}"))).collect();
    digits.and_then(|bits| bits.get(..size).map(str::to_owned))
}
