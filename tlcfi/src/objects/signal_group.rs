//! Signal groups: what they show, what is asked of them, their times, and what is predicted.

use serde::{Deserialize, Serialize};
use voorrang_signals::Aspect;
use voorrang_units::Duration;

use crate::objects::number::numbered;
use crate::objects::{ObjectId, list_or_null, present_list};
use crate::ticks::Ticks;

numbered! {
    /// What a signal group shows. 0 to 9 are those of SPATEM.
    SignalGroupState {
        /// Unknown.
        Unavailable = 0,
        /// No lamp burns.
        Dark = 1,
        /// Red flashing.
        StopThenProceed = 2,
        /// Red.
        StopAndRemain = 3,
        /// Red with amber; not used in the Netherlands.
        PreMovement = 4,
        /// Green, with conflicts that give way.
        PermissiveMovementAllowed = 5,
        /// Green.
        ProtectedMovementAllowed = 6,
        /// Yellow after a permissive green.
        PermissiveClearance = 7,
        /// Yellow.
        ProtectedClearance = 8,
        /// Amber flashing.
        CautionConflictingTraffic = 9,
        /// Green flashing after a permissive green.
        PermissiveMovementPreClearance = 10,
        /// Green flashing.
        ProtectedMovementPreClearance = 11,
    }
}

impl SignalGroupState {
    /// Red, yellow or green, where it is one of them. Green flashing is the yellow of pedestrians.
    #[must_use]
    pub fn aspect(self) -> Option<Aspect> {
        match self {
            Self::StopAndRemain => Some(Aspect::Red),
            Self::PermissiveMovementAllowed | Self::ProtectedMovementAllowed => Some(Aspect::Green),
            Self::PermissiveClearance
            | Self::ProtectedClearance
            | Self::PermissiveMovementPreClearance
            | Self::ProtectedMovementPreClearance => Some(Aspect::Yellow),
            _ => None,
        }
    }

    /// What a protected group is asked for: 3, 8 and 6.
    #[must_use]
    pub fn protected(aspect: Aspect) -> Self {
        match aspect {
            Aspect::Red => Self::StopAndRemain,
            Aspect::Yellow => Self::ProtectedClearance,
            Aspect::Green => Self::ProtectedMovementAllowed,
        }
    }

    /// What a group whose green has conflicts is asked for: 3, 7 and 5.
    #[must_use]
    pub fn permissive(aspect: Aspect) -> Self {
        match aspect {
            Aspect::Red => Self::StopAndRemain,
            Aspect::Yellow => Self::PermissiveClearance,
            Aspect::Green => Self::PermissiveMovementAllowed,
        }
    }
}

/// What a signal group is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalGroupMeta {
    /// Its id.
    pub id: ObjectId,
    /// Where it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intersection: Option<ObjectId>,
    /// After its green, how long these groups must wait.
    #[serde(default, deserialize_with = "list_or_null")]
    pub intergreen: Vec<IntergreenTime>,
    /// How long it shows what.
    #[serde(default, deserialize_with = "list_or_null")]
    pub timing: Vec<SignalGroupTiming>,
}

/// How long a group must wait after another's green. Whether yellow is part of it TLC-FI does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntergreenTime {
    /// Who waits.
    pub signalgroup: ObjectId,
    /// How long, in tenths of a second.
    #[serde(rename = "intergreentime")]
    pub tenths: u16,
}

impl IntergreenTime {
    /// How long.
    #[must_use]
    pub fn duration(&self) -> Duration {
        tenths(self.tenths)
    }
}

/// How long a group shows a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalGroupTiming {
    /// Which state.
    pub state: SignalGroupState,
    /// At least, in tenths of a second.
    #[serde(default)]
    pub min: Option<u16>,
    /// At most, in tenths of a second; none without limit.
    #[serde(default)]
    pub max: Option<u16>,
}

impl SignalGroupTiming {
    /// At least; nothing said is no time.
    #[must_use]
    pub fn shortest(&self) -> Duration {
        self.min.map_or(Duration::ZERO, tenths)
    }

    /// At most.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        self.max.map(tenths)
    }
}

fn tenths(tenths: u16) -> Duration {
    Duration::from_millis(i64::from(tenths) * 100)
}

/// What changed of a signal group, or is to change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalGroupUpdate {
    /// When it last changed, on the controller's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stateticks: Option<Ticks>,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<SignalGroupState>,
    /// What the application wants it to show.
    #[serde(rename = "reqState", skip_serializing_if = "Option::is_none")]
    pub request_state: Option<SignalGroupState>,
    /// What it will show, in order, on the controller's clock. Null on the wire is none.
    #[serde(deserialize_with = "present_list", skip_serializing_if = "Option::is_none")]
    pub predictions: Option<Vec<GroupPrediction>>,
    /// What the application foretells, on its clock; up to 16.
    #[serde(
        rename = "reqPredictions",
        deserialize_with = "present_list",
        skip_serializing_if = "Option::is_none"
    )]
    pub request_predictions: Option<Vec<GroupPrediction>>,
}

/// What a group will show, and until when. Times are on the clock of whoever sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPrediction {
    /// What it shows.
    pub state: SignalGroupState,
    /// From when on.
    #[serde(rename = "startTime", default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Ticks>,
    /// Not shorter.
    #[serde(rename = "minEnd")]
    pub min_end: Ticks,
    /// Not longer.
    #[serde(rename = "maxEnd", default, skip_serializing_if = "Option::is_none")]
    pub max_end: Option<Ticks>,
    /// Most likely.
    #[serde(rename = "likelyEnd", default, skip_serializing_if = "Option::is_none")]
    pub likely_end: Option<Ticks>,
    /// How sure that is: 0 to 15 as in SPATEM by what is seen, 0 to 100 by the public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// When it shows the same again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Ticks>,
}

impl GroupPrediction {
    /// The same with every time put through `f`: from one clock to another.
    #[must_use]
    pub fn rebased(self, mut f: impl FnMut(Ticks) -> Ticks) -> Self {
        Self {
            state: self.state,
            start_time: self.start_time.map(&mut f),
            min_end: f(self.min_end),
            max_end: self.max_end.map(&mut f),
            likely_end: self.likely_end.map(&mut f),
            confidence: self.confidence,
            next: self.next.map(&mut f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_predictions_did_not_change_and_null_ones_are_none() {
        let read = |text| serde_json::from_str::<SignalGroupUpdate>(text).unwrap().predictions;
        assert_eq!(read(r#"{"state":3}"#), None);
        assert_eq!(read(r#"{"predictions":null}"#), Some(vec![]));
        assert_eq!(read(r#"{"predictions":[{"state":6,"minEnd":1}]}"#).map(|list| list.len()), Some(1));
    }

    #[test]
    fn times_are_tenths_of_a_second() {
        let timing: SignalGroupTiming = serde_json::from_str(r#"{"max":null,"min":40,"state":6}"#).unwrap();
        assert_eq!((timing.shortest(), timing.longest()), (Duration::from_seconds(4), None));
    }
}
