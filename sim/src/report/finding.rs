//! Owns the sentences that say what was found, and says no more than the figures allow: a difference within its interval is
//! not called a gain, and one replication proves nothing.

use super::figures::{decimals, plural, seconds_short};
use crate::measures::comparison::{NO_PRIORITY, PRACTICE};
use crate::measures::statistics::Estimate;
use crate::measures::summary::{EmergencySummary, OthersSummary, StrategySummary, Summary};

/// What the comparison found: one sentence on the gain and one on the cost for each strategy but the baseline.
#[must_use]
pub fn sentences(summary: &Summary) -> Vec<String> {
    let compared = summary.strategies.iter().skip(1);
    let mut sentences: Vec<String> = against_today(summary).into_iter().collect();
    if summary.strategies.iter().all(|strategy| strategy.emergency.is_none()) {
        sentences.push(
            "There is no emergency vehicle in this scenario, so there is nothing to gain: add one under [[emergency]] in \
             scenario.toml."
                .to_owned(),
        );
    }
    if summary.strategies.len() == 1 {
        sentences.push(format!(
            "Only the baseline, {}, was run: name a strategy with --strategies to compare.",
            summary.baseline
        ));
    }
    for strategy in compared {
        if let Some(emergency) = &strategy.emergency {
            sentences.push(gain(&summary.baseline, strategy, emergency));
        }
        sentences.extend(cost(&summary.baseline, strategy, &strategy.others));
    }
    if summary.replications == 1 && summary.strategies.len() > 1 {
        sentences.push(
            "One replication cannot tell a gain from chance: with --replications 10 each figure comes with an interval."
                .to_owned(),
        );
    }
    sentences
}

/// What the last of the strategies brings against what crews and intersections do today, and the red passages that it avoids; `None` where
/// there is none but those, or one replication proves nothing.
fn against_today(summary: &Summary) -> Option<String> {
    let strategy = summary.strategies.iter().skip(1).next_back()?;
    let emergency = strategy.emergency.as_ref()?;
    let crews = emergency.saved_against_none_s.filter(|_| strategy.strategy != NO_PRIORITY)?;
    let practice = emergency.saved_against_absolute_s.filter(|_| strategy.strategy != PRACTICE);
    if summary.replications < 2 || strategy.strategy == PRACTICE {
        return None;
    }
    let how = if summary.at_red == "wait" { "waiting at red" } else { "passing red at 20 km/h" };
    let mut sentence = format!(
        "Against what crews do today (no priority, {how}) {} saved {} a trip",
        strategy.strategy,
        amount(&crews)
    );
    if let Some(practice) = practice {
        sentence += &format!("; against what intersections do today (absolute) {}", amount(&practice));
    }
    let none = summary.strategies.iter().find(|other| other.strategy == NO_PRIORITY)?.emergency.as_ref()?;
    sentence +=
        &format!("; of {} at red {} remained.", plural(none.red_passages, "passage"), emergency.red_passages);
    Some(sentence)
}

/// What must be zero, in one line, and whether it is.
#[must_use]
pub fn safety(summary: &Summary) -> (bool, String) {
    let safety = summary.safety();
    let zero = safety.collisions == 0 && safety.conflicting_greens == 0 && safety.interlock_refusals == 0;
    let runs = u64::from(summary.replications) * summary.strategies.len() as u64;
    let text = format!(
        "{}: {}, {}, {} in {}",
        if zero { "Safety checks passed" } else { "SAFETY CHECKS FAILED" },
        plural(safety.collisions, "collision"),
        plural(safety.conflicting_greens, "conflicting green"),
        plural(safety.interlock_refusals, "interlock refusal"),
        plural(runs, "run"),
    );
    (zero, text)
}

/// Whether all vehicles are accounted for, in one line.
#[must_use]
pub fn balance(summary: &Summary) -> (bool, String) {
    let vehicles = &summary.vehicles;
    let balanced = vehicles.departed == vehicles.arrived + vehicles.on_road;
    let text = format!(
        "Vehicles: {} departed {} {} arrived + {} on the road; {} waiting to enter",
        vehicles.departed,
        if balanced { "=" } else { "IS NOT" },
        vehicles.arrived,
        vehicles.on_road,
        vehicles.waiting_to_enter,
    );
    (balanced, text)
}

