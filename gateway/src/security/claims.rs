//! What a message says beside what its views hold: when it was made, by whom, and what kind of vehicle sent it.

use voorrang_messages::{Srem, StationId, StationType, VehicleState};
use voorrang_units::{DSecond, Duration, Instant, MinuteOfYear};

/// What a message says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The station in its header.
    pub station: StationId,
    /// When it was made, by its own word.
    pub generated: Option<Instant>,
    /// When it was sent, by the word of what carried it: GeoNetworking's time stamp, the MAC wrapper's.
    pub sent: Option<Instant>,
    /// The kind of station, where a CAM tells.
    pub station_type: Option<StationType>,
    /// The kind of vehicle by ISO 3833, where an SREM tells.
    pub iso3883: Option<u8>,
}

impl Claims {
    /// Those of an SREM: minute and second of its time stamp; without a minute, the one that brings its second nearest to `received`.
    #[must_use]
    pub fn of_srem(srem: &Srem, received: Instant, sent: Option<Instant>) -> Self {
        let millis =
            DSecond::from_raw(srem.srm.second.0).millis().map(|millis| Duration::from_millis(millis.into()));
        let minute = srem.srm.time_stamp.map(|minute| MinuteOfYear::from_raw(minute.0));
        let generated = millis.and_then(|millis| match minute {
            Some(minute) => Some(minute?.resolve(received) + millis),
            None => Some(nearest_minute(received, millis) + millis),
        });
        let role = srem.srm.requestor.r#type.as_ref();
        Self {
            station: StationId(srem.header.station_id.0),
            generated,
            sent,
            station_type: None,
            iso3883: role.and_then(|role| role.iso3883).map(|kind| kind.0),
        }
    }

    /// Those of a CAM, by what it says.
    #[must_use]
    pub fn of_vehicle(state: &VehicleState, sent: Option<Instant>) -> Self {
        Self {
            station: state.station,
            generated: Some(state.moment),
            sent,
            station_type: Some(state.station_type),
            iso3883: None,
        }
    }
}

const MINUTE: i64 = 60_000;

/// The start of the minute that brings a time within it nearest to a moment.
fn nearest_minute(to: Instant, within: Duration) -> Instant {
    let millis = to.unix_millis();
    let start = Instant::from_unix_millis(millis - millis.rem_euclid(MINUTE));
    let minutes = [start - Duration::from_millis(MINUTE), start, start + Duration::from_millis(MINUTE)];
    let away = |minute: &Instant| ((*minute + within) - to).millis().abs();
    minutes.into_iter().min_by_key(away).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_without_a_minute_is_the_nearest_one() {
        let at = |text: &str| Instant::parse_rfc3339(text).unwrap();
        let check = |received: &str, millis: i64, generated: &str| {
            let within = Duration::from_millis(millis);
            assert_eq!(nearest_minute(at(received), within) + within, at(generated), "{received}");
        };
        check("2026-11-25T12:00:30Z", 29_500, "2026-11-25T12:00:29.500Z");
        check("2026-11-25T12:00:00.2Z", 59_900, "2026-11-25T11:59:59.900Z");
        check("2026-11-25T11:59:59.9Z", 100, "2026-11-25T12:00:00.100Z");
    }
}
