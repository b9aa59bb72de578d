//! Laws of the controller, for arbitrary programs, wishes at any time, and lamps that are prompt, late or deaf for a while.

mod lamps;

use std::sync::Arc;

use lamps::{BEGIN, GroupRules, Part, Record, Rules, Street, TICK, delay, rules, tenths};
use proptest::prelude::*;
use voorrang_signals::program::fixed_time::FixedTime;
use voorrang_signals::{Aspect, Controller, GroupIndex, Intersection, LampCommand, Wish, Wishes};
use voorrang_units::{Duration, Instant};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

// --- arbitrary programs ------------------------------------------------------------------------------------------------------------------

/// An intersection with a valid program, and the rules that it was made from.
#[derive(Debug, Clone)]
struct Plan {
    rules: Rules,
    intersection: Arc<Intersection>,
}

impl Plan {
    fn program(&self) -> &FixedTime {
        self.intersection.program().fixed_time(BEGIN).expect("it is made so")
    }
}

/// One stage before it is known who fits in: who comes first, who comes at all, who comes late, how much longer than need be, slack after it.
type Draft = (Vec<u8>, Vec<bool>, Vec<bool>, i64, i64);

/// Shorter cycles leave no room to come back in step after a group that the program never shows.
const LEAST_CYCLE: Duration = Duration::from_seconds(40);

fn plan() -> impl Strategy<Value = Plan> {
    let stage = |count: usize| {
        (
            proptest::collection::vec(any::<u8>(), count),
            proptest::collection::vec(proptest::bool::weighted(0.8), count),
            proptest::collection::vec(proptest::bool::weighted(0.2), count),
            0..150_i64,
            prop_oneof![2 => Just(0), 1 => 0..30_i64],
        )
    };
    let drafts = rules(5).prop_flat_map(move |rules| {
        let stages = proptest::collection::vec(stage(rules.groups.len()), 1..=4);
        (Just(rules), stages, -600..600_i64)
    });
    drafts.prop_filter_map("the program breaks a rule across stages", |(rules, drafts, offset)| {
        let text = rules.file(&parts(&rules, &drafts), tenths(offset)).to_toml();
        let intersection = Intersection::from_toml(&text, "plan.toml").ok()?;
        Some(Plan { rules, intersection: Arc::new(intersection) })
    })
}

/// Stages of groups that do not conflict, each followed by an interstage that is as long as it has to be.
fn parts(rules: &Rules, drafts: &[Draft]) -> Vec<Part> {
    let greens: Vec<Vec<usize>> = drafts.iter().map(|draft| who_fits(rules, &draft.0, &draft.1)).collect();
    let mut parts: Vec<Part> = Vec::new();
    for (number, (green, draft)) in greens.iter().zip(drafts).enumerate() {
        let before = &greens[(number + greens.len() - 1) % greens.len()];
        let after = &greens[(number + 1) % greens.len()];
        let (in_time, late): (Vec<usize>, Vec<usize>) =
            green.iter().partition(|group| before.contains(group) || !draft.2[**group]);
        let least = green.iter().map(|group| rules.groups[*group].min_green).max().unwrap_or(tenths(10));
        if !late.is_empty() && draft.3 > 0 {
            parts.push((tenths(draft.3), in_time));
            parts.push((least, green.clone()));
        } else {
            parts.push((least + tenths(draft.3), green.clone()));
        }
        let staying: Vec<usize> = green.iter().copied().filter(|group| after.contains(group)).collect();
        let interstage = gap(rules, green, after) + tenths(draft.4);
        parts.push((interstage.max(TICK), staying));
    }
    let sum = parts.iter().fold(Duration::ZERO, |sum, (duration, _)| sum + *duration);
    parts[0].0 += (LEAST_CYCLE - sum).max(Duration::ZERO);
    parts
}

fn who_fits(rules: &Rules, order: &[u8], wanted: &[bool]) -> Vec<usize> {
    let mut candidates: Vec<usize> = (0..rules.groups.len()).filter(|group| wanted[*group]).collect();
    candidates.sort_by_key(|group| order[*group]);
    let mut green: Vec<usize> = Vec::new();
    for group in candidates {
        if green.iter().all(|other| rules.intergreens[*other][group].is_none()) {
            green.push(group);
        }
    }
    green.sort_unstable();
    green
}

/// What has to lie between two stages.
fn gap(rules: &Rules, before: &[usize], after: &[usize]) -> Duration {
    let ending = before.iter().filter(|group| !after.contains(group));
    let gaps = ending.flat_map(|ending| {
        let starting = after.iter().filter(|group| !before.contains(group));
        starting.filter_map(|starting| rules.clearance(GroupIndex::at(*ending)?, GroupIndex::at(*starting)?))
    });
    gaps.max().unwrap_or(Duration::ZERO)
}

