//! The signal states of a SPATEM in units: per intersection, what each signal group shows, until when, and why.
//!
//! | file | holds |
//! |---|---|
//! | `status` | how the controller works: flags |
//! | `phase` | one phase of a movement: state, reason |
//! | `timing` | when it begins and ends |
//! | `advice` | advised speeds, queues and room behind the stop line |
//!
//! Not part of the view: the name of the whole message, the position feedback of `ConnectionManeuverAssist-addGrpC`, and the extensions
//! of other regions than addGrpC.

mod advice;
mod phase;
mod status;
mod timing;

use serde::{Deserialize, Serialize};
use voorrang_units::{DSecond, Duration, Instant, MinuteOfYear};

pub use self::advice::{AdvisoryKind, AdvisorySpeed, ManeuverAssist};
pub use self::phase::{ChangeReason, PhaseState, SignalPhase};
pub use self::status::ControllerStatus;
pub use self::timing::{ChangeTime, PhaseTiming};
use crate::add_grp_c::{IntersectionStateAddGrpC, PrioritizationResponse, PrioritizationResponseList};
use crate::dsrc::{
    self, EnabledLaneList, IntersectionState, IntersectionStateList, IntersectionStatusObject, LaneId,
    MinuteOfTheYear, MovementEventList, MovementList, MovementState, MsgCount, SignalGroupId, Spat,
};
use crate::elements::{IntersectionReference, StationId, minute_of, name_from_wire, name_to_wire, second_of};
use crate::its_container::ItsPduHeader;
use crate::message::MessageKind;
use crate::regional::AddGrpC;
use crate::request_status::PrioritizationStatus;
use crate::spatem::Spatem;
use crate::uper::DecodeError;
use crate::view_error::{MAX_ELEMENTS, ViewError};

/// The signals of one intersection (`IntersectionState`, ISO TS 19091; TS 103 301 clause 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalState {
    /// Which intersection.
    pub intersection: IntersectionReference,
    /// Its name for people.
    pub name: Option<String>,
    /// The revision of the MAPEM that gives lanes and signal groups their numbers, 0 to 127.
    pub revision: u8,
    /// How the controller works.
    pub status: ControllerStatus,
    /// When the states were so.
    pub moment: Option<Instant>,
    /// The revocable lanes that are in use now, by `LaneID`; at most 16.
    pub enabled_lanes: Vec<u8>,
    /// The signal groups, 1 to 255 of them.
    pub movements: Vec<Movement>,
    /// The traffic on connections of lanes, where it is told for the intersection as a whole; at most 16.
    pub assists: Vec<ManeuverAssist>,
    /// The requests that are served or refused now (addGrpC); at most 10.
    pub prioritizations: Vec<ActivePrioritization>,
    /// The extensions that were there but could not be read: what they would say is missing above.
    #[serde(skip)]
    pub unreadable: Vec<ViewError>,
}

/// `MovementState` (ISO TS 19091): a signal group and its phases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// `SignalGroupID`, the number that the MAPEM's connections name; 0 unknown, 255 always green.
    pub signal_group: u8,
    /// Its name for people.
    pub name: Option<String>,
    /// The phase that is, then those that are predicted; 1 to 16.
    pub phases: Vec<SignalPhase>,
    /// The traffic on the connections of the signal group; at most 16.
    pub assists: Vec<ManeuverAssist>,
}

/// `PrioritizationResponse` (ISO TS 19091 annex G): what became of the request of a station, told to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivePrioritization {
    /// Who asked.
    pub station: StationId,
    /// What became of it.
    pub status: PrioritizationStatus,
    /// For which signal group.
    pub signal_group: u8,
}

impl SignalState {
    /// The intersections of a message, in its order. `received` tells the year of the moment, and stands for the moment where the
    /// message has none.
    #[must_use]
    pub fn all_from_spatem(spatem: &Spatem, received: Instant) -> Vec<Self> {
        spatem.spat.intersections.0.iter().map(|state| Self::from_wire(state, received)).collect()
    }

    /// The message that tells all these. Times of phases are told to the tenth of a second, for half an hour before to half an hour
    /// after the moment of their intersection, or after `sent` where it has none; others are told as unknown, and those of more than
    /// an hour after it as that.
    ///
    /// # Errors
    /// When there are none or more than 32, or they hold what the wire can't say.
    pub fn to_spatem(states: &[Self], station: StationId, sent: Instant) -> Result<Spatem, ViewError> {
        let intersections = states.iter().map(|state| state.to_wire(sent)).collect::<Result<_, _>>()?;
        let intersections = ViewError::at_most(MAX_ELEMENTS, "intersections", intersections)?;
        Ok(Spatem {
            header: ItsPduHeader::of(MessageKind::Spatem, station),
            spat: Spat {
                time_stamp: Some(minute_of(sent)),
                name: None,
                intersections: IntersectionStateList(intersections.ok_or(ViewError::Empty)?),
                regional: None,
            },
        })
    }

    /// The movement of a signal group.
    #[must_use]
    pub fn movement(&self, signal_group: u8) -> Option<&Movement> {
        self.movements.iter().find(|movement| movement.signal_group == signal_group)
    }

