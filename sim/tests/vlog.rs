//! The logs that a run leaves: what a reader of V-Log finds in them.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_signals::vlog::{self, PriorityEvents, SignalState, VlogMessage, VlogStatus};
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::simulation::Model;

use crossing::{Crossing, car, options};

/// A car and an ambulance from the south, one pedestrian now and then.
fn run(replication: u32, logged: bool) -> RunRecord {
    let more = "\n[radio]\nloss = 0.0\ncam_share = 0.0\n\n[[emergency]]\nid = \"a\"\ntype = \"ambulance\"\ndepart_s = 200.0\n\
                route = [\"S_C\", \"C_N\"]\n\n[[slow_traffic]]\nintersection = \"C\"\ngroup = \"31\"\nper_hour = 60.0\n";
    let crossing = Crossing::new(&car(100.0, 1), more);
    let scenario = crossing.scenario();
    let options = options(&scenario);
    let strategy = StrategyConfig::from_name("absolute").unwrap();
    let model = Model::new(scenario);
    let model = if logged { model.with_logs() } else { model };
    model.run(&options, &strategy, replication, &AtomicU64::new(0)).unwrap()
}

#[test]
fn a_log_tells_of_lamps_detectors_and_the_ambulance() {
    let record = run(0, true);
    let [log] = &record.logs.unwrap()[..] else { panic!("one intersection") };
    let messages: Vec<VlogMessage> = vlog::lines(log).collect::<Result<_, _>>().unwrap();
    let mut status = VlogStatus::default();
    let mut greens = 0;
    for message in &messages {
        let before = status.signals().get(1).copied();
        status.apply(message);
        let now = status.signals().get(1).copied();
        greens += u32::from(before != now && now == Some(SignalState::Green));
    }
    assert_eq!(status.signals().len(), 4);
    assert_eq!(greens, 2, "group 05: for the car and for the ambulance");
    assert_eq!(record.requests.granted, 1);
    let priority: Vec<(u8, PriorityEvents)> = messages
        .iter()
        .filter_map(|message| match message {
            VlogMessage::PriorityChange(changes) => Some(&changes.changes),
            _ => None,
        })
        .flatten()
        .map(|change| (change.index, change.state))
        .collect();
    assert_eq!(priority, [(1, PriorityEvents::EMERGENCY_ENTRY), (1, PriorityEvents::EMERGENCY_EXIT)]);
}

#[test]
fn logs_are_of_the_first_replication_and_change_nothing() {
    assert_eq!(run(1, true).logs, None);
    let logged = run(0, true);
    assert!(logged.logs.is_some());
    assert_eq!(RunRecord { logs: None, ..logged }, run(0, false));
}
