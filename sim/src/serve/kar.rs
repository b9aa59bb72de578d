//! The emergency vehicles' KAR: a check-in 300 m before each stop line with signals, a check-out behind it.

use bevy_ecs::world::World;
use voorrang_signals::GroupIndex;
use voorrang_tlcfi::objects::{AnnouncementType, PriorityClass, SpecialVehicleEvent, VehicleType};
use voorrang_units::{Duration, Instant, Length};

use super::Junction;
use crate::onboard_plugin::EmergencyVehicle;
use crate::scenario::Scenario;

/// Report points lie so far before a stop line.
const CHECK_IN_WITHIN: Length = Length::from_metres(300.0);
/// The first vehicle's number; the others count on.
const FIRST_VEHICLE: usize = 1001;

/// Who has checked in where.
#[derive(Debug)]
pub(super) struct KarRadio {
    /// By trip: the leg before whose stop line it is, the junction, and by which group.
    inside: Vec<Option<(u32, usize, GroupIndex)>>,
}

impl KarRadio {
    pub(super) fn new(trips: usize) -> Self {
        Self { inside: vec![None; trips] }
    }

    /// Tells the controllers who comes and who has passed.
    pub(super) fn tell(
        &mut self,
        now: Instant,
        scenario: &Scenario,
        world: &mut World,
        junctions: &mut [Junction],
    ) {
        let mut query = world.query::<&EmergencyVehicle>();
        for vehicle in query.iter(world) {
            let next = vehicle.ahead.iter().find_map(|line| {
                let signal = scenario.network.links[line.link.index()].signal?;
                let intersection = signal.intersection as usize;
                let junction = junctions.iter().position(|one| one.intersection == intersection)?;
                (line.distance <= CHECK_IN_WITHIN).then_some((line, junction, signal.group))
            });
            let inside = &mut self.inside[vehicle.trip];
            if let Some((leg, junction, group)) = *inside
                && next.is_none_or(|(line, ..)| line.leg != leg)
            {
                let event = event(
                    vehicle.trip,
                    group_number(&junctions[junction], group),
                    AnnouncementType::CheckOut,
                );
                junctions[junction].emulator.tell_special_vehicle(now, &event);
                *inside = None;
            }
            if let (Some((line, junction, group)), None) = (next, *inside) {
                let number = group_number(&junctions[junction], group);
                let event = SpecialVehicleEvent {
                    distance_to_stop_line_m: Some(line.distance.metres().round()),
                    time_to_stop_line_s: Some(
                        line.unhindered.min(Duration::from_seconds(254)).seconds().round(),
                    ),
                    ..event(vehicle.trip, number, AnnouncementType::CheckIn)
                };
                junctions[junction].emulator.tell_special_vehicle(now, &event);
                *inside = Some((line.leg, junction, group));
            }
        }
    }
}

fn group_number(junction: &Junction, group: GroupIndex) -> u8 {
    let group = &junction.emulator.junction().intersection().groups()[group.index()];
    group.name.parse().unwrap_or_else(|_| group.signal_group.number())
}

fn event(trip: usize, group: u8, announcement: AnnouncementType) -> SpecialVehicleEvent {
    SpecialVehicleEvent {
        virtual_loop: Some(0),
        vehicle_type: Some(VehicleType::Ambulance),
        vehicle_id: i32::try_from(FIRST_VEHICLE + trip).ok(),
        direction: Some(i32::from(group)),
        priority_class: Some(PriorityClass::AlarmLight),
        announcement: Some(announcement),
        ..SpecialVehicleEvent::default()
    }
}
