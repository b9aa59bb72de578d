//! Inputs that rank above priority, at the times that the scenario gives: the priority engine is told, and no request is served meanwhile. What a
//! level crossing or a bridge does to the control program itself is not simulated.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_priority::Input;
use voorrang_units::Instant;

use crate::priority_plugin::Priority;
use crate::scenario::Scenario;
use crate::schedule::{Clock, ControlSet, ControlStep, NextControl};

/// What is to be told, the latest first.
#[derive(Resource, Debug)]
pub struct Overrides(Vec<(Instant, Input)>);

impl Overrides {
    /// The beginnings and ends at all intersections that take requests.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let equipped =
            scenario.overrides.iter().filter(|row| scenario.intersections[row.intersection].equipped);
        let mut changes: Vec<(Instant, Input)> = equipped
            .flat_map(|row| {
                let intersection = scenario.intersections[row.intersection].intersection.id();
                let change = |active| Input::Override { intersection, kind: row.kind, active };
                [(scenario.start + row.from, change(true)), (scenario.start + row.to, change(false))]
            })
            .collect();
        changes.sort_by_key(|(at, _)| *at);
        changes.reverse();
        Self(changes)
    }
}

/// The engine hears of inputs that rank above priority.
#[derive(Debug)]
pub struct OverridePlugin;

impl Plugin for OverridePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(ControlStep, tell.in_set(ControlSet::Communicate));
    }
}

fn tell(
    clock: Res<Clock>,
    mut overrides: ResMut<Overrides>,
    mut priority: ResMut<Priority>,
    mut next: ResMut<NextControl>,
) {
    while let Some((_, input)) = overrides.0.pop_if(|(at, _)| *at <= clock.control) {
        priority.hear(clock.control, input);
    }
    if let Some((at, _)) = overrides.0.last() {
        next.no_later_than(*at);
    }
}
