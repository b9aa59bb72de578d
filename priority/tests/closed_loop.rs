//! Engine, controller and lamps in a loop: whatever vehicles ask and however late lamps obey and answer, the lamps stay safe; and who is not in a
//! hurry does not wait for ever. What the lamps showed is judged by rules that share no code with the interlock.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "../../signals/tests/lamps/mod.rs"]
mod lamps;
mod support;

use std::sync::Arc;

use lamps::{GroupRules, Rules, Street, TICK, delay, tenths};
use proptest::prelude::*;
use support::{GROUPS, ambulance, before, next, start};
use voorrang_messages::{PriorityRequest, RequestKind};
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, RecoveryConfig, StrategyConfig};
use voorrang_signals::{Aspect, Controller, DetectorIndex, GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

/// The crossing with a push of a button or a loop for each group, in their order.
fn layout() -> Arc<Intersection> {
    let text = include_str!("support/crossing.toml");
    let row = |name: &str, lane: u8, group: &str| {
        format!(
            "  {{ name = \"{name}\", type = \"stop_line_loop\", lane = {lane}, group = \"{group}\", distance_m = 1, length_m = 1 }},\n"
        )
    };
    let more = [("031", 2, "03"), ("051", 3, "05"), ("081", 4, "08"), ("111", 5, "11")];
    let rows: String = more.iter().map(|(name, lane, group)| row(name, *lane, group)).collect();
    let text = text.replace("]\n\n[intergreen_s]", &format!("{rows}]\n\n[intergreen_s]"));
    let layout = Intersection::from_toml(&text, "crossing.toml").unwrap();
    let watched: Vec<GroupIndex> = layout.detectors().iter().map(|detector| detector.group).collect();
    assert_eq!(watched, GROUPS);
    Arc::new(layout)
}

/// What the lamps have to keep, from the file.
fn rules(layout: &Intersection) -> Rules {
    let groups = layout.groups().iter().map(|group| GroupRules {
        min_green: group.min_green,
        yellow: group.yellow,
        max_yellow: group.max_yellow,
        min_red: group.min_red,
    });
    let intergreen = |from| GROUPS.map(|to| layout.conflicts().intergreen(from, to)).to_vec();
    Rules { groups: groups.collect(), intergreens: GROUPS.map(intergreen).to_vec() }
}

/// A vehicle that asks from then on, once every 5 s, as if it stood 200 m before the stop line; and cancels, or just falls silent.
#[derive(Debug, Clone)]
struct Visit {
    after: Duration,
    approach: u8,
    stays: Duration,
    cancels: bool,
}

fn visit(longest_pause: i64) -> impl Strategy<Value = Visit> {
    (0..longest_pause, 1..=4_u8, 10..1300_i64, any::<bool>()).prop_map(|(after, approach, stays, cancels)| {
        Visit { after: tenths(after), approach, stays: tenths(stays), cancels }
    })
}

/// What else may happen.
#[derive(Debug, Clone)]
enum Trouble {
    /// The clock of engine and controller is set back.
    ClockBack(Duration),
    /// The engine begins anew and knows nothing.
    Restart,
    /// The controller's link is lost, and it sees all lamps anew; its clock is set forward meanwhile.
    Reconnect(Duration),
}

fn trouble() -> impl Strategy<Value = (Duration, Trouble)> {
    let what = prop_oneof![
        (1..600_i64).prop_map(|step| Trouble::ClockBack(tenths(step))),
        Just(Trouble::Restart),
        (0..600_i64).prop_map(|step| Trouble::Reconnect(tenths(step))),
    ];
    (1..1500_i64, what).prop_map(|(after, what)| (tenths(after), what))
}

/// How commands and answers travel: for each command in turn its way there and the answer's back.
type Delays = Vec<(Option<Duration>, Option<Duration>)>;

struct Loop {
    layout: Arc<Intersection>,
    config: EngineConfig,
    engine: PriorityEngine,
    controller: Controller,
    street: Street,
    delays: Delays,
    commands: usize,
    /// On the street, whose time nobody sets.
    now: Instant,
    /// What the clock of engine and controller is ahead.
    clock: Duration,
}

impl Loop {
    fn new(config: EngineConfig, delays: Delays) -> Self {
        let layout = layout();
        let controller = Controller::started(Arc::clone(&layout), start());
        let mut all = Self {
            engine: PriorityEngine::new(vec![Arc::clone(&layout)], config.clone(), start()),
            street: Street::unknown(start(), controller.aspects()),
            controller,
            config,
            layout,
            delays,
            commands: 0,
            now: start(),
            clock: Duration::ZERO,
        };
        all.show_all();
        all
    }

    fn told(&self) -> Instant {
        self.now + self.clock
    }

    fn show_all(&mut self) {
        for group in GROUPS {
            let aspect = self.street.record.now(group);
            self.tell(Input::Signal { intersection: self.layout.id(), group, aspect });
        }
    }

    fn tell(&mut self, input: Input) {
        let mut outputs = Vec::new();
        self.engine.handle(self.told(), input, &mut outputs);
        self.obey(outputs);
    }

    fn obey(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            if let Output::Wishes { wishes, .. } = output {
                self.controller.set_wishes(self.told(), wishes);
            }
        }
    }

    /// A tenth of a second.
    fn tick(&mut self) {
        self.now += TICK;
        for (_, group, aspect) in self.street.until(self.now) {
            self.controller.observe(self.told(), group, aspect);
            self.tell(Input::Signal { intersection: self.layout.id(), group, aspect });
        }
        // Whoever drives a real controller polls it: a lost answer is seen in the end.
        if (self.now - start()).millis() % 20_000 == 0 {
            for group in GROUPS {
                self.street.report(self.now, group, Some(Duration::ZERO));
            }
        }
        let mut outputs = Vec::new();
        self.engine.advance(self.told(), &mut outputs);
        self.obey(outputs);
        let mut commands = Vec::new();
        self.controller.step(self.told(), &mut commands);
        for command in commands {
            let (there, back) = match self.delays.len() {
                0 => (Some(Duration::ZERO), Some(Duration::ZERO)),
                many => self.delays[self.commands % many],
            };
            self.commands += 1;
            self.street.tell(self.now, command.group, command.aspect, there, back);
        }
    }

    fn trouble(&mut self, what: &Trouble) {
        match what {
            Trouble::ClockBack(step) => self.clock -= *step,
            Trouble::Restart => {
                self.engine =
                    PriorityEngine::new(vec![Arc::clone(&self.layout)], self.config.clone(), self.told());
                self.show_all();
                // Nobody wishes anything until the new engine does.
                let wishes = voorrang_signals::Wishes::none(GROUPS.len());
                self.controller.set_wishes(self.told(), wishes);
            }
            Trouble::Reconnect(step) => {
                self.clock += *step;
                self.controller.forget(self.told());
                for group in GROUPS {
                    self.street.report(self.now, group, Some(TICK));
                }
            }
        }
    }

    /// Somebody stands on a group's detector for a moment.
    fn ask_for(&mut self, group: GroupIndex) {
        let detector = DetectorIndex(group.0);
        for occupied in [true, false] {
            self.controller.detect(self.told(), detector, occupied);
            self.tell(Input::Detector { intersection: self.layout.id(), detector, occupied });
        }
    }
}

