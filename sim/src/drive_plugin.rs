//! The traffic step.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_units::Duration;

use crate::schedule::{Clock, TrafficSet, TrafficStep};
use crate::signal_plugin::Signals;
use crate::traffic::{Lamps, Moment, Traffic};

/// All vehicles of the run, and when they are measured.
#[derive(Resource, Debug)]
pub struct Roadway {
    /// The vehicles.
    pub traffic: Traffic,
    /// Measuring begins here and ends there.
    pub measured: (Duration, Duration),
}

/// Everybody drives.
#[derive(Debug)]
pub struct DrivePlugin;

impl Plugin for DrivePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, drive.in_set(TrafficSet::Drive));
    }
}

fn drive(clock: Res<Clock>, signals: Res<Signals>, mut roadway: ResMut<Roadway>) {
    let now = clock.now - clock.start;
    let (from, to) = roadway.measured;
    let moment = Moment {
        now_s: now.seconds(),
        measuring: from <= now && now < to,
        lamps: Lamps { aspects: signals.aspects(), since_s: signals.since_s() },
    };
    roadway.traffic.step(&moment);
}
