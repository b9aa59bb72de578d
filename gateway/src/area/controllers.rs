//! What passes between an area and the controllers of its junctions: streams, what a session tells, commands, and control on its way here and back.

use bytes::Bytes;
use voorrang_messages::{RequestStatus, Ssem};
use voorrang_priority::Input;
use voorrang_priority::kar::KarAnnouncement;
use voorrang_signals::intersection::overrides::OverrideInput;
use voorrang_signals::{Aspect, GroupIndex};
use voorrang_tlcfi::objects::{
    ControlState, DetectorFault, DetectorState, IntersectionControlState, SpecialVehicleEvent, Swico,
};
use voorrang_tlcfi::session::application::{
    ApplicationEvent, CloseReason, DetectorNumber, DetectorReading, Facilities, GroupNumber, InputNumber,
    IoReading,
};
use voorrang_units::Instant;

use super::control::{Control, Fault};
use super::effects::{Count, Departure, Effects};
use super::gateway_line::GatewayLine;
use super::session::Stream;
use super::{Area, Role, agreement, kar};

impl Area {
    /// The stream to a junction's controller is up.
    pub(super) fn on_connected(&mut self, now: Instant, place: usize, effects: &mut Effects) {
        let Some(session) = self.session_mut(place) else { return };
        session.stream = Stream::Open;
        session.application.connected(now);
        self.serve(now, place, effects);
    }

    /// Octets of a junction's controller.
    pub(super) fn on_octets(&mut self, now: Instant, place: usize, octets: &Bytes, effects: &mut Effects) {
        let Some(session) = self.session_mut(place) else { return };
        // What was on its way when we hung up is nobody's.
        if session.stream != Stream::Open {
            return;
        }
        session.application.receive(now, octets);
        self.serve(now, place, effects);
    }

    /// The stream to a junction's controller is gone.
    pub(super) fn on_disconnected(&mut self, now: Instant, place: usize, why: &str, effects: &mut Effects) {
        let Some(session) = self.session_mut(place) else { return };
        if session.stream == Stream::Open {
            tracing::debug!(why, "stream closed");
        }
        session.stream = Stream::Closed;
        session.application.disconnected(now);
        self.serve(now, place, effects);
    }

    /// Octets came back from the target that a junction relays to: they go on unchanged to whoever they answer.
    pub(super) fn on_relayed(&mut self, now: Instant, place: usize, octets: &Bytes, effects: &mut Effects) {
        let Some(junction) = self.junctions.get_mut(place) else { return };
        let read = Ssem::decode(octets).map_err(|error| error.to_string());
        let statuses =
            read.and_then(|ssem| RequestStatus::all_from_ssem(&ssem, now).map_err(|error| error.to_string()));
        let statuses = match statuses {
            Ok(statuses) => statuses,
            Err(error) => {
                let what = format!("the relay target sent what is no SSEM: {error}");
                self.raise_once(now, place, what, effects);
                return;
            }
        };
        let mut answered = Vec::new();
        for status in statuses {
            if let Some(reply) = junction.ledger.way_back(status.station, status.request)
                && !answered.contains(&status.station)
            {
                answered.push(status.station);
                let (reply, octets) = (std::sync::Arc::clone(reply), octets.to_vec());
                effects.departures.push(Departure::Answer { reply, octets, arrived: None });
            }
        }
    }

    /// Does all that is due at one junction's controller.
    pub(super) fn serve(&mut self, now: Instant, place: usize, effects: &mut Effects) {
        let Some(session) = self.session_mut(place) else { return };
        if session.is_due(now) {
            session.application.advance(now);
        }
        // What lamps did since control was lost was not ours; before it was gained neither.
        self.lose_control(now, place, effects);
        while let Some(event) = self.session_mut(place).and_then(|session| session.application.next_event()) {
            self.hear(now, place, event, effects);
            self.lose_control(now, place, effects);
        }
        self.follow_control(now, place, effects);
        self.drive(now, place, effects);
        let Some(session) = self.session_mut(place) else { return };
        let mut octets = Vec::new();
        session.application.take_octets(&mut octets);
        if !octets.is_empty() && session.stream == Stream::Open {
            effects.departures.push(Departure::ToController { junction: place, octets });
        }
        if session.application.wants_disconnect() && matches!(session.stream, Stream::Open | Stream::Opening)
        {
            session.stream = Stream::Closing;
            effects.departures.push(Departure::Disconnect { junction: place });
        }
        if session.stream == Stream::Closed && session.application.connect_at().is_some_and(|at| at <= now) {
            session.stream = Stream::Opening;
            effects.departures.push(Departure::Connect { junction: place });
        }
    }