/// What the emergency vehicles gained.
fn gain(baseline: &str, strategy: &StrategySummary, emergency: &EmergencySummary) -> String {
    let name = &strategy.strategy;
    let Some(saved) = emergency.saved_s.mean else {
        return format!(
            "No emergency trip ended under both {baseline} and {name}, so nothing can be said of the travel time."
        );
    };
    let percent = emergency
        .saved_percent
        .mean
        .map_or_else(String::new, |percent| format!(" ({} %)", decimals(percent.abs(), 1)));
    let amount = format!("{}{percent}", seconds_short(saved.abs()));
    let mut sentence = match Verdict::of(&emergency.saved_s) {
        Verdict::Unproven if saved.abs() < 0.05 => {
            format!("With {name} the emergency vehicles gained nothing")
        }
        Verdict::Unproven => {
            let change = if saved > 0.0 { "gained" } else { "lost" };
            format!("With {name} the emergency vehicles {change} {amount} a trip in this one replication")
        }
        Verdict::Undecided => {
            format!(
                "With {name} no gain was shown: travel time changed by {} a trip",
                interval(&emergency.saved_s)
            )
        }
        Verdict::Unchanged => {
            format!("With {name} the emergency vehicles gained nothing: every trip took as long")
        }
        Verdict::More => {
            format!(
                "With {name} the emergency vehicles gained {amount} a trip (95 % interval {})",
                ends(&emergency.saved_s)
            )
        }
        Verdict::Less => {
            format!(
                "With {name} the emergency vehicles LOST {amount} a trip (95 % interval {})",
                ends(&negated(&emergency.saved_s))
            )
        }
    };
    if emergency.unfinished > 0 {
        sentence += &format!(
            "; {} of {} did not end under both and are left out",
            emergency.unfinished,
            plural(emergency.trips as u64, "trip")
        );
    }
    sentence + "."
}

/// What the others lost.
fn cost(baseline: &str, strategy: &StrategySummary, others: &OthersSummary) -> Option<String> {
    let name = &strategy.strategy;
    let added = others.added_delay_s.mean?;
    let hours = others.added_vehicle_hours_per_trip.mean.map_or_else(String::new, |hours| {
        format!(", {} vehicle hours for each emergency trip", decimals(hours, 2))
    });
    Some(match Verdict::of(&others.added_delay_s) {
        Verdict::Unproven => {
            format!(
                "The other vehicles' delay changed by {} each with {name}{hours}.",
                signed(added, seconds_short(added.abs()))
            )
        }
        Verdict::Unchanged => {
            format!("The other vehicles' delay was the same with {name} as with {baseline}.")
        }
        Verdict::Undecided => {
            format!(
                "The other vehicles' delay changed by {} each with {name}, which may be chance.",
                interval(&others.added_delay_s)
            )
        }
        Verdict::More => format!(
            "The other vehicles lost {} each with {name} (95 % interval {}){hours}.",
            seconds_short(added),
            ends(&others.added_delay_s)
        ),
        Verdict::Less => format!(
            "The other vehicles gained {} each with {name} (95 % interval {}).",
            seconds_short(added.abs()),
            ends(&negated(&others.added_delay_s))
        ),
    })
}

/// What an interval says of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// No interval: one replication.
    Unproven,
    /// The interval includes zero.
    Undecided,
    /// Exactly zero in every replication.
    Unchanged,
    /// The interval lies above zero.
    More,
    /// The interval lies below zero.
    Less,
}

impl Verdict {
    /// Of this estimate.
    fn of(estimate: &Estimate) -> Self {
        match estimate.interval() {
            None => Self::Unproven,
            Some((low, _)) if low > 0.0 => Self::More,
            Some((_, high)) if high < 0.0 => Self::Less,
            Some((low, high)) if high - low <= 0.0 => Self::Unchanged,
            Some(_) => Self::Undecided,
        }
    }
}

/// `1.2 ± 3.4 s`.
fn interval(estimate: &Estimate) -> String {
    match (estimate.mean, estimate.ci95) {
        (Some(mean), Some(half)) => {
            format!("{} ± {} s", signed(mean, decimals(mean.abs(), 1)), decimals(half, 1))
        }
        _ => "an unknown amount".to_owned(),
    }
}

/// `1.2 ± 3.4 s`, with a sign only where it is less than nothing.
fn amount(estimate: &Estimate) -> String {
    interval(estimate).trim_start_matches('+').to_owned()
}

/// `35 to 46 s`.
fn ends(estimate: &Estimate) -> String {
    let Some((low, high)) = estimate.interval() else { return "unknown".to_owned() };
    let places = usize::from(low.abs().max(high.abs()) < 99.95);
    format!("{} to {} s", decimals(low, places), decimals(high, places))
}

/// A loss as a gain, and the other way round.
fn negated(estimate: &Estimate) -> Estimate {
    Estimate { mean: estimate.mean.map(|mean| -mean), ..*estimate }
}

