//! Pedestrians and cyclists at the groups that have no lane in the network: they arrive at random, ask for green, wait and go. Who is told of
//! their buttons and loops is [`crate::slow_traffic_plugin`]'s.
//!
//! - Arrivals are a Poisson stream for each row of the scenario, the same under every strategy.
//! - Who comes at green and finds nobody waiting goes on at once. Everybody else waits for green; yellow stops them.
//! - A pedestrian presses a button of the group, one of its sides at random; a cyclist stands on its stop-line loop, or presses a button
//!   where it has none.
//! - At green all pedestrians step off together. Cyclists leave one after the other.

use std::collections::VecDeque;

use voorrang_signals::intersection::{DetectorKind, GroupKind};
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex};
use voorrang_units::{Duration, Instant};

use crate::random::{Purpose, Stream};
use crate::scenario::{Scenario, SlowTraffic};

/// Between two cyclists who leave a queue: 7,200 an hour, a cycle path of 2 m on which two ride side by side. Assumed; the saturation flows
/// of such paths that are published lie between 4,700 and 8,000 an hour.
const CYCLE_HEADWAY: Duration = Duration::from_millis(500);
/// A button is pressed for so long. Assumed; controllers remember it until green.
const PRESS: Duration = Duration::from_millis(500);

/// Who waits at a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walker {
    /// On foot.
    Pedestrian,
    /// By bicycle.
    Cyclist,
}

/// The people of one group.
#[derive(Debug, Clone)]
pub struct Crossing {
    /// Position in the scenario's intersections.
    pub intersection: usize,
    /// Whom they heed.
    pub group: GroupIndex,
    walker: Walker,
    stream: Stream,
    mean_gap: Option<Duration>,
    next_arrival: Instant,
    measured: (Instant, Instant),
    /// When they came, the first first.
    waiting: VecDeque<Instant>,
    next_to_leave: Instant,
    /// Stop-line loops that cyclists stand on.
    loops: Vec<DetectorIndex>,
    /// Until when somebody who rides is still on the loops.
    on_loops_until: Instant,
    loops_occupied: bool,
    buttons: Vec<Button>,
    /// Of those who came while measuring, s.
    waits_s: Vec<f32>,
}

#[derive(Debug, Clone, Copy)]
struct Button {
    detector: DetectorIndex,
    released: Option<Instant>,
}

impl Crossing {
    /// The people of a row of the scenario from `start` on; waits are kept of those who come within `measured`.
    #[must_use]
    pub fn new(
        scenario: &Scenario,
        row: usize,
        seed: u64,
        replication: u32,
        measured: (Instant, Instant),
    ) -> Self {
        let SlowTraffic { intersection, group, per_hour } = scenario.slow_traffic[row];
        let layout = &scenario.intersections[intersection].intersection;
        let of_kind = |kind: DetectorKind| -> Vec<DetectorIndex> {
            let detectors = layout.detectors().iter().enumerate();
            let own = detectors.filter(|(_, detector)| detector.group == group && detector.kind == kind);
            own.filter_map(|(index, _)| DetectorIndex::at(index)).collect()
        };
        let walker = match layout.groups()[group.index()].kind {
            GroupKind::Bicycle => Walker::Cyclist,
            _ => Walker::Pedestrian,
        };
        let loops = if walker == Walker::Cyclist { of_kind(DetectorKind::StopLineLoop) } else { Vec::new() };
        let buttons = if loops.is_empty() { of_kind(DetectorKind::PushButton) } else { Vec::new() };
        let mut crossing = Self {
            intersection,
            group,
            walker,
            stream: Stream::new(seed, replication, Purpose::SlowTraffic, row as u64),
            mean_gap: (per_hour > 0.0).then(|| Duration::from_seconds_f64(3600.0 / per_hour)),
            next_arrival: scenario.start,
            measured,
            waiting: VecDeque::new(),
            next_to_leave: scenario.start,
            loops,
            on_loops_until: scenario.start,
            loops_occupied: false,
            buttons: buttons.into_iter().map(|detector| Button { detector, released: None }).collect(),
            waits_s: Vec::new(),
        };
        crossing.draw_next_arrival();
        crossing
    }

