//! CAMs of an emergency vehicle under light bar and siren, at their times.

use voorrang_messages::vehicle_state::{CamGeneration, Movement};
use voorrang_messages::{StationId, StationType, VehicleState};
use voorrang_units::{Duration, Instant, Speed};

use super::SendError;
use super::route::DrivingState;

/// Role, lights and special vehicle go with every CAM that is so long after the last with them (EN 302 637-2 clause 6.1.3).
const RARE_GAP: Duration = Duration::from_millis(500);

/// Makes CAMs at their times.
#[derive(Debug)]
pub(super) struct Cams {
    station: StationId,
    generation: CamGeneration,
    last_rare: Option<Instant>,
}

impl Cams {
    pub(super) fn new(station: StationId) -> Self {
        Self { station, generation: CamGeneration::default(), last_rare: None }
    }

    /// A CAM, if one is due.
    pub(super) fn message(
        &mut self,
        now: Instant,
        state: &DrivingState,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let speed = Speed::from_metres_per_second(state.speed_m_s);
        let movement = Movement { position: state.position, heading: state.heading, speed };
        if !self.generation.is_due(now, movement) {
            return Ok(None);
        }
        let mut vehicle = VehicleState::moving(self.station, StationType::SpecialVehicles, now, movement);
        if self.last_rare.is_none_or(|last| now - last >= RARE_GAP) {
            self.last_rare = Some(now);
            vehicle = vehicle.on_blue_light();
        }
        let failed = |why: String| SendError::Message { what: "a CAM", why };
        let mut octets = Vec::with_capacity(64);
        let cam = vehicle.to_cam().map_err(|error| failed(error.to_string()))?;
        cam.encode(&mut octets).map_err(|error| failed(error.to_string()))?;
        Ok(Some(octets))
    }
}
