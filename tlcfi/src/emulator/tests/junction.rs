//! The junction without sessions: whatever is asked of it, by whomever, at whatever moment.

use std::sync::Arc;

use proptest::prelude::*;
use voorrang_signals::{DetectorIndex, GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

use super::witness::Witness;
use super::{START, actuated, crossing};
use crate::emulator::{Driver, Fallback, Junction, JunctionSettings, Lamp, Latency, UnsafeReaction, What};
use crate::objects::{IntersectionControlState, SignalGroupState};

const FALLBACKS: [Fallback; 2] = [Fallback::TlcProgram, Fallback::AmberFlashing];

fn settings(fallback: Fallback) -> JunctionSettings {
    JunctionSettings {
        fallback,
        unsafe_reaction: UnsafeReaction::Unchanged,
        latency: Latency::default(),
        seed: 1,
    }
}

struct Street {
    junction: Junction,
    witness: Witness,
    now: Instant,
    by_application: usize,
}

impl Street {
    fn new(intersection: Arc<Intersection>, settings: JunctionSettings) -> Self {
        let junction = Junction::new(Arc::clone(&intersection), settings, START);
        let lamps = intersection.group_indices().map(|group| junction.lamp(group).unwrap());
        let witness = Witness::new(Arc::clone(&intersection), lamps.collect::<Vec<_>>().into_iter());
        Self { junction, witness, now: START, by_application: 0 }
    }

    fn look(&mut self) {
        while let Some(change) = self.junction.next_change() {
            if let What::Lamp { group, lamp, by, .. } = change.what {
                self.witness.see(change.at, group, lamp);
                self.by_application += usize::from(by == Driver::Application);
            }
        }
        assert_eq!(self.junction.conflicting_greens(), 0);
        assert_eq!(self.junction.own_objections(), 0);
    }

    fn run(&mut self, time: Duration) {
        let until = self.now + time;
        let mut steps = 0;
        while let Some(due) = self.junction.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.junction.advance(self.now);
            self.look();
            steps += 1;
            assert!(steps < 100_000, "it never sleeps");
        }
        self.now = until;
        self.look();
    }

    fn seconds(&mut self, seconds: i64) {
        self.run(Duration::from_seconds(seconds));
    }
}

#[derive(Debug, Clone)]
enum Act {
    Ask(u16, SignalGroupState),
    Intersection(IntersectionControlState),
    Prepare(bool),
    TakeOver,
    Release,
    BreakDown,
    Detect(u16, bool),
}

