//! The real application against the emulated controller, octets between them, in virtual time.

use std::sync::Arc;

use proptest::prelude::*;
use voorrang_signals::{Controller, Intersection, LampCommand, Wish, Wishes};
use voorrang_units::{Duration, Instant};

use super::witness::Witness;
use super::{START, actuated, crossing};
use crate::emulator::{Driver, Emulator, EmulatorConfig, Fallback, Happening, Lamp};
use crate::objects::{ApplicationType, ControlState, HandoverCapability, SignalGroupState};
use crate::session::application::{ApplicationEvent, Oddity};
use crate::session::controller::ConnectionId;
use crate::session::{Application, ApplicationConfig};

struct Pair {
    intersection: Arc<Intersection>,
    emulator: Emulator,
    application: Application,
    stream: Option<ConnectionId>,
    now: Instant,
    witness: Witness,
    /// The application's own program, while it is in control.
    program: Option<Controller>,
    /// Every lamp wished red: on the way back.
    ends: bool,
    events: Vec<ApplicationEvent>,
    driven: usize,
    refused: usize,
    /// The stream can't be had.
    cut: bool,
}

impl Pair {
    fn new(intersection: Arc<Intersection>, emulator: EmulatorConfig, start: HandoverCapability) -> Self {
        let emulator = Emulator::new(Arc::clone(&intersection), emulator, START).unwrap();
        let lamps = intersection.group_indices().map(|group| emulator.junction().lamp(group).unwrap());
        let witness = Witness::new(Arc::clone(&intersection), lamps.collect::<Vec<_>>().into_iter());
        let config = ApplicationConfig {
            start_capability: start,
            ..ApplicationConfig::new(ApplicationType::Control, "gateway", "secret")
        };
        let mut application = Application::new(config, START);
        application.want_control(START, true);
        Self {
            intersection,
            emulator,
            application,
            stream: None,
            now: START,
            witness,
            program: None,
            ends: false,
            events: Vec::new(),
            driven: 0,
            refused: 0,
            cut: false,
        }
    }

    fn disconnect(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.emulator.disconnected(self.now, stream);
            self.application.disconnected(self.now);
            self.program = None;
        }
    }

    /// Octets both ways until nobody has more to say.
    fn exchange(&mut self) {
        for _ in 0..100 {
            self.watch();
            self.follow();
            self.drive();
            let Some(stream) = self.stream else { return };
            let (mut there, mut back) = (Vec::new(), Vec::new());
            self.application.take_octets(&mut there);
            self.emulator.take_octets(self.now, stream, &mut back);
            if there.is_empty() && back.is_empty() {
                if self.application.wants_disconnect() || self.emulator.wants_disconnect(stream) {
                    self.disconnect();
                    continue;
                }
                return;
            }
            if !there.is_empty() {
                self.emulator.receive(self.now, stream, &there);
            }
            if !back.is_empty() {
                self.application.receive(self.now, &back);
            }
        }
        panic!("they never stop talking");
    }

    fn watch(&mut self) {
        while let Some(event) = self.emulator.next_event() {
            match event.what {
                Happening::Lamp { group, lamp, by, .. } => {
                    self.witness.see(event.at, group, lamp);
                    self.driven += usize::from(by == Driver::Application);
                }
                Happening::Refused { .. } => self.refused += 1,
                _ => {}
            }
        }
        assert_eq!(self.emulator.junction().conflicting_greens(), 0);
        assert_eq!(self.emulator.junction().own_objections(), 0);
    }

    fn follow(&mut self) {
        while let Some(event) = self.application.next_event() {
            match &event {
                ApplicationEvent::ControlGained => {
                    let mut program = Controller::new(Arc::clone(&self.intersection), self.now);
                    for group in self.intersection.group_indices() {
                        let number = self
                            .application
                            .facilities()
                            .unwrap()
                            .group(&self.intersection.groups()[group.index()].name);
                        let shown = self
                            .application
                            .signal_group(number.unwrap())
                            .and_then(|(state, _)| state.aspect());
                        if let Some(aspect) = shown {
                            program.observe(self.now, group, aspect);
                        }
                    }
                    self.program = Some(program);
                }
                ApplicationEvent::ControlLost { .. } | ApplicationEvent::Closed { .. } => self.program = None,
                ApplicationEvent::SignalGroup { group, state, .. } => {
                    let name = self.application.facilities().unwrap().groups[group.index()].id.as_str();
                    let index = self.intersection.group_named(name).unwrap();
                    if let (Some(program), Some(aspect)) = (&mut self.program, state.aspect()) {
                        program.observe(self.now, index, aspect);
                    }
                }
                ApplicationEvent::Control(ControlState::EndControl) => {
                    self.ends = true;
                    let mut wishes = Wishes::none(self.intersection.groups().len());
                    for group in self.intersection.group_indices() {
                        wishes.set(group, Wish::Red);
                    }
                    if let Some(program) = &mut self.program {
                        program.set_wishes(self.now, wishes);
                    }
                }
                // A fault that ends control does so whenever it is asked to.
                ApplicationEvent::Oddity(Oddity::ShortControl(_)) => {}
                ApplicationEvent::Oddity(_) | ApplicationEvent::Unexplained { .. } => panic!("{event:?}"),
                _ => {}
            }
            self.events.push(event);
        }
    }

    fn drive(&mut self) {
        if !self.application.has_control() {
            self.ends = false;
            return;
        }
        let Some(program) = &mut self.program else { return };
        let mut commands: Vec<LampCommand> = Vec::new();
        program.step(self.now, &mut commands);
        let facilities = Arc::clone(self.application.facilities().unwrap());
        let states: Vec<_> = commands
            .iter()
            .map(|command| {
                let name = &self.intersection.groups()[command.group.index()].name;
                (facilities.group(name).unwrap(), SignalGroupState::protected(command.aspect))
            })
            .collect();
        if !states.is_empty() {
            self.application.set_signal_groups(self.now, &states, &[]).unwrap();
        }
        let red = self.emulator.lamps().all(|(_, lamp)| lamp == Lamp::Red);
        if self.ends && red {
            self.application.end_reached(self.now);
        }
    }

    fn run(&mut self, time: Duration) {
        let until = self.now + time;
        let mut steps = 0;
        self.exchange();
        loop {
            let connect = self.application.connect_at().filter(|_| !self.cut);
            let Some(due) = self.deadlines().into_iter().flatten().min().filter(|due| *due <= until) else {
                break;
            };
            self.now = self.now.max(due);
            if connect.is_some_and(|at| at <= self.now) {
                self.stream = Some(self.emulator.connected(self.now));
                self.application.connected(self.now);
            }
            self.emulator.advance(self.now);
            self.application.advance(self.now);
            self.exchange();
            steps += 1;
            assert!(steps < 20_000, "they never sleep: {:?}", self.deadlines());
        }
        self.now = until;
    }

    fn deadlines(&self) -> [Option<Instant>; 4] {
        let program =
            self.program.as_ref().filter(|_| self.application.has_control()).map(Controller::next_event);
        let connect = self.application.connect_at().filter(|_| !self.cut);
        [self.emulator.next_deadline(), self.application.next_deadline(), connect, program]
    }

    fn seconds(&mut self, seconds: i64) {
        self.run(Duration::from_seconds(seconds));
    }

    fn was(&self, what: impl Fn(&ApplicationEvent) -> bool) -> bool {
        self.events.iter().any(what)
    }
}

