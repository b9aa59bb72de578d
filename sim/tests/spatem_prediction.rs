//! What SPATEMs say of the end of each phase, against when it ended: an hour of a Dutch junction, as a receiver on the street would judge it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use voorrang_messages::signal_state::{ChangeReason, ChangeTime, PhaseState, PhaseTiming};
use voorrang_messages::{ItsMessage, SignalState};
use voorrang_priority::{PartialConflicts, RecoveryConfig, StrategyConfig};
use voorrang_sim::radio::Captured;
use voorrang_sim::run_options::{AtRed, RunOptions};
use voorrang_sim::scenario::Scenario;
use voorrang_sim::simulation::Model;
use voorrang_units::{Duration, Instant};

/// A receiver looks at the state so often: each second then counts once, however many messages it had.
const LOOK: Duration = Duration::from_seconds(1);
/// A mark on the wire is a tenth of a second, rounded down.
const TENTH: Duration = Duration::from_millis(100);

/// How predictions turned out.
#[derive(Debug, Default)]
struct Outcome {
    judged: usize,
    /// The earliest end lay so far ahead that it told something.
    bound: usize,
    /// The phase ended before `minEndTime`.
    too_early: usize,
    /// The phase ended after `maxEndTime`.
    too_late: usize,
    /// How far `likelyTime` was off, in seconds.
    errors_s: Vec<f64>,
}

impl Outcome {
    fn judge(&mut self, said: Instant, timing: &PhaseTiming, ended: Instant) {
        self.judged += 1;
        let at = |time: Option<ChangeTime>| time.and_then(ChangeTime::instant);
        self.bound += usize::from(at(timing.min_end).is_some_and(|earliest| earliest - said > LOOK));
        self.too_early += usize::from(at(timing.min_end).is_some_and(|earliest| ended < earliest));
        self.too_late += usize::from(at(timing.max_end).is_some_and(|latest| ended > latest + TENTH));
        self.errors_s.extend(at(timing.likely_end).map(|likely| (likely - ended).seconds().abs()));
    }

    fn share_within(&self, seconds: f64) -> f64 {
        let within = self.errors_s.iter().filter(|error| **error <= seconds).count();
        within as f64 / self.errors_s.len() as f64
    }

    fn mean_s(&self) -> f64 {
        self.errors_s.iter().sum::<f64>() / self.errors_s.len() as f64
    }

    fn line(&self) -> String {
        format!(
            "{:6} judged, {:6} with an earliest end ahead, {:5} ended before it, {:5} after the latest; likely end of {:6}: off by {:4.1} s in \
             the mean, {:3.0} % within 2 s",
            self.judged,
            self.bound,
            self.too_early,
            self.too_late,
            self.errors_s.len(),
            self.mean_s(),
            self.share_within(2.0) * 100.0
        )
    }
}

fn an_hour(strategy: &str) -> Vec<Captured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/dutch_junction");
    let model = Model::new(Scenario::load(&folder).unwrap()).with_messages();
    let options = RunOptions {
        seed: 1,
        replications: 1,
        at_red: AtRed::Wait,
        jitter: Duration::from_seconds(15),
        end: model.scenario().end,
        warm_up: model.scenario().warm_up,
        recovery: RecoveryConfig::Resume,
        partial_conflicts: PartialConflicts::Hold,
        lamp_latency: Duration::ZERO,
    };
    let strategy = StrategyConfig::from_name(strategy).unwrap();
    model.run(&options, &strategy, 0, &AtomicU64::new(0)).unwrap().messages.unwrap()
}

/// The SPATEMs, in order.
fn states(messages: &[Captured]) -> Vec<(Instant, SignalState)> {
    let states = messages.iter().filter_map(|Captured { sent, bytes }| {
        let ItsMessage::Spatem(spatem) = ItsMessage::decode(bytes).unwrap() else { return None };
        let [state] = &SignalState::all_from_spatem(&spatem, *sent)[..] else { panic!("one intersection") };
        Some((*sent, state.clone()))
    });
    states.collect()
}

fn phase(state: &SignalState, group: u8) -> PhaseState {
    state.movement(group).unwrap().current().unwrap().state
}

/// Whether the controller acts for an emergency vehicle.
fn intervenes(state: &SignalState) -> bool {
    state
        .movements
        .iter()
        .any(|movement| movement.current().unwrap().reason == Some(ChangeReason::EmergencyVehiclePriority))
}

/// By signal group: what was said while nobody intervened, and during an intervention.
fn judged(states: &[(Instant, SignalState)]) -> BTreeMap<u8, [Outcome; 2]> {
    let first = states.first().unwrap();
    let mut outcomes = BTreeMap::<u8, [Outcome; 2]>::new();
    for movement in &first.1.movements {
        let group = movement.signal_group;
        let outcomes = outcomes.entry(group).or_default();
        let mut looked = first.0;
        // What was said of the phase that is, to be judged when it has ended; what outlasts the hour is not.
        let mut waiting: Vec<(Instant, PhaseTiming, bool)> = Vec::new();
        let mut current = None;
        for (at, state) in states {
            if current.is_some_and(|before| before != phase(state, group)) {
                for (said, timing, during) in waiting.drain(..) {
                    outcomes[usize::from(during)].judge(said, &timing, *at);
                }
                looked = *at;
            }
            current = Some(phase(state, group));
            if *at >= looked {
                let timing = state.movement(group).unwrap().current().unwrap().timing.unwrap();
                waiting.push((*at, timing, intervenes(state)));
                looked = *at + LOOK;
            }
        }
    }
    outcomes
}

fn total<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Outcome {
    outcomes.fold(Outcome::default(), |mut sum, one| {
        sum.judged += one.judged;
        sum.bound += one.bound;
        sum.too_early += one.too_early;
        sum.too_late += one.too_late;
        sum.errors_s.extend(&one.errors_s);
        sum
    })
}

#[test]
fn ends_of_phases_are_foretold_over_an_hour_with_interventions() {
    let outcomes = judged(&states(&an_hour("absolute")));
    for (group, [otherwise, during]) in &outcomes {
        println!("group {group:3} otherwise {}", otherwise.line());
        println!("group {group:3} during    {}", during.line());
    }
    let otherwise = total(outcomes.values().map(|[otherwise, _]| otherwise));
    let during = total(outcomes.values().map(|[_, during]| during));
    println!("all       otherwise {}\nall       during    {}", otherwise.line(), during.line());
    for (group, [otherwise, during]) in &outcomes {
        assert!(otherwise.judged > 3_000 && during.judged > 150, "group {group}: {otherwise:?}");
    }
    assert!(otherwise.bound > 10_000 && during.bound > 1_000, "{} {}", otherwise.bound, during.bound);
    assert_eq!((otherwise.too_early, during.too_early), (0, 0));
    // 1 in 20 ends after what was said to be the latest; as many under `none`, so it is not for the interventions.
    assert!(otherwise.too_late * 15 < otherwise.judged, "{} of {}", otherwise.too_late, otherwise.judged);
    assert_eq!(during.too_late, 0);
    // Measured: 44 % and 83 % within 2 s; 4.9 s and 1.5 s in the mean.
    assert!(otherwise.share_within(2.0) > 0.40 && otherwise.mean_s() < 6.0, "{}", otherwise.line());
    assert!(during.share_within(2.0) > 0.75 && during.mean_s() < 2.5, "{}", during.line());
}
