//! The DENM that warns of an emergency vehicle (cause 95), in units: the event, where it is and until when it holds.
//!
//! Not part of the view: the linked cause and the event history of the situation container, and of the à-la-carte container all but the
//! lane. The area in which a DENM is spread is not in the message: it is told by what carries it.

mod relevance;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use voorrang_units::{Angle, Duration, Instant, Speed};

pub use self::relevance::{RelevanceDistance, RelevanceTrafficDirection, RoadType};
use crate::denm::{
    AlacarteContainer, DecentralizedEnvironmentalNotificationMessage, Denm, LocationContainer,
    ManagementContainer, SituationContainer, Termination,
};
use crate::elements::{
    LanePosition, Measured, PathPoint, ReferencePosition, StationId, StationType, heading_from_wire,
    heading_to_wire, speed_from_wire, speed_to_wire,
};
use crate::its_container::{
    self, CauseCode, CauseCodeType, EmergencyVehicleApproachingSubCauseCode, InformationQuality,
    ItsPduHeader, PathHistory, SubCauseCodeType, TimestampIts, Traces, TransmissionInterval,
    ValidityDuration,
};
use crate::message::MessageKind;
use crate::view_error::ViewError;

/// A warning of an emergency vehicle that approaches (EN 302 637-3, `causeCode` 95 of TS 102 894-2), or the end of one.
///
/// A new warning, its updates and its end have the same [`ActionId`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmergencyVehicleApproaching {
    /// Which event.
    pub action: ActionId,
    /// Who sends: the originating station, or another that negates the event.
    pub sender: StationId,
    /// Whether the event is there, or ends.
    pub kind: DenmKind,
    /// `detectionTime`: when the event, its update or its end was detected.
    pub detection_time: Instant,
    /// `referenceTime`: when this DENM was made; a negation has that of the DENM which it negates.
    pub reference_time: Instant,
    /// Where the event is.
    pub event_position: ReferencePosition,
    /// How near the vehicles are that it concerns.
    pub relevance_distance: Option<RelevanceDistance>,
    /// Which traffic it concerns.
    pub relevance_traffic_direction: Option<RelevanceTrafficDirection>,
    /// `validityDuration`: how long after its detection the event holds; 0 to 86 400 s in whole seconds.
    pub validity: Duration,
    /// `transmissionInterval`: the time from one repetition to the next; 1 to 10 000 ms.
    pub transmission_interval: Option<Duration>,
    /// What kind of station the originating one is.
    pub station_type: StationType,
    /// What kind of vehicle approaches; always there but at the end of an event.
    pub sub_cause: Option<ApproachingSubCause>,
    /// `informationQuality`: how probable the event is, 1 lowest to 7 highest.
    pub information_quality: Option<u8>,
    /// How fast the event moves, not negative.
    pub event_speed: Option<Measured<Speed>>,
    /// Whereto it moves, clockwise from north.
    pub event_heading: Option<Measured<Angle>>,
    /// The ways that lead to the event, at most 7 of at most 40 points, each from the event backwards. Ways without points are left out.
    pub traces: Vec<Vec<PathPoint>>,
    /// On what road it is.
    pub road_type: Option<RoadType>,
    /// On which lane.
    pub lane_position: Option<LanePosition>,
}

/// `ActionID` (TS 102 894-2): which event, the same in all DENMs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActionId {
    /// The station that first told of the event.
    pub originating_station: StationId,
    /// Tells the events of that station apart.
    pub sequence_number: u16,
}

/// What a DENM does with the event: `termination` (EN 302 637-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenmKind {
    /// It is there. Whether that is new is known to who knows the action: see [`EmergencyVehicleApproaching::is_update_of`].
    NewOrUpdate,
    /// `isCancellation`: it is no more, says the originating station.
    Cancellation,
    /// `isNegation`: it is not there, says another station.
    Negation,
}

/// `EmergencyVehicleApproachingSubCauseCode` (TS 102 894-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApproachingSubCause {
    /// `unavailable`: not said.
    Unavailable,
    /// `emergencyVehicleApproaching`.
    EmergencyVehicle,
    /// `prioritizedVehicleApproaching`.
    PrioritizedVehicle,
    /// A number that has no name in this version of the standard.
    Other(u8),
}

