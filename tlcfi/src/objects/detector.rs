//! Detectors.

use serde::{Deserialize, Serialize};

use crate::objects::ObjectId;
use crate::objects::number::numbered;
use crate::ticks::Ticks;

numbered! {
    /// Whether something is on a detector.
    DetectorState {
        /// Nothing.
        Unoccupied = 0,
        /// Something.
        Occupied = 1,
    }
}

numbered! {
    /// What is wrong with a detector.
    DetectorFault {
        /// Nothing.
        None = 0,
        /// Unoccupied for too long to be true.
        TooLongUnoccupied = 1,
        /// Occupied for too long to be true.
        TooLongOccupied = 2,
        /// Too many changes to be true.
        Flutter = 3,
        /// It says so itself.
        HardwareError = 4,
    }
}

numbered! {
    /// A switch that overrides a detector or input by hand.
    Swico {
        /// It does not.
        None = 0,
        /// Always off.
        Off = 1,
        /// Always on.
        On = 2,
    }
}

numbered! {
    /// What passed a detector.
    DetectorClassification {
        /// Anything.
        Unknown = 0,
        /// On foot.
        Pedestrian = 1,
        /// Bicycle.
        Bicycle = 2,
        /// Motorcycle.
        Motorcycle = 3,
        /// Car.
        Car = 4,
        /// Car with trailer.
        CarWithTrailer = 5,
        /// Lorry.
        Lorry = 6,
        /// Lorry with trailer.
        LorryWithTrailer = 7,
        /// Bus.
        Bus = 8,
        /// Bus with trailer.
        BusWithTrailer = 9,
        /// Road train.
        RoadTrain = 10,
    }
}

numbered! {
    /// Which way something passed a detector.
    DetectorDirection {
        /// The way of the lane.
        Normal = 0,
        /// Against it.
        Reverse = 1,
    }
}

/// What a detector is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectorMeta {
    /// Its id.
    pub id: ObjectId,
    /// Whether it tells of each vehicle.
    #[serde(rename = "generatesEvents", default)]
    pub generates_events: bool,
}

/// What changed of a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DetectorUpdate {
    /// When it last changed, on the controller's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stateticks: Option<Ticks>,
    /// Whether something is on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DetectorState>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faultstate: Option<DetectorFault>,
    /// Overridden by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swico: Option<Swico>,
}

/// Something passed a detector.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DetectorEvent {
    /// In metres per second, above 0 and up to 99.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objectspeed: Option<f64>,
    /// In metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objectlength: Option<f64>,
    /// In metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objectheight: Option<f64>,
    /// In metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objectwidth: Option<f64>,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<DetectorClassification>,
    /// Which way it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<DetectorDirection>,
}
