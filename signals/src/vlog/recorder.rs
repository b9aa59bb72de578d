//! Writes the log of an intersection, as its controller would: for a simulator or a gateway that sees the events.

use thiserror::Error;
use voorrang_units::{Duration, Instant};

use crate::vlog::clock::LogClock;
use crate::vlog::layout::{Layout, MOST_CHANGES};
use crate::vlog::message::{Change, Delta, VlogInfo};
use crate::vlog::selective::SelectiveDetection;
use crate::vlog::state::{DetectorState, PhaseState, PriorityEvents, SignalState};
use crate::vlog::write;
use crate::{Aspect, DetectorIndex, GroupIndex, Intersection};

/// The version of V-Log that the log says it is: the one of which a real log was read.
const VERSION: [u8; 3] = [2, 0, 0];
/// One octet counts them, and 255 is no number of one.
const MOST_ELEMENTS: usize = 255;
/// Time references stand at whole five minutes, as in real logs: 3000 tenths, well below the longest delta.
const INTERVAL: i64 = 3000;
/// After a longer silence the log goes on without the time references between.
const LONGEST_SILENCE: i64 = 24 * 36_000;

/// Why no log can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecorderError {
    /// The controller's name.
    #[error(
        "the controller's id is too long or has strange characters: expected at most 20 of printable ASCII"
    )]
    ControllerId,
    /// More signal groups than a log can number.
    #[error("{found} signal groups: expected at most {MOST_ELEMENTS}")]
    TooManyGroups {
        /// How many there are.
        found: usize,
    },
    /// More detectors than a log can number.
    #[error("{found} detectors: expected at most {MOST_ELEMENTS}")]
    TooManyDetectors {
        /// How many there are.
        found: usize,
    },
}

/// Writes a log: time reference, info and full statuses at its start and at every five minutes, and what changed between. Signal groups and
/// detectors have the numbers of their positions in the intersection.
///
/// Each method takes the moment and the text that the finished lines are added to; a line is finished once its tenth of a second is over,
/// which [`Recorder::advance`] tells it, so the events of a tenth share lines. Time does not go back: what comes late is written at the
/// tenth that has been reached. What the intersection does not have, or what changes nothing, is not written.
///
/// Until it is told otherwise every signal group is dark and every detector free. What is reported for the start before the first
/// `advance` stands in the first full status.
#[derive(Debug, Clone)]
pub struct Recorder {
    clock: LogClock,
    info: VlogInfo,
    has_begun: bool,
    /// Tenths of a second since 1970, as all times here. The last time reference.
    reference: i64,
    /// The next time reference.
    due: i64,
    /// The tenth that events are collected for.
    tenth: i64,
    detectors: Elements<DetectorState>,
    phases: Elements<PhaseState>,
    has_phases: bool,
    signals: Elements<SignalState>,
    selective_detections: Vec<SelectiveDetection>,
    priority_events: Vec<Change<PriorityEvents>>,
}

/// The states of a kind, and what changed in this tenth.
#[derive(Debug, Clone)]
struct Elements<T> {
    states: Vec<T>,
    changes: Vec<Change<T>>,
}

impl Recorder {
    /// Of a controller with that name (20 characters at most), from that moment on, by Dutch time.
    ///
    /// # Errors
    /// A name that the log cannot hold; more signal groups or detectors than it can number.
    pub fn new(
        controller_id: &str,
        intersection: &Intersection,
        start: Instant,
    ) -> Result<Self, RecorderError> {
        let (groups, detectors) = (intersection.groups().len(), intersection.detectors().len());
        if groups > MOST_ELEMENTS {
            return Err(RecorderError::TooManyGroups { found: groups });
        }
        if detectors > MOST_ELEMENTS {
            return Err(RecorderError::TooManyDetectors { found: detectors });
        }
        let tenth = tenths(start);
        Ok(Self {
            clock: LogClock::default(),
            info: VlogInfo::new(VERSION, controller_id).ok_or(RecorderError::ControllerId)?,
            has_begun: false,
            reference: tenth,
            due: tenth,
            tenth,
            detectors: Elements::new(detectors, DetectorState::FREE),
            phases: Elements::new(groups, PhaseState::default()),
            has_phases: false,
            signals: Elements::new(groups, SignalState::Dark),
            selective_detections: Vec::new(),
            priority_events: Vec::new(),
        })
    }

    /// With times by another clock.
    #[must_use]
    pub fn with_clock(self, clock: LogClock) -> Self {
        Self { clock, ..self }
    }

    /// It is `now`: writes what happened before this tenth, and what is due.
    pub fn advance(&mut self, now: Instant, out: &mut String) {
        let now = tenths(now).max(self.tenth);
        while self.due <= now {
            self.flush(out);
            self.begin_section(out);
            if now - self.due > LONGEST_SILENCE {
                self.due = now.div_euclid(INTERVAL) * INTERVAL;
            }
        }
        if now > self.tenth {
            self.flush(out);
            self.tenth = now;
        }
    }

    /// Writes what is left; the log may go on afterwards.
    pub fn finish(&mut self, out: &mut String) {
        if !self.has_begun {
            self.begin_section(out);
        }
        self.flush(out);
    }

