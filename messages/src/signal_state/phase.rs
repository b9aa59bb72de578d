//! One phase of a movement: what the lamps show, when that changes, what speed is advised, and why it came.

use serde::{Deserialize, Serialize};
use voorrang_units::Instant;

use super::advice::AdvisorySpeed;
use super::timing::PhaseTiming;
use crate::add_grp_c::{ExceptionalCondition, MovementEventAddGrpC};
use crate::dsrc::{AdvisorySpeedList, MovementEvent, MovementPhaseState};
use crate::regional::AddGrpC;
use crate::uper::DecodeError;
use crate::view_error::ViewError;

/// `MovementEvent` (ISO TS 19091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalPhase {
    /// What the lamps show.
    pub state: PhaseState,
    /// When it begins and ends.
    pub timing: Option<PhaseTiming>,
    /// What speeds are advised; at most 16.
    pub advisory_speeds: Vec<AdvisorySpeed>,
    /// Why the signal group is in this state, where it is not the ordinary programme (addGrpC).
    pub reason: Option<ChangeReason>,
}

/// `MovementPhaseState` (ISO TS 19091): what the lamps of a signal group show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseState {
    /// `unavailable`: not known, or in error.
    Unavailable,
    /// `dark`: the lamps are off.
    Dark,
    /// `stop-Then-Proceed`: flashing red; stop, then go when it is clear.
    StopThenProceed,
    /// `stop-And-Remain`: red.
    StopAndRemain,
    /// `pre-Movement`: red and yellow; green comes. Not used in the Netherlands.
    PreMovement,
    /// `permissive-Movement-Allowed`: green, giving way to conflicting traffic.
    PermissiveMovementAllowed,
    /// `protected-Movement-Allowed`: green without conflicting traffic.
    ProtectedMovementAllowed,
    /// `permissive-clearance`: yellow after a permissive green.
    PermissiveClearance,
    /// `protected-clearance`: yellow after a protected green.
    ProtectedClearance,
    /// `caution-Conflicting-Traffic`: flashing yellow.
    CautionConflictingTraffic,
}

/// `ExceptionalCondition` (ISO TS 19091 annex G): why a signal group left its ordinary programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeReason {
    /// `unknown`.
    Unknown,
    /// Public transport has priority.
    PublicTransportPriority,
    /// An emergency vehicle has priority.
    EmergencyVehiclePriority,
    /// A train has priority.
    TrainPriority,
    /// A bridge is open.
    BridgeOpen,
    /// A vehicle is too high.
    VehicleHeight,
    /// The weather.
    Weather,
    /// A traffic jam.
    TrafficJam,
    /// A tunnel is closed.
    TunnelClosure,
    /// Traffic is metered.
    MeteringActive,
    /// A truck has priority.
    TruckPriority,
    /// A platoon of bicycles has priority.
    BicyclePlatoonPriority,
    /// A platoon of vehicles has priority.
    VehiclePlatoonPriority,
    /// A reason of a later version of the standard: addition number n behind the extension marker.
    UnknownAddition(u64),
}

impl PhaseState {
    /// Green, permissive or protected.
    #[must_use]
    pub const fn is_green(self) -> bool {
        matches!(self, Self::PermissiveMovementAllowed | Self::ProtectedMovementAllowed)
    }

    /// Yellow after green: stop where that is safe.
    #[must_use]
    pub const fn is_clearance(self) -> bool {
        matches!(self, Self::PermissiveClearance | Self::ProtectedClearance)
    }

    /// Red, steady or flashing, or red and yellow.
    #[must_use]
    pub const fn is_red(self) -> bool {
        matches!(self, Self::StopThenProceed | Self::StopAndRemain | Self::PreMovement)
    }

    /// Whether traffic may pass the stop line without stopping first: at green, and with caution at flashing yellow. Dark and
    /// unavailable say nothing: the signs and the rules of the road do.
    #[must_use]
    pub const fn may_drive(self) -> bool {
        self.is_green() || matches!(self, Self::CautionConflictingTraffic)
    }
}

