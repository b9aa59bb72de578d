//! Random traffic over the detectors: vehicles come one by one on each lane, wait at red and leave one after the other at green; people press
//! buttons. Enough to keep a vehicle-actuated program busy as a street would; it is no simulation of traffic.

use std::collections::VecDeque;

use voorrang_signals::intersection::DetectorKind;
use voorrang_signals::{GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

use super::random::{Purpose, Stream};

/// How fast vehicles come.
const SPEED_METRES_PER_SECOND: f64 = 12.0;
/// How long a passing vehicle is on a short loop.
const ON_SHORT_LOOP: Duration = Duration::from_millis(600);
/// How long it is on a long loop.
const ON_LONG_LOOP: Duration = Duration::from_millis(1500);
/// How long a button is pressed.
const PRESSED: Duration = Duration::from_millis(500);
/// From the start of green to the first departure.
const START_LOST: Duration = Duration::from_millis(1500);
/// From one departure to the next.
const DISCHARGE: Duration = Duration::from_millis(2000);
/// Between two vehicles of a queue the loop is free.
const GAP: Duration = Duration::from_millis(800);
/// More do not wait, nor are on their way.
const MAX_QUEUE: usize = 40;

/// One stream of traffic: a lane, or those who have no lane in the file (bicycles, pedestrians).
#[derive(Debug, Clone)]
struct Flow {
    group: GroupIndex,
    far: Vec<usize>,
    long: Vec<usize>,
    stop: Vec<usize>,
    buttons: Vec<usize>,
    /// From the far loop to the stop line.
    travel: Duration,
    arrivals: Stream,
    headway_s: f64,
    next_arrival: Instant,
    approaching: VecDeque<Instant>,
    waiting: usize,
    next_departure: Option<Instant>,
    far_until: Instant,
    long_until: Instant,
    stop_until: Instant,
    pressed_until: Instant,
    free_until: Instant,
    due: Instant,
}

/// All random traffic of a junction.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    flows: Vec<Flow>,
    occupied: Vec<bool>,
    due: Option<Instant>,
}

impl Traffic {
    /// On each lane a vehicle comes every `headway` on average; bicycles and pedestrians half as often.
    pub(crate) fn new(intersection: &Intersection, seed: u64, headway: Duration, now: Instant) -> Self {
        let mut flows: Vec<(Option<u16>, GroupIndex, Flow)> = Vec::new();
        for (index, detector) in intersection.detectors().iter().enumerate() {
            let lane = detector.lane.map(|lane| lane.0);
            let known = flows
                .iter()
                .position(|(of, group, _)| *of == lane && (lane.is_some() || *group == detector.group));
            let place = known.unwrap_or_else(|| {
                let entity = flows.len() as u64;
                flows.push((
                    lane,
                    detector.group,
                    Flow::new(detector.group, seed, entity, lane.is_some(), headway, now),
                ));
                flows.len() - 1
            });
            let flow = &mut flows[place].2;
            match detector.kind {
                DetectorKind::StopLineLoop => flow.stop.push(index),
                DetectorKind::LongLoop => flow.long.push(index),
                DetectorKind::FarLoop => {
                    let travel =
                        Duration::from_seconds_f64(detector.distance.metres() / SPEED_METRES_PER_SECOND);
                    flow.travel = flow.travel.max(travel);
                    flow.far.push(index);
                }
                DetectorKind::PushButton => flow.buttons.push(index),
            }
        }
        let flows: Vec<Flow> = flows.into_iter().map(|(_, _, flow)| flow).collect();
        let due = flows.iter().map(|flow| flow.due).min();
        Self { flows, occupied: vec![false; intersection.detectors().len()], due }
    }

    /// When something happens next.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A group's lamps changed: queues move, or stand.
    pub(crate) fn lamp_changed(&mut self, now: Instant, group: GroupIndex) {
        for flow in self.flows.iter_mut().filter(|flow| flow.group == group) {
            flow.due = now;
            self.due = self.due.map(|due| due.min(now));
        }
    }

    /// Lets traffic go on; detectors that changed go to `out`.
    pub(crate) fn advance(
        &mut self,
        now: Instant,
        green: impl Fn(GroupIndex) -> bool,
        out: &mut Vec<(usize, bool)>,
    ) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        for flow in &mut self.flows {
            if flow.due <= now {
                flow.advance(now, green(flow.group));
                flow.detect(now, &mut self.occupied, out);
            }
        }
        self.due = self.flows.iter().map(|flow| flow.due).min();
    }
}

