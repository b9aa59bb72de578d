//! SPATEM out: what the lamps of an intersection show, until when, why, and whose requests are served (TS 103 301 clause 5, ISO TS 19091).
//! A pure translation: lamps are those that the controller confirmed, predictions those of the control program.
//!
//! # Into a host
//! The host, gateway or simulator, has per intersection of its engine the revision of its [`road_topology`](super::road_topology), a
//! [`Publication`](super::Publication), and the wishes of the last [`Output::Wishes`](crate::Output::Wishes). After each call of the
//! engine it says by [`Publication::due`](super::Publication::due) whether anything of these changed, and when a SPATEM is due:
//!
//! 1. `engine.area().intersection(at)` gives the confirmed lamps, [`signals`](ControlledIntersection::signals), each a [`Lamp`];
//! 2. the controller gives a [`Prediction`] for each group, of TLC-FI or `voorrang_signals`;
//! 3. [`intervention_reasons`] and [`prioritizations`] are made from the intersection and the wishes;
//! 4. [`signal_state`] makes the view, and [`spatem`] the octets, of one intersection or of several in one message.
//!
//! Wishes of a recovery are no intervention: they give no reason.

use std::cmp::Reverse;

use voorrang_messages::signal_state::{
    ActivePrioritization, ChangeReason, ChangeTime, ControllerStatus, Movement, PhaseState, PhaseTiming,
    SignalPhase,
};
use voorrang_messages::uper::EncodeError;
use voorrang_messages::{
    IntersectionReference, PrioritizationStatus, SignalState, StationId, VehicleRole, ViewError,
};
use voorrang_signals::{Aspect, GroupIndex, Intersection, Prediction, Wish, Wishes};
use voorrang_units::{Duration, Instant};

use crate::area::{self, ControlledIntersection};
use crate::request::{Origin, Request};

/// Why states are no message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpatemError {
    /// They are none, too many, or say what the wire can't.
    #[error("signal states that no SPATEM can tell")]
    View(#[from] ViewError),
    /// The message can't be written.
    #[error("a SPATEM that cannot be written")]
    Encode(#[from] EncodeError),
}

/// All that a SPATEM tells of one intersection. Lists go by group, in the order of the intersection; what is missing is not known.
#[derive(Debug, Clone, Copy)]
pub struct SignalReport<'a> {
    /// Its file.
    pub intersection: &'a Intersection,
    /// The revision of its MAPEM, 0 to 127.
    pub revision: u8,
    /// The confirmed lamps.
    pub lamps: &'a [Option<Lamp>],
    /// When these end.
    pub predictions: &'a [Option<Prediction>],
    /// How the controller works.
    pub operation: Operation,
    /// Why a group left its program; see [`intervention_reasons`].
    pub reasons: &'a [Option<ChangeReason>],
    /// The live requests, those first that matter most; see [`prioritizations`].
    pub prioritizations: &'a [Prioritization],
}

/// What a group shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lamp {
    /// The confirmed aspect.
    pub aspect: Aspect,
    /// Since when; `None` where its start was not seen.
    pub since: Option<Instant>,
}

impl Lamp {
    /// Of what the engine knows; `None` before the controller said anything. The start of the first aspect is when that was first
    /// confirmed.
    #[must_use]
    pub fn of(signal: area::SignalState) -> Option<Self> {
        signal.aspect().map(|aspect| Self { aspect, since: Some(signal.since()) })
    }
}

/// How the controller works (`IntersectionStatusObject`, ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// By a program of fixed times.
    FixedTime,
    /// By a program that follows the traffic.
    TrafficDependent,
    /// By hand.
    Manual,
    /// Not at all: its lamps flash yellow, as at night.
    Standby,
    /// Not at all: its lamps are dark.
    Off,
    /// Not as it should, after a fault.
    Failure,
}

