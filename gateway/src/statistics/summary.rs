//! Passages to figures, by group; groups in which somebody could be known again are hidden.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use voorrang_messages::StationId;
use voorrang_units::{Duration, Instant};

use super::passage::Passage;
use crate::privacy::calendar::Day;

/// Fewer distinct vehicles are nobody's business.
pub(super) const LEAST_VEHICLES: usize = 5;

/// What groups are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Intersection and approach.
    Approach,
    /// Hour of the day.
    Hour,
    /// Quarter of an hour of the day.
    QuarterHour,
    /// Quarter of the year.
    Quarter,
}

impl By {
    /// What its groups are called together.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approach => "approach",
            Self::Hour => "hour of the day",
            Self::QuarterHour => "quarter of an hour",
            Self::Quarter => "quarter of the year",
        }
    }

    /// The group of a passage; `local` is how much later local time is than UTC.
    fn group(self, passage: &Passage, local: Duration) -> String {
        let time = (passage.from + local).to_string();
        let (hour, minute) = (time.get(11..13).unwrap_or(""), time.get(14..16).unwrap_or(""));
        match self {
            Self::Approach => format!("{}, {}", passage.intersection, passage.approach),
            Self::Hour => format!("{hour}:00"),
            Self::QuarterHour => {
                let quarter = minute.parse::<u8>().unwrap_or(0) / 15 * 15;
                format!("{hour}:{quarter:02}")
            }
            Self::Quarter => {
                let month = time.get(5..7).and_then(|month| month.parse::<u8>().ok()).unwrap_or(1);
                format!("{} Q{}", time.get(..4).unwrap_or(""), (month - 1) / 3 + 1)
            }
        }
    }
}

/// How something is spread, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Of how many.
    pub count: usize,
    /// Their mean.
    pub mean_s: f64,
    /// The one in the middle.
    pub median_s: f64,
    /// What 95 in a hundred do not exceed.
    pub p95_s: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = Duration>) -> Option<Self> {
        let mut values: Vec<i64> = values.map(Duration::millis).collect();
        values.sort_unstable();
        let count = values.len();
        let rank = |percent: usize| values.get((count * percent).div_ceil(100).max(1) - 1);
        let seconds = |millis: &i64| Duration::from_millis(*millis).seconds();
        let sum: f64 = values.iter().map(seconds).sum();
        let counted = u32::try_from(count).unwrap_or(u32::MAX);
        Some(Self {
            count,
            mean_s: (sum / f64::from(counted) * 1000.0).round() / 1000.0,
            median_s: rank(50).map(seconds)?,
            p95_s: rank(95).map(seconds)?,
        })
    }
}

/// What a group comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Requests.
    pub requests: usize,
    /// Of these granted.
    pub granted: usize,
    /// Granted of all, 0 to 1.
    pub granted_share: f64,
    /// From the first message to green.
    pub time_to_green: Option<Spread>,
    /// How long after its ETA a vehicle got green.
    pub wait: Option<Spread>,
    /// How much less that is than without priority.
    pub avoided: Option<Spread>,
    /// How much later than expected at first vehicles passed.
    pub delay: Option<Spread>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// What it comes to; none where it is hidden.
    pub figures: Option<Figures>,
}

/// All groups of a kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Of which kind.
    pub by: By,
    /// In order.
    pub groups: Vec<Group>,
}

/// What a journal comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// From when on passages began.
    pub from: Option<Instant>,
    /// And the last of them.
    pub to: Option<Instant>,
    /// All; none where even that is hidden.
    pub all: Option<Figures>,
    /// By kinds of groups.
    pub sections: Vec<Section>,
}

/// What passages come to. `local` is how much later local time is than UTC.
#[must_use]
pub fn summarise(passages: &[Passage], by: &[By], local: Duration) -> Statistics {
    let all: Vec<&Passage> = passages.iter().collect();
    let shown = vehicles(&all) >= LEAST_VEHICLES;
    let times = || passages.iter().map(|passage| passage.from).filter(|_| shown);
    // The moment of a single passage would tell of it: days do.
    let day = |at: Instant| Day::of(at).start();
    Statistics {
        from: times().min().map(day),
        to: times().max().map(|at| Day::of(at).end()),
        all: shown.then(|| figures(&all)),
        sections: by.iter().map(|by| section(passages, *by, local)).collect(),
    }
}

fn section(passages: &[Passage], by: By, local: Duration) -> Section {
    let mut members: BTreeMap<String, Vec<&Passage>> = BTreeMap::new();
    for passage in passages {
        members.entry(by.group(passage, local)).or_default().push(passage);
    }
    let mut hidden: BTreeSet<&str> = members
        .iter()
        .filter(|(_, group)| vehicles(group) < LEAST_VEHICLES)
        .map(|(name, _)| name.as_str())
        .collect();
    // The total less what is shown is what is hidden: that has to be of five vehicles as well.
    while !hidden.is_empty() {
        let together: Vec<&Passage> =
            hidden.iter().filter_map(|name| members.get(*name)).flatten().copied().collect();
        let smallest = members.iter().filter(|(name, _)| !hidden.contains(name.as_str()));
        let smallest = smallest.min_by_key(|(_, group)| group.len());
        match smallest {
            Some((name, _)) if vehicles(&together) < LEAST_VEHICLES => hidden.insert(name),
            _ => break,
        };
    }
    let groups = members
        .iter()
        .map(|(name, group)| Group {
            name: name.clone(),
            figures: (!hidden.contains(name.as_str())).then(|| figures(group)),
        })
        .collect();
    Section { by, groups }
}

/// How many distinct vehicles there are for sure: the most of one day, since numbers change from day to day.
fn vehicles(passages: &[&Passage]) -> usize {
    let mut days: BTreeMap<Day, BTreeSet<StationId>> = BTreeMap::new();
    for passage in passages {
        days.entry(Day::of(passage.from)).or_default().insert(passage.station);
    }
    days.values().map(BTreeSet::len).max().unwrap_or(0)
}

fn figures(passages: &[&Passage]) -> Figures {
    let requests = passages.len();
    let granted = passages.iter().filter(|passage| passage.was_granted()).count();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let spread = |figure: fn(&Passage) -> Option<Duration>| {
        Spread::of(passages.iter().filter_map(|passage| figure(passage)))
    };
    Figures {
        requests,
        granted,
        granted_share: (count(granted) / count(requests) * 1000.0).round() / 1000.0,
        time_to_green: spread(Passage::time_to_green),
        wait: spread(Passage::wait),
        avoided: spread(Passage::avoided),
        delay: spread(Passage::delay),
    }
}