    fn hear(&mut self, now: Instant, place: usize, event: ApplicationEvent, effects: &mut Effects) {
        match event {
            ApplicationEvent::Registered => {
                let intersection = self.junctions[place].layout.id();
                GatewayLine::Registered { intersection }.write(now, &mut effects.records);
            }
            ApplicationEvent::Ready(facilities) => self.on_ready(now, place, &facilities, effects),
            ApplicationEvent::SignalGroup { group, state, at } => {
                self.on_lamp(now, place, group, state.aspect(), at, effects);
            }
            ApplicationEvent::Detector { detector, reading, .. } => {
                self.on_detector(now, place, detector, reading, effects);
            }
            ApplicationEvent::Input { input, reading, .. } => {
                self.on_input(now, place, input, reading, effects)
            }
            ApplicationEvent::SpecialVehicle(event) => self.on_special_vehicle(now, place, &event, effects),
            ApplicationEvent::IntersectionState(state) => {
                let junction = &mut self.junctions[place];
                junction.state = Some(state);
                if state != IntersectionControlState::Control {
                    junction.watch.forget();
                }
                if let Some(broadcast) = &mut junction.broadcast {
                    broadcast.note_change();
                }
            }
            ApplicationEvent::Control(ControlState::EndControl) => self.end_control(now, place, effects),
            ApplicationEvent::ControlLost { why } => {
                self.raise(now, Some(place), format!("control is lost: {why}"), effects);
            }
            ApplicationEvent::SessionFault(fault) => {
                let what = format!("the controller says of the session: {:?}", fault.code);
                self.raise_once(now, place, what, effects);
            }
            ApplicationEvent::Oddity(oddity) => self.raise_once(now, place, oddity.to_string(), effects),
            ApplicationEvent::Unexplained { why, .. } => {
                let what = format!("a message of the controller that makes no sense: {why}");
                self.raise_once(now, place, what, effects);
            }
            ApplicationEvent::Closed { why } => self.on_closed(now, place, &why, effects),
            // Control and its end are seen by `follow_control`; the rest is for others than us.
            ApplicationEvent::Control(_)
            | ApplicationEvent::ControlGained
            | ApplicationEvent::DetectorPassage { .. }
            | ApplicationEvent::Output { .. }
            | ApplicationEvent::Variable { .. }
            | ApplicationEvent::SpecialVehicleFault(_)
            | ApplicationEvent::TicksReset => {}
        }
    }

    /// The controller said what it has: whether we may drive it is decided here, once a session.
    fn on_ready(&mut self, now: Instant, place: usize, facilities: &Facilities, effects: &mut Effects) {
        let junction = &mut self.junctions[place];
        let layout = std::sync::Arc::clone(&junction.layout);
        if let Some(session) = &mut junction.session {
            session.learn(&layout, facilities);
        }
        junction.watch.forget();
        junction.lamps.fill(None);
        let mut differences = agreement::differences(&layout, &facilities.groups);
        if junction.role == Role::Control {
            let lacks =
                |what: &str, name: &str| format!("the file has {what} {name}, the controller does not");
            let outputs = layout.emergency_lamps().iter();
            let outputs = outputs.filter(|lamp| facilities.output(&lamp.output).is_none());
            differences.extend(outputs.map(|lamp| lacks("output", &lamp.output)));
            let inputs = layout.overrides().iter();
            let inputs = inputs.filter(|input| facilities.input(&input.name).is_none());
            differences.extend(inputs.map(|input| lacks("input", &input.name)));
            junction.agreed = Some(differences.is_empty());
        } else if !layout.is_verified() {
            // Only looking on asks for no verified file.
            differences.retain(|difference| difference != agreement::UNVERIFIED);
        }
        let consequence = if junction.role == Role::Control { "control is refused: " } else { "" };
        for difference in differences {
            self.raise_once(now, place, format!("{consequence}{difference}"), effects);
        }
        let lacking = layout.detectors().iter().filter(|one| facilities.detector(&one.name).is_none());
        let lacking: Vec<String> = lacking
            .map(|one| format!("the file has detector {}, the controller does not", one.name))
            .collect();
        for what in lacking {
            self.raise_once(now, place, what, effects);
        }
        self.want_control(now, place);
    }

    fn on_closed(&mut self, now: Instant, place: usize, why: &CloseReason, effects: &mut Effects) {
        let junction = &mut self.junctions[place];
        junction.watch.forget();
        let was_ready = junction.session.as_mut().is_some_and(|session| std::mem::take(&mut session.ready));
        match why {
            CloseReason::Requested => {}
            CloseReason::StreamEnded if !was_ready => {
                let what = "the controller can't be reached".to_owned();
                self.raise_once(now, place, what, effects);
            }
            why if was_ready => {
                self.raise(
                    now,
                    Some(place),
                    format!("the session with the controller ended: {why}"),
                    effects,
                );
            }
            why => self.raise_once(now, place, format!("no session with the controller: {why}"), effects),
        }
    }