/// The vehicles that are under way.
#[derive(Default)]
struct Traffic {
    arrivals: Vec<(Instant, Visit)>,
    under_way: Vec<(Instant, Instant, bool, PriorityRequest)>,
    stations: u32,
}

impl Traffic {
    fn of(visits: &[Visit]) -> Self {
        let mut at = start();
        let mut arrivals: Vec<_> = visits
            .iter()
            .map(|visit| {
                at += visit.after;
                (at, visit.clone())
            })
            .collect();
        arrivals.reverse();
        Self { arrivals, ..Self::default() }
    }

    /// What is asked by now.
    fn until(&mut self, now: Instant) -> Vec<PriorityRequest> {
        let mut said = Vec::new();
        while self.arrivals.last().is_some_and(|(at, _)| *at <= now) {
            let (_, visit) = self.arrivals.pop().unwrap();
            self.stations += 1;
            let position = Some(before(visit.approach, 200.0));
            let request = PriorityRequest { position, ..ambulance(self.stations, visit.approach) };
            said.push(request.clone());
            self.under_way.push((now + Duration::from_seconds(5), now + visit.stays, visit.cancels, request));
        }
        self.under_way.retain_mut(|(repeat, end, cancels, request)| {
            if now >= *end {
                if *cancels {
                    said.push(next(request, RequestKind::Cancellation));
                }
                return false;
            }
            if now >= *repeat {
                *request = next(request, RequestKind::Update);
                said.push(request.clone());
                *repeat = now + Duration::from_seconds(5);
            }
            true
        });
        said
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn lamps_are_safe_with_any_strategy_however_late_they_obey_and_answer(
        visits in prop::collection::vec(visit(600), 1..20),
        delays in prop::collection::vec((delay(), delay()), 1..60),
        troubles in prop::collection::vec(trouble(), 0..6),
    ) {
        for strategy in StrategyConfig::NAMES {
            let config = EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap());
            let mut all = Loop::new(config, delays.clone());
            let mut traffic = Traffic::of(&visits);
            let mut due = start();
            let mut troubles = troubles.iter().map(|(after, what)| {
                due += *after;
                (due, what)
            }).peekable();
            let end = start() + Duration::from_seconds(600);
            while all.now < end {
                while let Some((_, what)) = troubles.next_if(|(at, _)| *at <= all.now) {
                    all.trouble(what);
                }
                for request in traffic.until(all.now) {
                    all.tell(Input::Request(request));
                }
                all.tick();
            }
            let rules = rules(&all.layout);
            prop_assert_eq!(all.street.record.breaches(&rules), vec![], "{}", strategy);
        }
    }

