//! Inputs, outputs and variables.

use serde::{Deserialize, Serialize};

use crate::objects::number::numbered;
use crate::objects::{ObjectId, Swico};
use crate::ticks::Ticks;

numbered! {
    /// What is wrong with an input or output.
    IoFault {
        /// Nothing.
        None = 0,
        /// It says so itself.
        HardwareError = 1,
    }
}

/// What an input or output is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoMeta {
    /// Its id.
    pub id: ObjectId,
    /// Where it belongs; some controllers say so of outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intersection: Option<ObjectId>,
}

/// What changed of an input or output, or is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IoUpdate {
    /// When it last changed, on the controller's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stateticks: Option<Ticks>,
    /// -32767 to 32767; on or off are 1 and 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<i16>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faultstate: Option<IoFault>,
    /// Inputs: overridden by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swico: Option<Swico>,
    /// Outputs: what the application wants.
    #[serde(rename = "reqState", skip_serializing_if = "Option::is_none")]
    pub request_state: Option<i16>,
}

/// What a variable is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableMeta {
    /// Its id.
    pub id: ObjectId,
}

/// What changed of a variable, or is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VariableUpdate {
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i16>,
    /// 0 to 100; the unit is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<u8>,
    /// The value that an application wants.
    #[serde(rename = "reqValue", skip_serializing_if = "Option::is_none")]
    pub request_value: Option<i16>,
    /// The lifetime that an application wants.
    #[serde(rename = "reqLifetime", skip_serializing_if = "Option::is_none")]
    pub request_lifetime: Option<u8>,
}
