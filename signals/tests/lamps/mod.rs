//! Lamps on a street, and a judge of what they showed. Both are written from the rules in the design alone and share no code with the
//! interlock: what the interlock believes is of no interest here.

#![allow(dead_code, reason = "each test that uses this module needs another part of it")]

use proptest::prelude::*;
use voorrang_signals::document::Place;
use voorrang_signals::intersection::GroupKind;
use voorrang_signals::intersection::file::{
    FixedTimeFile, Given, GroupRow, IntergreenRow, IntersectionFile, ProgramFile, StageRow,
};
use voorrang_signals::{Aspect, GroupIndex, Intersection, IntersectionId, SignalGroupId};
use voorrang_units::{Duration, GeodeticPosition, Instant};

pub(crate) const TICK: Duration = Duration::from_millis(100);

/// When the tests begin.
pub(crate) const BEGIN: Instant = Instant::from_unix_millis(1_768_201_200_000);

/// In tenths of a second.
pub(crate) fn tenths(tenths: i64) -> Duration {
    Duration::from_millis(tenths * 100)
}

/// What one group has to keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupRules {
    pub(crate) min_green: Duration,
    pub(crate) yellow: Duration,
    pub(crate) max_yellow: Duration,
    pub(crate) min_red: Duration,
}

/// What all groups have to keep: `intergreens[ending][starting]`.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) groups: Vec<GroupRules>,
    pub(crate) intergreens: Vec<Vec<Option<Duration>>>,
}

/// A part of the cycle: how long, and who is green.
pub(crate) type Part = (Duration, Vec<usize>);

impl Rules {
    pub(crate) fn indices(&self) -> impl Iterator<Item = GroupIndex> + Clone + use<> {
        (0..self.groups.len()).filter_map(GroupIndex::at)
    }

    /// From the end of one group's green to the start of the other's, if they must not be green together.
    pub(crate) fn clearance(&self, ending: GroupIndex, starting: GroupIndex) -> Option<Duration> {
        let intergreen = self.intergreens[ending.index()][starting.index()]?;
        Some(intergreen.max(self.groups[ending.index()].yellow))
    }

    pub(crate) fn least(&self, group: GroupIndex, aspect: Aspect) -> Duration {
        let rules = &self.groups[group.index()];
        match aspect {
            Aspect::Green => rules.min_green,
            Aspect::Yellow => rules.yellow,
            Aspect::Red => rules.min_red,
        }
    }

    /// An intersection with these rules whose program never shows green.
    pub(crate) fn intersection(&self) -> Intersection {
        let text = self.file(&[(Duration::from_seconds(60), vec![])], Duration::ZERO).to_toml();
        Intersection::from_toml(&text, "rules.toml").expect("these rules make a valid file")
    }

    /// The file of an intersection with these rules and a program.
    pub(crate) fn file(&self, parts: &[Part], offset: Duration) -> IntersectionFile {
        let groups = self.groups.iter().enumerate().map(|(index, rules)| GroupRow {
            place: Place::default(),
            name: name(index),
            signal_group: u8::try_from(index + 1).ok().and_then(SignalGroupId::new).expect("few groups"),
            kind: GroupKind::Motor,
            min_green: Given::known(rules.min_green),
            max_green: None,
            yellow: Given::known(rules.yellow),
            max_yellow: Some(Given::known(rules.max_yellow)),
            min_red: Given::known(rules.min_red),
            max_red: None,
            fixed_green: None,
            head_max: None,
            max_wait: None,
            co_extend: None,
        });
        let intergreens = self.intergreens.iter().enumerate().map(|(ending, row)| {
            let starting = row.iter().enumerate();
            let starting = starting.filter_map(|(index, time)| Some((name(index), Given::known((*time)?))));
            IntergreenRow { place: Place::default(), ending: name(ending), starting: starting.collect() }
        });
        let stages = parts.iter().map(|(duration, green)| StageRow {
            place: Place::default(),
            name: String::new(),
            duration: *duration,
            green: green.iter().copied().map(name).collect(),
        });
        let position = GeodeticPosition::from_degrees(52.09, 5.12).expect("it is on the globe");
        IntersectionFile {
            verified: false,
            name: "Rules".to_owned(),
            id: Given::known(IntersectionId { region: 0, id: 1 }),
            reference: Given::known(position),
            groups: groups.collect(),
            approaches: vec![],
            lanes: vec![],
            connections: vec![],
            detectors: vec![],
            permissive: vec![],
            intergreens: intergreens.collect(),
            green_green: vec![],
            synchronisations: vec![],
            overrides: vec![],
            emergency_lamps: vec![],
            kar_points: vec![],
            program: ProgramFile::FixedTime(FixedTimeFile {
                place: Place::default(),
                cycle: parts.iter().fold(Duration::ZERO, |sum, (duration, _)| sum + *duration),
                offset,
                reference: Instant::from_unix_millis(0),
                stages: stages.collect(),
            }),
        }
    }
}

