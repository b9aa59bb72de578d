//! One intervention, from the request to the recovery: what each signal group showed, how the queue left, when the vehicle passed. The story is
//! read from the first replication's trace here; `drawing.rs` makes the picture.

mod drawing;
#[cfg(test)]
mod tests;

use voorrang_signals::{Aspect, GroupIndex};

use crate::measures::comparison::Comparison;
use crate::measures::record::{SignalTrace, StopLineTrace, TripTrace};
use crate::report::figures::{decimals, plural};
use crate::report::svg::strategy_class;

pub use drawing::{standalone_svg, svg};

/// An intersection is back in step when its lamps have been as without priority for so long.
const IN_STEP_FOR_S: f64 = 60.0;
/// Recovery is looked for so long after an intervention.
const LONGEST_RECOVERY_S: f64 = 600.0;

/// An intervention for a vehicle at a stop line. Times are seconds after the run's start.
#[derive(Debug, Clone)]
pub struct Story<'a> {
    /// The strategy.
    pub strategy: &'a str,
    /// Its style class.
    class: String,
    /// The vehicle's course.
    trip: &'a TripTrace,
    /// The stop line.
    line: &'a StopLineTrace,
    /// The intersection.
    signals: &'a SignalTrace,
    /// The same without priority.
    without: Option<&'a SignalTrace>,
    /// When the first group was wished green or red for it.
    begins_s: f64,
    /// When nothing was wished any more; `None` if the run ended before.
    ends_s: Option<f64>,
    /// When the vehicle's group turned green.
    green_s: Option<f64>,
    /// Other vehicles on its lane at that moment that left before it.
    queue: usize,
    /// When the last of them crossed the stop line.
    queue_gone_s: Option<f64>,
    /// When the vehicle crossed it.
    passed_s: f64,
    /// From when on the lamps were as without priority.
    in_step_s: Option<f64>,
}

/// The intervention that has most to show, that with the longest queue under the last strategy, as it went under each strategy with priority.
#[must_use]
pub fn stories(comparison: &Comparison) -> Vec<Story<'_>> {
    let Some(last) = comparison.strategies.len().checked_sub(1).filter(|last| *last > 0) else {
        return Vec::new();
    };
    let trips = |strategy: usize| {
        let trace = comparison.strategies[strategy].runs.first().and_then(|run| run.trace.as_ref());
        trace.map_or(&[][..], |trace| &trace.trips)
    };
    let all = trips(last).iter().enumerate().flat_map(|(trip, trace)| {
        trace
            .stop_lines
            .iter()
            .filter_map(move |line| Some((trip, line.leg, story(comparison, last, trip, line.leg)?)))
    });
    // Of equal ones the first.
    let best = all.reduce(|best, next| if next.2.queue > best.2.queue { next } else { best });
    let Some((trip, leg, _)) = best else { return Vec::new() };
    (1..=last).filter_map(|strategy| story(comparison, strategy, trip, leg)).collect()
}

fn story(comparison: &Comparison, strategy: usize, trip: usize, leg: u32) -> Option<Story<'_>> {
    let trace = |strategy: usize| comparison.strategies.get(strategy)?.runs.first()?.trace.as_ref();
    let course = trace(strategy)?.trips.get(trip)?;
    let line = course.stop_lines.iter().find(|line| line.leg == leg)?;
    let signals = trace(strategy)?.signals.get(line.intersection)?;
    let without = trace(0).and_then(|trace| trace.signals.get(line.intersection));
    let (passed_s, _) = course.passes(line.at_m)?;
    let (begins_s, ends_s) = intervention(signals, passed_s)?;
    let green_s = green_before(signals, line.group, passed_s);
    let (queue, queue_gone_s) = discharge(line, green_s.unwrap_or(begins_s), passed_s);
    let in_step_s = without.zip(ends_s).and_then(|(without, ends)| in_step(signals, without, ends));
    Some(Story {
        strategy: &comparison.strategies[strategy].strategy,
        class: strategy_class(strategy),
        trip: course,
        line,
        signals,
        without,
        begins_s,
        ends_s,
        green_s,
        queue,
        queue_gone_s,
        passed_s,
        in_step_s,
    })
}

