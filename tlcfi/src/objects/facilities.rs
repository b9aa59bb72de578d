//! The controller as a whole, and its intersections.

use serde::{Deserialize, Serialize};

use crate::objects::number::numbered;
use crate::objects::{ObjectId, ProtocolVersion, list_or_null};
use crate::ticks::Ticks;

/// What a controller is, and every object in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacilitiesMeta {
    /// Its id.
    pub id: ObjectId,
    /// Its intersections.
    #[serde(default, deserialize_with = "list_or_null")]
    pub intersections: Vec<ObjectId>,
    /// Their signal groups.
    #[serde(default, deserialize_with = "list_or_null")]
    pub signalgroups: Vec<ObjectId>,
    /// Detectors.
    #[serde(default, deserialize_with = "list_or_null")]
    pub detectors: Vec<ObjectId>,
    /// Inputs.
    #[serde(default, deserialize_with = "list_or_null")]
    pub inputs: Vec<ObjectId>,
    /// Outputs.
    #[serde(default, deserialize_with = "list_or_null")]
    pub outputs: Vec<ObjectId>,
    /// What passes on what vehicles tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spvehgenerator: Option<ObjectId>,
    /// Variables.
    #[serde(default, deserialize_with = "list_or_null")]
    pub variables: Vec<ObjectId>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<FacilitiesInfo>,
}

/// Who made a controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacilitiesInfo {
    /// The version of TLC-FI it speaks.
    #[serde(rename = "fiVersion")]
    pub fi_version: ProtocolVersion,
    /// The maker.
    #[serde(default)]
    pub companyname: String,
    /// Its own version.
    #[serde(rename = "facilitiesVersion", default)]
    pub facilities_version: String,
}

numbered! {
    /// What an intersection is at.
    IntersectionControlState {
        /// A fault: nobody controls.
        Error = 0,
        /// No lamp burns.
        Dark = 1,
        /// Amber flashing.
        Standby = 2,
        /// Another state outside control.
        AlternativeStandby = 3,
        /// On its way into control.
        SwitchOn = 4,
        /// On its way out of control.
        SwitchOff = 5,
        /// Every group red.
        AllRed = 6,
        /// Under control: groups follow what is asked of them.
        Control = 7,
    }
}

/// What an intersection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntersectionMeta {
    /// Its id.
    pub id: ObjectId,
    /// Outputs that only whoever is in control may drive.
    #[serde(default, deserialize_with = "list_or_null")]
    pub outputs: Vec<ObjectId>,
    /// Inputs.
    #[serde(default, deserialize_with = "list_or_null")]
    pub inputs: Vec<ObjectId>,
    /// Signal groups.
    #[serde(default, deserialize_with = "list_or_null")]
    pub signalgroups: Vec<ObjectId>,
    /// Detectors.
    #[serde(default, deserialize_with = "list_or_null")]
    pub detectors: Vec<ObjectId>,
    /// What passes on what vehicles tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spvehgenerator: Option<ObjectId>,
}

/// What changed of an intersection, or is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IntersectionUpdate {
    /// When it last changed, on the controller's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stateticks: Option<Ticks>,
    /// What it is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<IntersectionControlState>,
    /// What the application wants.
    #[serde(rename = "reqState", skip_serializing_if = "Option::is_none")]
    pub request_state: Option<IntersectionControlState>,
}
