//! What is allowed in a scenario but worth a word before it runs.

use voorrang_units::Duration;

use crate::detectors;
use crate::scenario::Scenario;

/// Shorter warm-ups hardly fill a network.
const SHORT_WARM_UP: Duration = Duration::from_seconds(300);

impl Scenario {
    /// What a user should know of this scenario: missing emergency vehicles, odd settings. (What is
    /// odd or assumed in an intersection, the intersection itself knows.)
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.emergency.is_empty() {
            warnings.push(
                "no emergency vehicle: nothing asks for priority; add [[emergency]] with id, type, depart_s and route \
                 to scenario.toml, or import with --emergency ID:DEPART:EDGE,EDGE,..."
                    .to_owned(),
            );
        }
        for trip in &self.emergency {
            if trip.depart < self.warm_up {
                warnings.push(format!(
                    "emergency vehicle {} departs at {} s, before the end of the warm-up at {} s",
                    trip.id,
                    trip.depart.seconds(),
                    self.warm_up.seconds()
                ));
            }
            if trip.depart >= self.end {
                warnings.push(format!(
                    "emergency vehicle {} departs at {} s, after the end at {} s: the others are not measured then",
                    trip.id,
                    trip.depart.seconds(),
                    self.end.seconds()
                ));
            }
        }
        if self.warm_up < SHORT_WARM_UP {
            warnings.push(format!("the warm-up of {} s hardly fills a network", self.warm_up.seconds()));
        }
        if self.intersections.is_empty() {
            warnings.push("no signalised intersection: there is nothing to give priority at".to_owned());
        }
        for laid in detectors::loops(self).iter().filter(|laid| laid.pieces.is_empty()) {
            let intersection = &self.intersections[laid.intersection].intersection;
            warnings.push(format!(
                "detector {} of intersection {} lies beyond the start of its lane, where more than one way or none leads in: it sees \
                 nobody",
                intersection.detectors()[laid.detector.index()].name,
                intersection.name()
            ));
        }
        warnings
    }
}
