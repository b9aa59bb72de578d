//! Areas for tests that show what they are told to.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use voorrang_messages::PrioritizationStatus;
use voorrang_signals::{Aspect, Intersection};
use voorrang_units::{Duration, Instant};

use super::Sources;
use crate::area::AreaView;
use crate::area::view::{AlarmView, GroupView, JunctionView, RequestView};
use crate::clock::Clock;
use crate::condition::Condition;
use crate::operations::areas::{AreaSource, Areas};
use crate::operations::clock_watch::ClockHealth;
use crate::operations::health::Health;
use crate::operations::metrics::Metrics;

/// An area that shows what a test sets.
#[derive(Debug)]
pub(crate) struct ShownArea {
    name: String,
    intersections: Vec<Arc<Intersection>>,
    views: watch::Sender<Arc<AreaView>>,
    condition: Mutex<Condition>,
}

impl ShownArea {
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, Vec::new(), AreaView { name: name.to_owned(), junctions: Vec::new() })
    }

    pub(crate) fn with(name: &str, intersections: Vec<Arc<Intersection>>, view: AreaView) -> Self {
        let views = watch::Sender::new(Arc::new(view));
        Self { name: name.to_owned(), intersections, views, condition: Mutex::default() }
    }

    pub(crate) fn set_condition(&self, condition: Condition) {
        *self.condition.lock().unwrap() = condition;
    }

    pub(crate) fn show(&self, view: AreaView) {
        self.views.send_replace(Arc::new(view));
    }
}

impl AreaSource for ShownArea {
    fn name(&self) -> &str {
        &self.name
    }

    fn intersections(&self) -> &[Arc<Intersection>] {
        &self.intersections
    }

    fn look(&self) -> watch::Receiver<Arc<AreaView>> {
        let mut receiver = self.views.subscribe();
        receiver.mark_changed();
        receiver
    }

    fn condition(&self) -> Condition {
        *self.condition.lock().unwrap()
    }
}

/// The Dutch junction of the scenarios, under another number and name.
pub(crate) fn intersection(id: u16, name: &str) -> Arc<Intersection> {
    let text = include_str!("../../../../scenarios/dutch_junction/intersections/00001_J.toml");
    let text = text.replacen("id = { value = 1, assumed = true }", &format!("id = {id}"), 1);
    let text = text.replacen("name = \"Dutch junction\"", &format!("name = \"{name}\""), 1);
    Arc::new(Intersection::from_toml(&text, "K1.toml").unwrap())
}

/// How that junction looks `into` an intervention for an ambulance from the east; `now` is the present.
pub(crate) fn intervention(intersection: &Intersection, now: Instant, into: Duration) -> JunctionView {
    let seconds = into.seconds();
    let eastern = ["01", "02", "03"];
    let aspect = |name: &str| match (eastern.contains(&name), name) {
        (true, _) if seconds >= 6.0 => Aspect::Green,
        (false, "08" | "09") if seconds < 2.0 => Aspect::Green,
        (false, "08" | "09") if seconds < 5.0 => Aspect::Yellow,
        (false, "24" | "33" | "34") => Aspect::Green,
        _ => Aspect::Red,
    };
    let groups = intersection.groups().iter().map(|group| GroupView {
        name: group.name.clone(),
        aspect: Some(aspect(&group.name)),
        since: Some(now - Duration::from_seconds_f64(4.0 + f64::from(group.signal_group.number()))),
        wish: match group.name.as_str() {
            "02" => "green",
            "05" | "06" | "08" | "09" | "11" => "red",
            _ => "program",
        },
    });
    let request = |number, approach: &str, groups: &[&str], status, eta: f64| RequestView {
        number,
        approach: approach.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        status,
        eta: Some(now + Duration::from_seconds_f64(eta)),
    };
    let granted =
        if seconds >= 6.0 { PrioritizationStatus::Granted } else { PrioritizationStatus::Processing };
    JunctionView {
        name: intersection.name().to_owned(),
        id: intersection.id().to_string(),
        role: "control",
        session: "in control",
        in_control: true,
        groups: groups.collect(),
        requests: vec![
            request(1041, "east", &["02"], granted, 18.0 - seconds),
            request(1042, "south", &["05"], PrioritizationStatus::Requested, 47.0 - seconds),
        ],
        alarms: vec![AlarmView {
            at: now - Duration::from_seconds_f64(312.0),
            what: "detector 051 reports a fault: green of 05 is no longer extended by it".to_owned(),
        }],
    }
}

/// Sources with these areas, at a clock that stands.
pub(crate) fn sources(areas: Vec<Arc<ShownArea>>, clock: Clock) -> Sources {
    let shown = Areas::new();
    shown.set(areas.into_iter().map(|area| area as Arc<dyn AreaSource>).collect());
    let (_, trusted) = watch::channel(ClockHealth::assumed());
    Sources {
        name: Arc::from("lab"),
        clock,
        health: Health::new(shown.clone(), trusted, Vec::new()),
        areas: shown,
        metrics: Arc::new(Metrics::new()),
        observations: None,
    }
}
