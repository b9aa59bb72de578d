//! When a CAM is due (EN 302 637-2 clause 6.1.3), and its octets: an emergency vehicle under light bar and siren.

use voorrang_messages::vehicle_state::{DriveDirection, LowFrequency, Role, SpecialVehicle};
use voorrang_messages::{Measured, ReferencePosition, StationId, StationType, VehicleState};
use voorrang_units::{Duration, Instant, LocalPlane, Speed};

use super::SendError;
use super::route::DrivingState;

/// A CAM is due at the latest so long after the last (T_GenCamMax), and not sooner than this (T_GenCamMin).
const LONGEST_GAP: Duration = Duration::from_seconds(1);
const SHORTEST_GAP: Duration = Duration::from_millis(100);
/// By how much heading, position or speed have changed since the last CAM when the next is due.
const HEADING_CHANGE_DEG: f64 = 4.0;
const POSITION_CHANGE_M: f64 = 4.0;
const SPEED_CHANGE_M_S: f64 = 0.5;
/// Role, lights and special vehicle go with every CAM that is so long after the last with them (clause 6.1.3).
const RARE_GAP: Duration = Duration::from_millis(500);

/// Makes CAMs at their times.
#[derive(Debug)]
pub(super) struct Cams {
    station: StationId,
    last: Option<(Instant, DrivingState)>,
    last_rare: Option<Instant>,
}

impl Cams {
    pub(super) const fn new(station: StationId) -> Self {
        Self { station, last: None, last_rare: None }
    }

    /// A CAM, if one is due.
    pub(super) fn message(
        &mut self,
        now: Instant,
        state: &DrivingState,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let due = self.last.is_none_or(|(sent, last)| {
            let gap = now - sent;
            gap >= LONGEST_GAP || (gap >= SHORTEST_GAP && changed(&last, state))
        });
        if !due {
            return Ok(None);
        }
        self.last = Some((now, *state));
        let rare = self.last_rare.is_none_or(|last| now - last >= RARE_GAP);
        if rare {
            self.last_rare = Some(now);
        }
        let special_vehicle = rare.then_some(SpecialVehicle::Emergency {
            light_bar: true,
            siren: true,
            incident: None,
            requests_right_of_way: true,
            requests_free_crossing: true,
        });
        let low_frequency = rare.then(|| LowFrequency {
            role: Role::Emergency,
            exterior_lights: Default::default(),
            path: Vec::new(),
        });
        let vehicle = VehicleState {
            station: self.station,
            station_type: StationType::SpecialVehicles,
            moment: now,
            position: ReferencePosition { geodetic: Some(state.position), ..ReferencePosition::default() },
            heading: Some(Measured::unsure(state.heading)),
            speed: Some(Measured::unsure(Speed::from_metres_per_second(state.speed_m_s))),
            drive_direction: Some(DriveDirection::Forward),
            length: None,
            trailer: None,
            width: None,
            longitudinal_acceleration: None,
            yaw_rate: None,
            curvature: None,
            lane_position: None,
            low_frequency,
            special_vehicle,
        };
        let failed = |why: String| SendError::Message { what: "a CAM", why };
        let mut octets = Vec::with_capacity(64);
        let cam = vehicle.to_cam().map_err(|error| failed(error.to_string()))?;
        cam.encode(&mut octets).map_err(|error| failed(error.to_string()))?;
        Ok(Some(octets))
    }
}

fn changed(before: &DrivingState, now: &DrivingState) -> bool {
    let turn = (now.heading.degrees() - before.heading.degrees()).abs() % 360.0;
    let plane = LocalPlane::at(before.position);
    let driven = plane.to_local(before.position).distance_to(plane.to_local(now.position));
    turn.min(360.0 - turn) > HEADING_CHANGE_DEG
        || driven.metres() > POSITION_CHANGE_M
        || (now.speed_m_s - before.speed_m_s).abs() > SPEED_CHANGE_M_S
}
