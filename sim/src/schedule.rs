//! The order of a run: one chain of system sets for each traffic step, with the control steps of 0.1 s nested in it.
//!
//! ```text
//! TrafficStep:  Demand -> Sense -> Control -> Drive -> Measure
//!                                    |
//! ControlStep (each 0.1 s at which something is due):  Communicate -> Decide -> Signal
//! ```
//!
//! | set | who | what |
//! |---|---|---|
//! | Demand | `demand_plugin` | those whose departure has come wish to enter |
//! | Sense | `onboard_plugin`, `public_transport_plugin`, `cam_plugin`, `warning_plugin`, `detector_plugin` | vehicles learn where they are and send requests and CAMs; drivers hear warnings; loops see who is over them |
//! | Control | here | runs the control steps up to now |
//! | Communicate | `onboard_plugin`, `priority_plugin`, `slow_traffic_plugin`, `detector_plugin` | messages, people and detector events arrive |
//! | Decide | `priority_plugin` | the priority engine |
//! | Signal | `signal_plugin` | controllers step, lamps change; then people go (`slow_traffic_plugin`), lamps are confirmed, logged (`vlog_plugin`) and published (`publication_plugin`) |
//! | Drive | `drive_plugin` | the traffic step, from now to the next |
//! | Measure | `measure_plugin` | figures and traces; never writes what others read |
//!
//! Both schedules run on the single-threaded executor: a chained tick costs a tenth of a microsecond there; runs, not systems, are
//! spread over cores.

use std::sync::Arc;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};
use voorrang_units::{Duration, Instant};

use crate::scenario::Scenario;

/// The control step.
pub const CONTROL_STEP: Duration = Duration::from_millis(100);

/// One traffic step.
#[derive(ScheduleLabel, Debug, Clone, PartialEq, Eq, Hash)]
pub struct TrafficStep;

/// One control step.
#[derive(ScheduleLabel, Debug, Clone, PartialEq, Eq, Hash)]
pub struct ControlStep;

/// The chain of a traffic step.
#[derive(SystemSet, Debug, Clone, PartialEq, Eq, Hash)]
pub enum TrafficSet {
    /// Those whose departure has come wish to enter.
    Demand,
    /// Emergency vehicles learn where they are and send.
    Sense,
    /// The control steps up to now.
    Control,
    /// Everybody drives.
    Drive,
    /// Figures and traces.
    Measure,
}

/// The chain of a control step.
#[derive(SystemSet, Debug, Clone, PartialEq, Eq, Hash)]
pub enum ControlSet {
    /// Messages arrive.
    Communicate,
    /// The priority engine decides.
    Decide,
    /// Controllers step, lamps change.
    Signal,
}

/// The run's time. The traffic step that is being done goes from `now` to `now + step`.
#[derive(Resource, Debug, Clone, Copy)]
pub struct Clock {
    /// When the run started.
    pub start: Instant,
    /// Now.
    pub now: Instant,
    /// The traffic step.
    pub step: Duration,
    /// The control step that is being done, or was last.
    pub control: Instant,
}

impl Clock {
    /// A run's clock before its first step.
    #[must_use]
    pub fn new(start: Instant, step: Duration) -> Self {
        Self { start, now: start, step, control: start - CONTROL_STEP }
    }

    /// Seconds since the run's start.
    #[must_use]
    pub fn now_s(&self) -> f64 {
        (self.now - self.start).seconds()
    }

    /// Seconds from the run's start to a moment.
    #[must_use]
    pub fn seconds_at(&self, moment: Instant) -> f64 {
        (moment - self.start).seconds()
    }
}

/// The scenario, for the systems that look things up in it.
#[derive(Resource, Clone)]
pub struct ScenarioHandle(pub Arc<Scenario>);

/// When the next control step has something to do: the earliest of all that is due.
#[derive(Resource, Debug, Clone, Copy)]
pub struct NextControl(pub Instant);

impl NextControl {
    /// Something is due at `moment`.
    pub fn no_later_than(&mut self, moment: Instant) {
        self.0 = self.0.min(moment);
    }
}

/// The schedules and their chains.
#[derive(Debug)]
pub struct SchedulePlugin;

impl Plugin for SchedulePlugin {
    fn build(&self, app: &mut App) {
        let mut traffic = Schedule::new(TrafficStep);
        traffic.set_executor(SingleThreadedExecutor::new());
        traffic.configure_sets(
            (
                TrafficSet::Demand,
                TrafficSet::Sense,
                TrafficSet::Control,
                TrafficSet::Drive,
                TrafficSet::Measure,
            )
                .chain(),
        );
        traffic.add_systems(run_control_steps.in_set(TrafficSet::Control));
        let mut control = Schedule::new(ControlStep);
        control.set_executor(SingleThreadedExecutor::new());
        control.configure_sets((ControlSet::Communicate, ControlSet::Decide, ControlSet::Signal).chain());
        app.add_schedule(traffic).add_schedule(control);
    }
}

/// The control steps since the last traffic step, those with nothing due left out.
fn run_control_steps(world: &mut World) {
    let Clock { now, mut control, .. } = *world.resource::<Clock>();
    while control + CONTROL_STEP <= now {
        control += CONTROL_STEP;
        world.resource_mut::<Clock>().control = control;
        if world.resource::<NextControl>().0 <= control {
            // Whoever has something to do later says so in the step.
            world.resource_mut::<NextControl>().0 = Instant::from_unix_millis(i64::MAX);
            world.run_schedule(ControlStep);
        }
    }
}
