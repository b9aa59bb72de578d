//! The rules that a request lives by, with the source of each default.

use serde::{Deserialize, Serialize};
use voorrang_messages::VehicleRole;
use voorrang_units::{Duration, Length, Speed};

use super::Level;
use crate::kar::KarConfig;

/// Parameters of the life of a request. TLCGen is the open generator of Dutch control programs (`prio.c`, `extra_func_ris.c`); "judgement"
/// is ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestConfig {
    /// How far ahead a request may be, by its ETA. Default 300 s: what all Dutch iVRI take since 2021-04-01
    /// (talking-traffic.com, 2021-05-24).
    #[serde(rename = "horizon_s", with = "crate::seconds")]
    pub horizon: Duration,
    /// How long a request lives after its last message. Default 10 s: `SRMTimedOutTime` of MMITSS in the field; no
    /// normative value was found.
    #[serde(rename = "expiry_s", with = "crate::seconds")]
    pub expiry: Duration,
    /// How often the status of a live request is repeated, against loss on the radio. Default 1 s; at least 0.1 s is kept.
    #[serde(rename = "status_interval_s", with = "crate::seconds")]
    pub status_interval: Duration,
    /// How long a granted request may keep its green, from the confirmed start of green of all its groups (or from the start of
    /// the intervention, if they were green before). Default 90 s: TLCGen's green guard for emergency.
    #[serde(rename = "green_guard_s", with = "crate::seconds")]
    pub green_guard: Duration,
    /// The same for public transport and goods. Default 30 s (TLCGen).
    #[serde(rename = "transit_green_guard_s", with = "crate::seconds")]
    pub transit_green_guard: Duration,
    /// How long an intervention may wait for the confirmed green before it is given up: nobody may hold the other directions
    /// red because a lamp doesn't answer. Default 60 s (judgement: three times the 15 to 20 s that a pedestrian conflict takes).
    #[serde(rename = "green_wait_s", with = "crate::seconds")]
    pub green_wait: Duration,
    /// How long a vehicle may be seen elsewhere, or driving away from the stop line, before its request ends. Default 2 s: with a position a
    /// second its green is given back within 3 s of its leaving, and a single wrong position ends nothing.
    #[serde(rename = "left_after_s", with = "crate::seconds")]
    pub left_after: Duration,
    /// After how long its intervention is given back to a vehicle that stands before the junction and isn't held by red or by a queue in front
    /// of it. Default 10 s (judgement).
    #[serde(rename = "standstill_s", with = "crate::seconds")]
    pub standstill: Duration,
    /// Nearer to the stop line than this whoever stands is in a queue, and keeps its intervention. Default 30 m (judgement: four vehicles).
    #[serde(rename = "standstill_beyond_m")]
    pub standstill_beyond: Length,
    /// Whether a vehicle under light bar and siren that only says where it is gets a request made for it. Default true.
    pub observe: bool,
    /// Such a vehicle is taken to drive no slower than this, for its ETA. Default 8.3 m/s: 30 km/h, half a queue's speed.
    #[serde(rename = "observed_least_speed_m_s")]
    pub observed_least_speed: Speed,
    /// A vehicle this close behind another on the same approach, by their ETAs, joins its intervention. Default 15 s (judgement: the other
    /// direction would get nothing between them but a minimum green between two intergreens).
    #[serde(rename = "convoy_s", with = "crate::seconds")]
    pub convoy: Duration,
    /// So many vehicles may join an intervention while a conflicting vehicle of the same level waits; the next waits behind that. Default 4
    /// (judgement: a fire station's full turn-out of five).
    pub max_convoy: u8,
    /// A green that is older than the intervention counts as confirmed only after this long: its end may already be on the way
    /// from the controller. Default 0.4 s: the longest confirmation in a TLC-FI capture of a Dutch controller took 0.383 s.
    #[serde(rename = "confirmation_s", with = "crate::seconds")]
    pub confirmation: Duration,
    /// Whether an emergency vehicle without green whose conflicts are all wished and confirmed red is told `watchOtherTraffic`. Default
    /// false, as on the street: TLCGen's programs have it compiled out, and stay with `processing`.
    pub watch_other_traffic: bool,
    /// Who may ask: roles. Default `emergency` (6): TLCGen's role mask 64.
    pub roles: Vec<VehicleRole>,
    /// Who may ask: subroles. Default 5, in the Netherlands "blue light and siren": TLCGen's subrole mask 32. 0 stands for
    /// unknown or absent; it is not in the default, as that mask doesn't let it pass either.
    pub subroles: Vec<u8>,
    /// Whether public transport may ask. Default false: this engine is for emergency vehicles.
    pub public_transport: bool,
    /// Whether goods vehicles may ask. Default false likewise.
    pub goods: bool,
    /// Which subroles of public transport may ask. Default bus 1, tram 2, metro 3, train 4, and 7 to 9 (timetable, interval, express); not
    /// 10, out of service.
    pub public_transport_subroles: Vec<u8>,
    /// Which subroles of goods vehicles may ask. Default none said (0), platoon (11) and eco-driving (12).
    pub goods_subroles: Vec<u8>,
    /// After an emergency vehicle has cut its service, public transport and goods wait at most this long for those who were cut to be served
    /// once. Default 120 s: TLCGen's longest wait of motor traffic.
    #[serde(rename = "reservice_lock_s", with = "crate::seconds")]
    pub reservice_lock: Duration,
    /// The lowest importance that asks for an absolute intervention. Default 10: with TLCGen's boundary (`risgrenspriotype` 9) 1 to 9 is
    /// conditional priority, 10 to 14 absolute, 15 none. An emergency vehicle below it is rejected; absent or 0 (unknown) passes.
    pub absolute_importance: u8,
    /// How many live requests one intersection takes; the next is rejected. Default 32: as many as one `SignalStatus` of an SSEM
    /// holds (ISO TS 19091). The same number of ended ones is remembered.
    pub capacity: usize,
    /// How far beside a lane's centre line a position still matches the lane. Default 10 m (judgement: two lanes of 3.5 m, since
    /// crews drive beside the queue, plus some metres of satellite error).
    #[serde(rename = "lane_tolerance_m")]
    pub lane_tolerance: Length,
    /// Requests by KAR.
    pub kar: KarConfig,
}