impl SignalPhase {
    /// A phase of which the state is all that is known.
    #[must_use]
    pub const fn new(state: PhaseState) -> Self {
        Self { state, timing: None, advisory_speeds: Vec::new(), reason: None }
    }

    /// With what is wrong with the extension, where the reason can't be read.
    pub(super) fn from_wire(wire: &MovementEvent, reference: Instant) -> (Self, Option<DecodeError>) {
        let (content, error) = match wire.add_grp_c() {
            Ok(content) => (content, None),
            Err(error) => (None, Some(error)),
        };
        let reason = content.and_then(|content| content.state_change_reason);
        let speeds = wire.speeds.iter().flat_map(|speeds| &speeds.0);
        let phase = Self {
            state: PhaseState::from_wire(wire.event_state),
            timing: wire.timing.as_ref().map(|timing| PhaseTiming::from_wire(timing, reference)),
            advisory_speeds: speeds.map(AdvisorySpeed::from_wire).collect(),
            reason: reason.map(ChangeReason::from_wire),
        };
        (phase, error)
    }

    pub(super) fn to_wire(&self, reference: Instant) -> Result<MovementEvent, ViewError> {
        let speeds: Vec<_> = self.advisory_speeds.iter().copied().map(AdvisorySpeed::to_wire).collect();
        let mut wire = MovementEvent {
            event_state: self.state.to_wire(),
            timing: self.timing.map(|timing| timing.to_wire(reference)).transpose()?,
            speeds: ViewError::at_most(16, "advisory speeds of one phase", speeds)?.map(AdvisorySpeedList),
            regional: None,
        };
        if let Some(reason) = self.reason {
            let content = MovementEventAddGrpC { state_change_reason: Some(reason.to_wire()) };
            wire.set_add_grp_c(&content)?;
        }
        Ok(wire)
    }
}

macro_rules! on_the_wire {
    ($view:ident = $wire:ident { $($value:ident),* $(,)? } $($unknown:ident)?) => {
        impl $view {
            const fn from_wire(wire: $wire) -> Self {
                match wire {
                    $($wire::$value => Self::$value,)*
                    $($wire::$unknown(number) => Self::$unknown(number),)?
                }
            }

            const fn to_wire(self) -> $wire {
                match self {
                    $(Self::$value => $wire::$value,)*
                    $(Self::$unknown(number) => $wire::$unknown(number),)?
                }
            }
        }
    };
}

on_the_wire! {
    PhaseState = MovementPhaseState {
        Unavailable, Dark, StopThenProceed, StopAndRemain, PreMovement, PermissiveMovementAllowed,
        ProtectedMovementAllowed, PermissiveClearance, ProtectedClearance, CautionConflictingTraffic,
    }
}

on_the_wire! {
    ChangeReason = ExceptionalCondition {
        Unknown, PublicTransportPriority, EmergencyVehiclePriority, TrainPriority, BridgeOpen, VehicleHeight,
        Weather, TrafficJam, TunnelClosure, MeteringActive, TruckPriority, BicyclePlatoonPriority,
        VehiclePlatoonPriority,
    } UnknownAddition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn green_may_drive_and_red_and_yellow_may_not() {
        assert!(
            PhaseState::ProtectedMovementAllowed.may_drive()
                && PhaseState::PermissiveMovementAllowed.is_green()
        );
        assert!(PhaseState::CautionConflictingTraffic.may_drive());
        for state in [
            PhaseState::ProtectedClearance,
            PhaseState::StopAndRemain,
            PhaseState::PreMovement,
            PhaseState::Dark,
        ] {
            assert!(!state.may_drive() && !state.is_green(), "{state:?}");
        }
        assert!(PhaseState::PermissiveClearance.is_clearance() && PhaseState::StopThenProceed.is_red());
    }
}