fn name(index: usize) -> String {
    format!("{:02}", index + 1)
}

/// Arbitrary rules for up to six groups. `shortest` is the least that yellows and minimum reds have.
pub(crate) fn rules(shortest: i64) -> impl Strategy<Value = Rules> {
    (1..=6_usize).prop_flat_map(move |count| {
        let times = (shortest..80_i64, shortest..50_i64, 0..30_i64, shortest..40_i64);
        let groups = times.prop_map(|(min_green, yellow, more, min_red)| GroupRules {
            min_green: tenths(min_green),
            yellow: tenths(yellow),
            max_yellow: tenths(yellow + more),
            min_red: tenths(min_red),
        });
        let pair = proptest::option::weighted(0.6, (0..80_i64, 0..80_i64));
        let groups = proptest::collection::vec(groups, count);
        let pairs = proptest::collection::vec(pair, count * count);
        (groups, pairs).prop_map(move |(groups, pairs)| {
            let mut intergreens = vec![vec![None; count]; count];
            for (a, b) in (0..count).flat_map(|a| (0..a).map(move |b| (a, b))) {
                if let Some((there, back)) = pairs[a * count + b] {
                    intergreens[a][b] = Some(tenths(there));
                    intergreens[b][a] = Some(tenths(back));
                }
            }
            Rules { groups, intergreens }
        })
    })
}

/// What went wrong on the street.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breach {
    Order { group: GroupIndex, at: Instant },
    TooShort { group: GroupIndex, aspect: Aspect, at: Instant },
    Together { group: GroupIndex, with: GroupIndex, at: Instant },
    Intergreen { from: GroupIndex, to: GroupIndex, at: Instant },
}

/// What each lamp showed from when on. The first entry is when the record begins: what was before is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record(pub(crate) Vec<Vec<(Instant, Aspect)>>);

impl Record {
    pub(crate) fn shown(&self, group: GroupIndex, at: Instant) -> Aspect {
        let changes = self.0[group.index()].iter().rev();
        let mut before = changes.skip_while(|(moment, _)| *moment > at);
        before.next().expect("the record has begun").1
    }

    pub(crate) fn now(&self, group: GroupIndex) -> Aspect {
        self.0[group.index()].last().expect("a record has a beginning").1
    }

    pub(crate) fn show(&mut self, at: Instant, group: GroupIndex, aspect: Aspect) {
        if self.now(group) != aspect {
            self.0[group.index()].push((at, aspect));
        }
    }

    /// Every stretch of an aspect that has ended: its group, aspect, start and end.
    pub(crate) fn ended(&self) -> impl Iterator<Item = (GroupIndex, Aspect, Instant, Instant)> {
        self.0.iter().zip(0..).flat_map(|(changes, group)| {
            let pairs = changes.windows(2);
            pairs.map(move |pair| (GroupIndex(group), pair[0].1, pair[0].0, pair[1].0))
        })
    }

    /// When each green began, after the beginning of the record.
    pub(crate) fn green_starts(&self) -> impl Iterator<Item = (GroupIndex, Instant)> {
        self.0.iter().zip(0..).flat_map(|(changes, group)| {
            let later = changes.iter().skip(1).filter(|(_, aspect)| *aspect == Aspect::Green);
            later.map(move |(at, _)| (GroupIndex(group), *at))
        })
    }

