//! The V-Log of one junction: lamps, detectors, and requests for priority as they come in and go out.

use std::sync::Arc;

use voorrang_signals::vlog::{PriorityEvents, Recorder, RecorderError, SignalState};
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

/// A log names its controller with so many characters at most.
const LONGEST_NAME: usize = 20;
/// Lines leave this long after what they tell.
const GATHER: Duration = Duration::from_seconds(1);
/// Time references stand at each whole one.
const REFERENCE: Duration = Duration::from_seconds(300);

/// The log, and its lines that have not left.
#[derive(Debug)]
pub(super) struct Log {
    recorder: Recorder,
    lines: String,
    /// When lines leave; by then there may be some.
    due: Instant,
}

/// What happens to a request, as a log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It came in.
    Entry,
    /// It went out.
    Exit,
    /// The green guard ended it.
    ExitByGuard,
}

impl Log {
    /// From now on.
    ///
    /// # Errors
    /// When there are more groups or detectors than a log can number.
    pub(super) fn new(layout: &Intersection, now: Instant) -> Result<Self, RecorderError> {
        let name: String =
            layout.name().chars().filter(|letter| (' '..='~').contains(letter)).take(LONGEST_NAME).collect();
        Ok(Self { recorder: Recorder::new(&name, layout, now)?, lines: String::new(), due: now + GATHER })
    }

    /// A lamp; none where it shows no aspect.
    pub(super) fn lamp(&mut self, now: Instant, group: GroupIndex, aspect: Option<Aspect>) {
        match aspect {
            Some(aspect) => self.recorder.signal(now, group, aspect, &mut self.lines),
            None => self.recorder.signal_state(now, group, SignalState::Dark, &mut self.lines),
        }
        self.note(now);
    }

    /// A detector.
    pub(super) fn detector(&mut self, now: Instant, detector: DetectorIndex, occupied: bool) {
        self.recorder.detector(now, detector, occupied, &mut self.lines);
        self.note(now);
    }

    /// A request for these groups comes or goes.
    pub(super) fn passage(
        &mut self,
        now: Instant,
        groups: &Arc<[GroupIndex]>,
        emergency: bool,
        passage: Passage,
    ) {
        let events = match (passage, emergency) {
            (Passage::Entry, true) => PriorityEvents::EMERGENCY_ENTRY,
            (Passage::Entry, false) => PriorityEvents::TRANSPORT_ENTRY,
            (Passage::Exit, true) => PriorityEvents::EMERGENCY_EXIT,
            (Passage::Exit, false) => PriorityEvents::TRANSPORT_EXIT,
            (Passage::ExitByGuard, true) => PriorityEvents::EMERGENCY_EXIT_BY_GUARD,
            (Passage::ExitByGuard, false) => PriorityEvents::TRANSPORT_EXIT_BY_GUARD,
        };
        for group in groups.iter() {
            self.recorder.priority_event(now, *group, events, &mut self.lines);
        }
        self.note(now);
    }

    /// The lines that are to leave now.
    pub(super) fn advance(&mut self, now: Instant) -> Option<String> {
        if now < self.due {
            return None;
        }
        self.recorder.advance(now, &mut self.lines);
        let references = now.unix_millis().div_euclid(REFERENCE.millis()) + 1;
        self.due = Instant::from_unix_millis(references * REFERENCE.millis()) + GATHER;
        Some(std::mem::take(&mut self.lines)).filter(|lines| !lines.is_empty())
    }

    /// All that is left.
    pub(super) fn finish(&mut self) -> Option<String> {
        self.recorder.finish(&mut self.lines);
        Some(std::mem::take(&mut self.lines)).filter(|lines| !lines.is_empty())
    }

    /// When lines leave.
    pub(super) const fn next_deadline(&self) -> Instant {
        self.due
    }

    fn note(&mut self, now: Instant) {
        self.due = self.due.min(now + GATHER);
    }
}
