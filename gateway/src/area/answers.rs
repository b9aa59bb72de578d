//! What the engine says: statuses become SSEM, warnings DENM, wishes go to the junction; what changed goes to the audit.

use std::time::Instant as Monotonic;

use voorrang_messages::{
    EmergencyVehicleApproaching, IntersectionReference, MessageKind, RequestStatus, SequenceNumber,
};
use voorrang_priority::{Input, Output, etsi};
use voorrang_signals::{IntersectionId, Wish, Wishes};
use voorrang_units::Instant;

use super::effects::{Count, Departure, Effects};
use super::{Area, Asking, Role};
use crate::messaging::{Publication, Relevance, ReplyTo};

impl Area {
    /// Tells the engine something; what it says is acted upon.
    pub(super) fn tell(&mut self, now: Instant, input: Input, asking: Option<Asking>, effects: &mut Effects) {
        self.journal.handle(&mut self.engine, now, input, &mut self.outputs);
        self.act(now, asking, effects);
    }

    /// Acts upon what the engine has said. Its records come first.
    pub(super) fn act(&mut self, now: Instant, asking: Option<Asking>, effects: &mut Effects) {
        effects.records.push_str(self.journal.lines());
        self.journal.clear();
        let mut outputs = std::mem::take(&mut self.outputs);
        for output in outputs.drain(..) {
            match output {
                Output::Status(status) => self.on_status(now, status, asking, effects),
                Output::Wishes { intersection, wishes } => self.on_wishes(now, intersection, wishes, effects),
                Output::Warning(warning) => self.warn(&warning, effects),
            }
        }
        self.outputs = outputs;
        self.follow_requests(now, effects);
    }

    /// The place of the junction that a message means.
    pub(super) fn place_of(&self, reference: IntersectionReference) -> Option<usize> {
        if let Some(region) = reference.region {
            return self.place_of_id(IntersectionId { region, id: reference.id });
        }
        // Without a region the number has to be the only such.
        let mut places =
            (0..self.junctions.len()).filter(|place| self.junctions[*place].layout.id().id == reference.id);
        places.next().filter(|_| places.next().is_none())
    }

    pub(super) fn place_of_id(&self, id: IntersectionId) -> Option<usize> {
        self.junctions.iter().position(|junction| junction.layout.id() == id)
    }

    /// Sends an SSEM to whoever asked.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        status: RequestStatus,
        reply: ReplyTo,
        arrived: Option<Monotonic>,
        effects: &mut Effects,
    ) {
        self.sequence = (self.sequence + 1) % 128;
        let sequence = SequenceNumber(self.sequence);
        match etsi::ssem(&[status], self.config.station, sequence, now) {
            Ok(octets) => effects.departures.push(Departure::Answer { reply, octets, arrived }),
            // A status echoes what came in over the same wire; what can't be echoed can't be answered.
            Err(error) => tracing::debug!(%error, "no answer"),
        }
    }

    /// Only where lamps are ours somebody is told of what is decided.
    fn on_status(
        &mut self,
        now: Instant,
        status: RequestStatus,
        asking: Option<Asking>,
        effects: &mut Effects,
    ) {
        let Some(place) = self.place_of(status.intersection) else { return };
        let junction = &self.junctions[place];
        if junction.role != Role::Control {
            return;
        }
        let Some(reply) = junction.ledger.way_back(status.station, status.request).cloned() else { return };
        let own = |asking: &Asking| (asking.station, asking.request) == (status.station, status.request);
        let arrived = asking.filter(own).and_then(|asking| asking.arrived);
        self.answer(now, status, reply, arrived, effects);
    }

    /// To the controller where lamps are ours; elsewhere they are held beside what is done.
    fn on_wishes(
        &mut self,
        now: Instant,
        intersection: IntersectionId,
        wishes: Wishes,
        effects: &mut Effects,
    ) {
        let Some(place) = self.place_of_id(intersection) else { return };
        let junction = &mut self.junctions[place];
        let intervenes = |wishes: &Wishes| wishes.as_slice().contains(&Wish::Green);
        if junction.control.is_some() && intervenes(&wishes) && !intervenes(&junction.wishes) {
            effects.counts.push(Count::Intervention { junction: place });
        }
        if junction.role != Role::Control
            && let Some(at) = junction.at
        {
            let mut lines = String::new();
            junction.observer.wish(now, self.engine.area().intersection(at), &wishes, &mut lines);
            if !lines.is_empty() {
                effects.departures.push(Departure::Observation { junction: place, lines });
            }
        }
        if let Some(control) = junction.control.as_mut().filter(|_| !junction.ending) {
            control.wish(now, wishes.clone());
        }
        if let Some(broadcast) = &mut junction.broadcast {
            broadcast.note_change();
        }
        junction.wishes = wishes;
        junction.stirred = true;
    }

    fn warn(&self, warning: &EmergencyVehicleApproaching, effects: &mut Effects) {
        let Some(centre) = warning.event_position.geodetic else { return };
        let reach = self.config.engine.eva.as_ref().map(|eva| eva.publisher.reach);
        let mut octets = Vec::new();
        let encoded = warning
            .to_denm()
            .map_err(|error| error.to_string())
            .and_then(|denm| denm.encode(&mut octets).map_err(|error| error.to_string()));
        match (encoded, reach) {
            (Ok(()), Some(radius)) => effects.departures.push(Departure::Publish(Publication {
                kind: MessageKind::Denm,
                intersection: None,
                relevance: Relevance { centre, radius },
                octets: octets.into(),
            })),
            (Err(error), _) => tracing::debug!(error, "no warning"),
            (Ok(()), None) => {}
        }
    }

    /// Who asks, as the engine's tables say now.
    fn follow_requests(&mut self, now: Instant, effects: &mut Effects) {
        let Self { junctions, engine, numbers, config, .. } = self;
        for junction in junctions {
            let Some(at) = junction.at else { continue };
            let table = engine.area().intersection(at).requests();
            if junction.ledger.is_empty() && table.live().is_empty() {
                continue;
            }
            let mut steps = Vec::new();
            let strategy = config.engine.strategy.name();
            junction.ledger.follow(now, table, &junction.layout, strategy, numbers, |step| steps.push(step));
            for step in steps {
                junction.stirred = true;
                if let Some(broadcast) = &mut junction.broadcast {
                    broadcast.note_change();
                }
                if let (Some(log), Some(passage)) = (&mut junction.log, step.passage) {
                    log.passage(now, &step.groups, step.emergency, passage);
                }
                effects.counts.extend(step.finished.map(|status| Count::Finished { status }));
                effects.departures.push(Departure::Audit(step.audit));
            }
        }
    }
}