impl Operation {
    const fn status(self) -> ControllerStatus {
        match self {
            Self::FixedTime => ControllerStatus::FIXED_TIME,
            Self::TrafficDependent => ControllerStatus::TRAFFIC_DEPENDENT,
            Self::Manual => ControllerStatus::MANUAL_CONTROL,
            Self::Standby => ControllerStatus::STANDBY,
            Self::Off => ControllerStatus::OFF,
            Self::Failure => ControllerStatus::FAILURE_MODE,
        }
    }

    /// What a group shows without an aspect.
    const fn without_aspect(self) -> PhaseState {
        match self {
            Self::Standby => PhaseState::CautionConflictingTraffic,
            Self::Off => PhaseState::Dark,
            Self::FixedTime | Self::TrafficDependent | Self::Manual | Self::Failure => {
                PhaseState::Unavailable
            }
        }
    }

    /// Whether lamps show aspects: what was confirmed before they went dark or flashed is true no more.
    const fn shows_aspects(self) -> bool {
        !matches!(self, Self::Standby | Self::Off)
    }
}

/// What became of a request, for one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prioritization {
    /// Who asked.
    pub station: StationId,
    /// As what.
    pub role: Option<VehicleRole>,
    /// What became of it.
    pub status: PrioritizationStatus,
    /// For which group.
    pub group: GroupIndex,
}

/// The state of an intersection at a moment, in whole tenths of a second within half an hour: what a reader of the octets gets.
///
/// - Green is permissive where traffic of the group gives way to that of another green group, whether that is green now or not; so is
///   the yellow after it.
/// - The end of an aspect is never told earlier than `now`, nor later than its prediction lets it. An end of which nothing says when it
///   comes at the latest is told as more than an hour ahead; ends half an hour to an hour ahead are left out, the earliest is brought
///   to half an hour.
/// - At most ten prioritizations are told, those of emergency vehicles first.
#[must_use]
pub fn signal_state(now: Instant, report: &SignalReport<'_>) -> SignalState {
    let intersection = report.intersection;
    let movements = intersection.group_indices().zip(intersection.groups()).map(|(index, group)| {
        let lamp = lamp_of(report, index);
        let prediction = report.predictions.get(index.index()).copied().flatten();
        let phase = SignalPhase {
            timing: lamp.and_then(|lamp| timing(now, lamp.since, prediction)),
            reason: report.reasons.get(index.index()).copied().flatten(),
            ..SignalPhase::new(phase_state(intersection, index, lamp, report.operation))
        };
        Movement {
            signal_group: group.signal_group.number(),
            name: None,
            phases: vec![phase],
            assists: Vec::new(),
        }
    });
    SignalState {
        intersection: IntersectionReference {
            region: Some(intersection.id().region),
            id: intersection.id().id,
        },
        name: None,
        revision: report.revision,
        status: status(report),
        moment: Some(now),
        enabled_lanes: Vec::new(),
        movements: movements.collect(),
        assists: Vec::new(),
        prioritizations: active(intersection, report.prioritizations),
        unreadable: Vec::new(),
    }
}

/// Writes states as one SPATEM in UPER: at most 32 intersections. `sender` is our own station.
///
/// # Errors
/// When there are no states or too many, or one holds what the wire can't say.
pub fn spatem(states: &[SignalState], sender: StationId, sent: Instant) -> Result<Vec<u8>, SpatemError> {
    let mut bytes = Vec::new();
    SignalState::to_spatem(states, sender, sent)?.encode(&mut bytes)?;
    Ok(bytes)
}

/// Why groups leave their program, by group: while an intervention runs for some request, each group that is wished green or red. A
/// group wished green has the reason of the request that it serves, others that of the weightiest.
#[must_use]
pub fn intervention_reasons(
    intersection: &ControlledIntersection,
    wishes: &Wishes,
) -> Vec<Option<ChangeReason>> {
    let served = || {
        let live = intersection.requests().live().iter();
        live.filter(|request| request.stage().intervention().is_some())
    };
    let any = weightiest(served().map(reason_of));
    let groups = intersection.layout().group_indices();
    let reason = |group| match wishes.wish(group) {
        Wish::Program => None,
        Wish::Red => any,
        Wish::Green | Wish::Hold => {
            let own = served().filter(|request| request.service().groups.contains(&group));
            weightiest(own.map(reason_of)).or(any)
        }
    };
    groups.map(reason).collect()
}

