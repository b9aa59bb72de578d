//! The rules of the warning, with the source of each default.

use serde::{Deserialize, Serialize};
use voorrang_messages::StationId;
use voorrang_messages::emergency_vehicle_approaching::RelevanceDistance;
use voorrang_units::{Duration, Length};

/// Parameters of the EVA warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaConfig {
    /// Our own station: the `originatingStationID` of all our warnings. There is no default, as two stations with the same number would
    /// cancel each other's warnings. It must not be a vehicle's: whoever follows it would follow that vehicle.
    pub station: StationId,
    /// How warnings are made.
    #[serde(default)]
    pub publisher: PublisherConfig,
    /// How warnings are judged.
    #[serde(default)]
    pub receiver: ReceiverConfig,
}

impl EvaConfig {
    /// The defaults for a station of ours.
    #[must_use]
    pub fn with_station(station: StationId) -> Self {
        Self { station, publisher: PublisherConfig::default(), receiver: ReceiverConfig::default() }
    }
}

/// Parameters of [`EvaPublisher`](super::EvaPublisher). What the wire can't say, or would make a warning expire before its next update, is
/// held within bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PublisherConfig {
    /// The least time from one warning of a vehicle to the next; its cancellation doesn't wait. Default 1 s: common for a moving EVA
    /// (judgement; the standard gives none). At least 0.1 s is kept.
    #[serde(rename = "update_interval_s", with = "crate::seconds")]
    pub update_interval: Duration,
    /// A warning is repeated at least this often, also for a vehicle that stands. Default 10 s: the longest `transmissionInterval`
    /// that a DENM can tell (TS 102 894-2: 10 000 ms), and less than the validity.
    #[serde(rename = "refresh_interval_s", with = "crate::seconds")]
    pub refresh_interval: Duration,
    /// `validityDuration`: how long a warning holds without an update. Default 15 s: a lost cancellation warns nobody for longer. It is
    /// a whole number of seconds from 1 to 86 400.
    #[serde(rename = "validity_s", with = "crate::seconds")]
    pub validity: Duration,
    /// Without a position for so long a vehicle is gone, and its warning is cancelled. Default 5 s: a CAM comes at least every second
    /// (EN 302 637-2), so five in a row are lost. It is never longer than the validity.
    #[serde(rename = "silence_s", with = "crate::seconds")]
    pub silence: Duration,
    /// An update is due once the vehicle has moved so far. Default 5 m: half of what a satellite receiver errs in a street (judgement), so
    /// that one that stands is not updated for its noise alone.
    #[serde(rename = "update_distance_m")]
    pub update_distance: Length,
    /// How far ahead of the vehicle, along the road, drivers are to be warned: the length of the traces. Default 400 m: warnings from
    /// 300 to 400 m ahead changed what drivers do (Lenné et al. 2008, driving simulator).
    #[serde(rename = "reach_m")]
    pub reach: Length,
    /// `relevanceDistance`, for receivers that don't know the traces. Default `less_than_500m`: the class that holds the reach.
    pub relevance_distance: RelevanceDistance,
    /// How many vehicles have a warning at once; for one more, the one that was heard of the longest ago is dropped. Default 32 (judgement:
    /// a fire brigade's whole turn-out, twice). At least 1 is kept.
    pub capacity: usize,
}

impl Default for PublisherConfig {
    fn default() -> Self {
        Self {
            update_interval: Duration::from_seconds(1),
            refresh_interval: Duration::from_seconds(10),
            validity: Duration::from_seconds(15),
            silence: Duration::from_seconds(5),
            update_distance: Length::from_metres(5.0),
            reach: Length::from_metres(400.0),
            relevance_distance: RelevanceDistance::LessThan500m,
            capacity: 32,
        }
    }
}

/// Parameters of [`EvaReceiver`](super::EvaReceiver) and [`Relevance`](super::Relevance). Of each pair of bounds the first begins a warning and
/// the wider one ends it, so that none flickers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiverConfig {
    /// A driver is warned from so far, along the road. Default 400 m: as [`PublisherConfig::reach`].
    #[serde(rename = "distance_m")]
    pub distance: Length,
    /// A driver who is warned stays so until here. Default 450 m (judgement).
    #[serde(rename = "release_distance_m")]
    pub release_distance: Length,
    /// So far beside the road of the warning a driver is still on it. Default 10 m: two lanes of 3.5 m and some metres of satellite error
    /// (judgement; as the engine's `lane_tolerance_m`).
    #[serde(rename = "beside_m")]
    pub beside: Length,
    /// A driver who is warned is on the road until here. Default 15 m (judgement).
    #[serde(rename = "release_beside_m")]
    pub release_beside: Length,
    /// How long a warning stays after it no longer concerns the driver, unless it is cancelled, expires or the vehicle stands. Default
    /// 2 s: drivers recover 2 to 4 s after the vehicle has passed (judgement).
    #[serde(rename = "hold_s", with = "crate::seconds")]
    pub hold: Duration,
    /// A vehicle that stands for so long is at its incident, and approaches nobody. Default 30 s (judgement: longer than a wait in a queue
    /// before a light that turns green for it).
    #[serde(rename = "standing_s", with = "crate::seconds")]
    pub standing: Duration,
    /// Whether drivers who come towards the vehicle from beyond the crossing ahead of it are warned. Default false: the lights of the
    /// crossing stand between, and once the vehicle has passed them, they are warned. True warns them before a left turn too.
    pub oncoming_beyond_crossing: bool,
    /// No warning is believed for longer than this after its detection, whatever its validity. Default 60 s (judgement: four times ours).
    #[serde(rename = "longest_validity_s", with = "crate::seconds")]
    pub longest_validity: Duration,
    /// A warning whose times lie so far in the future is refused. Default 5 s (judgement: clocks of stations agree within some seconds).
    #[serde(rename = "clock_tolerance_s", with = "crate::seconds")]
    pub clock_tolerance: Duration,
    /// How many actions are remembered, those that ended included. Default 64 (judgement). At least 1 is kept.
    pub capacity: usize,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        Self {
            distance: Length::from_metres(400.0),
            release_distance: Length::from_metres(450.0),
            beside: Length::from_metres(10.0),
            release_beside: Length::from_metres(15.0),
            hold: Duration::from_seconds(2),
            standing: Duration::from_seconds(30),
            oncoming_beyond_crossing: false,
            longest_validity: Duration::from_seconds(60),
            clock_tolerance: Duration::from_seconds(5),
            capacity: 64,
        }
    }
}