fn act() -> impl Strategy<Value = Act> {
    let states = [
        SignalGroupState::ProtectedMovementAllowed,
        SignalGroupState::ProtectedClearance,
        SignalGroupState::StopAndRemain,
        SignalGroupState::PermissiveMovementAllowed,
        SignalGroupState::PreMovement,
        SignalGroupState::Dark,
    ];
    let whole = [
        IntersectionControlState::Control,
        IntersectionControlState::AllRed,
        IntersectionControlState::Standby,
        IntersectionControlState::Dark,
    ];
    prop_oneof![
        40 => (0_u16..5, proptest::sample::select(states.to_vec())).prop_map(|(group, state)| Act::Ask(group, state)),
        2 => proptest::sample::select(whole.to_vec()).prop_map(Act::Intersection),
        2 => any::<bool>().prop_map(Act::Prepare),
        4 => Just(Act::TakeOver),
        3 => Just(Act::Release),
        1 => Just(Act::BreakDown),
        3 => (0_u16..8, any::<bool>()).prop_map(|(detector, on)| Act::Detect(detector, on)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_anybody_does_breaks_a_rule(
        acts in proptest::collection::vec((act(), 0_i64..4000), 1..150),
        fallback in proptest::sample::select(&FALLBACKS[..]),
        error in any::<bool>(),
        busy in any::<bool>(),
    ) {
        let intersection = if busy { actuated() } else { crossing() };
        let reaction = if error { UnsafeReaction::Error } else { UnsafeReaction::Unchanged };
        let mut street = Street::new(intersection, JunctionSettings { unsafe_reaction: reaction, ..settings(fallback) });
        for (act, pause) in acts {
            let now = street.now;
            match act {
                Act::Ask(group, state) => street.junction.command(now, GroupIndex(group), state),
                Act::Intersection(state) => street.junction.request(now, state),
                Act::Prepare(direct) => street.junction.prepare(now, direct),
                Act::TakeOver => street.junction.take_over(now),
                Act::Release => street.junction.release(now),
                Act::BreakDown => street.junction.break_down(now),
                Act::Detect(detector, on) => street.junction.detect(now, DetectorIndex(detector), on),
            }
            street.look();
            street.run(Duration::from_millis(pause));
        }
        street.junction.release(street.now);
        street.look();
        street.seconds(240);
        prop_assert!(street.witness.complaints.is_empty(), "{:#?}", street.witness.complaints);
        let expected = match fallback {
            Fallback::TlcProgram => IntersectionControlState::Control,
            Fallback::AmberFlashing => IntersectionControlState::Standby,
        };
        prop_assert_eq!(street.junction.state(), expected, "it finds back to what it does by itself");
    }
}

#[test]
fn alone_it_runs_its_program() {
    let mut street = Street::new(crossing(), settings(Fallback::TlcProgram));
    street.seconds(600);
    assert_eq!(street.witness.complaints, [] as [String; 0]);
    assert!(
        street.witness.greens.iter().all(|greens| (9..=10).contains(greens)),
        "{:?}",
        street.witness.greens
    );
}

#[test]
fn lamps_follow_the_application_after_their_latency() {
    let latency = Latency { typical: Duration::from_millis(200), varies: false };
    let mut street = Street::new(crossing(), JunctionSettings { latency, ..settings(Fallback::TlcProgram) });
    street.junction.prepare(street.now, false);
    street.seconds(30);
    assert!(street.junction.is_prepared(), "all are red");
    street.junction.take_over(street.now);
    let side = GroupIndex(2);
    street.junction.command(street.now, side, SignalGroupState::ProtectedMovementAllowed);
    street.run(Duration::from_millis(199));
    assert_eq!(street.witness.shows("05"), Lamp::Red);
    street.run(Duration::from_millis(1));
    assert_eq!(street.witness.shows("05"), Lamp::Green);
    assert_eq!(street.by_application, 1);
}

#[test]
fn a_direct_hand_over_leaves_lamps_as_they_are() {
    let mut street = Street::new(crossing(), settings(Fallback::TlcProgram));
    assert_eq!(street.witness.shows("02"), Lamp::Green);
    street.junction.prepare(street.now, true);
    assert!(street.junction.is_prepared());
    street.junction.take_over(street.now);
    street.seconds(300);
    assert_eq!(street.witness.shows("02"), Lamp::Green, "nobody has asked for anything else");
    street.junction.release(street.now);
    street.seconds(120);
    assert!(street.witness.greens.iter().all(|greens| *greens > 0));
    assert_eq!(street.witness.complaints, [] as [String; 0]);
}

#[test]
fn from_flashing_amber_it_is_switched_on_for_an_application() {
    let mut street = Street::new(crossing(), settings(Fallback::AmberFlashing));
    assert_eq!(street.junction.state(), IntersectionControlState::Standby);
    street.junction.prepare(street.now, false);
    assert!(street.junction.is_prepared());
    street.junction.take_over(street.now);
    street.junction.request(street.now, IntersectionControlState::Control);
    let mut seen = vec![street.junction.state()];
    for _ in 0..30 {
        street.seconds(1);
        if seen.last() != Some(&street.junction.state()) {
            seen.push(street.junction.state());
        }
    }
    use IntersectionControlState as S;
    assert_eq!(seen, [S::SwitchOn, S::AllRed, S::Control]);
    street.junction.release(street.now);
    street.seconds(30);
    assert_eq!(street.junction.state(), S::Standby);
    assert_eq!(street.witness.complaints, [] as [String; 0]);
}

#[test]
fn an_unsafe_command_leads_to_no_lamp_or_to_error() {
    for (reaction, expected) in [
        (UnsafeReaction::Unchanged, IntersectionControlState::Control),
        (UnsafeReaction::Error, IntersectionControlState::Error),
    ] {
        let configured = JunctionSettings { unsafe_reaction: reaction, ..settings(Fallback::TlcProgram) };
        let mut street = Street::new(crossing(), configured);
        street.junction.prepare(street.now, true);
        street.junction.take_over(street.now);
        assert_eq!(street.witness.shows("02"), Lamp::Green);
        street.junction.command(street.now, GroupIndex(2), SignalGroupState::ProtectedMovementAllowed);
        street.seconds(1);
        assert_eq!((street.witness.shows("05"), street.junction.state()), (Lamp::Red, expected));
        street.seconds(100);
        assert_eq!(street.witness.complaints, [] as [String; 0]);
    }
}