/// The live requests by group: those of emergency vehicles first, then in order of arrival; of each its first group, then of each its
/// second, so that ten places show as many vehicles as they can.
#[must_use]
pub fn prioritizations(intersection: &ControlledIntersection) -> Vec<Prioritization> {
    let told = |request: &Request, group: GroupIndex| Prioritization {
        station: request.latest().station,
        role: request.latest().role,
        status: request.status(),
        group,
    };
    // Of whom only KAR tells has no station id.
    let live = intersection.requests().live().iter().filter(|request| request.origin() != Origin::Kar);
    let groups = live.flat_map(|request| {
        (0_usize..)
            .zip(request.service().groups.iter())
            .map(move |(rank, group)| (rank, told(request, *group)))
    });
    let mut ranked: Vec<_> = groups.collect();
    ranked.sort_by_key(|(rank, told)| (Reverse(is_emergency(told.role)), *rank));
    ranked.into_iter().map(|(_, told)| told).collect()
}

fn lamp_of(report: &SignalReport<'_>, group: GroupIndex) -> Option<Lamp> {
    let lamp = report.lamps.get(group.index()).copied().flatten();
    lamp.filter(|_| report.operation.shows_aspects())
}

fn phase_state(
    intersection: &Intersection,
    group: GroupIndex,
    lamp: Option<Lamp>,
    operation: Operation,
) -> PhaseState {
    let Some(lamp) = lamp else { return operation.without_aspect() };
    let yields = || intersection.conflicts().permissive().iter().any(|(yields, _)| *yields == group);
    match lamp.aspect {
        Aspect::Red => PhaseState::StopAndRemain,
        Aspect::Green if yields() => PhaseState::PermissiveMovementAllowed,
        Aspect::Green => PhaseState::ProtectedMovementAllowed,
        Aspect::Yellow if yields() => PhaseState::PermissiveClearance,
        Aspect::Yellow => PhaseState::ProtectedClearance,
    }
}

fn status(report: &SignalReport<'_>) -> ControllerStatus {
    let groups = || report.intersection.group_indices();
    let told = |reasons: &[ChangeReason]| {
        let of_groups = report.reasons.iter().take(report.intersection.groups().len());
        of_groups.flatten().any(|reason| reasons.contains(reason))
    };
    let given = |flag, is: bool| if is { flag } else { ControllerStatus::NONE };
    let unknown = report.operation.shows_aspects() && groups().all(|group| lamp_of(report, group).is_none());
    report
        .operation
        .status()
        .with(given(ControllerStatus::PREEMPT_ACTIVE, told(&PRE_EMPTIONS)))
        .with(given(ControllerStatus::SIGNAL_PRIORITY_ACTIVE, told(&PRIORITIES)))
        .with(given(ControllerStatus::NO_VALID_SPAT, unknown))
}

const PRE_EMPTIONS: [ChangeReason; 2] = [ChangeReason::EmergencyVehiclePriority, ChangeReason::TrainPriority];
const PRIORITIES: [ChangeReason; 4] = [
    ChangeReason::PublicTransportPriority,
    ChangeReason::TruckPriority,
    ChangeReason::BicyclePlatoonPriority,
    ChangeReason::VehiclePlatoonPriority,
];

/// SIZE (1..10).
const MOST_PRIORITIZATIONS: usize = 10;

/// One of a group that is not there is left out.
fn active(intersection: &Intersection, prioritizations: &[Prioritization]) -> Vec<ActivePrioritization> {
    let of = |emergency| prioritizations.iter().filter(move |told| is_emergency(told.role) == emergency);
    let known = of(true).chain(of(false)).filter_map(|told| {
        let group = intersection.groups().get(told.group.index())?;
        let signal_group = group.signal_group.number();
        Some(ActivePrioritization { station: told.station, status: told.status, signal_group })
    });
    known.take(MOST_PRIORITIZATIONS).collect()
}

