//! What each fault on request does to an emulator, and for how long.

use std::collections::VecDeque;

use voorrang_signals::GroupIndex;
use voorrang_units::{Duration, Instant};

use super::disturbance::Distortion;
use super::fault::{Fault, ScheduledFault};
use super::monitor::Lamp;
use super::{Emulator, Happening};
use crate::objects::{DetectorFault, ObjectId, ProtocolVersion, SignalGroupMeta, SignalGroupState};
use crate::session::controller::Equipment;

/// What is added to the latency of lamps.
const LATE: Duration = Duration::from_seconds(2);
/// So long commands lead to nothing.
const REFUSING: Duration = Duration::from_seconds(20);
/// So long a stream is half open.
const HALF_OPEN: Duration = Duration::from_seconds(30);
/// So long a green in conflict is reported.
const MISREPORTING: Duration = Duration::from_seconds(5);
/// From the announcement of a stop to its streams' end.
const STOPPING: Duration = Duration::from_seconds(5);
/// A fluttering detector changes so often, and so many times.
const FLUTTER: (Duration, u32) = (Duration::from_millis(200), 100);
/// Answers come so late.
const SLOW: Duration = Duration::from_seconds(3);
/// What is added to times in meta, in tenths of a second, or taken from them.
const TENTHS: u16 = 10;

/// A step of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin(Fault),
    End(Fault),
    Flutter(u32),
}

/// The faults of one emulator.
#[derive(Debug)]
pub(super) struct Faults {
    /// In the order of time.
    steps: VecDeque<(Instant, Step)>,
    withholds_control: bool,
    /// This group's state is reported otherwise than it is.
    misreported: Option<GroupIndex>,
    holds_detector: bool,
}

impl Faults {
    pub(super) fn new(faults: &[ScheduledFault], start: Instant) -> Self {
        let mut steps: Vec<_> =
            faults.iter().map(|scheduled| (start + scheduled.after, Step::Begin(scheduled.fault))).collect();
        steps.sort_by_key(|(at, _)| *at);
        Self { steps: steps.into(), withholds_control: false, misreported: None, holds_detector: false }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.steps.front().map(|(at, _)| *at)
    }

    pub(super) fn withholds_control(&self) -> bool {
        self.withholds_control
    }

    pub(super) fn misreports(&self, group: GroupIndex) -> bool {
        self.misreported == Some(group)
    }

    pub(super) fn holds_detector(&self, detector: usize) -> bool {
        self.holds_detector && detector == 0
    }

    fn plan(&mut self, at: Instant, step: Step) {
        let place = self.steps.partition_point(|(other, _)| *other <= at);
        self.steps.insert(place, (at, step));
    }
}

impl Emulator {
    pub(super) fn run_faults(&mut self, now: Instant) {
        while self.faults.due().is_some_and(|due| due <= now) {
            match self.faults.steps.pop_front() {
                Some((_, Step::Begin(fault))) => self.begin_fault(now, fault),
                Some((_, Step::End(fault))) => self.end_fault(now, fault),
                Some((_, Step::Flutter(left))) => self.flutter(now, left),
                None => break,
            }
        }
    }

    /// Begins a fault now.
    pub fn begin_fault(&mut self, now: Instant, fault: Fault) {
        if fault == Fault::ConflictingGreenReported && !self.misreport(now) {
            // Nothing is green at present.
            return self.faults.plan(now + Duration::from_seconds(1), Step::Begin(fault));
        }
        self.tell(now, Happening::Fault(fault));
        let mut lasts = |time| self.faults.plan(now + time, Step::End(fault));
        match fault {
            Fault::LateConfirmation => self.junction.disturbance.late = LATE,
            Fault::RefusedCommand => {
                lasts(REFUSING);
                self.junction.disturbance.swallowing = true;
            }
            Fault::StuckLamp => self.junction.disturbance.stuck = Some(GroupIndex(0)),
            Fault::UnsafeCommandObeyed => self.junction.disturbance.unguarded = true,
            Fault::ConflictingGreenReported => lasts(MISREPORTING),
            Fault::ShortIntergreen => self.junction.disturbance.distortion = Some(Distortion::Intergreen),
            Fault::ShortGreen => self.junction.disturbance.distortion = Some(Distortion::Green),
            Fault::ShortYellow => self.junction.disturbance.distortion = Some(Distortion::Yellow),
            Fault::IntersectionError => self.junction.break_down(now),
            Fault::DetectorFault => {
                self.set_detector(now, 0, true);
                self.faults.holds_detector = true;
                self.sessions.set_detector_fault(now, 0, DetectorFault::HardwareError);
            }
            Fault::DetectorFlutter => {
                self.sessions.set_detector_fault(now, 0, DetectorFault::Flutter);
                self.flutter(now, FLUTTER.1);
            }
            Fault::DroppedConnection => self.sessions.drop_streams(now),
            Fault::HalfOpen => {
                lasts(HALF_OPEN);
                self.sessions.misbehaviour.silent = true;
            }
            Fault::EndOfControl => self.end_control(now),
            Fault::Restart => {
                self.sessions.drop_streams(now);
                self.sessions.reset_ticks(now);
                self.settle(now);
                self.junction.restart(now);
            }
            Fault::Stopping => {
                lasts(STOPPING);
                self.sessions.announce_stop(now);
            }
            Fault::AliveUnanswered => self.sessions.misbehaviour.leaves_alive_unanswered = true,
            Fault::AliveGarbled => self.sessions.misbehaviour.garbles_alive = true,
            Fault::AliveMissing => self.sessions.misbehaviour.sends_no_alive = true,
            Fault::SlowAnswers => self.sessions.misbehaviour.answers_after = Some(SLOW),
            Fault::TickReset => self.sessions.reset_ticks(now),
            Fault::WrongVersion => {
                self.sessions.misbehaviour.version =
                    Some(ProtocolVersion { major: 9, minor: 9, revision: 0 });
            }
            Fault::RegistrationRefused => self.sessions.misbehaviour.refuses_registration = true,
            // It closes what was not opened.
            Fault::Garbage => self.sessions.send_raw(b"\r\n<html>{]</html>\r\n"),
            Fault::ControlWithheld => self.faults.withholds_control = true,
            Fault::MissingGroup
            | Fault::ExtraGroup
            | Fault::MissingDetector
            | Fault::ShortIntergreenMeta
            | Fault::LongIntergreenMeta
            | Fault::ShortGreenMeta
            | Fault::LongGreenMeta
            | Fault::ShortYellowMeta => {}
        }
        self.settle(now);
    }