    /// Who waits here.
    #[must_use]
    pub fn walker(&self) -> Walker {
        self.walker
    }

    /// Its detectors.
    pub fn detectors(&self) -> impl Iterator<Item = DetectorIndex> {
        self.loops.iter().copied().chain(self.buttons.iter().map(|button| button.detector))
    }

    /// Those come who are due by `now`, while the lamp shows `aspect`; `tell` hears what that does to detectors.
    pub fn arrive(&mut self, now: Instant, aspect: Aspect, mut tell: impl FnMut(DetectorIndex, bool)) {
        for button in &mut self.buttons {
            if button.released.is_some_and(|released| released <= now) {
                button.released = None;
                tell(button.detector, false);
            }
        }
        while self.next_arrival <= now {
            let came = self.next_arrival;
            // Drawn whatever it is used for: the stream is the same under every strategy.
            let side = self.stream.uniform();
            self.draw_next_arrival();
            if aspect == Aspect::Green && self.waiting.is_empty() {
                self.note_wait(came, came);
                self.on_loops_until = now + CYCLE_HEADWAY;
            } else {
                self.waiting.push_back(came);
                self.press(now, side, &mut tell);
            }
        }
        let occupied = !self.waiting.is_empty() || now < self.on_loops_until;
        if occupied != self.loops_occupied {
            self.loops_occupied = occupied;
            self.loops.iter().for_each(|detector| tell(*detector, occupied));
        }
    }

    /// Those go who may, now that the lamp shows `aspect`.
    pub fn leave(&mut self, now: Instant, aspect: Aspect) {
        if aspect != Aspect::Green {
            return;
        }
        while self.walker == Walker::Pedestrian || self.next_to_leave <= now {
            let Some(came) = self.waiting.pop_front() else { break };
            self.note_wait(came, now);
            self.next_to_leave = now + CYCLE_HEADWAY;
            self.on_loops_until = self.next_to_leave;
        }
    }

    /// When something happens here next, as long as the lamp goes on to show `aspect`.
    #[must_use]
    pub fn next_event(&self, aspect: Aspect) -> Instant {
        let release = self.buttons.iter().filter_map(|button| button.released).min();
        let leaving = (aspect == Aspect::Green && !self.waiting.is_empty()).then_some(self.next_to_leave);
        let freed = (self.loops_occupied && self.waiting.is_empty()).then_some(self.on_loops_until);
        [release, leaving, freed].into_iter().flatten().fold(self.next_arrival, Instant::min)
    }

    /// Ends measuring: how long each who came while measuring waited, s, in the order of going; who still waits has waited until the end of
    /// measuring, and nobody longer than that.
    #[must_use]
    pub fn waits_s(&self) -> Vec<f32> {
        let mut done = self.clone();
        let (_, end) = done.measured;
        while let Some(came) = done.waiting.pop_front() {
            done.note_wait(came, end);
        }
        done.waits_s
    }

    fn note_wait(&mut self, came: Instant, left: Instant) {
        let (from, to) = self.measured;
        if from <= came && came < to {
            self.waits_s.push(rounded((left.min(to) - came).seconds()));
        }
    }

    fn press(&mut self, now: Instant, side: f64, tell: &mut impl FnMut(DetectorIndex, bool)) {
        let Some(button) = pick(&mut self.buttons, side) else { return };
        if button.released.is_none() {
            tell(button.detector, true);
        }
        button.released = Some(now + PRESS);
    }

    fn draw_next_arrival(&mut self) {
        self.next_arrival = match self.mean_gap {
            Some(mean) => {
                let gap = -libm::log(1.0 - self.stream.uniform()) * mean.seconds();
                self.next_arrival + Duration::from_seconds_f64(gap)
            }
            None => Instant::from_unix_millis(i64::MAX),
        };
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share from 0 to 1 of a handful of buttons"
)]
fn pick(buttons: &mut [Button], share: f64) -> Option<&mut Button> {
    let place = (share * buttons.len() as f64) as usize;
    buttons.get_mut(place)
}

#[expect(clippy::cast_possible_truncation, reason = "a wait needs no more than seven digits")]
fn rounded(seconds: f64) -> f32 {
    seconds as f32
}
