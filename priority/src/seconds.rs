//! How a span of time stands in a file for people: a number of seconds. For `#[serde(with = "crate::seconds")]`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use voorrang_units::Duration;

pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    duration.seconds().serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if !(0.0..=1e9).contains(&seconds) {
        return Err(D::Error::custom(format_args!("expected 0 to 1e9 seconds, got {seconds}")));
    }
    Ok(Duration::from_seconds_f64(seconds))
}
