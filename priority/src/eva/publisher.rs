//! From positions of vehicles to the warnings of them: which vehicle has one, and when it is made anew. It sends nothing, and says nothing of
//! who is warned.

use voorrang_messages::emergency_vehicle_approaching::{
    ActionId, ApproachingSubCause, DenmKind, RelevanceTrafficDirection,
};
use voorrang_messages::{EmergencyVehicleApproaching, Measured, ReferencePosition, StationId, StationType};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, LocalPlane, Speed};

use super::way::turn_between;
use super::{EvaConfig, PublisherConfig, RoadAhead};
use crate::VehiclePosition;

/// Makes the warnings of a station. A function of the positions and their times: it reads no clock, and a call with nothing new or due
/// changes nothing.
///
/// Each vehicle with light bar and siren on has one action. The vehicle's own station number is kept here to know it again, and is in no
/// warning.
#[derive(Debug, Clone)]
pub struct EvaPublisher {
    station: StationId,
    config: PublisherConfig,
    /// In the order of their coming.
    vehicles: Vec<Vehicle>,
    next_sequence: u16,
    now: Instant,
}

#[derive(Debug, Clone)]
struct Vehicle {
    station: StationId,
    /// When its last position came.
    heard: Instant,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Warned(Box<Warning>),
    /// Its warning was cancelled; until this time no new one is raised, so that a siren that is switched to and fro makes no storm.
    Resting(Instant),
}

/// The action of a vehicle.
#[derive(Debug, Clone)]
struct Warning {
    sequence_number: u16,
    /// What is known now.
    now: Whereabouts,
    /// What was told last.
    told: Whereabouts,
    /// Whether drivers should know the difference.
    changed: bool,
    told_at: Instant,
    reference_time: Instant,
}

#[derive(Debug, Clone, PartialEq)]
struct Whereabouts {
    position: GeodeticPosition,
    speed: Option<Speed>,
    heading: Option<Angle>,
    road: Option<RoadAhead>,
}

impl EvaPublisher {
    /// Without any vehicle. The numbers of its actions begin at zero: after a restart they come again, with later reference times.
    #[must_use]
    pub fn new(config: &EvaConfig) -> Self {
        Self {
            station: config.station,
            config: config.publisher.clone().bounded(),
            vehicles: Vec::new(),
            next_sequence: 0,
            now: Instant::from_unix_millis(i64::MIN),
        }
    }

    /// Takes the position of any vehicle in, and appends what follows to `outputs`. `road` is where it is awaited, as far as that is known:
    /// without it the warning has no traces, but that on the crossing the road that led there still counts. Does what has become due, too.
    /// A `now` before that of the last call counts as that.
    pub fn observe(
        &mut self,
        now: Instant,
        vehicle: &VehiclePosition,
        road: Option<&RoadAhead>,
        outputs: &mut Vec<EmergencyVehicleApproaching>,
    ) {
        self.forget_silent(now, outputs);
        if vehicle.light_bar && vehicle.siren {
            self.follow(vehicle, road, outputs);
        } else {
            self.cancel(vehicle.station, outputs);
        }
        self.tell_due(outputs);
    }

    /// A vehicle has left the area, or is no longer ours to warn of: its warning is cancelled.
    pub fn leave(
        &mut self,
        now: Instant,
        station: StationId,
        outputs: &mut Vec<EmergencyVehicleApproaching>,
    ) {
        self.advance(now, outputs);
        self.cancel(station, outputs);
    }

    /// Does what has become due: updates, and the end of vehicles that are gone. Nothing, before [`next_deadline`](Self::next_deadline).
    pub fn advance(&mut self, now: Instant, outputs: &mut Vec<EmergencyVehicleApproaching>) {
        self.forget_silent(now, outputs);
        self.tell_due(outputs);
    }

