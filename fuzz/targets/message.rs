//! Octets behind an ITS PDU header: a value or an error. A value can be shown, and is the same after its JSON and after its octets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use voorrang_messages::json::FromJson;
use voorrang_messages::summary::Summary;
use voorrang_messages::tree::Tree;
use voorrang_messages::{
    EmergencyVehicleApproaching, ItsMessage, PriorityRequest, RequestStatus, RoadTopology, SignalState,
    StationId, VehicleState,
};
use voorrang_units::Instant;

/// A moment in the year before a leap year.
const RECEIVED: Instant = Instant::from_unix_millis(1_830_297_599_000);

fuzz_target!(|octets: &[u8]| {
    let Ok(message) = ItsMessage::decode(octets) else { return };
    let json = serde_json::to_value(&message).expect("every value has a JSON form");
    assert_eq!(ItsMessage::from_json(&json).as_ref(), Ok(&message));
    let mut written = Vec::new();
    if message.encode(&mut written).is_ok() {
        assert_eq!(ItsMessage::decode(&written).as_ref(), Ok(&message));
    }
    assert!(!format!("{}{}", Summary::from(&message), Tree::of_message(&message)).is_empty());
    view(&message);
});

/// What a message means, and the message that says so.
fn view(message: &ItsMessage) {
    let station = StationId(1);
    match message {
        ItsMessage::Srem(srem) => {
            if let Ok(requests) = PriorityRequest::all_from_srem(srem, RECEIVED) {
                drop(PriorityRequest::to_srem(&requests, RECEIVED));
            }
        }
        ItsMessage::Ssem(ssem) => drop(RequestStatus::all_from_ssem(ssem, RECEIVED)),
        ItsMessage::Spatem(spatem) => {
            let states = SignalState::all_from_spatem(spatem, RECEIVED);
            drop(SignalState::to_spatem(&states, station, RECEIVED));
        }
        ItsMessage::Mapem(mapem) => drop(RoadTopology::all_from_mapem(mapem)),
        ItsMessage::Cam(cam) => {
            if let Ok(state) = VehicleState::from_cam(cam, RECEIVED) {
                drop(state.to_cam());
            }
        }
        ItsMessage::Denm(denm) => {
            if let Some(event) = EmergencyVehicleApproaching::from_denm(denm) {
                drop(event.to_denm());
            }
        }
    }
}
