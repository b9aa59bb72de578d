//! Whether all is well, and if not, why: `/readyz`. Whoever can fail hands in a `watch::Receiver<bool>` with what its failing means; transports are
//! asked for theirs.

use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use tokio::sync::watch;

use super::areas::Areas;
use super::clock_watch::ClockHealth;
use crate::messaging::Transport;

/// All that can be unwell. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    areas: Areas,
    clock: watch::Receiver<ClockHealth>,
    parts: RwLock<Vec<Part>>,
    transports: Vec<Arc<dyn Transport>>,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    healthy: watch::Receiver<bool>,
    otherwise: String,
}

/// Whether the gateway does all that it is configured to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Nothing stands against it.
    pub ready: bool,
    /// What does.
    pub reasons: Vec<Reason>,
}

/// Something that is not well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Which part: `clock`, `journal`, `control`, `mqtt` ...
    pub part: String,
    /// What is wrong and what it means, in a sentence.
    pub what: String,
}

impl Health {
    /// Of these areas, by this clock, with these ways to vehicles.
    #[must_use]
    pub fn new(
        areas: Areas,
        clock: watch::Receiver<ClockHealth>,
        transports: Vec<Arc<dyn Transport>>,
    ) -> Self {
        Self(Arc::new(Inner { areas, clock, parts: RwLock::default(), transports }))
    }

    /// From now on this part counts too. `otherwise` says what it means that it is not healthy: `the journal takes no records; there are no new
    /// requests`. A part of the same name is replaced.
    pub fn add(&self, name: &'static str, healthy: watch::Receiver<bool>, otherwise: impl Into<String>) {
        let mut parts = self.0.parts.write().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|part| part.name != name);
        parts.push(Part { name, healthy, otherwise: otherwise.into() });
    }

    /// What the clock watch says now.
    #[must_use]
    pub fn clock(&self) -> ClockHealth {
        self.0.clock.borrow().clone()
    }

    /// Looks at everything.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        let mut say = |part: &str, what: String| reasons.push(Reason { part: part.to_owned(), what });
        let clock = self.clock();
        if !clock.trusted {
            say("clock", format!("{}; no intervention starts", clock.why));
        }
        for part in self.0.parts.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if !*part.healthy.borrow() {
                say(part.name, part.otherwise.clone());
            }
        }
        for transport in &self.0.transports {
            if let Some(trouble) = transport.trouble() {
                say(transport.name(), trouble);
            }
        }
        let list = self.0.areas.list();
        if list.is_empty() {
            say("areas", "no control area has started".to_owned());
        }
        for area in list.iter() {
            let condition = area.condition();
            let without = condition.to_control.saturating_sub(condition.in_control);
            if condition.ended {
                say("area", format!("area {} has ended", area.name()));
            } else if without > 0 {
                let all = condition.to_control;
                say("control", format!("area {}: {without} of {all} junctions without control", area.name()));
            }
        }
        Readiness { ready: reasons.is_empty(), reasons }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::condition::Condition;
    use crate::messaging::{Publisher, ReplyTo};
    use crate::operations::areas::AreaSource;
    use crate::operations::http::rig::ShownArea;

    /// A transport whose broker is gone.
    #[derive(Debug)]
    struct Unreachable;

    impl Transport for Unreachable {
        fn name(&self) -> &'static str {
            "mqtt"
        }

        fn bound(&self) -> Vec<SocketAddr> {
            Vec::new()
        }

        fn publisher(&self) -> Arc<dyn Publisher> {
            unreachable!("nobody publishes here")
        }

        fn reply_to(&self, _address: &str) -> Option<ReplyTo> {
            None
        }

        fn trouble(&self) -> Option<String> {
            Some("the MQTT broker b:1883 is not there".to_owned())
        }
    }

    fn reasons(health: &Health) -> Vec<String> {
        let readiness = health.readiness();
        assert_eq!(readiness.ready, readiness.reasons.is_empty());
        readiness.reasons.into_iter().map(|reason| format!("{}: {}", reason.part, reason.what)).collect()
    }

    #[test]
    fn each_part_that_is_unwell_is_a_reason_of_its_own() {
        let (clock, clock_seen) = watch::channel(ClockHealth::assumed());
        let areas = Areas::new();
        let health = Health::new(areas.clone(), clock_seen, vec![Arc::new(Unreachable)]);
        let broker = "mqtt: the MQTT broker b:1883 is not there";
        assert_eq!(reasons(&health), [broker, "areas: no control area has started"]);

        let area = Arc::new(ShownArea::new("centre"));
        areas.set(vec![Arc::clone(&area) as Arc<dyn AreaSource>]);
        area.set_condition(Condition {
            junctions: 3,
            registered: 3,
            to_control: 2,
            in_control: 2,
            ended: false,
        });
        let (journal, journal_seen) = watch::channel(true);
        health.add("journal", journal_seen, "the journal takes no records");
        assert_eq!(reasons(&health), [broker]);

        journal.send_replace(false);
        clock.send_replace(ClockHealth::untrusted("system", "the clock was not looked at yet"));
        area.set_condition(Condition {
            junctions: 3,
            registered: 2,
            to_control: 2,
            in_control: 1,
            ended: false,
        });
        assert_eq!(
            reasons(&health),
            [
                "clock: the clock was not looked at yet; no intervention starts",
                "journal: the journal takes no records",
                broker,
                "control: area centre: 1 of 2 junctions without control",
            ]
        );
    }
}
