//! Laws of the interlock, for arbitrary intersections and whatever is commanded, confirmed, lost, late or contradicted.

mod lamps;

use lamps::{BEGIN, Breach, GroupRules, Record, Rules, Street, TICK, delay, rules, tenths};
use proptest::prelude::*;
use proptest::sample::Index;
use voorrang_signals::interlock::Violation;
use voorrang_signals::{Aspect, GroupIndex, Interlock};
use voorrang_units::{Duration, Instant};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn aspect() -> impl Strategy<Value = Aspect> {
    prop_oneof![Just(Aspect::Red), Just(Aspect::Yellow), Just(Aspect::Green)]
}

/// Which group of those that there are.
fn pick(index: &Index, rules: &Rules) -> GroupIndex {
    GroupIndex::at(index.index(rules.groups.len())).expect("few groups")
}

// --- lamps that obey, however late -------------------------------------------------------------------------------------------------------

#[derive(Debug, Clone)]
enum Deed {
    /// Commands the aspect that is to follow, or another one.
    Command(Index, Option<Aspect>),
    /// A lamp says what it shows without being asked.
    Report(Index),
    /// The clock steps back unnoticed.
    ClockBack(Duration),
    /// The connection is new, or the clock jumped ahead and the host noticed; all lamps say what they show.
    Reconnect(Duration),
}

#[derive(Debug, Clone)]
struct Moment {
    wait: Duration,
    deed: Deed,
    there: Option<Duration>,
    back: Option<Duration>,
}

fn moment() -> impl Strategy<Value = Moment> {
    let any_index = any::<Index>;
    let deed = prop_oneof![
        60 => any_index().prop_map(|group| Deed::Command(group, None)),
        5 => (any_index(), aspect()).prop_map(|(group, aspect)| Deed::Command(group, Some(aspect))),
        5 => any_index().prop_map(Deed::Report),
        1 => (1..100_i64).prop_map(|time| Deed::ClockBack(tenths(time))),
        1 => (0..1000_i64).prop_map(|time| Deed::Reconnect(tenths(time))),
    ];
    let wait = prop_oneof![2 => Just(0), 4 => 0..10_i64, 1 => 0..60_i64];
    (wait, deed, delay(), delay()).prop_map(|(wait, deed, there, back)| Moment {
        wait: tenths(wait),
        deed,
        there,
        back,
    })
}

/// Lamps all red at first, an interlock above them, and the deeds. The street's time runs on; the clock is what the interlock is told.
fn on_the_street(rules: &Rules, interlock: &mut Interlock, moments: &[Moment]) -> Record {
    let mut street = Street::unknown(BEGIN, &vec![Aspect::Red; rules.groups.len()]);
    let mut now = BEGIN;
    let mut clock = Duration::ZERO;
    for group in rules.indices() {
        street.report(now, group, Some(Duration::ZERO));
    }
    for moment in moments {
        now += moment.wait;
        for (at, group, aspect) in street.until(now) {
            interlock.observe(at + clock, group, aspect);
        }
        match &moment.deed {
            Deed::Command(index, aspect) => {
                let group = pick(index, rules);
                let shown = interlock.shows(group).unwrap_or(Aspect::Red);
                let aspect = aspect.unwrap_or_else(|| shown.next());
                if interlock.command(now + clock, group, aspect).is_ok() {
                    street.tell(now, group, aspect, moment.there, moment.back);
                }
            }
            Deed::Report(index) => street.report(now, pick(index, rules), moment.back),
            Deed::ClockBack(step) => clock -= *step,
            Deed::Reconnect(jump) => {
                clock += *jump;
                interlock.forget(now + clock);
                for group in rules.indices() {
                    street.report(now, group, moment.back);
                }
            }
        }
    }
    street.until(now + Duration::from_seconds(60));
    street.record
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn lamps_that_obey_are_safe_however_late_they_obey_and_answer(
        rules in rules(0),
        moments in proptest::collection::vec(moment(), 1..400),
    ) {
        let mut interlock = Interlock::new(&rules.intersection(), BEGIN);
        let record = on_the_street(&rules, &mut interlock, &moments);
        prop_assert_eq!(record.breaches(&rules), vec![]);
    }
}

// --- what may be commanded follows from what was seen and said ---------------------------------------------------------------------------

#[derive(Debug, Clone, Copy)]
enum Event {
    Asked,
    Told(GroupIndex, Aspect),
    Saw(GroupIndex, Aspect),
    Forgot,
}

/// Everything that was said and seen, in its order. What may be commanded is read from it anew each time.
struct Witness<'r> {
    rules: &'r Rules,
    log: Vec<(Instant, Event)>,
}

