//! SPATEM and MAPEM of one junction, while anybody subscribes.

use std::sync::Arc;

use voorrang_messages::{MessageKind, RoadTopology, SequenceNumber, SignalState, StationId};
use voorrang_priority::area::ControlledIntersection;
use voorrang_priority::etsi::{
    self, Lamp, Operation, Publication as Rhythm, SignalReport, intervention_reasons, prioritizations,
};
use voorrang_signals::{Intersection, Prediction, Wishes};
use voorrang_units::{Instant, Length};

use super::effects::Departure;
use crate::messaging::{Publication, Relevance};

/// Whoever is this near to a junction may want to know its lamps: twice as far as a SPATEM's reader brakes ahead, and beyond the lanes of any file.
const RADIUS: Length = Length::from_metres(500.0);

/// What one junction tells everybody.
#[derive(Debug)]
pub(super) struct Broadcast {
    topology: RoadTopology,
    rhythm: Rhythm,
    /// What the last SPATEM said, without its moment.
    told: Option<SignalState>,
    /// Since the last look.
    changed: bool,
}

/// What a SPATEM is made of, beside what the engine knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report<'a> {
    /// How the controller works.
    pub(super) operation: Operation,
    /// When aspects end, where that is known.
    pub(super) predictions: &'a [Option<Prediction>],
    /// What is wished and who asks; only where lamps are ours.
    pub(super) wishes: Option<&'a Wishes>,
}

impl Broadcast {
    /// Nothing was told. None where no MAPEM can tell the junction's lanes; the reason comes back.
    pub(super) fn new(layout: &Intersection, now: Instant) -> Result<Self, String> {
        let topology = etsi::road_topology(layout).map_err(|error| error.to_string())?;
        Ok(Self { topology, rhythm: Rhythm::new(now), told: None, changed: true })
    }

    /// Something may have changed that a SPATEM tells.
    pub(super) const fn note_change(&mut self) {
        self.changed = true;
    }

    /// Whether [`tell`](Self::tell) has something to do.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.changed || now >= self.rhythm.next_deadline()
    }

    /// The messages that are due.
    pub(super) fn tell(
        &mut self,
        now: Instant,
        station: StationId,
        intersection: &ControlledIntersection,
        report: Report<'_>,
        departures: &mut Vec<Departure>,
    ) {
        self.changed = false;
        let state = self.state(now, intersection, report);
        let still = SignalState { moment: None, ..state.clone() };
        let due = self.rhythm.due(now, self.told.as_ref() != Some(&still));
        let mut publish = |kind, octets: Result<Vec<u8>, String>| match octets {
            Ok(octets) => departures.push(Departure::Publish(Publication {
                kind,
                intersection: Some(intersection.layout().id()),
                relevance: Relevance { centre: intersection.layout().reference(), radius: RADIUS },
                octets: Arc::from(octets),
            })),
            Err(error) => tracing::debug!(error, "no publication"),
        };
        if due.mapem {
            let issue = SequenceNumber(self.topology.revision);
            let mapem = etsi::mapem(std::slice::from_ref(&self.topology), station, issue, now);
            publish(MessageKind::Mapem, mapem.map_err(|error| error.to_string()));
        }
        if due.spatem {
            self.told = Some(still);
            publish(
                MessageKind::Spatem,
                etsi::spatem(&[state], station, now).map_err(|error| error.to_string()),
            );
        }
    }

    /// When [`tell`](Self::tell) wants to be called.
    pub(super) fn next_deadline(&self) -> Instant {
        self.rhythm.next_deadline()
    }

    fn state(&self, now: Instant, intersection: &ControlledIntersection, report: Report<'_>) -> SignalState {
        let layout = intersection.layout();
        let lamps: Vec<_> = intersection.signals().iter().map(|signal| Lamp::of(*signal)).collect();
        let reasons = report.wishes.map(|wishes| intervention_reasons(intersection, wishes));
        let asking = report.wishes.map(|_| prioritizations(intersection));
        let report = SignalReport {
            intersection: layout,
            revision: self.topology.revision,
            lamps: &lamps,
            predictions: report.predictions,
            operation: report.operation,
            reasons: reasons.as_deref().unwrap_or_default(),
            prioritizations: asking.as_deref().unwrap_or_default(),
        };
        etsi::signal_state(now, &report)
    }
}
