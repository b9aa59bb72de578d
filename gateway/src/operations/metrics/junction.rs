//! What is counted per junction. A handle is resolved once and then counts without looking anything up.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

type Label = [(&'static str, Arc<str>); 1];
type SecondsCounter = Counter<f64, AtomicU64>;

/// The counters of one junction. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JunctionMetrics {
    interventions: Counter,
    interlock_refusals: Counter,
    interlock_violations: Counter,
}

/// How long a junction in role control had control, and was without.
#[derive(Debug, Clone)]
pub(super) struct ControlMetrics {
    control: SecondsCounter,
    without_control: SecondsCounter,
    in_control: Gauge,
}

impl JunctionMetrics {
    /// An intervention began: the signals were changed for a vehicle.
    pub fn intervention(&self) {
        self.interventions.inc();
    }

    /// The interlock refused what the strategy asked for.
    pub fn interlock_refused(&self) {
        self.interlock_refusals.inc();
    }

    /// Lamps were seen that break a rule of the interlock.
    pub fn interlock_violated(&self) {
        self.interlock_violations.inc();
    }
}

impl ControlMetrics {
    /// For `passed` it had control, or was without although it should.
    pub(super) fn seen(&self, in_control: bool, passed: Duration) {
        let counter = if in_control { &self.control } else { &self.without_control };
        counter.inc_by(passed.as_secs_f64());
        self.in_control.set(i64::from(in_control));
    }
}

/// The families that the junctions' counters belong to.
#[derive(Debug)]
pub(super) struct JunctionFamilies {
    interventions: Family<Label, Counter>,
    interlock_refusals: Family<Label, Counter>,
    interlock_violations: Family<Label, Counter>,
    control: Family<Label, SecondsCounter>,
    without_control: Family<Label, SecondsCounter>,
    in_control: Family<Label, Gauge>,
}

impl JunctionFamilies {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let families = Self {
            interventions: Family::default(),
            interlock_refusals: Family::default(),
            interlock_violations: Family::default(),
            control: Family::default(),
            without_control: Family::default(),
            in_control: Family::default(),
        };
        registry.register(
            "interventions",
            "Times that a junction's signals were changed for a vehicle",
            families.interventions.clone(),
        );
        registry.register(
            "interlock_refusals",
            "Wishes of the strategy that the interlock refused because a minimum, an intergreen or a conflict forbade them",
            families.interlock_refusals.clone(),
        );
        registry.register(
            "interlock_violations",
            "Times that a controller's lamps broke a rule of the interlock; anything but nought needs a look at once",
            families.interlock_violations.clone(),
        );
        registry.register_with_unit(
            "control",
            "How long the gateway had control of a junction; to within a quarter of a second for each change",
            Unit::Seconds,
            families.control.clone(),
        );
        registry.register_with_unit(
            "without_control",
            "How long a junction in role control was without the gateway's control",
            Unit::Seconds,
            families.without_control.clone(),
        );
        registry.register(
            "in_control",
            "1 while the gateway has control of a junction in role control, else 0",
            families.in_control.clone(),
        );
        families
    }

    pub(super) fn of(&self, id: &str) -> JunctionMetrics {
        let label: Label = [("junction", Arc::from(id))];
        JunctionMetrics {
            interventions: self.interventions.get_or_create_owned(&label),
            interlock_refusals: self.interlock_refusals.get_or_create_owned(&label),
            interlock_violations: self.interlock_violations.get_or_create_owned(&label),
        }
    }

    pub(super) fn control_of(&self, id: &str) -> ControlMetrics {
        let label: Label = [("junction", Arc::from(id))];
        ControlMetrics {
            control: self.control.get_or_create_owned(&label),
            without_control: self.without_control.get_or_create_owned(&label),
            in_control: self.in_control.get_or_create_owned(&label),
        }
    }
}