/// What can be believed of a lamp after an event.
#[derive(Debug, Clone, Copy)]
struct Belief {
    shows: Option<Aspect>,
    told: Option<Aspect>,
}

impl Witness<'_> {
    fn may(&self, group: GroupIndex, aspect: Aspect) -> bool {
        let now = self.log.last().expect("asking is an event").0;
        let beliefs = self.beliefs(group);
        let last = *beliefs.last().expect("asking is an event");
        let order = matches!(
            (last.shows, aspect),
            (Some(Aspect::Red), Aspect::Green)
                | (Some(Aspect::Green), Aspect::Yellow)
                | (Some(Aspect::Yellow), Aspect::Red)
        );
        let waits_for_another = last.told.is_some_and(|told| told != aspect);
        let lasted = now - self.first_of_run(&beliefs, |belief| belief.shows == last.shows);
        order
            && !waits_for_another
            && last.shows.is_some_and(|shows| lasted >= self.rules.least(group, shows))
            && (aspect != Aspect::Green || self.rules.indices().all(|foe| self.clear(now, foe, group)))
    }

    /// Has a group in conflict left the way free?
    fn clear(&self, now: Instant, foe: GroupIndex, group: GroupIndex) -> bool {
        let Some(clearance) = self.rules.clearance(foe, group) else { return true };
        let beliefs = self.beliefs(foe);
        let maybe_green = |belief: &Belief| {
            matches!(belief.shows, None | Some(Aspect::Green)) || belief.told == Some(Aspect::Green)
        };
        let last = beliefs.last().expect("asking is an event");
        let yellow_ends = last.shows != Some(Aspect::Yellow) || last.told == Some(Aspect::Red);
        // A yellow out of red has had a green before it that nobody saw, so it counts from where it was seen.
        let clear_since = match last.shows {
            Some(Aspect::Yellow) => {
                self.first_of_run(&beliefs, |belief| belief.shows == Some(Aspect::Yellow))
            }
            _ => self.first_of_run(&beliefs, |belief| !maybe_green(belief)).max(self.last_yellow(&beliefs)),
        };
        !maybe_green(last) && yellow_ends && now - clear_since >= clearance
    }

    /// When the last yellow was seen first, unless the clock has stepped back since.
    fn last_yellow(&self, beliefs: &[Belief]) -> Instant {
        let is_yellow = |index: &usize| beliefs[*index].shows == Some(Aspect::Yellow);
        let first = |index: &usize| *index == 0 || !is_yellow(&(index - 1));
        let seen = (0..beliefs.len()).rev().find(|index| is_yellow(index) && first(index));
        self.log[seen.unwrap_or(0).max(self.last_step_back())].0
    }

    /// When the present run of alike beliefs began, or the clock stepped back during it.
    fn first_of_run(&self, beliefs: &[Belief], alike: impl Fn(&Belief) -> bool) -> Instant {
        let length = beliefs.iter().rev().take_while(|belief| alike(belief)).count();
        let first = (beliefs.len() - length.max(1)).max(self.last_step_back());
        self.log[first].0
    }

    fn last_step_back(&self) -> usize {
        (1..self.log.len()).rev().find(|index| self.log[*index].0 < self.log[index - 1].0).unwrap_or(0)
    }

    /// The belief after each event.
    fn beliefs(&self, group: GroupIndex) -> Vec<Belief> {
        let mut belief = Belief { shows: None, told: None };
        let mut beliefs = Vec::with_capacity(self.log.len());
        for (_, event) in &self.log {
            match *event {
                Event::Told(told, aspect) if told == group => belief.told = Some(aspect),
                Event::Saw(seen, aspect) if seen == group => {
                    // What it showed when it was told says nothing about the command; all else settles it.
                    let before = belief.told.map(|told| told.next().next());
                    if before != Some(aspect) {
                        belief.told = None;
                    }
                    belief.shows = Some(aspect);
                }
                Event::Forgot => belief.shows = None,
                _ => {}
            }
            beliefs.push(belief);
        }
        beliefs
    }
}

#[derive(Debug, Clone)]
enum Step {
    Command(Index, Option<Aspect>),
    Confirm(Index),
    Contradict(Index, Aspect),
    ClockBack(Duration),
    Forget,
}