    /// Everything on record that the rules forbid. A lamp counts as just having changed, and just having been green, when its record begins.
    pub(crate) fn breaches(&self, rules: &Rules) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for (group, changes) in (0..).map(GroupIndex).zip(&self.0) {
            for pair in changes.windows(2) {
                let order = matches!(
                    (pair[0].1, pair[1].1),
                    (Aspect::Green, Aspect::Yellow)
                        | (Aspect::Yellow, Aspect::Red)
                        | (Aspect::Red, Aspect::Green)
                );
                if !order {
                    breaches.push(Breach::Order { group, at: pair[1].0 });
                }
            }
        }
        for (group, aspect, start, end) in self.ended() {
            if end - start < rules.least(group, aspect) {
                breaches.push(Breach::TooShort { group, aspect, at: end });
            }
        }
        for (group, at) in self.green_starts() {
            for foe in rules.indices() {
                if let Some(clearance) = rules.clearance(foe, group) {
                    breaches.extend(self.judge_start(group, at, foe, clearance));
                }
            }
        }
        breaches
    }

    fn judge_start(
        &self,
        group: GroupIndex,
        at: Instant,
        foe: GroupIndex,
        clearance: Duration,
    ) -> Option<Breach> {
        let changes = &self.0[foe.index()];
        let mut last_green = changes[0].0;
        for (index, (start, aspect)) in changes.iter().enumerate().filter(|(_, change)| change.0 <= at) {
            let end = changes.get(index + 1).map(|next| next.0);
            match (aspect, end) {
                (Aspect::Green, Some(end)) if end <= at && end > *start => last_green = end,
                (Aspect::Green, Some(end)) if end == *start => {}
                (Aspect::Green, _) => return Some(Breach::Together { group, with: foe, at }),
                _ => {}
            }
        }
        (at - last_green < clearance).then_some(Breach::Intergreen { from: foe, to: group, at })
    }
}

/// Something on its way.
#[derive(Debug)]
struct Flight {
    arrives: Instant,
    number: usize,
    group: GroupIndex,
    aspect: Aspect,
    /// To the lamp: how long its report takes, if it is not lost.
    command: Option<Option<Duration>>,
}

/// Lamps that do what they are told when that arrives, if it follows what they show, and say what they show when that has arrived. Nothing
/// overtakes anything between the same two.
#[derive(Debug)]
pub(crate) struct Street {
    pub(crate) record: Record,
    flights: Vec<Flight>,
    sent: usize,
}

impl Street {
    pub(crate) fn new(record: Record) -> Self {
        Self { record, flights: Vec::new(), sent: 0 }
    }

    /// Lamps of which nothing is known before `now`.
    pub(crate) fn unknown(now: Instant, aspects: &[Aspect]) -> Self {
        Self::new(Record(aspects.iter().map(|aspect| vec![(now, *aspect)]).collect()))
    }

    /// A command sets out; `there` and `back` are `None` if it or the answer gets lost.
    pub(crate) fn tell(
        &mut self,
        now: Instant,
        group: GroupIndex,
        aspect: Aspect,
        there: Option<Duration>,
        back: Option<Duration>,
    ) {
        if let Some(there) = there {
            self.send(now + there, group, aspect, Some(back));
        }
    }

    /// A lamp says what it shows.
    pub(crate) fn report(&mut self, now: Instant, group: GroupIndex, back: Option<Duration>) {
        if let Some(back) = back {
            self.send(now + back, group, self.record.now(group), None);
        }
    }

    /// Time goes on: what the lamps' reports say that arrive until then.
    pub(crate) fn until(&mut self, to: Instant) -> Vec<(Instant, GroupIndex, Aspect)> {
        let mut seen = Vec::new();
        while let Some(flight) = self.next_arrival(to) {
            let Some(back) = flight.command else {
                seen.push((flight.arrives, flight.group, flight.aspect));
                continue;
            };
            let fits = match self.record.now(flight.group) {
                Aspect::Green => flight.aspect == Aspect::Yellow,
                Aspect::Yellow => flight.aspect == Aspect::Red,
                Aspect::Red => flight.aspect == Aspect::Green,
            };
            if fits {
                self.record.show(flight.arrives, flight.group, flight.aspect);
            }
            self.report(flight.arrives, flight.group, back);
        }
        seen
    }

    fn send(&mut self, at: Instant, group: GroupIndex, aspect: Aspect, command: Option<Option<Duration>>) {
        let same_way =
            |flight: &&Flight| flight.group == group && flight.command.is_some() == command.is_some();
        let ahead = self.flights.iter().filter(same_way).map(|flight| flight.arrives).max();
        let arrives = ahead.map_or(at, |ahead| ahead.max(at));
        self.sent += 1;
        self.flights.push(Flight { arrives, number: self.sent, group, aspect, command });
    }

    fn next_arrival(&mut self, to: Instant) -> Option<Flight> {
        let due = self.flights.iter().enumerate().filter(|(_, flight)| flight.arrives <= to);
        let (index, _) = due.min_by_key(|(_, flight)| (flight.arrives, flight.number))?;
        Some(self.flights.swap_remove(index))
    }
}

/// How long something takes on its way; `None` if it is lost.
pub(crate) fn delay() -> impl Strategy<Value = Option<Duration>> {
    prop_oneof![
        5 => Just(Some(Duration::ZERO)),
        3 => (0..30_i64).prop_map(|time| Some(tenths(time))),
        1 => (0..90_i64).prop_map(|time| Some(tenths(time))),
        1 => Just(None),
    ]
}