// --- hosts -------------------------------------------------------------------------------------------------------------------------------

/// Lamps that have followed the program for two cycles, and were as they were long before.
fn history(plan: &Plan, until: Instant) -> Record {
    let program = plan.program();
    let mut now = until - program.cycle() - program.cycle();
    let long_ago = now - Duration::from_seconds(86_400);
    let first = |group| vec![(long_ago, program.aspect(group, now))];
    let mut record = Record(plan.rules.indices().map(first).collect());
    while now <= until {
        for group in plan.rules.indices() {
            record.show(now, group, program.aspect(group, now));
        }
        now += TICK;
    }
    record
}

/// Wishes, and when they are said after the beginning.
type Timed = Vec<(Duration, Wishes)>;

fn wishes(plan: &Plan) -> impl Strategy<Value = Timed> + use<> {
    let count = plan.rules.groups.len();
    let wish = prop_oneof![5 => Just(Wish::Program), 3 => Just(Wish::Green), 1 => Just(Wish::Red)];
    let all = proptest::collection::vec(wish, count).prop_map(|list| {
        let mut wishes = Wishes::none(list.len());
        for (group, wish) in (0..).map(GroupIndex).zip(list) {
            wishes.set(group, wish);
        }
        wishes
    });
    let times = proptest::collection::vec((0..400_i64, all), 1..6);
    times.prop_map(move |list| {
        let mut at = Duration::ZERO;
        let mut timed: Timed = Vec::new();
        for (wait, wishes) in list {
            at += tenths(wait);
            timed.push((at, wishes));
        }
        // Whatever was wished ends some time.
        timed.push((at + tenths(300), Wishes::none(count)));
        timed
    })
}

fn plan_and_wishes() -> impl Strategy<Value = (Plan, Timed)> {
    plan().prop_flat_map(|plan| {
        let wishes = wishes(&plan);
        (Just(plan), wishes)
    })
}

/// When a host steps its controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stepping {
    /// Every 0.1 s.
    EveryTick,
    /// Every 0.05 s, and several times.
    Often,
    /// Only when it says so, and when something is wished.
    Events,
}

/// Lamps that do at once what they are told.
fn prompt(plan: &Plan, timed: &Timed, end: Instant, stepping: Stepping) -> (Record, Controller) {
    let mut controller = Controller::started(Arc::clone(&plan.intersection), BEGIN);
    let mut record = history(plan, BEGIN);
    let mut commands = Vec::new();
    let mut timed = timed.iter().map(|(at, wishes)| (BEGIN + *at, wishes)).peekable();
    let mut now = BEGIN;
    while now < end {
        while let Some((_, wishes)) = timed.next_if(|(at, _)| *at <= now) {
            controller.set_wishes(now, wishes.clone());
        }
        for _ in 0..if stepping == Stepping::Often { 3 } else { 1 } {
            controller.step(now, &mut commands);
        }
        for LampCommand { group, aspect } in commands.drain(..) {
            record.show(now, group, aspect);
            controller.observe(now, group, aspect);
        }
        now = match stepping {
            Stepping::EveryTick => now + TICK,
            Stepping::Often => now + Duration::from_millis(50),
            Stepping::Events => {
                let wished = timed.peek().map_or(end, |(at, _)| *at);
                controller.next_event().max(now + TICK).min(wished)
            }
        };
    }
    (record, controller)
}

fn last(timed: &Timed) -> Instant {
    BEGIN + timed.last().expect("there is always a last wish").0
}