fn step() -> impl Strategy<Value = (Duration, Step)> {
    let step = prop_oneof![
        30 => any::<Index>().prop_map(|group| Step::Command(group, None)),
        6 => (any::<Index>(), aspect()).prop_map(|(group, aspect)| Step::Command(group, Some(aspect))),
        30 => any::<Index>().prop_map(Step::Confirm),
        4 => (any::<Index>(), aspect()).prop_map(|(group, aspect)| Step::Contradict(group, aspect)),
        1 => (1..100_i64).prop_map(|time| Step::ClockBack(tenths(time))),
        1 => Just(Step::Forget),
    ];
    (prop_oneof![3 => 0..5_i64, 2 => 0..40_i64].prop_map(tenths), step)
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn exactly_what_follows_from_all_that_was_seen_and_said_may_be_commanded(
        rules in rules(0),
        steps in proptest::collection::vec(step(), 1..150),
    ) {
        let mut interlock = Interlock::new(&rules.intersection(), BEGIN);
        let mut witness = Witness { rules: &rules, log: vec![(BEGIN, Event::Asked)] };
        let mut now = BEGIN;
        for (wait, step) in &steps {
            now += *wait;
            let saw = |group: GroupIndex, aspect: Aspect, interlock: &mut Interlock| {
                interlock.observe(now, group, aspect);
                Some(Event::Saw(group, aspect))
            };
            let event = match step {
                Step::ClockBack(step) => {
                    now = now - *step;
                    None
                }
                Step::Forget => {
                    interlock.forget(now);
                    Some(Event::Forgot)
                }
                Step::Confirm(index) => {
                    let group = pick(index, &rules);
                    let shown = interlock.shows(group).unwrap_or(Aspect::Red);
                    saw(group, interlock.commanded(group).unwrap_or(shown), &mut interlock)
                }
                Step::Contradict(index, aspect) => saw(pick(index, &rules), *aspect, &mut interlock),
                Step::Command(index, aspect) => {
                    let group = pick(index, &rules);
                    let aspect = aspect.or_else(|| Some(interlock.shows(group)?.next())).unwrap_or(Aspect::Green);
                    witness.log.push((now, Event::Asked));
                    let may = witness.may(group, aspect);
                    prop_assert_eq!(interlock.check(now, group, aspect).is_ok(), may);
                    let told = interlock.command(now, group, aspect);
                    prop_assert_eq!(told.is_ok(), may, "{:?} at {}: {:?}", group, now, told);
                    may.then_some(Event::Told(group, aspect))
                }
            };
            witness.log.extend(event.map(|event| (now, event)));
        }
    }

    #[test]
    fn an_overdue_yellow_is_told(rules in rules(0), group: Index, late in 0..100_i64) {
        let group = pick(&group, &rules);
        let mut interlock = Interlock::new(&rules.intersection(), BEGIN);
        interlock.observe(BEGIN, group, Aspect::Yellow);
        let now = BEGIN + tenths(late);
        let told: Vec<Violation> = interlock.overdue_yellows(now).collect();
        let overdue = tenths(late) > rules.groups[group.index()].max_yellow;
        prop_assert_eq!(told, if overdue { vec![Violation::YellowTooLong { group }] } else { vec![] });
    }
}

// --- liveness ----------------------------------------------------------------------------------------------------------------------------

/// Everybody asks for the next aspect at every tick, the groups taking turns to be first; lamps obey and confirm at once.
fn greedy(rules: &Rules, interlock: &mut Interlock, ticks: usize) -> Record {
    let mut street = Street::unknown(BEGIN, &vec![Aspect::Red; rules.groups.len()]);
    for group in rules.indices() {
        interlock.observe(BEGIN, group, Aspect::Red);
    }
    let mut now = BEGIN;
    for tick in 0..ticks {
        let count = rules.groups.len();
        for group in rules.indices().cycle().skip(tick % count).take(count) {
            let next = street.record.now(group).next();
            if interlock.command(now, group, next).is_ok() {
                street.record.show(now, group, next);
                interlock.observe(now, group, next);
            }
        }
        now += TICK;
    }
    street.record
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn who_asks_again_and_again_turns_green_as_soon_as_the_times_are_over(
        rules in rules(0),
        group: Index,
        red_first: bool,
    ) {
        let group = pick(&group, &rules);
        let mut interlock = Interlock::new(&rules.intersection(), BEGIN);
        let foes = || rules.indices().filter(|foe| rules.clearance(*foe, group).is_some());
        let start = if red_first { Aspect::Red } else { Aspect::Green };
        for other in rules.indices() {
            // All foes green at once is a fault that the interlock has to get out of as well.
            interlock.observe(BEGIN, other, if other == group { Aspect::Red } else { start });
        }
        let latest = foes().map(|foe| {
            let ends = if red_first { Duration::ZERO } else { rules.least(foe, Aspect::Green) };
            ends + rules.clearance(foe, group).unwrap_or(Duration::ZERO)
        });
        let expected = BEGIN + latest.max().unwrap_or(Duration::ZERO).max(rules.least(group, Aspect::Red));
        let mut now = BEGIN;
        loop {
            for foe in foes().filter(|_| !red_first) {
                for aspect in [Aspect::Yellow, Aspect::Red] {
                    if interlock.command(now, foe, aspect).is_ok() {
                        interlock.observe(now, foe, aspect);
                    }
                }
            }
            if let Some(earliest) = interlock.earliest_green(group) {
                prop_assert_eq!(earliest, expected);
            }
            if interlock.command(now, group, Aspect::Green).is_ok() {
                break;
            }
            now += TICK;
            prop_assert!(now <= expected, "still refused: {:?}", interlock.check(now, group, Aspect::Green));
        }
        prop_assert_eq!(now, expected);
    }

    #[test]
    fn those_who_take_all_they_can_get_are_kept_safe(rules in rules(0)) {
        let mut interlock = Interlock::new(&rules.intersection(), BEGIN);
        let record = greedy(&rules, &mut interlock, 1200);
        prop_assert_eq!(record.breaches(&rules), vec![]);
        prop_assert!(record.green_starts().count() >= 3);
    }
}