/// The time in which something was wished without a break, around a moment.
fn intervention(signals: &SignalTrace, at: f64) -> Option<(f64, Option<f64>)> {
    let place = signals.wishes.iter().rposition(|(from, wishes)| *from <= at && !wishes.is_none())?;
    let first = signals.wishes[..place].iter().rposition(|(_, wishes)| wishes.is_none());
    let begins = signals.wishes[first.map_or(0, |before| before + 1)].0;
    let ends = signals.wishes[place..].iter().find(|(_, wishes)| wishes.is_none()).map(|(from, _)| *from);
    ends.is_none_or(|ends| ends >= at).then_some((begins, ends))
}

/// The start of the green that a group shows at a moment.
fn green_before(signals: &SignalTrace, group: GroupIndex, at: f64) -> Option<f64> {
    let mut own = signals.lamps.iter().rev().filter(|(from, other, _)| *other == group && *from <= at);
    own.next().filter(|(_, _, aspect)| *aspect == Aspect::Green).map(|(from, _, _)| *from)
}

/// How many stood before the vehicle when green began and left before it came, and when the last of them crossed.
fn discharge(line: &StopLineTrace, green: f64, passed: f64) -> (usize, Option<f64>) {
    let ahead = line.traffic.iter().filter_map(|trace| {
        let (first, last) = (trace.points.first()?.0, trace.points.last()?.0);
        (first <= green && green <= last && last < passed).then_some(last)
    });
    let left: Vec<f64> = ahead.collect();
    (left.len(), left.into_iter().reduce(f64::max))
}

/// The groups' aspects at a moment.
fn shown(signals: &SignalTrace, at: f64) -> Vec<Option<Aspect>> {
    let mut aspects = vec![None; signals.groups.len()];
    for (_, group, aspect) in signals.lamps.iter().take_while(|(from, _, _)| *from <= at) {
        aspects[group.index()] = Some(*aspect);
    }
    aspects
}

/// From when on after a moment the lamps are as they are without priority, for [`IN_STEP_FOR_S`] at least.
fn in_step(signals: &SignalTrace, without: &SignalTrace, after: f64) -> Option<f64> {
    let until = after + LONGEST_RECOVERY_S;
    let changes = signals.lamps.iter().chain(&without.lamps).map(|(at, _, _)| *at);
    let mut moments: Vec<f64> = changes.filter(|at| *at > after && *at < until).collect();
    moments.push(after);
    moments.sort_by(f64::total_cmp);
    let mut since = None;
    for moment in moments {
        if shown(signals, moment) != shown(without, moment) {
            // To the same tenth it may still become equal: changes are written one after the other.
            since = None;
        } else if let Some(since) = since {
            if moment - since >= IN_STEP_FOR_S {
                return Some(since);
            }
        } else {
            since = Some(moment);
        }
    }
    None
}

impl Story<'_> {
    /// What the picture shows, in a sentence.
    #[must_use]
    pub fn title(&self) -> String {
        let after = |moment: f64| decimals((self.passed_s - moment).max(0.0), 0);
        let mut title = format!("{} at {} with {}", self.trip.id, self.line.name, self.strategy);
        match self.green_s {
            Some(green) => title += &format!(": green {} s before it came", after(green)),
            None => title += ": it came before its green",
        }
        if let Some(gone) = self.queue_gone_s {
            let queue = plural(self.queue as u64, "vehicle");
            title += &format!(", the {queue} in front of it gone {} s before", after(gone));
        }
        if let Some(ends) = self.ends_s {
            title += &format!("; the intervention over {} s after", decimals(ends - self.passed_s, 0));
        }
        if let Some(in_step) = self.in_step_s {
            title += &format!(", back in step {} s after", decimals(in_step - self.passed_s, 0));
        }
        title
    }
}