    /// The lamps of a signal group show that. The flashing green of pedestrians is yellow here as everywhere.
    pub fn signal(&mut self, now: Instant, group: GroupIndex, aspect: Aspect, out: &mut String) {
        self.reach(now, out);
        self.signals.set(group.index(), aspect.into(), self.has_begun);
    }

    /// The lamps of a signal group show that, for what is no [`Aspect`]: dark or flashing.
    pub fn signal_state(&mut self, now: Instant, group: GroupIndex, state: SignalState, out: &mut String) {
        self.reach(now, out);
        // A full status has a digit for it.
        if state.code() <= 0xF {
            self.signals.set(group.index(), state, self.has_begun);
        }
    }

    /// A detector is occupied or free.
    pub fn detector(&mut self, now: Instant, detector: DetectorIndex, is_occupied: bool, out: &mut String) {
        self.reach(now, out);
        let state = if is_occupied { DetectorState::OCCUPIED } else { DetectorState::FREE };
        self.detectors.set(detector.index(), state, self.has_begun);
    }

    /// The internal state of a signal group: its lower 12 bits. A log without any has no line for them.
    pub fn phase(&mut self, now: Instant, group: GroupIndex, word: PhaseState, out: &mut String) {
        self.reach(now, out);
        let is_first = !self.has_phases && group.index() < self.phases.states.len();
        self.has_phases |= is_first;
        if is_first && self.has_begun {
            // The reader has to know that there are some before one of them changes.
            let delta = self.delta();
            line(out, |out| write::states(0x09, delta, &self.phases.states, out));
        }
        self.phases.set(group.index(), PhaseState::from_code(word.code() & 0xFFF), self.has_begun);
    }

    /// A vehicle told what it is.
    pub fn selective_detection(&mut self, now: Instant, detection: SelectiveDetection, out: &mut String) {
        self.advance(now, out);
        self.selective_detections.push(detection);
    }

    /// Something happened to public transport or an emergency vehicle for a signal group.
    pub fn priority_event(
        &mut self,
        now: Instant,
        group: GroupIndex,
        events: PriorityEvents,
        out: &mut String,
    ) {
        self.advance(now, out);
        if let Some(index) = number(group.index(), self.signals.states.len()) {
            self.priority_events.push(Change { index, state: events });
        }
    }

    /// As [`Recorder::advance`], but what holds at the start goes into the first full status.
    fn reach(&mut self, now: Instant, out: &mut String) {
        if self.has_begun || tenths(now) > self.tenth {
            self.advance(now, out);
        }
    }

    /// Time reference, info and full statuses at the moment that is due.
    fn begin_section(&mut self, out: &mut String) {
        (self.has_begun, self.tenth, self.reference) = (true, self.due, self.due);
        self.due = (self.due.div_euclid(INTERVAL) + 1) * INTERVAL;
        let shown = self.clock.local(Instant::from_unix_millis(self.reference.saturating_mul(100)));
        line(out, |out| write::time_reference(shown, out));
        line(out, |out| {
            write::info(&self.info, out);
            Ok(())
        });
        line(out, |out| write::states(0x05, Delta::ZERO, &self.detectors.states, out));
        if self.has_phases {
            line(out, |out| write::states(0x09, Delta::ZERO, &self.phases.states, out));
        }
        line(out, |out| write::states(0x0D, Delta::ZERO, &self.signals.states, out));
    }

    /// The lines of this tenth, in the order of their types as controllers write them.
    fn flush(&mut self, out: &mut String) {
        let delta = self.delta();
        changes(0x06, delta, &mut self.detectors.changes, out);
        changes(0x0A, delta, &mut self.phases.changes, out);
        changes(0x0E, delta, &mut self.signals.changes, out);
        for detection in self.selective_detections.drain(..) {
            line(out, |out| write::selective_detection(delta, 0, &detection, out));
        }
        changes(0x22, delta, &mut self.priority_events, out);
    }

    /// This tenth since the last time reference.
    fn delta(&self) -> Delta {
        let tenths = u16::try_from(self.tenth - self.reference).ok();
        tenths.and_then(Delta::from_tenths).unwrap_or(Delta::MAX)
    }
}

impl<T: Copy + PartialEq> Elements<T> {
    fn new(count: usize, state: T) -> Self {
        Self { states: vec![state; count], changes: Vec::new() }
    }

    fn set(&mut self, index: usize, state: T, is_change: bool) {
        let Some(number) = number(index, self.states.len()) else { return };
        if self.states[index] != state {
            self.states[index] = state;
            if is_change {
                self.changes.push(Change { index: number, state });
            }
        }
    }
}

/// The number of an element in a log.
fn number(index: usize, count: usize) -> Option<u8> {
    u8::try_from(index).ok().filter(|_| index < count)
}

fn changes<T: Layout>(kind: u8, delta: Delta, changes: &mut Vec<Change<T>>, out: &mut String) {
    for some in changes.chunks(MOST_CHANGES) {
        line(out, |out| write::changes(kind, delta, some, out));
    }
    changes.clear();
}

fn line(out: &mut String, write: impl FnOnce(&mut String) -> Result<(), write::WriteError>) {
    write(out).expect("all that a recorder holds fits into its digits");
    out.push_str("\r\n");
}

/// Tenths of a second since 1970, the one that has begun.
fn tenths(moment: Instant) -> i64 {
    moment.unix_millis().div_euclid(Duration::from_millis(100).millis())
}