impl EmergencyVehicleApproaching {
    /// The warning of a DENM; `None` where it is of another cause, or of none. The end of an event is told without its cause: it is given
    /// for every action, and who asks knows which actions are emergency vehicles.
    #[must_use]
    pub fn from_denm(denm: &Denm) -> Option<Self> {
        let DecentralizedEnvironmentalNotificationMessage { management, situation, location, alacarte } =
            &denm.denm;
        let kind = DenmKind::from_wire(management.termination);
        let cause = situation.as_ref().map(|situation| &situation.event_type);
        match cause {
            Some(cause) if cause.cause_code != CAUSE => return None,
            None if kind == DenmKind::NewOrUpdate => return None,
            _ => {}
        }
        let start = &management.event_position;
        let location = location.as_ref();
        let traces = location.into_iter().flat_map(|location| &location.traces.0);
        let traces = traces.map(|trace| PathPoint::path_from_wire(start, trace));
        let lane_position = alacarte.as_ref().and_then(|alacarte| alacarte.lane_position);
        Some(Self {
            action: ActionId::from_wire(&management.action_id),
            sender: StationId(denm.header.station_id.0),
            kind,
            detection_time: instant(management.detection_time),
            reference_time: instant(management.reference_time),
            event_position: ReferencePosition::from_wire(start),
            relevance_distance: management.relevance_distance.map(RelevanceDistance::from_wire),
            relevance_traffic_direction: management
                .relevance_traffic_direction
                .map(RelevanceTrafficDirection::from_wire),
            validity: Duration::from_seconds(management.validity_duration.0.into()),
            transmission_interval: management
                .transmission_interval
                .map(|interval| Duration::from_millis(interval.0.into())),
            station_type: StationType::from_wire(management.station_type),
            sub_cause: cause.map(|cause| ApproachingSubCause::from_wire(cause.sub_cause_code)),
            information_quality: situation
                .as_ref()
                .map(|situation| situation.information_quality)
                .filter(|quality| *quality != InformationQuality::UNAVAILABLE)
                .map(|quality| quality.0),
            event_speed: location
                .and_then(|location| location.event_speed.as_ref())
                .and_then(speed_from_wire),
            event_heading: location
                .and_then(|location| location.event_position_heading.as_ref())
                .and_then(heading_from_wire),
            traces: traces.filter(|trace| !trace.is_empty()).collect(),
            road_type: location.and_then(|location| location.road_type).map(RoadType::from_wire),
            lane_position: lane_position.map(LanePosition::from_wire),
        })
    }

    /// The DENM that tells this. The end of an event has a management container only: the rest is left out.
    ///
    /// # Errors
    /// When it holds what the wire can't say.
    pub fn to_denm(&self) -> Result<Denm, ViewError> {
        let management = self.management()?;
        let ends = self.kind != DenmKind::NewOrUpdate;
        let denm = if ends {
            DecentralizedEnvironmentalNotificationMessage {
                management,
                situation: None,
                location: None,
                alacarte: None,
            }
        } else {
            DecentralizedEnvironmentalNotificationMessage {
                situation: Some(self.situation()?),
                location: self.location(&management.event_position)?,
                alacarte: self.alacarte()?.map(Box::new),
                management,
            }
        };
        Ok(Denm { header: ItsPduHeader::of(MessageKind::Denm, self.sender), denm })
    }

    /// Whether this is a later word on the same event: an update or a cancellation. A negation is as old as what it negates, so it is
    /// none; it is told by its kind and action.
    #[must_use]
    pub fn is_update_of(&self, other: &Self) -> bool {
        self.action == other.action && self.reference_time > other.reference_time
    }

    /// When the event holds no more: its validity after its detection.
    #[must_use]
    pub fn expires_at(&self) -> Instant {
        self.detection_time + self.validity
    }

    /// Whether the event holds: it is not ended, and not yet expired.
    #[must_use]
    pub fn is_valid_at(&self, moment: Instant) -> bool {
        self.kind == DenmKind::NewOrUpdate && moment < self.expires_at()
    }

    fn management(&self) -> Result<ManagementContainer, ViewError> {
        let seconds = self.validity.millis().saturating_add(500).div_euclid(1000);
        let seconds = ViewError::in_range("validity in seconds", 0, ValidityDuration::MAX.0.into(), seconds)?;
        Ok(ManagementContainer {
            action_id: self.action.to_wire(),
            detection_time: timestamp("detection time", self.detection_time)?,
            reference_time: timestamp("reference time", self.reference_time)?,
            termination: self.kind.to_wire(),
            event_position: self.event_position.to_wire(),
            relevance_distance: self.relevance_distance.map(RelevanceDistance::to_wire),
            relevance_traffic_direction: self
                .relevance_traffic_direction
                .map(RelevanceTrafficDirection::to_wire),
            // The standard's default, 600, is on the wire by being absent: the encoder sees to that.
            validity_duration: ValidityDuration(u32::try_from(seconds).unwrap_or(ValidityDuration::MAX.0)),
            transmission_interval: self.transmission_interval.map(interval_to_wire).transpose()?,
            station_type: self.station_type.to_wire(),
        })
    }

    fn situation(&self) -> Result<SituationContainer, ViewError> {
        let quality = self.information_quality.unwrap_or(InformationQuality::UNAVAILABLE.0);
        let quality = ViewError::in_range("quality of information", 0, InformationQuality::MAX.0, quality)?;
        Ok(SituationContainer {
            information_quality: InformationQuality(quality),
            event_type: CauseCode {
                cause_code: CAUSE,
                sub_cause_code: self.sub_cause.unwrap_or(ApproachingSubCause::Unavailable).to_wire(),
            },
            linked_cause: None,
            event_history: None,
        })
    }

