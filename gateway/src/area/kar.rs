//! What a controller hands on of KAR, in the engine's terms.

use voorrang_priority::KarMessage;
use voorrang_priority::kar::{KarAnnouncement, KarDirection, KarUrgency, KarVehicleType};
use voorrang_tlcfi::objects::{AnnouncementType, PriorityClass, SpecialVehicleEvent, VehicleType};
use voorrang_units::{Duration, GeodeticPosition, Length, Speed};

/// What stands for "unknown" where a member is there but says nothing (CIF header of Dutch controllers).
const UNKNOWN_TIME_S: f64 = 255.0;
const UNKNOWN_DISTANCE_M: f64 = 9999.0;

/// An event of a controller's generator; `None` where it announces nothing. What is unknown or out of range is left out.
pub(crate) fn kar_message(event: &SpecialVehicleEvent) -> Option<KarMessage> {
    let announcement = match event.announcement? {
        AnnouncementType::CheckIn => KarAnnouncement::CheckIn,
        AnnouncementType::CheckOut => KarAnnouncement::CheckOut,
        AnnouncementType::PreCheckIn => KarAnnouncement::PreCheckIn,
        AnnouncementType::None | AnnouncementType::Unlisted(_) => return None,
    };
    let vehicle_type = match event.vehicle_type {
        Some(VehicleType::Bus | VehicleType::HighQualityBus) => Some(KarVehicleType::Bus),
        Some(VehicleType::Tram) => Some(KarVehicleType::Tram),
        Some(VehicleType::Police | VehicleType::PoliceUndercover | VehicleType::PoliceMilitary) => {
            Some(KarVehicleType::Police)
        }
        Some(VehicleType::FireBrigade) => Some(KarVehicleType::FireBrigade),
        Some(VehicleType::Ambulance) => Some(KarVehicleType::Ambulance),
        Some(VehicleType::Cvv) => Some(KarVehicleType::OnDemand),
        Some(VehicleType::Taxi) => Some(KarVehicleType::Taxi),
        Some(
            VehicleType::NoInformation | VehicleType::UnidentifiedRidingObject | VehicleType::Unlisted(_),
        )
        | None => None,
    };
    let urgency = match event.priority_class {
        Some(PriorityClass::NoPriority) => Some(KarUrgency::None),
        Some(PriorityClass::Conditional) => Some(KarUrgency::Conditional),
        Some(PriorityClass::Absolute) => Some(KarUrgency::Absolute),
        Some(PriorityClass::AlarmLight) => Some(KarUrgency::BlueLight),
        Some(PriorityClass::None | PriorityClass::Unlisted(_)) | None => None,
    };
    let direction = event.direction.and_then(|number| u8::try_from(number).ok());
    let time = event.time_to_stop_line_s.filter(|time| (0.0..UNKNOWN_TIME_S).contains(time));
    let distance =
        event.distance_to_stop_line_m.filter(|metres| (-99.0..UNKNOWN_DISTANCE_M).contains(metres));
    let speed = event.speed.filter(|speed| (0.0..=99.0).contains(speed));
    Some(KarMessage {
        announcement,
        vehicle_type,
        urgency,
        direction: direction.and_then(KarDirection::from_number),
        // Number 0 is nobody's.
        vehicle: event.vehicle_id.and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0),
        company: event.company.and_then(|number| u8::try_from(number).ok()),
        point: event.activation_point.and_then(|number| u16::try_from(number).ok()),
        distance: distance.map(Length::from_metres),
        time: time.map(Duration::from_seconds_f64),
        speed: speed.map(Speed::from_metres_per_second),
        position: event.location.and_then(|at| GeodeticPosition::from_degrees(at.latitude, at.longitude)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_in_of_an_ambulance_says_all_that_counts() {
        let text = r#"{"virtualLoop":0,"vehType":5,"companyNr":12,"vehId":1042,"directionSG":201,"priorityClass":4,"speed":16.5,
            "distToStopLine":350.0,"timeToStopLine":21.0,"type":1,"activationPointNr":3,"location":{"latitude":52.0907,"longitude":5.1214}}"#;
        let event: SpecialVehicleEvent = serde_json::from_str(text).expect("it is an event");
        let expected = KarMessage {
            announcement: KarAnnouncement::CheckIn,
            vehicle_type: Some(KarVehicleType::Ambulance),
            urgency: Some(KarUrgency::BlueLight),
            direction: Some(KarDirection::Right),
            vehicle: Some(1042),
            company: Some(12),
            point: Some(3),
            distance: Some(Length::from_metres(350.0)),
            time: Some(Duration::from_seconds(21)),
            speed: Some(Speed::from_metres_per_second(16.5)),
            position: GeodeticPosition::from_degrees(52.0907, 5.1214),
        };
        assert_eq!(kar_message(&event), Some(expected));
    }

    #[test]
    fn what_is_unknown_or_out_of_range_is_left_out() {
        let text = r#"{"vehType":99,"vehId":0,"directionSG":0,"priorityClass":9,"distToStopLine":9999,"timeToStopLine":255,"type":2,
            "activationPointNr":-1,"location":{"latitude":152.0,"longitude":5.0}}"#;
        let event: SpecialVehicleEvent = serde_json::from_str(text).expect("it is an event");
        let told = kar_message(&event).expect("it announces something");
        let nothing = KarMessage {
            announcement: KarAnnouncement::CheckOut,
            vehicle_type: None,
            urgency: None,
            direction: None,
            vehicle: None,
            company: None,
            point: None,
            distance: None,
            time: None,
            speed: None,
            position: None,
        };
        assert_eq!(told, nothing);
        assert_eq!(kar_message(&SpecialVehicleEvent::default()), None);
    }
}