    fn on_lamp(
        &mut self,
        now: Instant,
        place: usize,
        number: GroupNumber,
        aspect: Option<Aspect>,
        at: Instant,
        effects: &mut Effects,
    ) {
        let junction = &mut self.junctions[place];
        // A group that the file has not was told when the session began.
        let Some(group) = junction.session.as_ref().and_then(|session| session.group(number)) else { return };
        if std::mem::replace(&mut junction.lamps[group.index()], aspect) == aspect {
            return;
        }
        let mut contradictions = Vec::new();
        match (&mut junction.control, aspect) {
            (Some(control), Some(aspect)) => {
                let violations = control.violations();
                if let Some(after) = control.observe(now, group, aspect) {
                    effects.counts.push(Count::LampConfirmed { after });
                }
                if control.violations() != violations {
                    effects.counts.push(Count::InterlockViolated { junction: place });
                    let name = &junction.layout.groups()[group.index()].name;
                    contradictions.push(format!("group {name} turned {aspect} and nobody had commanded it"));
                }
            }
            (Some(_), None) => {}
            (None, _) => {
                let layout = &junction.layout;
                junction.watch.see(at, layout, group, aspect, |what| contradictions.push(what));
            }
        }
        if let Some(log) = &mut junction.log {
            log.lamp(now, group, aspect);
        }
        if let Some(broadcast) = &mut junction.broadcast {
            broadcast.note_change();
        }
        if aspect == Some(Aspect::Green) {
            junction.observer.green(at, group);
        }
        for what in contradictions {
            self.raise_once(now, place, what, effects);
        }
        if let Some(aspect) = aspect {
            let intersection = self.junctions[place].layout.id();
            self.tell(now, Input::Signal { intersection, group, aspect }, None, effects);
        }
    }

    /// A detector that is at fault counts as occupied for the program, so that nobody waits for ever, and tells the engine nothing.
    fn on_detector(
        &mut self,
        now: Instant,
        place: usize,
        number: DetectorNumber,
        reading: DetectorReading,
        effects: &mut Effects,
    ) {
        let junction = &mut self.junctions[place];
        let Some(detector) = junction.session.as_ref().and_then(|session| session.detector(number)) else {
            return;
        };
        let occupied = match reading.swico {
            Swico::Off => false,
            Swico::On => true,
            _ => reading.state == DetectorState::Occupied,
        };
        let faulty = reading.fault != DetectorFault::None && reading.swico == Swico::None;
        junction.occupied[detector.index()] = occupied || faulty;
        if let Some(control) = &mut junction.control {
            control.detect(now, detector, occupied || faulty);
        }
        if let Some(log) = &mut junction.log {
            log.detector(now, detector, occupied);
        }
        let intersection = junction.layout.id();
        if faulty {
            let name = &junction.layout.detectors()[detector.index()].name;
            let what = format!("detector {name} is at fault: {:?}", reading.fault);
            self.raise_once(now, place, what, effects);
            return;
        }
        self.tell(now, Input::Detector { intersection, detector, occupied }, None, effects);
    }

    fn on_input(
        &mut self,
        now: Instant,
        place: usize,
        number: InputNumber,
        reading: IoReading,
        effects: &mut Effects,
    ) {
        let junction = &mut self.junctions[place];
        let Some(index) = junction.session.as_ref().and_then(|session| session.override_input(number)) else {
            return;
        };
        let Some(OverrideInput { kind, .. }) = junction.layout.overrides().get(index) else { return };
        let (kind, before) = (*kind, junction.is_overridden(*kind));
        junction.overridden[index] = match reading.swico {
            Swico::Off => false,
            Swico::On => true,
            _ => reading.value != 0,
        };
        let active = junction.is_overridden(kind);
        if active != before {
            let intersection = junction.layout.id();
            self.tell(now, Input::Override { intersection, kind, active }, None, effects);
        }
    }

    /// A vehicle told of itself by KAR. One that can't be placed is told once; while no intervention may begin only leaving counts.
    fn on_special_vehicle(
        &mut self,
        now: Instant,
        place: usize,
        event: &SpecialVehicleEvent,
        effects: &mut Effects,
    ) {
        let Some(message) = kar::kar_message(event) else { return };
        let leaves = message.announcement == KarAnnouncement::CheckOut;
        let layout = self.junctions[place].at.map(|at| self.engine.area().intersection(at).approaches());
        if let Some(why) =
            layout.and_then(|approaches| approaches.kar_access(&message).err()).filter(|_| !leaves)
        {
            self.raise_once(now, place, why.to_string(), effects);
        }
        if leaves || self.is_open() {
            let intersection = self.junctions[place].layout.id();
            self.tell(now, Input::Kar { intersection, message }, None, effects);
        }
    }