fn timing(now: Instant, since: Option<Instant>, prediction: Option<Prediction>) -> Option<PhaseTiming> {
    let start = since.map(|since| tenth_before(since.min(now))).filter(|since| now - *since < HALF_AN_HOUR);
    let start = start.map(ChangeTime::At);
    let Some(prediction) = prediction else {
        return start.map(|start| PhaseTiming { start: Some(start), ..PhaseTiming::default() });
    };
    // It has not ended yet, whatever was thought before.
    let earliest = prediction.earliest.max(now);
    let latest = prediction.latest.map(|latest| latest.max(earliest));
    let likely =
        prediction.likely.map(|likely| latest.map_or(likely, |latest| likely.min(latest)).max(earliest));
    let likely_end = likely.and_then(|likely| change_time(now, tenth_before(likely)));
    let confidence = likely.map(|likely| confidence(earliest, likely, latest));
    Some(PhaseTiming {
        start,
        min_end: Some(ChangeTime::At(tenth_before(earliest.min(now + HALF_AN_HOUR)))),
        max_end: match latest {
            Some(latest) => change_time(now, tenth_after(latest)),
            None => Some(ChangeTime::LaterThanAnHour),
        },
        likely_end,
        confidence: confidence.filter(|_| likely_end.is_some()),
        next: None,
    })
}

/// The class of the probability that the end comes within a second of `likely`, if each moment from `earliest` to `latest` is as
/// probable as any other. Without a latest end the lowest.
fn confidence(earliest: Instant, likely: Instant, latest: Option<Instant>) -> u8 {
    let Some(latest) = latest else { return 0 };
    let spread = (latest - earliest).millis();
    let near = (latest.min(likely + NEAR) - earliest.max(likely - NEAR)).millis();
    let percent = if spread > 0 { near.saturating_mul(100) / spread } else { 100 };
    let reached = |class: &u8| {
        let class = PhaseTiming { confidence: Some(*class), ..PhaseTiming::default() };
        class.probability_percent().is_some_and(|probability| i64::from(probability) <= percent)
    };
    (0..=15).rev().find(reached).unwrap_or(0)
}

/// A mark of the hour is read as the nearest such moment: half an hour ahead is the furthest that it tells, "later" is from an hour on.
fn change_time(now: Instant, at: Instant) -> Option<ChangeTime> {
    if at - now <= HALF_AN_HOUR {
        Some(ChangeTime::At(at))
    } else {
        (at - now > HALF_AN_HOUR * 2).then_some(ChangeTime::LaterThanAnHour)
    }
}

fn tenth_before(at: Instant) -> Instant {
    at - Duration::from_millis(at.unix_millis().rem_euclid(TENTH.millis()))
}

fn tenth_after(at: Instant) -> Instant {
    let before = tenth_before(at);
    if before < at { before + TENTH } else { at }
}

const TENTH: Duration = Duration::from_millis(100);
const NEAR: Duration = Duration::from_seconds(1);
const HALF_AN_HOUR: Duration = Duration::from_seconds(1800);

fn reason_of(request: &Request) -> ChangeReason {
    match request.latest().role {
        role if is_emergency(role) => ChangeReason::EmergencyVehiclePriority,
        Some(VehicleRole::PublicTransport | VehicleRole::Transit) => ChangeReason::PublicTransportPriority,
        Some(VehicleRole::Truck) => ChangeReason::TruckPriority,
        _ => ChangeReason::Unknown,
    }
}

/// That of an emergency vehicle, or else the first.
fn weightiest(reasons: impl Iterator<Item = ChangeReason>) -> Option<ChangeReason> {
    reasons.min_by_key(|reason| *reason != ChangeReason::EmergencyVehiclePriority)
}

const fn is_emergency(role: Option<VehicleRole>) -> bool {
    matches!(
        role,
        Some(VehicleRole::Emergency | VehicleRole::Police | VehicleRole::Fire | VehicleRole::Ambulance)
    )
}