    fn end_fault(&mut self, now: Instant, fault: Fault) {
        match fault {
            Fault::RefusedCommand => self.junction.disturbance.swallowing = false,
            Fault::HalfOpen => {
                self.sessions.misbehaviour.silent = false;
                self.sessions.drop_streams(now);
            }
            Fault::Stopping => self.sessions.drop_streams(now),
            Fault::ConflictingGreenReported => {
                if let Some(group) = self.faults.misreported.take()
                    && let Some(state) = self.junction.states().get(group.index()).copied()
                {
                    self.sessions.set_signal_group(now, group.index(), state);
                }
            }
            _ => {}
        }
        self.settle(now);
    }

    /// Reports a group green that is in conflict with a green; false where nothing is green.
    fn misreport(&mut self, now: Instant) -> bool {
        let greens: Vec<GroupIndex> =
            self.lamps().filter(|(_, lamp)| *lamp == Lamp::Green).map(|(group, _)| group).collect();
        let conflicts = self.junction.intersection().conflicts();
        let group = greens.iter().find_map(|green| conflicts.conflicting(*green).first().copied());
        let Some(group) = group else { return false };
        self.faults.misreported = Some(group);
        self.sessions.set_signal_group(now, group.index(), SignalGroupState::ProtectedMovementAllowed);
        true
    }

    fn flutter(&mut self, now: Instant, left: u32) {
        self.set_detector(now, 0, left % 2 == 1);
        if left == 0 {
            self.sessions.set_detector_fault(now, 0, DetectorFault::None);
        } else {
            self.faults.plan(now + FLUTTER.0, Step::Flutter(left - 1));
        }
        self.settle(now);
    }
}

/// Faults of what a controller says of itself hold from the beginning.
pub(super) fn alter_meta(equipment: &mut Equipment, faults: &[ScheduledFault]) {
    for scheduled in faults {
        match scheduled.fault {
            Fault::MissingGroup => {
                if let Some(gone) = equipment.groups.pop() {
                    for group in &mut equipment.groups {
                        group.intergreen.retain(|time| time.signalgroup != gone.id);
                    }
                }
            }
            Fault::ExtraGroup => {
                if let (Some(id), Some(like)) = (ObjectId::new("99"), equipment.groups.first().cloned()) {
                    equipment.groups.push(SignalGroupMeta { id, intergreen: Vec::new(), ..like });
                }
            }
            Fault::MissingDetector => {
                equipment.detectors.pop();
            }
            Fault::ShortIntergreenMeta => each_intergreen(equipment, |tenths| tenths.saturating_sub(TENTHS)),
            Fault::LongIntergreenMeta => each_intergreen(equipment, |tenths| tenths.saturating_add(TENTHS)),
            Fault::ShortGreenMeta => {
                each_minimum(equipment, is_green, |tenths| tenths.saturating_sub(TENTHS))
            }
            Fault::LongGreenMeta => each_minimum(equipment, is_green, |tenths| tenths.saturating_add(TENTHS)),
            Fault::ShortYellowMeta => {
                each_minimum(equipment, is_yellow, |tenths| tenths.saturating_sub(TENTHS))
            }
            _ => {}
        }
    }
}

fn each_intergreen(equipment: &mut Equipment, change: impl Fn(u16) -> u16) {
    for time in equipment.groups.iter_mut().flat_map(|group| &mut group.intergreen) {
        time.tenths = change(time.tenths);
    }
}

fn each_minimum(equipment: &mut Equipment, of: fn(SignalGroupState) -> bool, change: impl Fn(u16) -> u16) {
    for timing in equipment.groups.iter_mut().flat_map(|group| &mut group.timing) {
        if of(timing.state) {
            timing.min = timing.min.map(&change);
        }
    }
}

fn is_green(state: SignalGroupState) -> bool {
    state.aspect() == Some(voorrang_signals::Aspect::Green)
}

fn is_yellow(state: SignalGroupState) -> bool {
    state.aspect() == Some(voorrang_signals::Aspect::Yellow)
}
