//! Vehicles that told the controller what they are, by short-range radio (KAR) or at a loop (VECOM).

use serde::{Deserialize, Serialize};

use crate::objects::ObjectId;
use crate::objects::number::numbered;

numbered! {
    /// What is wrong with the generator.
    GeneratorFault {
        /// Nothing.
        None = 0,
        /// Something.
        Error = 1,
    }
}

numbered! {
    /// What a vehicle is.
    VehicleType {
        /// Not told.
        NoInformation = 0,
        /// Bus.
        Bus = 1,
        /// Tram.
        Tram = 2,
        /// Police.
        Police = 3,
        /// Fire brigade.
        FireBrigade = 4,
        /// Ambulance.
        Ambulance = 5,
        /// A kind of public transport on demand (CVV).
        Cvv = 6,
        /// Taxi.
        Taxi = 7,
        /// Police without marks.
        PoliceUndercover = 69,
        /// Royal military police (Kmar).
        PoliceMilitary = 70,
        /// Bus of high quality.
        HighQualityBus = 71,
        /// Something.
        UnidentifiedRidingObject = 99,
    }
}

impl VehicleType {
    /// Whether it is one of the emergency services.
    #[must_use]
    pub fn is_emergency_service(self) -> bool {
        matches!(
            self,
            Self::Police
                | Self::FireBrigade
                | Self::Ambulance
                | Self::PoliceUndercover
                | Self::PoliceMilitary
        )
    }
}

numbered! {
    /// What a vehicle is doing.
    VehicleStatus {
        /// Not told.
        None = 0,
        /// Driving.
        Driving = 1,
        /// Stopping.
        Stopping = 2,
        /// Closing its doors.
        Departure = 3,
        /// Standing still.
        StandStill = 4,
    }
}

numbered! {
    /// How urgent it is.
    PriorityClass {
        /// Not told.
        None = 0,
        /// Not at all.
        NoPriority = 1,
        /// Where it costs nothing.
        Conditional = 2,
        /// It cuts others off.
        Absolute = 3,
        /// Blue light and siren.
        AlarmLight = 4,
    }
}

numbered! {
    /// How it stands to its timetable.
    PunctualityClass {
        /// Not told.
        None = 0,
        /// Late.
        Late = 1,
        /// On time.
        OnTime = 2,
        /// Early.
        Early = 3,
        /// It has none.
        OffSchedule = 4,
    }
}

numbered! {
    /// What kind of journey.
    JourneyCategory {
        /// With passengers.
        PublicJourney = 0,
        /// Without.
        DeadRun = 1,
        /// To the depot.
        PullIn = 2,
        /// From the depot.
        PullOut = 3,
    }
}

numbered! {
    /// What a vehicle announces.
    AnnouncementType {
        /// Nothing.
        None = 0,
        /// It comes.
        CheckIn = 1,
        /// It has passed.
        CheckOut = 2,
        /// It will come.
        PreCheckIn = 3,
    }
}

/// What a generator is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorMeta {
    /// Its id.
    pub id: ObjectId,
}

/// What changed of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GeneratorUpdate {
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faultstate: Option<GeneratorFault>,
}

