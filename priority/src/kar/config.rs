//! The parameters of requests by KAR, with the source of each default.

use serde::{Deserialize, Serialize};
use voorrang_messages::StationId;
use voorrang_units::{Duration, Speed};

use super::KarMessage;

/// Parameters of requests by KAR. "Judgement" is ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KarConfig {
    /// The same announcement of the same vehicle within this time is a repeat, without effect. Default 1.5 s (TLCGen).
    #[serde(rename = "anti_repeat_s", with = "crate::seconds")]
    pub anti_repeat: Duration,
    /// Whether an emergency vehicle has to tell that blue light and siren are on (urgency 4) when it checks in; never asked when it checks out. Default
    /// true: Dutch emergency vehicles may only check in with both on.
    pub blue_light: bool,
    /// Who tells a distance but no time is taken to drive so fast, unless it tells its speed. Default 11.1 m/s: 40 km/h (judgement).
    #[serde(rename = "assumed_speed_m_s")]
    pub assumed_speed: Speed,
    /// Who checks in with neither time nor distance has this long to drive at most. Default 30 s (judgement: report points lie some 300 m
    /// before the stop line).
    #[serde(rename = "longest_drive_s", with = "crate::seconds")]
    pub longest_drive: Duration,
    /// Who announces itself beforehand with neither is expected after this long. Default 60 s (judgement).
    #[serde(rename = "pre_check_in_drive_s", with = "crate::seconds")]
    pub pre_check_in_drive: Duration,
    /// A request ends this long after its vehicle should have passed, where the check-out is lost. Default 30 s (judgement: one red of the
    /// cross street). The green guard ends it before, should that be over.
    #[serde(rename = "margin_s", with = "crate::seconds")]
    pub margin: Duration,
    /// A vehicle of the same class on the same approach, expected within this of another, is taken for the same where one is known by KAR and
    /// one by its messages. Default 10 s (judgement: less than the 15 s of a convoy).
    #[serde(rename = "same_vehicle_s", with = "crate::seconds")]
    pub same_vehicle: Duration,
    /// The stations of vehicles, where they are known: these are told apart for sure. Default none.
    pub vehicles: Vec<KarStation>,
}

/// A vehicle that is known by both its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KarStation {
    /// The company that it names by KAR; any, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<u8>,
    /// Its number there.
    pub vehicle: u16,
    /// Its station id.
    pub station: StationId,
}

impl Default for KarConfig {
    fn default() -> Self {
        Self {
            anti_repeat: Duration::from_millis(1500),
            blue_light: true,
            assumed_speed: Speed::from_metres_per_second(11.1),
            longest_drive: Duration::from_seconds(30),
            pre_check_in_drive: Duration::from_seconds(60),
            margin: Duration::from_seconds(30),
            same_vehicle: Duration::from_seconds(10),
            vehicles: Vec::new(),
        }
    }
}

impl KarConfig {
    /// The station of whoever sent a message, where the configuration knows it.
    #[must_use]
    pub fn station(&self, message: &KarMessage) -> Option<StationId> {
        let vehicle = message.vehicle?;
        let known = self.vehicles.iter().find(|known| {
            known.vehicle == vehicle && (known.company.is_none() || known.company == message.company)
        });
        known.map(|known| known.station)
    }

    /// Whether a station's KAR numbers are known.
    pub(crate) fn knows(&self, station: StationId) -> bool {
        self.vehicles.iter().any(|known| known.station == station)
    }
}
