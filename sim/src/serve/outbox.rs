//! What vehicles send leaves the simulation, once it has arrived by the radio channel.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;

use crate::radio::Air;
use crate::schedule::{Clock, ControlSet, ControlStep};

/// Messages for whoever listens outside, in the order of their arrival.
#[derive(Resource, Debug, Default)]
pub(super) struct Outbox(pub(super) Vec<Vec<u8>>);

/// Requests and positions go out.
#[derive(Debug)]
pub(super) struct OutboxPlugin;

impl Plugin for OutboxPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(ControlStep, collect.in_set(ControlSet::Communicate));
    }
}

fn collect(clock: Res<Clock>, mut air: ResMut<Air>, mut outbox: ResMut<Outbox>) {
    while let Some((_, bytes)) = air.uplink.receive(clock.control) {
        outbox.0.push(bytes);
    }
    while let Some((_, bytes)) = air.awareness.receive(clock.control) {
        outbox.0.push(bytes);
    }
}