    /// When [`advance`](Self::advance) wants to be called, should no position come before; `None` while there is no vehicle.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.vehicles.iter().map(|vehicle| vehicle.deadline(&self.config)).min()
    }

    /// How many vehicles are remembered; never more than the configured capacity.
    #[must_use]
    pub fn vehicles(&self) -> usize {
        self.vehicles.len()
    }

    fn forget_silent(&mut self, now: Instant, outputs: &mut Vec<EmergencyVehicleApproaching>) {
        self.now = self.now.max(now);
        let Self { vehicles, station, config, now, .. } = self;
        vehicles.retain(|vehicle| match &vehicle.state {
            State::Warned(warning) => {
                let gone = vehicle.heard + config.silence <= *now;
                if gone {
                    outputs.push(warning.cancellation(*station, *now, config));
                }
                !gone
            }
            State::Resting(until) => *until > *now,
        });
    }

    fn follow(
        &mut self,
        vehicle: &VehiclePosition,
        road: Option<&RoadAhead>,
        outputs: &mut Vec<EmergencyVehicleApproaching>,
    ) {
        let now = self.now;
        let mut whereabouts = Whereabouts {
            position: vehicle.position,
            speed: vehicle.speed,
            heading: vehicle.heading,
            road: road.cloned(),
        };
        let known = self.vehicles.iter_mut().find(|known| known.station == vehicle.station);
        if let Some(known) = known {
            if let State::Warned(warning) = &mut known.state {
                let still = || warning.now.road.clone().filter(|road| road.is_crossed_at(vehicle.position));
                whereabouts.road = whereabouts.road.or_else(still);
                warning.changed = whereabouts.differs_from(&warning.told, &self.config);
                warning.now = whereabouts;
                known.heard = now;
            }
            return;
        }
        self.make_room(outputs);
        let warning = Warning {
            sequence_number: self.unused_sequence(),
            told: whereabouts.clone(),
            now: whereabouts,
            changed: false,
            told_at: now,
            reference_time: now,
        };
        outputs.push(warning.message(self.station, DenmKind::NewOrUpdate, now, now, &self.config));
        let state = State::Warned(Box::new(warning));
        self.vehicles.push(Vehicle { station: vehicle.station, heard: now, state });
    }

    fn cancel(&mut self, station: StationId, outputs: &mut Vec<EmergencyVehicleApproaching>) {
        let Some(vehicle) = self.vehicles.iter_mut().find(|vehicle| vehicle.station == station) else {
            return;
        };
        if let State::Warned(warning) = &vehicle.state {
            outputs.push(warning.cancellation(self.station, self.now, &self.config));
            vehicle.state = State::Resting(self.now + self.config.update_interval);
        }
    }

    /// Drops those at rest first, then whoever was heard of the longest ago.
    fn make_room(&mut self, outputs: &mut Vec<EmergencyVehicleApproaching>) {
        while self.vehicles.len() >= self.config.capacity {
            let age = |vehicle: &Vehicle| (matches!(vehicle.state, State::Warned(_)), vehicle.heard);
            let ages = self.vehicles.iter().map(age).enumerate();
            let Some((place, _)) = ages.min_by_key(|(_, age)| *age) else { return };
            let dropped = self.vehicles.remove(place);
            if let State::Warned(warning) = dropped.state {
                outputs.push(warning.cancellation(self.station, self.now, &self.config));
            }
        }
    }

    /// The number of a new action: the next one that no living action has.
    fn unused_sequence(&mut self) -> u16 {
        let used = |number: u16| {
            let mut states = self.vehicles.iter().map(|vehicle| &vehicle.state);
            states.any(|state| matches!(state, State::Warned(warning) if warning.sequence_number == number))
        };
        let mut number = self.next_sequence;
        // There are more numbers than vehicles.
        while used(number) {
            number = number.wrapping_add(1);
        }
        self.next_sequence = number.wrapping_add(1);
        number
    }

    fn tell_due(&mut self, outputs: &mut Vec<EmergencyVehicleApproaching>) {
        let Self { vehicles, station, config, now, .. } = self;
        for Vehicle { heard, state, .. } in vehicles {
            if let State::Warned(warning) = state
                && warning.due(config) <= *now
            {
                outputs.push(warning.tell(*station, *now, *heard, config));
            }
        }
    }
}

impl Vehicle {
    fn deadline(&self, config: &PublisherConfig) -> Instant {
        match &self.state {
            State::Warned(warning) => warning.due(config).min(self.heard + config.silence),
            State::Resting(until) => *until,
        }
    }
}

impl Warning {
    fn due(&self, config: &PublisherConfig) -> Instant {
        self.told_at + if self.changed { config.update_interval } else { config.refresh_interval }
    }

    fn tell(
        &mut self,
        station: StationId,
        now: Instant,
        heard: Instant,
        config: &PublisherConfig,
    ) -> EmergencyVehicleApproaching {
        self.reference_time = self.next_reference(now);
        self.told_at = now;
        self.told = self.now.clone();
        self.changed = false;
        self.message(station, DenmKind::NewOrUpdate, heard, self.reference_time, config)
    }

