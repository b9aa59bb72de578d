//! Why a message was refused. Each reason is counted by its name.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),* $(,)?) => {
        /// Why a message was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Refusal {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Refusal {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in metrics, logs and on the page.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

refusals! {
    /// The sender is on no list.
    UnknownSender = "unknown_sender",
    /// The sender is known, but not for this station.
    StationOfAnother = "station_of_another",
    /// The header names another station than the one that asks.
    StationMismatch = "station_mismatch",
    /// Another identity, as good or better, speaks for this station at present.
    StationInUse = "station_in_use",
    /// There is no ITS PDU header.
    Malformed = "malformed",
    /// Somebody who is no emergency vehicle says that it is one.
    CivilianAsEmergency = "civilian_as_emergency",
    /// The role is not that of the entry.
    RoleNotAllowed = "role_not_allowed",
    /// The subrole is not among those of the entry.
    SubroleNotAllowed = "subrole_not_allowed",
    /// The kind of vehicle is not among those of the entry.
    VehicleTypeNotAllowed = "vehicle_type_not_allowed",
    /// The entry does not hold at this time of day or week.
    OutsideHours = "outside_hours",
    /// The entry does not hold at this place.
    OutsideArea = "outside_area",
    /// The intersection is none of ours.
    UnknownIntersection = "unknown_intersection",
    /// The intersection has no such lane, approach or connection to enter by.
    UnknownApproach = "unknown_approach",
    /// Asked without a position, where one is required.
    NoPosition = "no_position",
    /// Faster than 55 m/s by its own word.
    ImplausibleSpeed = "implausible_speed",
    /// To be there at its ETA the vehicle would have to drive faster than 55 m/s.
    EtaTooEarly = "eta_too_early",
    /// The ETA is more than 300 s ahead.
    EtaTooFarAhead = "eta_too_far_ahead",
    /// The position is on no road that leads to the approach.
    OffRoad = "off_road",
    /// The position is on another approach, on a way out, or past the stop line.
    OtherApproach = "other_approach",
    /// Close to the stop line the vehicle heads away from it.
    WrongHeading = "wrong_heading",
    /// Nobody gets there so fast from where it was.
    ImpossibleJump = "impossible_jump",
    /// Nobody changes speed so fast for so long.
    ImplausibleAcceleration = "implausible_acceleration",
    /// Another message had the same numbers and the same time.
    Replayed = "replayed",
    /// Made too long ago, or in the future.
    Stale = "stale",
    /// The station sends more than it may.
    StationFlood = "station_flood",
    /// All senders of its kind together send more than is taken.
    Flood = "flood",
    /// There is no room to keep track of another station.
    TooManyStations = "too_many_stations",
    /// The station, or all who are no emergency vehicles, have too many live requests.
    TooManyRequests = "too_many_requests",
    /// The station has asked too often within the hour.
    HourlyQuota = "hourly_quota",
}

/// How often each reason was the reason.
#[derive(Debug)]
pub(super) struct Counts([AtomicU64; Refusal::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; Refusal::ALL.len()])
    }
}

impl Counts {
    pub(super) fn count(&self, refusal: Refusal) {
        self.0[refusal as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn of(&self, refusal: Refusal) -> u64 {
        self.0[refusal as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_name_of_its_own() {
        let mut names: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Refusal::ALL.len());
    }
}