    #[test]
    fn nobody_waits_longer_than_fairness_allows(
        visits in prop::collection::vec(visit(400), 20..60),
        asks in prop::collection::vec((0..6_u8, 0..300_i64), 20..60),
        consecutive in 1..4_u8,
    ) {
        let fair = ["eta", "corridor", "optimal", "conditional"];
        for (strategy, recovery) in fair.iter().flat_map(|fair| ["resume", "longest_wait"].map(|recovery| (fair, recovery))) {
            let mut config = EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap());
            *max_consecutive(&mut config.strategy) = consecutive;
            config.recovery = RecoveryConfig::from_name(recovery).unwrap();
            // A convoy is one intervention, however long.
            config.request.max_convoy = 0;
            // Whoever is in nobody's way waits for the program: a cycle at most.
            let bound = Duration::from_seconds(120)
                + (config.request.green_guard + longest_switching()) * i64::from(consecutive)
                + Duration::from_seconds(60);
            let mut all = Loop::new(config, vec![]);
            let mut traffic = Traffic::of(&visits);
            let mut asks = asks.iter().cycle();
            let mut ask_at = start();
            let mut waiting: [Option<Instant>; 5] = [None; 5];
            let mut longest = Duration::ZERO;
            let end = start() + Duration::from_seconds(1800);
            while all.now < end {
                for request in traffic.until(all.now) {
                    all.tell(Input::Request(request));
                }
                while ask_at <= all.now {
                    let (group, pause) = asks.next().unwrap();
                    ask_at += tenths(*pause + 1);
                    if let Some(group) = GROUPS.get(usize::from(*group)) {
                        all.ask_for(*group);
                        if all.street.record.now(*group) != Aspect::Green {
                            waiting[group.index()].get_or_insert(all.now);
                        }
                    }
                }
                all.tick();
                for group in GROUPS {
                    if all.street.record.now(group) == Aspect::Green {
                        waiting[group.index()] = None;
                    }
                    if let Some(since) = waiting[group.index()] {
                        longest = longest.max(all.now - since);
                    }
                }
            }
            prop_assert!(longest <= bound, "{strategy}, {recovery}: {} s, at most {} s", longest.seconds(), bound.seconds());
        }
    }
}

fn max_consecutive(strategy: &mut StrategyConfig) -> &mut u8 {
    let fairness = match strategy {
        StrategyConfig::Eta(eta) => &mut eta.fairness,
        StrategyConfig::Corridor(corridor) => &mut corridor.fairness,
        StrategyConfig::Optimal(optimal) => &mut optimal.fairness,
        StrategyConfig::Conditional(conditional) => &mut conditional.fairness,
        StrategyConfig::None | StrategyConfig::Absolute(_) => panic!("fair to nobody"),
    };
    &mut fairness.max_consecutive
}

/// The longest time to a green on this crossing, whatever the lamps show: the guaranteed green of 5 s and the longest intergreen of 6 s.
fn longest_switching() -> Duration {
    Duration::from_seconds(11)
}