#[test]
fn the_application_lives_its_life_with_the_emulator() {
    for (intersection, start, fallback) in [
        (crossing(), HandoverCapability::Cleared, Fallback::TlcProgram),
        (crossing(), HandoverCapability::Direct, Fallback::TlcProgram),
        (actuated(), HandoverCapability::Cleared, Fallback::AmberFlashing),
    ] {
        let mut pair =
            Pair::new(intersection, EmulatorConfig { fallback, ..EmulatorConfig::default() }, start);
        pair.seconds(60);
        assert!(pair.application.has_control(), "{start} {fallback:?}");
        pair.seconds(300);
        // An actuated program without traffic has nothing to do.
        assert!(pair.driven > 20 || fallback == Fallback::AmberFlashing, "{}", pair.driven);
        assert_eq!(pair.refused, 0, "a command that keeps the rules is obeyed");
        let now = pair.now;
        pair.emulator.end_control(now);
        pair.seconds(40);
        assert!(!pair.application.has_control());
        assert!(pair.was(|event| *event == ApplicationEvent::Control(ControlState::EndControl)));
        assert!(
            !pair.was(|event| matches!(event, ApplicationEvent::ControlLost { .. })),
            "it ended in order"
        );
        pair.seconds(120);
        assert!(pair.application.has_control(), "after its pause the controller grants it again");
        let now = pair.now;
        pair.application.close(now);
        pair.seconds(60);
        assert!(pair.stream.is_none());
        assert_eq!(pair.witness.complaints, [] as [String; 0]);
    }
}

#[test]
fn whatever_the_controller_does_wrong_no_rule_is_broken_and_control_comes_back() {
    let faults = [
        ("late_confirmation", true),
        ("refused_command", true),
        ("detector_fault", true),
        ("dropped_connection", true),
        ("half_open", true),
        ("end_of_control", true),
        ("stopping", true),
        ("restart", true),
        ("intersection_error", true),
        ("tick_reset", true),
        ("alive_missing", false),
        ("alive_unanswered", false),
        ("alive_garbled", false),
        ("wrong_version", true),
        ("control_withheld", true),
    ];
    for (fault, again) in faults {
        let config = EmulatorConfig {
            faults: vec![format!("{fault}@91").parse().unwrap()],
            ..EmulatorConfig::default()
        };
        let mut pair = Pair::new(crossing(), config, HandoverCapability::Cleared);
        pair.seconds(90);
        assert!(pair.application.has_control(), "{fault}");
        pair.seconds(300);
        assert_eq!(pair.application.has_control(), again, "{fault}");
        let dark = |complaint: &&String| !(fault == "restart" && complaint.contains("Dark"));
        let complaints: Vec<_> = pair.witness.complaints.iter().filter(dark).collect();
        assert_eq!(complaints, [] as [&String; 0], "{fault}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn streams_that_end_at_any_moment_break_no_rule(
        cuts in proptest::collection::vec((0_i64..90_000, 0_i64..20_000), 1..6),
        amber in any::<bool>(),
        direct in any::<bool>(),
        ends in any::<bool>(),
    ) {
        let fallback = if amber { Fallback::AmberFlashing } else { Fallback::TlcProgram };
        let start = if direct { HandoverCapability::Direct } else { HandoverCapability::Cleared };
        let mut pair = Pair::new(crossing(), EmulatorConfig { fallback, ..EmulatorConfig::default() }, start);
        for (time, pause) in cuts {
            pair.run(Duration::from_millis(time));
            if ends {
                let now = pair.now;
                pair.application.want_control(now, false);
                pair.run(Duration::from_millis(pause));
                let now = pair.now;
                pair.application.want_control(now, true);
            } else {
                pair.cut = true;
                pair.disconnect();
                pair.run(Duration::from_millis(pause));
                pair.cut = false;
            }
        }
        pair.cut = false;
        pair.seconds(200);
        prop_assert!(pair.witness.complaints.is_empty(), "{:#?}", pair.witness.complaints);
        prop_assert!(pair.application.has_control());
    }
}
