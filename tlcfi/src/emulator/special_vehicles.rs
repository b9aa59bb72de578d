//! Emergency vehicles announced by KAR at random: each checks in on its way, and out behind the stop line.

use voorrang_signals::Intersection;
use voorrang_signals::intersection::GroupKind;
use voorrang_units::{Duration, Instant};

use super::random::{Purpose, Stream};
use crate::objects::{
    AnnouncementType, PriorityClass, SpecialVehicleEvent, VehicleLocation, VehicleStatus, VehicleType,
};

/// From check-in to check-out.
const UNDER_WAY: Duration = Duration::from_seconds(28);
/// What it says at its check-in: how far it is, in metres, and how long that takes, in seconds.
const CHECK_IN: (f64, f64) = (350.0, 25.0);
/// At most so many are under way.
const MAX_UNDER_WAY: usize = 4;

#[derive(Debug, Clone)]
pub(crate) struct SpecialVehicles {
    stream: Stream,
    interval_s: f64,
    directions: Vec<i32>,
    location: VehicleLocation,
    next: Instant,
    under_way: Vec<(Instant, SpecialVehicleEvent)>,
}

impl SpecialVehicles {
    /// One comes every `interval` on average.
    pub(crate) fn new(intersection: &Intersection, seed: u64, interval: Duration, now: Instant) -> Self {
        let mut stream = Stream::new(seed, Purpose::SpecialVehicle, 0);
        let motor = intersection.groups().iter().filter(|group| group.kind == GroupKind::Motor);
        let interval_s = interval.seconds();
        let reference = intersection.reference();
        Self {
            next: now + Duration::from_seconds_f64(stream.exponential(interval_s)),
            directions: motor.map(|group| i32::from(group.signal_group.number())).collect(),
            location: VehicleLocation {
                latitude: reference.latitude_degrees(),
                longitude: reference.longitude_degrees(),
                elevation: None,
            },
            interval_s,
            stream,
            under_way: Vec::new(),
        }
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        let out = self.under_way.iter().map(|(at, _)| *at).min();
        let next = (!self.directions.is_empty()).then_some(self.next);
        [next, out].into_iter().flatten().min()
    }

    /// The next that is due by now.
    pub(crate) fn next_due(&mut self, now: Instant) -> Option<SpecialVehicleEvent> {
        if let Some(place) = self.under_way.iter().position(|(at, _)| *at <= now) {
            return Some(self.under_way.remove(place).1);
        }
        if self.directions.is_empty() || self.next > now {
            return None;
        }
        self.next = now + Duration::from_seconds_f64(self.stream.exponential(self.interval_s).max(2.0));
        let direction = self.directions[self.stream.below(self.directions.len())];
        let kinds = [VehicleType::Ambulance, VehicleType::FireBrigade, VehicleType::Police];
        let check_in = SpecialVehicleEvent {
            virtual_loop: Some(0),
            vehicle_type: Some(kinds[self.stream.below(kinds.len())]),
            vehicle_id: i32::try_from(1 + self.stream.below(32_000)).ok(),
            direction: Some(direction),
            status: Some(VehicleStatus::Driving),
            priority_class: Some(PriorityClass::AlarmLight),
            distance_to_stop_line_m: Some(CHECK_IN.0),
            time_to_stop_line_s: Some(CHECK_IN.1),
            announcement: Some(AnnouncementType::CheckIn),
            location: Some(self.location),
            ..SpecialVehicleEvent::default()
        };
        let check_out = SpecialVehicleEvent {
            distance_to_stop_line_m: Some(-5.0),
            time_to_stop_line_s: Some(0.0),
            announcement: Some(AnnouncementType::CheckOut),
            ..check_in.clone()
        };
        if self.under_way.len() < MAX_UNDER_WAY {
            self.under_way.push((now + UNDER_WAY, check_out));
        }
        Some(check_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_checks_in_checks_out() {
        let text = include_str!("../../../signals/tests/intersections/crossing.toml");
        let crossing = Intersection::from_toml(text, "crossing.toml").unwrap();
        let start = Instant::from_unix_millis(0);
        let mut vehicles = SpecialVehicles::new(&crossing, 1, Duration::from_seconds(120), start);
        let (mut checked_in, mut checked_out) = (Vec::new(), Vec::new());
        while let Some(due) = vehicles.due().filter(|due| *due < start + Duration::from_seconds(3600)) {
            let event = vehicles.next_due(due).unwrap();
            let of = (event.vehicle_id, event.direction);
            if event.announcement == Some(AnnouncementType::CheckIn) {
                checked_in.push(of)
            } else {
                checked_out.push(of)
            }
        }
        assert!(checked_in.len() > 15, "{}", checked_in.len());
        assert!(checked_out.iter().all(|vehicle| checked_in.contains(vehicle)));
        assert!(checked_in.len() - checked_out.len() <= 1);
    }
}
