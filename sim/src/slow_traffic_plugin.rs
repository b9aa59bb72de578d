//! Pedestrians and cyclists in the simulation: they come before controllers and engine decide (set Communicate), and go once the lamps have
//! changed (after set Signal).

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_signals::{Aspect, DetectorIndex};

use crate::detector_plugin::{DetectorEvent, Detectors, hand_over};
use crate::measures::record::SlowTrafficRecord;
use crate::run_options::RunOptions;
use crate::scenario::Scenario;
use crate::schedule::{Clock, ControlSet, ControlStep, NextControl};
use crate::signal_plugin::Signals;
use crate::slow_traffic::Crossing;

/// Everybody on foot or by bicycle.
#[derive(Resource, Debug)]
pub struct SlowTraffic(Vec<Crossing>);

impl SlowTraffic {
    /// Those of a scenario in one replication; nobody is there yet.
    #[must_use]
    pub fn new(scenario: &Scenario, options: &RunOptions, replication: u32) -> Self {
        let measured = (scenario.start + options.warm_up, scenario.start + options.end);
        let rows = 0..scenario.slow_traffic.len();
        Self(rows.map(|row| Crossing::new(scenario, row, options.seed, replication, measured)).collect())
    }

    /// Their detectors: position of the intersection, and which.
    pub fn detectors(&self) -> impl Iterator<Item = (usize, DetectorIndex)> {
        self.0.iter().flat_map(|crossing| {
            crossing.detectors().map(|detector| (crossing.intersection, detector)).collect::<Vec<_>>()
        })
    }

    /// How long they waited.
    #[must_use]
    pub fn record(&self, scenario: &Scenario) -> Vec<SlowTrafficRecord> {
        let record = |crossing: &Crossing| {
            let intersection = &scenario.intersections[crossing.intersection].intersection;
            SlowTrafficRecord {
                intersection: intersection.name().to_owned(),
                group: intersection.groups()[crossing.group.index()].name.clone(),
                walker: crossing.walker(),
                waits_s: crossing.waits_s(),
            }
        };
        self.0.iter().map(record).collect()
    }
}

/// Pedestrians and cyclists come and go.
#[derive(Debug)]
pub struct SlowTrafficPlugin;

impl Plugin for SlowTrafficPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(ControlStep, arrive.in_set(ControlSet::Communicate).before(hand_over));
        app.add_systems(ControlStep, leave.after(ControlSet::Signal));
    }
}

fn shown(signals: &Signals, crossing: &Crossing) -> Aspect {
    signals.aspects()[signals.lamp(crossing.intersection, crossing.group)]
}

fn arrive(
    clock: Res<Clock>,
    signals: Res<Signals>,
    mut people: ResMut<SlowTraffic>,
    mut detectors: ResMut<Detectors>,
) {
    for crossing in &mut people.0 {
        let intersection = crossing.intersection;
        crossing.arrive(clock.control, shown(&signals, crossing), |detector, occupied| {
            detectors.tell(DetectorEvent { at: clock.control, intersection, detector, occupied });
        });
    }
}

fn leave(
    clock: Res<Clock>,
    signals: Res<Signals>,
    mut people: ResMut<SlowTraffic>,
    mut next: ResMut<NextControl>,
) {
    for crossing in &mut people.0 {
        let aspect = shown(&signals, crossing);
        crossing.leave(clock.control, aspect);
        next.no_later_than(crossing.next_event(aspect));
    }
}
