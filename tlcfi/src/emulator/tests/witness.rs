//! Somebody who stands at the junction, sees nothing but its lamps, and knows the intersection file.

use std::sync::Arc;

use voorrang_signals::{GroupIndex, Intersection};
use voorrang_units::Instant;

use crate::emulator::Lamp;

pub(super) struct Witness {
    intersection: Arc<Intersection>,
    lamps: Vec<(Lamp, Instant)>,
    flow_ended: Vec<Option<Instant>>,
    pub(super) complaints: Vec<String>,
    /// How often each group turned green.
    pub(super) greens: Vec<usize>,
}

impl Witness {
    pub(super) fn new(intersection: Arc<Intersection>, lamps: impl Iterator<Item = (Lamp, Instant)>) -> Self {
        let groups = intersection.groups().len();
        Self {
            intersection,
            lamps: lamps.collect(),
            flow_ended: vec![None; groups],
            complaints: Vec::new(),
            greens: vec![0; groups],
        }
    }

    pub(super) fn see(&mut self, at: Instant, group: GroupIndex, lamp: Lamp) {
        let place = group.index();
        let times = &self.intersection.groups()[place];
        let (before, since) = std::mem::replace(&mut self.lamps[place], (lamp, at));
        let least = match (before, lamp) {
            (Lamp::Green, Lamp::Yellow) => Some(times.min_green),
            (Lamp::Yellow, Lamp::Red) => Some(times.yellow),
            (Lamp::Red, Lamp::Green) => Some(times.min_red),
            // Going out of operation, and into it again.
            (Lamp::Red, Lamp::FlashingAmber | Lamp::Dark)
            | (Lamp::FlashingAmber | Lamp::Dark, Lamp::Red | Lamp::Yellow | Lamp::FlashingAmber) => None,
            (before, lamp) => {
                self.complaints.push(format!("{at}: {} from {before:?} to {lamp:?}", times.name));
                None
            }
        };
        if let Some(least) = least.filter(|least| at - since < *least) {
            self.complaints.push(format!("{at}: {} {before:?} for {}, not {least}", times.name, at - since));
        }
        if matches!(before, Lamp::Green | Lamp::FlashingAmber | Lamp::Dark) {
            self.flow_ended[place] = Some(at);
        }
        if lamp == Lamp::Green {
            self.greens[place] += 1;
            let conflicts = self.intersection.conflicts();
            for foe in conflicts.conflicting(group) {
                let shows = self.lamps[foe.index()].0;
                if !matches!(shows, Lamp::Red | Lamp::Yellow) {
                    self.complaints
                        .push(format!("{at}: {} green beside group {foe:?}: {shows:?}", times.name));
                }
                let intergreen = conflicts.intergreen(*foe, group).unwrap();
                if let Some(ended) = self.flow_ended[foe.index()].filter(|ended| at - *ended < intergreen) {
                    self.complaints.push(format!("{at}: {} green {} after {foe:?}", times.name, at - ended));
                }
            }
        }
    }

    pub(super) fn shows(&self, name: &str) -> Lamp {
        self.lamps[self.intersection.group_named(name).unwrap().index()].0
    }
}
