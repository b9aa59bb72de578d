//! What is counted per control area. A handle is resolved once and then counts without looking anything up.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::condition::Condition;

type Label = [(&'static str, Arc<str>); 1];
type SecondsCounter = Counter<f64, AtomicU64>;

/// The counters of one area. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AreaMetrics {
    interventions: Counter,
    interlock_refusals: Counter,
    interlock_violations: Counter,
}

/// How long an area's junctions in role control had control, and were without.
#[derive(Debug, Clone)]
pub struct ControlMetrics {
    control: SecondsCounter,
    without_control: SecondsCounter,
    in_control: Gauge,
}

impl AreaMetrics {
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
    /// For `passed` its junctions stood like that.
    pub(super) fn seen(&self, condition: Condition, passed: Duration) {
        let without = condition.to_control.saturating_sub(condition.in_control);
        self.control.inc_by(f64::from(condition.in_control) * passed.as_secs_f64());
        self.without_control.inc_by(f64::from(without) * passed.as_secs_f64());
        self.in_control.set(i64::from(condition.in_control));
    }
}

/// The families that the areas' counters belong to.
#[derive(Debug)]
pub(super) struct AreaFamilies {
    interventions: Family<Label, Counter>,
    interlock_refusals: Family<Label, Counter>,
    interlock_violations: Family<Label, Counter>,
    control: Family<Label, SecondsCounter>,
    without_control: Family<Label, SecondsCounter>,
    in_control: Family<Label, Gauge>,
}

impl AreaFamilies {
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
            "Times that signals were changed for a vehicle, by control area",
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
            "How long the gateway had control of an area's junctions, all together; to within a second for each change",
            Unit::Seconds,
            families.control.clone(),
        );
        registry.register_with_unit(
            "without_control",
            "How long an area's junctions in role control were without the gateway's control, all together",
            Unit::Seconds,
            families.without_control.clone(),
        );
        registry.register(
            "in_control",
            "Junctions of an area that the gateway has control of now",
            families.in_control.clone(),
        );
        families
    }

    pub(super) fn of(&self, id: &str) -> AreaMetrics {
        let label: Label = [("area", Arc::from(id))];
        AreaMetrics {
            interventions: self.interventions.get_or_create_owned(&label),
            interlock_refusals: self.interlock_refusals.get_or_create_owned(&label),
            interlock_violations: self.interlock_violations.get_or_create_owned(&label),
        }
    }

    pub(super) fn control_of(&self, id: &str) -> ControlMetrics {
        let label: Label = [("area", Arc::from(id))];
        ControlMetrics {
            control: self.control.get_or_create_owned(&label),
            without_control: self.without_control.get_or_create_owned(&label),
            in_control: self.in_control.get_or_create_owned(&label),
        }
    }
}