    fn cancellation(
        &self,
        station: StationId,
        now: Instant,
        config: &PublisherConfig,
    ) -> EmergencyVehicleApproaching {
        self.message(station, DenmKind::Cancellation, now, self.next_reference(now), config)
    }

    /// Later than all before it, also where a warning ends in the very millisecond in which it began.
    fn next_reference(&self, now: Instant) -> Instant {
        now.max(self.reference_time + Duration::from_millis(1))
    }

    fn message(
        &self,
        station: StationId,
        kind: DenmKind,
        detection_time: Instant,
        reference_time: Instant,
        config: &PublisherConfig,
    ) -> EmergencyVehicleApproaching {
        let ends = kind != DenmKind::NewOrUpdate;
        let Whereabouts { position, speed, heading, road } = &self.now;
        let speed = speed.map(Speed::abs).filter(|speed| speed.metres_per_second().is_finite());
        let heading = heading.filter(|heading| heading.degrees().is_finite());
        let traces = road.as_ref().filter(|_| !ends).map(|road| road.traces(*position, config.reach));
        EmergencyVehicleApproaching {
            action: ActionId { originating_station: station, sequence_number: self.sequence_number },
            sender: station,
            kind,
            detection_time,
            reference_time,
            event_position: ReferencePosition::at(*position),
            relevance_distance: Some(config.relevance_distance),
            relevance_traffic_direction: Some(RelevanceTrafficDirection::All),
            validity: config.validity,
            transmission_interval: Some(config.refresh_interval.min(LONGEST_TRANSMISSION_INTERVAL)),
            station_type: StationType::RoadSideUnit,
            sub_cause: (!ends).then_some(ApproachingSubCause::EmergencyVehicle),
            information_quality: None,
            event_speed: speed.filter(|_| !ends).map(Measured::unsure),
            event_heading: heading.filter(|_| !ends).map(Measured::unsure),
            traces: traces.unwrap_or_default(),
            road_type: None,
            lane_position: None,
        }
    }
}

/// `TransmissionInterval` (TS 102 894-2).
const LONGEST_TRANSMISSION_INTERVAL: Duration = Duration::from_seconds(10);
/// `ValidityDuration` (TS 102 894-2).
const LONGEST_VALIDITY: Duration = Duration::from_seconds(86_400);
/// A turn of the vehicle that is worth an update (judgement: a lane change is less, a bend is more).
const TURN: Angle = Angle::from_degrees(15.0);
/// A change of speed that is worth an update (judgement: about the change of a second's braking).
const SPEED_CHANGE: Speed = Speed::from_metres_per_second(3.0);

impl Whereabouts {
    /// Whether drivers should know.
    fn differs_from(&self, told: &Self, config: &PublisherConfig) -> bool {
        let moved = || {
            let plane = LocalPlane::at(told.position);
            let moved = plane.to_local(told.position).distance_to(plane.to_local(self.position));
            moved >= config.update_distance && moved > Length::ZERO
        };
        let turned = || match (self.heading, told.heading) {
            (Some(one), Some(other)) => turn_between(one, other) >= TURN,
            (one, other) => one.is_some() != other.is_some(),
        };
        let changed_speed = || match (self.speed, told.speed) {
            (Some(one), Some(other)) => (one - other).abs() >= SPEED_CHANGE,
            (one, other) => one.is_some() != other.is_some(),
        };
        moved() || turned() || changed_speed() || self.road != told.road
    }
}

impl PublisherConfig {
    /// Held within what can be sent, and what makes a warning outlive the time to its next update.
    fn bounded(mut self) -> Self {
        let whole = Duration::from_seconds(self.validity.millis() / 1000);
        self.validity = whole.clamp(Duration::from_seconds(1), LONGEST_VALIDITY);
        self.update_interval = self.update_interval.clamp(Duration::from_millis(100), self.validity);
        self.refresh_interval = self.refresh_interval.clamp(self.update_interval, self.validity);
        self.silence = self.silence.clamp(Duration::from_millis(1), self.validity);
        // Half of the numbers of actions, so that there is always a free one.
        self.capacity = self.capacity.clamp(1, usize::from(u16::MAX / 2));
        self
    }
}