    /// Whether we want control as things are now.
    pub(super) fn want_control(&mut self, now: Instant, place: usize) {
        let (healthy, closing) = (self.journal_healthy, self.closing.is_some());
        let junction = &mut self.junctions[place];
        let wanted = junction.role == Role::Control
            && junction.agreed == Some(true)
            && junction.fault.is_none()
            && healthy
            && !closing;
        if let Some(session) = &mut junction.session {
            session.application.want_control(now, wanted);
        }
    }

    /// Control is to go back: requests end, every group turns red in its own time.
    pub(super) fn end_control(&mut self, now: Instant, place: usize, effects: &mut Effects) {
        let junction = &mut self.junctions[place];
        if junction.ending || junction.control.is_none() {
            return;
        }
        junction.ending = true;
        let (intersection, all_red) = (junction.layout.id(), junction.all_red());
        self.tell(now, Input::Control { intersection, available: false }, None, effects);
        if let Some(control) = &mut self.junctions[place].control {
            control.wish(now, all_red);
        }
    }

    /// Lets go of the lamps when they are not ours any more.
    fn lose_control(&mut self, now: Instant, place: usize, effects: &mut Effects) {
        let junction = &self.junctions[place];
        let has = junction.session.as_ref().is_some_and(|session| session.application.has_control());
        if junction.control.is_some() && !has {
            self.follow_control(now, place, effects);
        }
    }

    /// Takes the lamps over when they are ours, lets go of them when they are not.
    fn follow_control(&mut self, now: Instant, place: usize, effects: &mut Effects) {
        let junction = &mut self.junctions[place];
        let Some(session) = &junction.session else { return };
        let (has, had) = (session.application.has_control(), junction.control.is_some());
        if has == had {
            return;
        }
        let intersection = junction.layout.id();
        if has {
            let (lamps, occupied) = (junction.lamps.iter().copied(), junction.occupied.iter().copied());
            let wishes = junction.wishes.clone();
            junction.control = Some(Control::begin(&junction.layout, now, lamps, occupied, wishes));
        } else {
            junction.control = None;
            junction.lit.fill(false);
        }
        junction.ending = false;
        junction.watch.forget();
        if let Some(broadcast) = &mut junction.broadcast {
            broadcast.note_change();
        }
        GatewayLine::Control { intersection, ours: has }.write(now, &mut effects.records);
        self.tell(now, Input::Control { intersection, available: has }, None, effects);
    }

    /// Commands for the lamps that are ours.
    fn drive(&mut self, now: Instant, place: usize, effects: &mut Effects) {
        let junction = &mut self.junctions[place];
        let (Some(control), Some(session)) = (&mut junction.control, &mut junction.session) else { return };
        control.step(now);
        control.foretell(now);
        control.ask(now, session);
        if junction.ending && control.is_cleared() {
            session.application.end_reached(now);
        }
        let Some(fault) = control.fault().filter(|_| junction.fault.is_none()) else { return };
        junction.fault = Some(fault);
        if fault == Fault::Refused {
            effects.counts.push(Count::InterlockRefused { junction: place });
        }
        session.application.want_control(now, false);
        if fault == Fault::ConflictingGreen {
            // Nothing has to be brought to an end first: whoever guards the lamps is needed now.
            session.application.end_reached(now);
        }
        let what = format!("{fault}: control goes back, and is not taken again before a restart");
        self.raise(now, Some(place), what, effects);
        self.end_control(now, place, effects);
        // The first commands of the end leave with this.
        let junction = &mut self.junctions[place];
        if let (Some(control), Some(session)) = (&mut junction.control, &mut junction.session) {
            control.step(now);
            control.ask(now, session);
        }
    }

    /// Emergency lamps burn while a request for their group is served.
    pub(super) fn light_lamps(&mut self, now: Instant, place: usize) {
        let junction = &mut self.junctions[place];
        let (Some(at), Some(session)) = (junction.at, &mut junction.session) else { return };
        if junction.control.is_none() {
            return;
        }
        let live = self.engine.area().intersection(at).requests().live();
        let served = |group: GroupIndex| {
            live.iter().any(|request| {
                request.stage().intervention().is_some() && request.service().groups.contains(&group)
            })
        };
        for (index, lamp) in junction.layout.emergency_lamps().iter().enumerate() {
            let on = served(lamp.group);
            if junction.lit[index] != on && session.light(now, &lamp.output, on) {
                junction.lit[index] = on;
            }
        }
    }
}
