//! What holds whatever happens.

use proptest::prelude::*;
use voorrang_messages::{IntersectionAccess, PriorityRequest, RequestId, RequestKind, StationId};
use voorrang_tlcfi::emulator::{Emulator, Fault};
use voorrang_units::Duration;

use super::ambulance;
use super::lab::{Lab, Setup};
use crate::area::{AreaInput, Role};

/// Something that happens.
#[derive(Debug, Clone)]
enum Happens {
    Asks { station: u32, approach: u8, eta_s: i64, kind: RequestKind },
    Clock(bool),
    Journal(bool),
    Cut,
    EndControl,
    Garbage(Vec<u8>),
    Relayed(Vec<u8>),
    Subscribed(bool),
}

fn happens() -> impl Strategy<Value = (i64, Happens)> {
    let kind = prop_oneof![
        3 => Just(RequestKind::New), 4 => Just(RequestKind::Update), 2 => Just(RequestKind::Cancellation)
    ];
    let asks = (0_u32..4, 0_u8..6, 0_i64..120, kind)
        .prop_map(|(station, approach, eta_s, kind)| Happens::Asks { station, approach, eta_s, kind });
    let octets = || prop::collection::vec(any::<u8>(), 0..40);
    let what = prop_oneof![
        20 => asks,
        1 => any::<bool>().prop_map(Happens::Clock),
        1 => any::<bool>().prop_map(Happens::Journal),
        1 => Just(Happens::Cut),
        1 => Just(Happens::EndControl),
        1 => octets().prop_map(Happens::Garbage),
        1 => octets().prop_map(Happens::Relayed),
        1 => any::<bool>().prop_map(Happens::Subscribed),
    ];
    (0_i64..15_000, what)
}

fn happen(lab: &mut Lab, wait_ms: i64, what: Happens) {
    lab.run_until(lab.now + Duration::from_millis(wait_ms));
    match what {
        Happens::Asks { station, approach, eta_s, kind } => lab.request(PriorityRequest {
            station: StationId(station),
            request: RequestId(0),
            inbound: IntersectionAccess::Approach(approach),
            eta: Some(lab.now + Duration::from_seconds(eta_s)),
            kind,
            ..ambulance()
        }),
        Happens::Clock(trusted) => lab.tell(AreaInput::ClockTrusted(trusted)),
        Happens::Journal(healthy) => lab.tell(AreaInput::JournalHealthy(healthy)),
        Happens::Cut => lab.cut(),
        Happens::EndControl => lab.emulate(Emulator::end_control),
        Happens::Garbage(octets) => {
            lab.tell(AreaInput::FromController { junction: 0, octets: octets.into() });
        }
        Happens::Relayed(octets) => lab.tell(AreaInput::Relayed { junction: 0, octets: octets.into() }),
        Happens::Subscribed(subscribed) => lab.tell(AreaInput::Subscribed(subscribed)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_no_conflicting_greens(
        seed: u64, monitored: bool, strategy in prop::sample::select(vec!["absolute", "eta", "optimal"]), story in prop::collection::vec(happens(), 1..40),
    ) {
        // Without the controller's monitor it is the interlock alone that keeps them apart.
        let faults = if monitored { Vec::new() } else { vec![(Fault::UnsafeCommandObeyed, 0)] };
        let mut lab = Setup { seed, strategy, faults, ..Setup::default() }.lab();
        lab.run(40);
        for (wait, what) in story {
            happen(&mut lab, wait, what);
            prop_assert_eq!(lab.conflicting, 0);
        }
        lab.run(60);
        prop_assert_eq!(lab.conflicting, 0);
        prop_assert!(lab.objections.is_empty(), "{:?}", lab.objections);
    }

    #[test]
    fn who_only_watches_commands_nothing_and_answers_nobody(
        seed: u64, relays: bool, story in prop::collection::vec(happens(), 1..30),
    ) {
        let role = if relays { Role::Relay } else { Role::Observe };
        let mut lab = Setup { seed, role, ..Setup::default() }.lab();
        for (wait, what) in story {
            happen(&mut lab, wait, what);
        }
        prop_assert!(!lab.has_commanded());
        prop_assert_eq!(lab.answers.len(), 0);
    }

    #[test]
    fn a_journal_plays_again_as_it_was(story in prop::collection::vec(happens(), 1..30)) {
        let mut lab = Setup::default().lab();
        lab.run(40);
        for (wait, what) in story {
            happen(&mut lab, wait, what);
        }
        let engine: String = lab
            .records
            .lines()
            .filter(|line| {
                ["\"journal\":", "\"in\":", "\"out\":", "\"advance\":"].iter().any(|key| line.contains(key))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let reader = voorrang_priority::journal::Reader::new(engine.as_bytes()).unwrap();
        let replayed = voorrang_priority::journal::Replay::run(reader, |_| ()).unwrap();
        prop_assert!(replayed.is_ok(), "{}", replayed.unwrap_err());
    }
}