impl Flow {
    fn new(group: GroupIndex, seed: u64, entity: u64, lane: bool, headway: Duration, now: Instant) -> Self {
        let purpose = if lane { Purpose::Arrival } else { Purpose::Button };
        let mut arrivals = Stream::new(seed, purpose, entity);
        let headway_s = headway.seconds() * if lane { 1.0 } else { 2.0 };
        let next_arrival = now + Duration::from_seconds_f64(arrivals.exponential(headway_s));
        Self {
            group,
            far: Vec::new(),
            long: Vec::new(),
            stop: Vec::new(),
            buttons: Vec::new(),
            travel: Duration::ZERO,
            arrivals,
            headway_s,
            next_arrival,
            approaching: VecDeque::new(),
            waiting: 0,
            next_departure: None,
            far_until: now,
            long_until: now,
            stop_until: now,
            pressed_until: now,
            free_until: now,
            due: next_arrival,
        }
    }

    fn advance(&mut self, now: Instant, green: bool) {
        while self.next_arrival <= now {
            self.far_until = self.next_arrival + ON_SHORT_LOOP;
            if self.approaching.len() < MAX_QUEUE {
                self.approaching.push_back(self.next_arrival + self.travel);
            }
            // Nobody follows more closely than a second.
            let headway = self.arrivals.exponential(self.headway_s).max(1.0);
            self.next_arrival += Duration::from_seconds_f64(headway);
        }
        while self.approaching.pop_front_if(|at| *at <= now).is_some() {
            if green && self.waiting == 0 {
                self.stop_until = now + ON_SHORT_LOOP;
                self.long_until = now + ON_LONG_LOOP;
            } else {
                self.waiting = (self.waiting + 1).min(MAX_QUEUE);
                self.pressed_until = now + PRESSED;
            }
        }
        if !green || self.waiting == 0 {
            self.next_departure = None;
        } else {
            let departure = *self.next_departure.get_or_insert(now + START_LOST);
            if departure <= now {
                self.waiting -= 1;
                self.free_until = now + GAP;
                self.next_departure = (self.waiting > 0).then_some(now + DISCHARGE);
            }
        }
        let moments = [
            Some(self.next_arrival),
            self.approaching.front().copied(),
            self.next_departure,
            Some(self.far_until),
            Some(self.long_until),
            Some(self.stop_until),
            Some(self.pressed_until),
            Some(self.free_until),
        ];
        self.due = moments.into_iter().flatten().filter(|at| *at > now).min().unwrap_or(self.next_arrival);
    }

    fn detect(&self, now: Instant, occupied: &mut [bool], out: &mut Vec<(usize, bool)>) {
        let queue = |at_least: usize| self.waiting >= at_least && self.free_until <= now;
        let states = [
            (&self.far, now < self.far_until),
            (&self.long, now < self.long_until || queue(2)),
            (&self.stop, now < self.stop_until || queue(1)),
            (&self.buttons, now < self.pressed_until),
        ];
        for (detectors, state) in states {
            for detector in detectors {
                if std::mem::replace(&mut occupied[*detector], state) != state {
                    out.push((*detector, state));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vehicles_wait_on_the_stop_line_loop_for_green() {
        let text = include_str!("../../../signals/tests/intersections/actuated.toml");
        let intersection = Intersection::from_toml(text, "actuated.toml").unwrap();
        let start = Instant::from_unix_millis(0);
        let mut traffic = Traffic::new(&intersection, 1, Duration::from_seconds(10), start);
        let mut out = Vec::new();
        let mut run = |traffic: &mut Traffic, until: i64, green: bool| {
            out.clear();
            while let Some(due) = traffic.due().filter(|due| *due <= start + Duration::from_seconds(until)) {
                traffic.advance(due, |_| green, &mut out);
            }
            out.len()
        };
        let stop =
            intersection.detectors().iter().position(|one| one.kind == DetectorKind::StopLineLoop).unwrap();
        assert!(run(&mut traffic, 120, false) > 10);
        assert!(traffic.occupied[stop], "somebody waits after two minutes of red");
        let group = intersection.detectors()[stop].group;
        traffic.lamp_changed(start + Duration::from_seconds(120), group);
        let changes = run(&mut traffic, 240, true);
        assert!(changes > 20, "{changes}");
        assert!(traffic.flows.iter().filter(|flow| flow.group == group).all(|flow| flow.waiting < 3));
    }
}