    /// It has at least one trace, be it without points.
    fn location(
        &self,
        start: &its_container::ReferencePosition,
    ) -> Result<Option<LocationContainer>, ViewError> {
        if self.event_speed.is_none()
            && self.event_heading.is_none()
            && self.road_type.is_none()
            && self.traces.is_empty()
        {
            return Ok(None);
        }
        let traces = self.traces.iter().map(|trace| PathPoint::path_to_wire(start, trace));
        let traces = ViewError::at_most(MAX_TRACES, "traces", traces.collect::<Result<_, _>>()?)?;
        Ok(Some(LocationContainer {
            event_speed: self.event_speed.map(|speed| speed_to_wire(Some(speed))),
            event_position_heading: self.event_heading.map(|heading| heading_to_wire(Some(heading))),
            traces: Traces(traces.unwrap_or_else(|| vec![PathHistory(Vec::new())])),
            road_type: self.road_type.map(RoadType::to_wire),
        }))
    }

    fn alacarte(&self) -> Result<Option<AlacarteContainer>, ViewError> {
        let container = |lane: LanePosition| {
            Ok(AlacarteContainer {
                lane_position: Some(lane.to_wire()?),
                impact_reduction: None,
                external_temperature: None,
                road_works: None,
                positioning_solution: None,
                stationary_vehicle: None,
            })
        };
        self.lane_position.map(container).transpose()
    }
}

/// `emergencyVehicleApproaching`.
const CAUSE: CauseCodeType = CauseCodeType::EMERGENCY_VEHICLE_APPROACHING;
/// `Traces`: SIZE (1..7).
const MAX_TRACES: usize = 7;

fn instant(wire: TimestampIts) -> Instant {
    voorrang_units::TimestampIts::from_raw(wire.0).instant()
}

fn timestamp(what: &'static str, instant: Instant) -> Result<TimestampIts, ViewError> {
    let millis = voorrang_units::TimestampIts::from_instant(instant).raw();
    let latest = i64::try_from(TimestampIts::MAX.0).unwrap_or(i64::MAX);
    ViewError::in_range(what, 0, latest, i64::try_from(millis).unwrap_or(i64::MAX))?;
    Ok(TimestampIts(millis))
}

fn interval_to_wire(interval: Duration) -> Result<TransmissionInterval, ViewError> {
    let [shortest, longest] = [TransmissionInterval::MIN, TransmissionInterval::MAX].map(|bound| bound.0);
    let what = "transmission interval in milliseconds";
    let millis = ViewError::in_range(what, shortest.into(), longest.into(), interval.millis())?;
    Ok(TransmissionInterval(u16::try_from(millis).unwrap_or(longest)))
}

impl ActionId {
    fn from_wire(wire: &its_container::ActionId) -> Self {
        Self {
            originating_station: StationId(wire.originating_station_id.0),
            sequence_number: wire.sequence_number.0,
        }
    }

    fn to_wire(self) -> its_container::ActionId {
        its_container::ActionId {
            originating_station_id: self.originating_station.to_wire(),
            sequence_number: its_container::SequenceNumber(self.sequence_number),
        }
    }
}

/// `1234567/500`: station and sequence number.
impl fmt::Display for ActionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.originating_station, self.sequence_number)
    }
}

impl DenmKind {
    const fn from_wire(wire: Option<Termination>) -> Self {
        match wire {
            None => Self::NewOrUpdate,
            Some(Termination::IsCancellation) => Self::Cancellation,
            Some(Termination::IsNegation) => Self::Negation,
        }
    }

    const fn to_wire(self) -> Option<Termination> {
        match self {
            Self::NewOrUpdate => None,
            Self::Cancellation => Some(Termination::IsCancellation),
            Self::Negation => Some(Termination::IsNegation),
        }
    }
}

impl ApproachingSubCause {
    const fn from_wire(wire: SubCauseCodeType) -> Self {
        match EmergencyVehicleApproachingSubCauseCode(wire.0) {
            EmergencyVehicleApproachingSubCauseCode::UNAVAILABLE => Self::Unavailable,
            EmergencyVehicleApproachingSubCauseCode::EMERGENCY_VEHICLE_APPROACHING => Self::EmergencyVehicle,
            EmergencyVehicleApproachingSubCauseCode::PRIORITIZED_VEHICLE_APPROACHING => {
                Self::PrioritizedVehicle
            }
            EmergencyVehicleApproachingSubCauseCode(other) => Self::Other(other),
        }
    }

    const fn to_wire(self) -> SubCauseCodeType {
        SubCauseCodeType(match self {
            Self::Unavailable => EmergencyVehicleApproachingSubCauseCode::UNAVAILABLE.0,
            Self::EmergencyVehicle => {
                EmergencyVehicleApproachingSubCauseCode::EMERGENCY_VEHICLE_APPROACHING.0
            }
            Self::PrioritizedVehicle => {
                EmergencyVehicleApproachingSubCauseCode::PRIORITIZED_VEHICLE_APPROACHING.0
            }
            Self::Other(other) => other,
        })
    }
}