// --- the judge can find fault ------------------------------------------------------------------------------------------------------------

#[test]
fn of_a_group_that_is_not_red_or_is_told_to_change_no_earliest_green_is_said() {
    let rules = three();
    let mut interlock = Interlock::new(&rules.intersection(), BEGIN);
    let group = GroupIndex(0);
    assert_eq!(interlock.earliest_green(group), None, "never seen");
    for other in rules.indices() {
        interlock.observe(BEGIN, other, Aspect::Red);
    }
    let earliest = interlock.earliest_green(group).unwrap();
    interlock.command(earliest, group, Aspect::Green).unwrap();
    assert_eq!(interlock.earliest_green(group), None, "red, and told to be green");
    interlock.observe(earliest, group, Aspect::Green);
    assert_eq!(interlock.earliest_green(group), None, "green, and told nothing");
}

/// Two groups in conflict and one of its own; every time binds for somebody.
fn three() -> Rules {
    let group =
        GroupRules { min_green: tenths(50), yellow: tenths(30), max_yellow: tenths(30), min_red: tenths(20) };
    let mut intergreens = vec![vec![None; 3]; 3];
    intergreens[0][1] = Some(tenths(40));
    intergreens[1][0] = Some(tenths(45));
    Rules { groups: vec![group; 3], intergreens }
}

#[test]
fn a_weaker_interlock_would_be_caught() {
    let (first, second, own) = (GroupIndex(0), GroupIndex(1), GroupIndex(2));
    let caught = |weaken: fn(&mut Rules)| {
        let mut weaker = three();
        weaken(&mut weaker);
        let record = greedy(&weaker, &mut Interlock::new(&weaker.intersection(), BEGIN), 600);
        record.breaches(&three())
    };
    assert_eq!(caught(|_| {}), vec![]);
    let too_short = |breaches: Vec<Breach>, expected: Aspect| {
        let found = |breach: &Breach| matches!(breach, Breach::TooShort { group, aspect, .. } if *group == own && *aspect == expected);
        assert!(breaches.iter().any(found), "{expected} too short: {breaches:?}");
    };
    too_short(caught(|rules| rules.groups[2].min_green = tenths(49)), Aspect::Green);
    too_short(caught(|rules| rules.groups[2].yellow = tenths(29)), Aspect::Yellow);
    too_short(caught(|rules| rules.groups[2].min_red = tenths(19)), Aspect::Red);
    let intergreen = |breaches: Vec<Breach>, from: GroupIndex, to: GroupIndex| {
        let found = |breach: &Breach| matches!(breach, Breach::Intergreen { from: a, to: b, .. } if (*a, *b) == (from, to));
        assert!(breaches.iter().any(found), "intergreen {from:?} to {to:?}: {breaches:?}");
    };
    intergreen(caught(|rules| rules.intergreens[0][1] = Some(tenths(39))), first, second);
    intergreen(caught(|rules| rules.intergreens[1][0] = Some(tenths(44))), second, first);
    // The wrong way round.
    intergreen(
        caught(|rules| {
            rules.intergreens[0][1] = Some(tenths(45));
            rules.intergreens[1][0] = Some(tenths(40));
        }),
        second,
        first,
    );
    let together = caught(|rules| rules.intergreens = vec![vec![None; 3]; 3]);
    assert!(together.iter().any(|breach| matches!(breach, Breach::Together { .. })), "{together:?}");
    // Lamps that skip yellow.
    let mut skipping = Record(vec![vec![(BEGIN, Aspect::Red)]; 3]);
    skipping.show(BEGIN + tenths(60), own, Aspect::Green);
    skipping.show(BEGIN + tenths(120), own, Aspect::Red);
    assert_eq!(skipping.breaches(&three()), vec![Breach::Order { group: own, at: BEGIN + tenths(120) }]);
}