    fn from_wire(wire: &IntersectionState, received: Instant) -> Self {
        let moment = moment_from_wire(wire.moy, wire.time_stamp, received);
        let mut unreadable = Vec::new();
        let movement = |movement| Movement::from_wire(movement, moment.unwrap_or(received), &mut unreadable);
        let movements = wire.states.0.iter().map(movement).collect();
        let content = wire.add_grp_c().unwrap_or_else(|error| {
            unreadable.push(ViewError::Extension { of: "the intersection".to_owned(), source: error });
            None
        });
        let prioritizations = content.and_then(|content| content.active_prioritizations);
        Self {
            intersection: IntersectionReference::from_wire(&wire.id),
            name: name_from_wire(wire.name.as_ref()),
            revision: wire.revision.0,
            status: ControllerStatus::from_wire(wire.status.0),
            moment,
            enabled_lanes: wire.enabled_lanes.iter().flat_map(|lanes| &lanes.0).map(|lane| lane.0).collect(),
            movements,
            assists: ManeuverAssist::all_from_wire(wire.maneuver_assist_list.as_ref()),
            prioritizations: prioritizations
                .iter()
                .flat_map(|responses| &responses.0)
                .map(ActivePrioritization::from_wire)
                .collect(),
            unreadable,
        }
    }

    fn to_wire(&self, sent: Instant) -> Result<IntersectionState, ViewError> {
        let reference = self.moment.unwrap_or(sent);
        let movements = self.movements.iter().map(|movement| movement.to_wire(reference));
        let movements = ViewError::at_most(255, "movements", movements.collect::<Result<_, _>>()?)?;
        let lanes = self.enabled_lanes.iter().copied().map(LaneId).collect();
        let mut wire = IntersectionState {
            name: name_to_wire(self.name.as_deref())?,
            id: self.intersection.to_wire(),
            revision: ViewError::in_range("a revision", 0, MsgCount::MAX.0, self.revision).map(MsgCount)?,
            status: IntersectionStatusObject(self.status.to_wire()),
            moy: self.moment.map(minute_of),
            time_stamp: self.moment.map(second_of),
            enabled_lanes: ViewError::at_most(16, "enabled lanes", lanes)?.map(EnabledLaneList),
            states: MovementList(movements.ok_or(ViewError::None("movement"))?),
            maneuver_assist_list: ManeuverAssist::all_to_wire(&self.assists)?,
            regional: None,
        };
        let responses = self.prioritizations.iter().copied().map(ActivePrioritization::to_wire).collect();
        if let Some(responses) = ViewError::at_most(10, "active prioritizations", responses)? {
            let active_prioritizations = Some(PrioritizationResponseList(responses));
            wire.set_add_grp_c(&IntersectionStateAddGrpC { active_prioritizations })?;
        }
        Ok(wire)
    }
}

impl Movement {
    /// What is shown now.
    #[must_use]
    pub fn current(&self) -> Option<&SignalPhase> {
        self.phases.first()
    }

    fn from_wire(wire: &MovementState, reference: Instant, unreadable: &mut Vec<ViewError>) -> Self {
        let signal_group = wire.signal_group.0;
        let mut phase = |event| {
            let (phase, error) = SignalPhase::from_wire(event, reference);
            let missing = |source: DecodeError| ViewError::Extension {
                of: format!("a phase of signal group {signal_group}"),
                source,
            };
            unreadable.extend(error.map(missing));
            phase
        };
        Self {
            signal_group,
            name: name_from_wire(wire.movement_name.as_ref()),
            phases: wire.state_time_speed.0.iter().map(&mut phase).collect(),
            assists: ManeuverAssist::all_from_wire(wire.maneuver_assist_list.as_ref()),
        }
    }

    fn to_wire(&self, reference: Instant) -> Result<MovementState, ViewError> {
        let events = self.phases.iter().map(|phase| phase.to_wire(reference)).collect::<Result<_, _>>()?;
        let events = ViewError::at_most(16, "phases of one movement", events)?;
        Ok(MovementState {
            movement_name: name_to_wire(self.name.as_deref())?,
            signal_group: SignalGroupId(self.signal_group),
            state_time_speed: MovementEventList(events.ok_or(ViewError::None("phase of a movement"))?),
            maneuver_assist_list: ManeuverAssist::all_to_wire(&self.assists)?,
            regional: None,
        })
    }
}

impl ActivePrioritization {
    fn from_wire(wire: &PrioritizationResponse) -> Self {
        Self {
            station: StationId(wire.station_id.0),
            status: PrioritizationStatus::from_wire(wire.prior_state),
            signal_group: wire.signal_group.0,
        }
    }

    fn to_wire(self) -> PrioritizationResponse {
        PrioritizationResponse {
            station_id: self.station.to_wire(),
            prior_state: self.status.to_wire(),
            signal_group: SignalGroupId(self.signal_group),
        }
    }
}

/// Without a minute it is the one that brings the second nearest to `received`; without a second there is no moment.
fn moment_from_wire(
    minute: Option<MinuteOfTheYear>,
    second: Option<dsrc::DSecond>,
    received: Instant,
) -> Option<Instant> {
    let within =
        Duration::from_millis(second.and_then(|second| DSecond::from_raw(second.0).millis())?.into());
    match minute.and_then(|minute| MinuteOfYear::from_raw(minute.0)) {
        Some(minute) => Some(minute.resolve(received) + within),
        None => {
            let this_minute =
                received - Duration::from_millis(received.unix_millis().rem_euclid(MINUTE.millis()));
            let minutes = [this_minute, this_minute + MINUTE, this_minute - MINUTE];
            let moments = minutes.into_iter().map(|minute| minute + within);
            moments.min_by_key(|moment| (*moment - received).millis().unsigned_abs())
        }
    }
}

const MINUTE: Duration = Duration::from_seconds(60);

#[cfg(test)]
mod tests;
