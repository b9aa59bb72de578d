//! How an emulator behaves.

use voorrang_units::Duration;

use super::fault::ScheduledFault;
use super::junction::{Fallback, UnsafeReaction};
use super::lamps::Latency;
use super::script::Script;
use crate::objects::HandoverCapability;
use crate::session::controller::ControllerConfig;

/// What detectors see.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum DetectorSource {
    /// Nothing, but for what [`Emulator::detect`](super::Emulator::detect) is told.
    #[default]
    Outside,
    /// Random traffic: on each lane a vehicle comes every so often, on average.
    Random {
        /// The average time between two.
        headway: Duration,
    },
    /// What was written down.
    Script(Script),
}

/// What vehicles tell by KAR.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum SpecialVehicleSource {
    /// Nothing, but for what [`Emulator::tell_special_vehicle`](super::Emulator::tell_special_vehicle) is told.
    #[default]
    Outside,
    /// Emergency vehicles at random, one every so often, on average.
    Random {
        /// The average time between two.
        interval: Duration,
    },
    /// What was written down.
    Script(Script),
}

/// How an emulator behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct EmulatorConfig {
    /// Of all that is random. Two emulators with the same seed and the same input do the same.
    pub seed: u64,
    /// While no application is in control.
    pub fallback: Fallback,
    /// About commands that are not safe.
    pub unsafe_reaction: UnsafeReaction,
    /// From a command to its lamp.
    pub latency: Latency,
    /// What detectors see.
    pub detectors: DetectorSource,
    /// What vehicles tell by KAR.
    pub special_vehicles: SpecialVehicleSource,
    /// Faults on request.
    pub faults: Vec<ScheduledFault>,
    /// So long after an application wants control the hand-over begins.
    pub grant_after: Duration,
    /// After it has ended control of its own wish it does not grant it again for so long.
    pub pause: Duration,
    /// The most direct hand-over that it agrees to; below `Direct` all groups go to red first.
    pub handover: HandoverCapability,
    /// Further outputs, with whether only the application in control may drive them. Emergency lamps of the file are there anyway.
    pub outputs: Vec<(String, bool)>,
    /// Its sessions.
    pub controller: ControllerConfig,
    /// As many events are kept for [`Emulator::next_event`](super::Emulator::next_event); beyond that the oldest go.
    pub kept_events: usize,
}

impl Default for EmulatorConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            fallback: Fallback::TlcProgram,
            unsafe_reaction: UnsafeReaction::Unchanged,
            latency: Latency::default(),
            detectors: DetectorSource::Outside,
            special_vehicles: SpecialVehicleSource::Outside,
            faults: Vec::new(),
            grant_after: Duration::from_seconds(1),
            pause: Duration::from_seconds(60),
            handover: HandoverCapability::Direct,
            outputs: Vec::new(),
            controller: ControllerConfig::default(),
            kept_events: 1024,
        }
    }
}