impl Default for RequestConfig {
    fn default() -> Self {
        Self {
            horizon: Duration::from_seconds(300),
            expiry: Duration::from_seconds(10),
            status_interval: Duration::from_seconds(1),
            green_guard: Duration::from_seconds(90),
            transit_green_guard: Duration::from_seconds(30),
            green_wait: Duration::from_seconds(60),
            left_after: Duration::from_seconds(2),
            standstill: Duration::from_seconds(10),
            standstill_beyond: Length::from_metres(30.0),
            observe: true,
            observed_least_speed: Speed::from_metres_per_second(8.3),
            convoy: Duration::from_seconds(15),
            max_convoy: 4,
            confirmation: Duration::from_millis(400),
            watch_other_traffic: false,
            roles: vec![VehicleRole::Emergency],
            subroles: vec![5],
            public_transport: false,
            goods: false,
            public_transport_subroles: vec![1, 2, 3, 4, 7, 8, 9],
            goods_subroles: vec![0, 11, 12],
            reservice_lock: Duration::from_seconds(120),
            absolute_importance: 10,
            capacity: 32,
            lane_tolerance: Length::from_metres(10.0),
            kar: KarConfig::default(),
        }
    }
}

impl RequestConfig {
    /// How long a green may be kept for a request of that level.
    pub(crate) fn guard(&self, level: Level) -> Duration {
        if level == Level::Emergency { self.green_guard } else { self.transit_green_guard }
    }

    /// The interval between repeats of a status, never so short that a call would want itself again at once.
    pub(crate) fn repeat_after(&self) -> Duration {
        self.status_interval.max(Duration::from_millis(100))
    }
}
