//! How long pedestrians and cyclists waited (strategies.md M6). All persons of all runs are pooled: a wait is a person's, not a run's.

use serde::Serialize;

use crate::measures::record::{RunRecord, SlowTrafficRecord};
use crate::measures::statistics::{mean, percentile, rounded};
use crate::slow_traffic::Walker;

/// Pedestrians lose patience from about here on, s: who waits longer is counted.
const LONG_WAIT: f32 = 60.0;
/// The longest wait that Dutch practice allows for, s.
const TOO_LONG_WAIT: f32 = 90.0;

/// How pedestrians and cyclists fared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlowTrafficSummary {
    /// All on foot; `None` without a group of them.
    pub pedestrians: Option<Waits>,
    /// All by bicycle; `None` without a group of them.
    pub cyclists: Option<Waits>,
    /// One for each row of the scenario, in its order.
    pub groups: Vec<GroupWaits>,
}

/// The waits at one signal group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupWaits {
    /// The intersection's name.
    pub intersection: String,
    /// The group's name.
    pub group: String,
    /// Who waited: `pedestrians` or `cyclists`.
    #[serde(rename = "for")]
    pub who: &'static str,
    /// How long.
    #[serde(flatten)]
    pub waits: Waits,
}

/// How long people waited.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Waits {
    /// Who came while measuring, in all runs.
    pub persons: usize,
    /// From coming to going; zero for who came at green.
    pub wait_s: WaitTime,
    /// How many waited more than 60 s.
    pub over_60_s: usize,
    /// How many waited more than 90 s.
    pub over_90_s: usize,
}

/// A mean with the 95th percentile and the longest.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct WaitTime {
    /// The mean of all persons.
    pub mean: Option<f64>,
    /// 95th percentile; `None` below 20 persons.
    pub p95: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// The waits of some runs.
pub(super) fn of(runs: &[RunRecord]) -> Option<SlowTrafficSummary> {
    let rows = &runs.first()?.slow_traffic;
    if rows.is_empty() {
        return None;
    }
    let of_walker = |walker: Walker| {
        let records = || runs.iter().flat_map(|run| &run.slow_traffic).filter(|row| row.walker == walker);
        records().next().is_some().then(|| waits(records()))
    };
    let groups = rows.iter().enumerate().map(|(place, row)| GroupWaits {
        intersection: row.intersection.clone(),
        group: row.group.clone(),
        who: name(row.walker),
        waits: waits(runs.iter().filter_map(|run| run.slow_traffic.get(place))),
    });
    Some(SlowTrafficSummary {
        pedestrians: of_walker(Walker::Pedestrian),
        cyclists: of_walker(Walker::Cyclist),
        groups: groups.collect(),
    })
}

const fn name(walker: Walker) -> &'static str {
    match walker {
        Walker::Pedestrian => "pedestrians",
        Walker::Cyclist => "cyclists",
    }
}

fn waits<'a>(records: impl Iterator<Item = &'a SlowTrafficRecord>) -> Waits {
    let all: Vec<f32> = records.flat_map(|record| &record.waits_s).copied().collect();
    let longer = |than: f32| all.iter().filter(|wait| **wait > than).count();
    let seconds: Vec<f64> = all.iter().map(|wait| f64::from(*wait)).collect();
    Waits {
        persons: all.len(),
        wait_s: WaitTime {
            mean: rounded(mean(&seconds)),
            p95: rounded(percentile(&seconds, 0.95)),
            max: rounded(seconds.iter().copied().reduce(f64::max)),
        },
        over_60_s: longer(LONG_WAIT),
        over_90_s: longer(TOO_LONG_WAIT),
    }
}
