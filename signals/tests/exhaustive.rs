//! Every course of a small junction: whatever is commanded, whenever lamps obey and whenever they say so, the interlock lets nothing unsafe
//! happen. Breadth first over all states, each visited once; the rules are written anew here, over what the lamps truly showed.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::collections::{BTreeSet, VecDeque};

use voorrang_signals::intersection::conflict::Conflict;
use voorrang_signals::{Aspect, GroupIndex, Interlock, Intersection};
use voorrang_units::{Duration, Instant};

const TICK: Duration = Duration::from_millis(100);
const GROUPS: usize = 4;
/// Nothing older than this makes a difference: the longest of all times is 0.5 s.
const OLDEST: u8 = 6;

/// A and B in full conflict, with other intergreens there and back; A and C too, with one shorter than yellow; C and D never green together but
/// without intergreen; B gives way to D.
const JUNCTION: &str = r#"
schema = 1
name = "Four"
region = 0
id = 3
reference = [52.09, 5.12]
groups = [
  { name = "A", signal_group = 1, type = "motor", min_green_s = 0.2, yellow_s = 0.2, min_red_s = 0.1, fixed_green_s = 0.2 },
  { name = "B", signal_group = 2, type = "motor", min_green_s = 0.1, yellow_s = 0.2, min_red_s = 0.2, fixed_green_s = 0.2 },
  { name = "C", signal_group = 3, type = "bicycle", min_green_s = 0.2, yellow_s = 0.2, min_red_s = 0.1, fixed_green_s = 0.2 },
  { name = "D", signal_group = 4, type = "pedestrian", min_green_s = 0.1, yellow_s = 0.1, min_red_s = 0.1, fixed_green_s = 0.2 },
]
approaches = [ { approach = 1, name = "one" } ]
lanes = [ { lane = 1, direction = "ingress", approach = 1, width_m = 3, nodes = [[52.09, 5.1202], [52.09, 5.1242]] } ]
connections = [ { from = 1, group = "A" } ]
permissive = [ { yields = "B", to = ["D"] } ]
green_green = [ { group = "C", with = ["D"] } ]
[intergreen_s]
A = { B = 0.3, C = 0.1 }
B = { A = 0.5 }
C = { A = 0.4 }
[program.actuated]
modules = [ { name = "ML1", primary = ["A"] }, { name = "ML2", primary = ["B", "D"] }, { name = "ML3", primary = ["C"] } ]
"#;

/// A lamp as it truly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lamp {
    shows: Aspect,
    /// Ticks since it turned so.
    age: u8,
    /// Ticks since its last green ended.
    since_green: u8,
}

/// What is on its way between the interlock and a lamp, and what the interlock has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    /// A command that the lamp has not carried out.
    commanded: Option<Aspect>,
    /// What the lamp says that has not arrived.
    unreported: Option<Aspect>,
    /// What the interlock was told last, and how long ago; how long ago it heard of the end of green.
    told: Aspect,
    told_age: u8,
    told_since_green: u8,
    /// The interlock waits for the confirmation of this.
    awaited: Option<Aspect>,
}

type Key = [(Lamp, Line); GROUPS];

#[derive(Clone)]
struct State {
    now: Instant,
    interlock: Interlock,
    key: Key,
}

/// What can happen next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Command(usize, Aspect),
    Obey(usize),
    Report(usize),
    Tick,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unsafe {
    Order,
    TooShort,
    Together,
    Intergreen,
}

/// The rules, over what the lamps truly showed. Knows nothing of commands and confirmations.
fn judge(junction: &Intersection, lamps: &[Lamp; GROUPS], group: usize, next: Aspect) -> Option<Unsafe> {
    let (lamp, own) = (lamps[group], &junction.groups()[group]);
    let ticks = |time: Duration| u8::try_from(time.millis() / 100).unwrap();
    if lamp.shows.next() != next {
        return Some(Unsafe::Order);
    }
    let least = match lamp.shows {
        Aspect::Green => own.min_green,
        Aspect::Yellow => own.yellow,
        Aspect::Red => own.min_red,
    };
    if lamp.age < ticks(least) {
        return Some(Unsafe::TooShort);
    }
    if next != Aspect::Green {
        return None;
    }
    for (other, foe) in lamps.iter().enumerate() {
        let pair = (GroupIndex::at(other).unwrap(), GroupIndex::at(group).unwrap());
        let clearance = match junction.conflicts().conflict(pair.0, pair.1) {
            Conflict::None | Conflict::Permissive { .. } => continue,
            Conflict::GreenGreen => Duration::ZERO,
            Conflict::Full => {
                let intergreen = junction.conflicts().intergreen(pair.0, pair.1).unwrap();
                intergreen.max(junction.groups()[other].yellow)
            }
        };
        if foe.shows == Aspect::Green {
            return Some(Unsafe::Together);
        }
        if foe.since_green < ticks(clearance) {
            return Some(Unsafe::Intergreen);
        }
    }
    None
}