/// Do the lamps show the program at every tick of a cycle?
fn in_step(plan: &Plan, record: &Record, from: Instant) -> Result<(), TestCaseError> {
    let program = plan.program();
    let mut now = from;
    while now < from + program.cycle() {
        for group in plan.rules.indices() {
            let (shown, due) = (record.shown(group, now), program.aspect(group, now));
            prop_assert_eq!(shown, due, "{:?} {} after the beginning", group, now - BEGIN);
        }
        now += TICK;
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn without_wishes_the_lamps_show_the_program(plan in plan()) {
        let cycle = plan.program().cycle();
        let (record, controller) = prompt(&plan, &vec![], BEGIN + cycle * 3, Stepping::EveryTick);
        for round in 0..3 {
            in_step(&plan, &record, BEGIN + cycle * round)?;
        }
        prop_assert_eq!(controller.refusals(), 0);
        prop_assert_eq!(record.breaches(&plan.rules), vec![]);
    }

    #[test]
    fn wishes_are_met_safely_and_afterwards_the_lamps_are_back_in_step((plan, timed) in plan_and_wishes()) {
        let cycle = plan.program().cycle();
        let back = last(&timed) + cycle * 2;
        let (record, controller) = prompt(&plan, &timed, back + cycle, Stepping::EveryTick);
        prop_assert_eq!(controller.refusals(), 0, "{:?}", controller.last_refusal());
        prop_assert_eq!(record.breaches(&plan.rules), vec![]);
        in_step(&plan, &record, back)?;
        for (group, aspect, start, end) in record.ended().filter(|stretch| stretch.2 >= BEGIN) {
            let yellow = plan.rules.groups[group.index()].yellow;
            prop_assert!(aspect != Aspect::Yellow || end - start == yellow, "{:?} at {}", group, start);
        }
    }

    #[test]
    fn wished_greens_start_together_and_stay(plan in plan(), wait in 0..600_i64, wanted: Vec<bool>) {
        let mut wishes = Wishes::none(plan.rules.groups.len());
        for (group, _) in plan.rules.indices().zip(wanted).filter(|(_, wanted)| *wanted) {
            wishes.set(group, Wish::Green);
        }
        let said = BEGIN + tenths(wait);
        // Long enough for every time that has to be kept.
        let met = said + Duration::from_seconds(40);
        let end = met + Duration::from_seconds(60);
        let timed = vec![(tenths(wait), wishes)];
        let (record, controller) = prompt(&plan, &timed, end, Stepping::EveryTick);
        let wished = |group: &GroupIndex| controller.wishes().wish(*group) == Wish::Green;
        let mut starts = Vec::new();
        for group in plan.rules.indices().filter(wished) {
            let green = record.0[group.index()].last().copied();
            prop_assert!(green.is_some_and(|(since, aspect)| aspect == Aspect::Green && since < met), "{:?}", green);
            if record.shown(group, said - Duration::from_millis(1)) != Aspect::Green {
                starts.extend(green.map(|(since, _)| since).filter(|since| *since > said));
            }
        }
        starts.dedup();
        prop_assert!(starts.len() <= 1, "not together: {:?}", starts);
    }

    #[test]
    fn how_often_it_is_stepped_makes_no_difference((plan, timed) in plan_and_wishes()) {
        let end = last(&timed) + plan.program().cycle() * 2;
        let (every_tick, _) = prompt(&plan, &timed, end, Stepping::EveryTick);
        let (often, _) = prompt(&plan, &timed, end, Stepping::Often);
        prop_assert_eq!(&often, &every_tick, "often");
        let (events, _) = prompt(&plan, &timed, end, Stepping::Events);
        prop_assert_eq!(&events, &every_tick, "events");
    }

    #[test]
    fn nothing_happens_before_the_next_event((plan, timed) in plan_and_wishes()) {
        let (_, mut controller) = prompt(&plan, &timed, last(&timed), Stepping::EveryTick);
        let mut commands = Vec::new();
        let mut now = last(&timed);
        controller.step(now, &mut commands);
        commands.clear();
        let before = format!("{controller:?}");
        while now < controller.next_event() {
            controller.step(now, &mut commands);
            now += Duration::from_millis(10);
        }
        prop_assert!(commands.is_empty());
        prop_assert_eq!(format!("{controller:?}"), before);
    }
}

// --- lamps that are late, or deaf for a while --------------------------------------------------------------------------------------------

type Delays = Vec<(Option<Duration>, Option<Duration>)>;

/// Lamps that take their time, lose commands and lose answers, in turn as `delays` says.
fn slow(
    plan: &Plan,
    timed: &Timed,
    delays: &Delays,
    controller: &mut Controller,
    mut street: Street,
    end: Instant,
) -> (Record, Vec<(Instant, LampCommand)>) {
    let mut commands = Vec::new();
    let mut said = Vec::new();
    let mut timed = timed.iter().map(|(at, wishes)| (BEGIN + *at, wishes)).peekable();
    let mut delays = delays.iter().cycle();
    let mut now = BEGIN;
    while now < end {
        for (at, group, aspect) in street.until(now) {
            controller.observe(at, group, aspect);
        }
        while let Some((_, wishes)) = timed.next_if(|(at, _)| *at <= now) {
            controller.set_wishes(now, wishes.clone());
        }
        controller.step(now, &mut commands);
        for command in commands.drain(..) {
            let (there, back) =
                delays.next().copied().unwrap_or((Some(Duration::ZERO), Some(Duration::ZERO)));
            street.tell(now, command.group, command.aspect, there, back);
            said.push((now, command));
        }
        now += TICK;
    }
    assert_eq!(plan.rules.groups.len(), street.record.0.len());
    (street.record, said)
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn late_and_lost_commands_and_answers_leave_the_lamps_safe(
        (plan, timed) in plan_and_wishes(),
        delays in proptest::collection::vec((delay(), delay()), 1..40),
    ) {
        let mut controller = Controller::started(Arc::clone(&plan.intersection), BEGIN);
        let street = Street::new(history(&plan, BEGIN));
        let end = last(&timed) + plan.program().cycle();
        let (record, _) = slow(&plan, &timed, &delays, &mut controller, street, end);
        prop_assert_eq!(controller.refusals(), 0, "{:?}", controller.last_refusal());
        prop_assert_eq!(record.breaches(&plan.rules), vec![]);
    }

    #[test]
    fn lamps_of_which_nothing_is_known_are_brought_into_step(plan in plan(), late in 0..50_i64, red: Vec<bool>) {
        let program = plan.program();
        let mut controller = Controller::new(Arc::clone(&plan.intersection), BEGIN);
        let red = red.into_iter().chain(std::iter::repeat(false));
        let aspects: Vec<Aspect> = plan.rules.indices().zip(red).map(|(group, red)| {
            if red { Aspect::Red } else { program.aspect(group, BEGIN) }
        }).collect();
        let mut street = Street::unknown(BEGIN, &aspects);
        for group in plan.rules.indices() {
            street.report(BEGIN, group, Some(tenths(late)));
        }
        let back = BEGIN + tenths(late) + program.cycle() * 2;
        let end = back + program.cycle();
        // At once, so that being in step can be asked for.
        let (record, said) = at_once(&plan, &mut controller, street, end);
        prop_assert!(said.iter().all(|(at, _)| *at >= BEGIN + tenths(late)), "commanded unseen lamps");
        prop_assert_eq!(controller.refusals(), 0, "{:?}", controller.last_refusal());
        prop_assert_eq!(record.breaches(&plan.rules), vec![]);
        in_step(&plan, &record, back)?;
    }

    #[test]
    fn lost_commands_are_repeated_until_they_are_confirmed(plan in plan(), lost in 1..5_usize, answer_lost: bool) {
        let mut controller = Controller::started(Arc::clone(&plan.intersection), BEGIN);
        let street = Street::new(history(&plan, BEGIN));
        let gone = if answer_lost { (Some(Duration::ZERO), None) } else { (None, None) };
        let mut delays = vec![gone; lost];
        delays.extend(vec![(Some(Duration::ZERO), Some(Duration::ZERO)); 10_000]);
        let cycle = plan.program().cycle();
        let end = BEGIN + cycle * 5;
        let (record, said) = slow(&plan, &vec![], &delays, &mut controller, street, end);
        prop_assert_eq!(controller.refusals(), 0, "{:?}", controller.last_refusal());
        prop_assert_eq!(record.breaches(&plan.rules), vec![]);
        for (at, command) in said.iter().take(lost) {
            let again = said.iter().find(|(later, other)| later > at && other.group == command.group);
            prop_assert_eq!(again.copied(), Some((*at + Duration::from_seconds(1), *command)));
        }
    }
}

/// As [`prompt`], for a street and a controller that know nothing of each other yet.
fn at_once(
    plan: &Plan,
    controller: &mut Controller,
    mut street: Street,
    end: Instant,
) -> (Record, Vec<(Instant, LampCommand)>) {
    let mut commands = Vec::new();
    let mut said = Vec::new();
    let mut now = BEGIN;
    while now < end {
        for (at, group, aspect) in street.until(now) {
            controller.observe(at, group, aspect);
        }
        controller.step(now, &mut commands);
        for command in commands.drain(..) {
            street.record.show(now, command.group, command.aspect);
            controller.observe(now, command.group, command.aspect);
            said.push((now, command));
        }
        now += TICK;
    }
    assert_eq!(plan.rules.groups.len(), street.record.0.len());
    (street.record, said)
}

#[test]
fn a_careless_controller_would_be_caught() {
    let group =
        GroupRules { min_green: tenths(50), yellow: tenths(30), max_yellow: tenths(30), min_red: tenths(20) };
    let mut intergreens = vec![vec![None; 2]; 2];
    intergreens[0][1] = Some(tenths(40));
    intergreens[1][0] = Some(tenths(60));
    let rules = Rules { groups: vec![group; 2], intergreens };
    let parts = [(tenths(300), vec![0]), (tenths(60), vec![]), (tenths(300), vec![1]), (tenths(60), vec![])];
    let text = rules.file(&parts, Duration::ZERO).to_toml();
    let intersection =
        Arc::new(Intersection::from_toml(&text, "two.toml").expect("the program keeps the rules"));
    // Judged by a stricter matrix than the controller was given: 0.1 s more is seen.
    let mut stricter = rules.clone();
    stricter.intergreens[0][1] = Some(tenths(61));
    let mut wishes = Wishes::none(2);
    wishes.set(GroupIndex(1), Wish::Green);
    let plan = Plan { rules, intersection };
    let (record, controller) =
        prompt(&plan, &vec![(tenths(100), wishes)], BEGIN + Duration::from_seconds(60), Stepping::EveryTick);
    assert_eq!((controller.refusals(), record.breaches(&plan.rules)), (0, vec![]));
    assert!(!record.breaches(&stricter).is_empty());
}