/// What a vehicle told; every member may lack. Numbers as on the wire, with the unit in the comment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SpecialVehicleEvent {
    /// The loop, 0 to 127; 0 for radio.
    #[serde(rename = "virtualLoop", skip_serializing_if = "Option::is_none")]
    pub virtual_loop: Option<i32>,
    /// What it is.
    #[serde(rename = "vehType", skip_serializing_if = "Option::is_none")]
    pub vehicle_type: Option<VehicleType>,
    /// The public transport line, 0 to 9999.
    #[serde(rename = "lineNr", skip_serializing_if = "Option::is_none")]
    pub line: Option<i32>,
    /// The duty, 0 to 9999.
    #[serde(rename = "serviceNr", skip_serializing_if = "Option::is_none")]
    pub service: Option<i32>,
    /// Who operates it, 0 to 255.
    #[serde(rename = "companyNr", skip_serializing_if = "Option::is_none")]
    pub company: Option<i32>,
    /// Its number, 0 to 32767.
    #[serde(rename = "vehId", skip_serializing_if = "Option::is_none")]
    pub vehicle_id: Option<i32>,
    /// The signal group's number, or 201 right, 202 left, 203 straight on.
    #[serde(rename = "directionSG", skip_serializing_if = "Option::is_none")]
    pub direction: Option<i32>,
    /// What it is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<VehicleStatus>,
    /// How urgent it is.
    #[serde(rename = "priorityClass", skip_serializing_if = "Option::is_none")]
    pub priority_class: Option<PriorityClass>,
    /// How it stands to its timetable.
    #[serde(rename = "punctualityClass", skip_serializing_if = "Option::is_none")]
    pub punctuality_class: Option<PunctualityClass>,
    /// Seconds beside its timetable, -3600 to 3600; late is positive by our reading.
    #[serde(rename = "punctualityTime", skip_serializing_if = "Option::is_none")]
    pub punctuality_s: Option<i32>,
    /// Its length; whether in metres or decimetres is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<f64>,
    /// In metres per second, 0 to 99.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// In metres, -99 to 9999; negative beyond the stop line.
    #[serde(rename = "distToStopLine", skip_serializing_if = "Option::is_none")]
    pub distance_to_stop_line_m: Option<f64>,
    /// In seconds, 0 to 255.
    #[serde(rename = "timeToStopLine", skip_serializing_if = "Option::is_none")]
    pub time_to_stop_line_s: Option<f64>,
    /// The trip, 0 to 9999.
    #[serde(rename = "journeyNr", skip_serializing_if = "Option::is_none")]
    pub journey: Option<i32>,
    /// What kind of journey.
    #[serde(rename = "journeyCat", skip_serializing_if = "Option::is_none")]
    pub journey_category: Option<JourneyCategory>,
    /// The public transport route, 0 to 99.
    #[serde(rename = "routePT", skip_serializing_if = "Option::is_none")]
    pub route: Option<i32>,
    /// What it announces.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub announcement: Option<AnnouncementType>,
    /// The report point, 0 to 32767.
    #[serde(rename = "activationPointNr", skip_serializing_if = "Option::is_none")]
    pub activation_point: Option<i32>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<VehicleLocation>,
    /// When it told, on its own clock.
    #[serde(rename = "dateTime", skip_serializing_if = "Option::is_none")]
    pub date_time: Option<LocalDateTime>,
    /// Spare, 0 to 32767.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserve23: Option<i32>,
    /// Spare, 0 to 32767.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserve24: Option<i32>,
}

/// A position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VehicleLocation {
    /// In degrees north, -90 to 90.
    pub latitude: f64,
    /// In degrees east, -180 to 180.
    pub longitude: f64,
    /// In metres, -100 to 8000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elevation: Option<f64>,
}

/// A date and time as the vehicle's clock shows them; whether local or UTC is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalDateTime {
    /// The year.
    pub y: i32,
    /// 1 to 12.
    pub m: i32,
    /// 1 to 31.
    pub d: i32,
    /// 0 to 23.
    pub h: i32,
    /// 0 to 59.
    pub min: i32,
    /// 0 to 59.
    pub s: i32,
    /// Milliseconds, 0 to 999.
    #[serde(default)]
    pub ms: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_in_of_an_ambulance_is_read_whole() {
        let text = concat!(
            r#"{"virtualLoop":0,"vehType":5,"lineNr":0,"serviceNr":0,"companyNr":12,"vehId":1042,"directionSG":2,"status":1,"#,
            r#""priorityClass":4,"punctualityClass":0,"punctualityTime":0,"length":7.0,"speed":16.5,"distToStopLine":350.0,"#,
            r#""timeToStopLine":21.0,"journeyNr":0,"journeyCat":0,"routePT":0,"type":1,"activationPointNr":3,"#,
            r#""location":{"latitude":52.0907,"longitude":5.1214,"elevation":2.0},"#,
            r#""dateTime":{"y":2026,"m":11,"d":23,"h":2,"min":15,"s":4,"ms":300},"reserve23":0,"reserve24":0}"#,
        );
        let event: SpecialVehicleEvent = serde_json::from_str(text).unwrap();
        assert_eq!(event.vehicle_type, Some(VehicleType::Ambulance));
        assert_eq!(event.announcement, Some(AnnouncementType::CheckIn));
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }
}