/// Explores until no new state is found or so many were. `lets_pass` may let a command through that the interlock refused.
fn explore(limit: usize, lets_pass: impl Fn(&State, usize, Aspect) -> bool) -> Result<Explored, Unsafe> {
    let junction = Intersection::from_toml(JUNCTION, "four.toml").unwrap();
    let start = Instant::from_unix_millis(0);
    let mut interlock = Interlock::new(&junction, start);
    let lamp = Lamp { shows: Aspect::Red, age: 0, since_green: 0 };
    let line = Line {
        commanded: None,
        unreported: None,
        told: Aspect::Red,
        told_age: 0,
        told_since_green: 0,
        awaited: None,
    };
    for group in junction.group_indices() {
        interlock.observe(start, group, Aspect::Red);
    }
    let first = State { now: start, interlock, key: [(lamp, line); GROUPS] };
    let mut visited: BTreeSet<Key> = BTreeSet::from([first.key]);
    let mut frontier = VecDeque::from([(first, 0)]);
    let (mut transitions, mut depth) = (0, 0);
    while let Some((state, steps_before)) = frontier.pop_front() {
        if visited.len() < limit {
            depth = steps_before;
        }
        for step in steps(&state) {
            let Some(next) = after(&junction, &state, step, &lets_pass)? else { continue };
            transitions += 1;
            if visited.len() < limit && visited.insert(next.key) {
                frontier.push_back((next, steps_before + 1));
            }
        }
    }
    let closed = visited.len() < limit;
    Ok(Explored { states: visited.len(), transitions, depth, closed })
}

/// How far an exploration came.
struct Explored {
    states: usize,
    transitions: usize,
    /// All courses of so many steps were followed to their end.
    depth: usize,
    /// There are no more states.
    closed: bool,
}

fn steps(state: &State) -> Vec<Step> {
    let mut steps = vec![Step::Tick];
    for (group, (_, line)) in state.key.iter().enumerate() {
        steps.extend([Aspect::Green, Aspect::Yellow, Aspect::Red].map(|aspect| Step::Command(group, aspect)));
        steps.extend(line.commanded.map(|_| Step::Obey(group)));
        steps.extend(line.unreported.map(|_| Step::Report(group)));
    }
    steps
}

/// The state after a step; `None` where the step does nothing.
fn after(
    junction: &Intersection,
    state: &State,
    step: Step,
    lets_pass: &impl Fn(&State, usize, Aspect) -> bool,
) -> Result<Option<State>, Unsafe> {
    let mut next = state.clone();
    match step {
        Step::Command(group, aspect) => {
            let index = GroupIndex::at(group).unwrap();
            let accepted = next.interlock.command(next.now, index, aspect).is_ok();
            if !accepted && !lets_pass(state, group, aspect) {
                return Ok(None);
            }
            let line = &mut next.key[group].1;
            if line.awaited == Some(aspect) && line.commanded.is_none() {
                // Repeated after it was carried out: nothing new.
                return Ok(None);
            }
            line.commanded = Some(aspect);
            line.awaited = Some(aspect);
        }
        Step::Obey(group) => {
            let (lamp, line) = next.key[group];
            // One after the other: what the lamp did before has been reported, or this one overtakes nothing.
            if line.unreported.is_some() {
                return Ok(None);
            }
            let aspect = line.commanded.unwrap();
            let lamps = state.key.map(|(lamp, _)| lamp);
            if let Some(problem) = judge(junction, &lamps, group, aspect) {
                return Err(problem);
            }
            let since_green = if lamp.shows == Aspect::Green { 0 } else { lamp.since_green };
            next.key[group].0 = Lamp { shows: aspect, age: 0, since_green };
            next.key[group].1.commanded = None;
            next.key[group].1.unreported = Some(aspect);
        }
        Step::Report(group) => {
            let aspect = next.key[group].1.unreported.take().unwrap();
            next.interlock.observe(next.now, GroupIndex::at(group).unwrap(), aspect);
            let line = &mut next.key[group].1;
            if line.told == Aspect::Green {
                line.told_since_green = 0;
            }
            (line.told, line.told_age, line.awaited) = (aspect, 0, None);
        }
        Step::Tick => {
            next.now += TICK;
            for (lamp, line) in &mut next.key {
                for age in
                    [&mut lamp.age, &mut lamp.since_green, &mut line.told_age, &mut line.told_since_green]
                {
                    *age = (*age + 1).min(OLDEST);
                }
            }
        }
    }
    Ok((next.key != state.key).then_some(next))
}

/// So many states are enough: at this number the exploration is cut where it does not close by itself.
const ENOUGH: usize = 1_500_000;

#[test]
fn no_unsafe_state_can_be_reached() {
    let explored = explore(ENOUGH, |_, _, _| false).expect("nothing unsafe is reached");
    let Explored { states, transitions, depth, closed } = explored;
    let end = if closed { "all there are" } else { "cut off" };
    println!("{states} states, {transitions} transitions, every course of {depth} steps, {end}");
    assert!(states >= LEAST_STATES, "{states}");
    assert!(transitions >= 3 * states && depth >= LEAST_DEPTH, "{transitions} {depth}");
}

/// What was explored when this was written: it must not shrink unnoticed.
const LEAST_STATES: usize = 1_500_000;
const LEAST_DEPTH: usize = 10;

#[test]
fn the_judge_sees_what_a_broken_interlock_lets_pass() {
    // Greens whatever conflicts; greens and yellows whatever has not lasted.
    let any_green = |state: &State, group: usize, aspect: Aspect| {
        aspect == Aspect::Green && state.key[group].0.shows == Aspect::Red && state.key[group].0.age >= 2
    };
    let problem = explore(ENOUGH, any_green).err().unwrap();
    assert!(matches!(problem, Unsafe::Together | Unsafe::Intergreen), "{problem:?}");
    let hasty = |state: &State, group: usize, aspect: Aspect| {
        aspect == Aspect::Yellow && state.key[group].0.shows == Aspect::Green
    };
    assert_eq!(explore(ENOUGH, hasty).err().unwrap(), Unsafe::TooShort);
    let any_order = |state: &State, group: usize, aspect: Aspect| {
        aspect == Aspect::Red && state.key[group].0.shows == Aspect::Green && state.key[group].0.age >= 3
    };
    assert_eq!(explore(ENOUGH, any_order).err().unwrap(), Unsafe::Order);
}