/// An amount with its sign: `+1.2 s`, `−1.2 s`, but `0.0 s`.
fn signed(value: f64, amount: String) -> String {
    let zero = !amount.contains(|character: char| matches!(character, '1'..='9'));
    match value {
        _ if zero => amount,
        value if value > 0.0 => format!("+{amount}"),
        _ => format!("−{amount}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::comparison::examples::{comparison, run, trip};
    use crate::measures::performance::Performance;

    /// The sentences for travel times under `none` and under `absolute`, one vehicle, one time for each replication.
    fn found(none: &[Option<f64>], absolute: &[Option<f64>], delays: [&[f32]; 2]) -> Vec<String> {
        let runs = |name: &'static str, times: &[Option<f64>], delays: &[f32]| {
            let runs = times.iter().enumerate().map(|(replication, time)| {
                run(name, u32::try_from(replication).unwrap(), vec![trip("ev0", *time, 0, 0)], delays)
            });
            (name, runs.collect())
        };
        let comparison =
            comparison(vec![runs("none", none, delays[0]), runs("absolute", absolute, delays[1])]);
        sentences(&Summary::of(&comparison, Performance::default()))
    }

    #[test]
    fn clear_gain_is_said_with_its_interval() {
        let sentences = found(
            &[Some(170.0), Some(180.0), Some(175.0)],
            &[Some(130.0), Some(139.0), Some(134.0)],
            [&[10.0], &[11.0]],
        );
        assert_eq!(
            sentences,
            [
                "With absolute the emergency vehicles gained 40.7 s (23.2 %) a trip (95 % interval 39.2 to 42.1 s).",
                "The other vehicles lost 1.0 s each with absolute (95 % interval 1.0 to 1.0 s), 0.00 vehicle hours for each \
                 emergency trip.",
            ]
        );
    }

    #[test]
    fn interval_with_zero_is_not_called_a_gain() {
        let sentences = found(&[Some(100.0), Some(100.0)], &[Some(95.0), Some(102.0)], [&[1.0], &[1.0]]);
        assert!(sentences[0].starts_with("With absolute no gain was shown: travel time"), "{}", sentences[0]);
        assert_eq!(sentences[1], "The other vehicles' delay was the same with absolute as with none.");
    }

    #[test]
    fn loss_is_called_a_loss() {
        let sentences = found(&[Some(100.0), Some(101.0)], &[Some(120.0), Some(121.0)], [&[1.0], &[0.5]]);
        assert!(sentences[0].contains("LOST 20.0 s (19.9 %) a trip"), "{}", sentences[0]);
        assert!(sentences[1].contains("gained 0.5 s each"), "{}", sentences[1]);
    }

    #[test]
    fn one_replication_proves_nothing() {
        let sentences = found(&[Some(100.0)], &[Some(90.0)], [&[1.0], &[2.0]]);
        assert_eq!(
            sentences[0],
            "With absolute the emergency vehicles gained 10.0 s (10.0 %) a trip in this one replication."
        );
        assert!(sentences[2].starts_with("One replication cannot tell"), "{}", sentences[2]);
    }

    #[test]
    fn unfinished_trips_are_told() {
        let sentences = found(&[Some(100.0), None], &[Some(90.0), Some(80.0)], [&[], &[]]);
        assert!(
            sentences[0].ends_with("; 1 of 2 trips did not end under both and are left out."),
            "{}",
            sentences[0]
        );
        let none = found(&[None], &[Some(1.0)], [&[], &[]]);
        assert!(none[0].starts_with("No emergency trip ended under both none and absolute"), "{}", none[0]);
    }

    #[test]
    fn scenario_without_emergency_vehicle_says_how_to_add_one() {
        let comparison = comparison(vec![("none", vec![run("none", 0, vec![], &[])])]);
        let sentences = sentences(&Summary::of(&comparison, Performance::default()));
        assert!(sentences[0].contains("[[emergency]]"), "{}", sentences[0]);
    }

    #[test]
    fn next_to_nothing_has_no_sign() {
        assert_eq!(signed(-0.01, decimals(0.01, 1)), "0.0");
        assert_eq!(signed(-0.11, decimals(0.11, 1)), "−0.1");
    }

    #[test]
    fn failed_safety_and_lost_vehicles_are_loud() {
        let mut unsafe_run = run("none", 0, vec![], &[]);
        unsafe_run.safety.conflicting_greens = 2;
        unsafe_run.vehicles.on_road = 1;
        let summary = Summary::of(&comparison(vec![("none", vec![unsafe_run])]), Performance::default());
        assert_eq!(
            safety(&summary),
            (
                false,
                "SAFETY CHECKS FAILED: 0 collisions, 2 conflicting greens, 0 interlock refusals in 1 run"
                    .to_owned()
            )
        );
        assert!(!balance(&summary).0);
    }
}
