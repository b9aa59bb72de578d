//! Draws the travel times by strategy: a dot for each replication, the mean with its 95 % interval.

use std::fmt::Write as _;

use super::figures::{decimals, estimate};
use super::svg::{Scale, escaped, number, strategy_class};
use crate::measures::comparison::{Comparison, StrategyRuns};
use crate::measures::statistics::{Estimate, mean};

/// Above this many vehicles only all of them together are drawn.
const MAX_VEHICLES: usize = 12;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 12.0;
const ROW: f64 = 24.0;
const GROUP_GAP: f64 = 16.0;
const AXIS: f64 = 44.0;

/// One vehicle, or all together: a row for each strategy.
struct Group {
    name: String,
    rows: Vec<Dots>,
}

/// A value for each replication.
struct Dots {
    strategy: String,
    values: Vec<f64>,
}

/// The plot; `None` if no trip ended.
#[must_use]
pub fn svg(comparison: &Comparison) -> Option<String> {
    let groups = groups(comparison);
    let longest =
        groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.values).copied().reduce(f64::max)?;
    let x = Scale { values: [0.0, longest * 1.04], picture: [LEFT, WIDTH - RIGHT] };
    let mut drawing = String::new();
    let mut y = TOP;
    for (position, group) in groups.iter().enumerate() {
        if position > 0 {
            y += GROUP_GAP;
        }
        for (number_in_group, row) in group.rows.iter().enumerate() {
            if number_in_group == 0 {
                let _ = write!(
                    drawing,
                    r#"<text class="strong" x="4" y="{}">{}</text>"#,
                    number(y + ROW / 2.0 + 4.0),
                    escaped(&shortened(&group.name, 14))
                );
            }
            draw_row(&mut drawing, row, number_in_group, y + ROW / 2.0, &x);
            y += ROW;
        }
    }
    Some(framed(&drawing, y, &x))
}

/// The picture around the rows: grid, axis and its words.
fn framed(drawing: &str, bottom: f64, x: &Scale) -> String {
    let height = bottom + AXIS;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {}" role="img" aria-label="Travel times by strategy">"#,
        number(height)
    );
    for tick in x.ticks(9) {
        let at = number(x.at(tick));
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{at} {TOP}V{bottom}"/><text class="soft" x="{at}" y="{}" text-anchor="middle">{tick}</text>"#,
            number(bottom + 16.0),
            bottom = number(bottom),
        );
    }
    let _ = write!(
        svg,
        r#"<text class="soft" x="{}" y="{}" text-anchor="middle">travel time of the emergency vehicle, s</text>"#,
        number(f64::midpoint(x.picture[0], x.picture[1])),
        number(bottom + 34.0),
    );
    svg + drawing + "</svg>"
}

/// Dots, mean and interval of one strategy at the height `y`.
fn draw_row(drawing: &mut String, row: &Dots, position: usize, y: f64, x: &Scale) {
    let class = strategy_class(position);
    let figures = Estimate::of(&row.values);
    let _ = write!(
        drawing,
        r#"<text x="{}" y="{}" text-anchor="end">{}</text>"#,
        number(LEFT - 10.0),
        number(y + 4.0),
        escaped(&shortened(&row.strategy, 12))
    );
    if let Some((low, high)) = figures.interval() {
        let (low, high) = (low.max(x.values[0]), high.min(x.values[1]));
        let _ = write!(
            drawing,
            r#"<path class="interval {class}" d="M{} {y}H{}"><title>95 % interval of the mean: {} to {} s</title></path>"#,
            number(x.at(low)),
            number(x.at(high)),
            decimals(low, 1),
            decimals(high, 1),
            y = number(y),
        );
    }
    for (replication, value) in row.values.iter().enumerate() {
        // Spread a little, always the same way, so that equal values stay visible.
        let spread = [0.0, -5.0, 4.0, -2.5, 6.0, -6.5, 2.0, -4.0, 5.0, -1.0][replication % 10];
        let _ = write!(
            drawing,
            r#"<circle class="dot {class}" cx="{}" cy="{}" r="3.4"><title>replication {}: {} s</title></circle>"#,
            number(x.at(*value)),
            number(y + spread),
            replication + 1,
            decimals(*value, 1),
        );
    }
    let Some(centre) = figures.mean else {
        let _ = write!(
            drawing,
            r#"<text class="soft" x="{}" y="{}">no trip ended</text>"#,
            number(x.picture[0] + 6.0),
            number(y + 4.0)
        );
        return;
    };
    let _ = write!(
        drawing,
        r#"<path class="mean {class}" d="M{} {}v18"><title>mean {} s</title></path><text x="{}" y="{}">{} s</text>"#,
        number(x.at(centre)),
        number(y - 9.0),
        decimals(centre, 1),
        number(WIDTH - RIGHT + 12.0),
        number(y + 4.0),
        estimate(&figures, 1),
    );
}

/// All vehicles together (the mean of each replication), then each of them if they are a few.
fn groups(comparison: &Comparison) -> Vec<Group> {
    let vehicles = comparison.vehicles();
    let mut groups = Vec::new();
    if vehicles.len() != 1 {
        groups.push(Group { name: "all, mean".to_owned(), rows: rows(comparison, None) });
    }
    if vehicles.len() <= MAX_VEHICLES {
        for (position, id) in vehicles.iter().enumerate() {
            groups.push(Group { name: (*id).to_owned(), rows: rows(comparison, Some(position)) });
        }
    }
    groups
}

/// The travel times of one vehicle, or the means over all of them, under each strategy.
fn rows(comparison: &Comparison, vehicle: Option<usize>) -> Vec<Dots> {
    let of = |strategy: &StrategyRuns, replication: usize| {
        let times: Vec<f64> = comparison
            .pairs(strategy, replication)
            .enumerate()
            .filter(|(position, _)| vehicle.is_none_or(|vehicle| vehicle == *position))
            .filter_map(|(_, pair)| Some(pair.travel_times_s()?.1))
            .collect();
        mean(&times)
    };
    comparison
        .strategies
        .iter()
        .map(|strategy| Dots {
            strategy: strategy.strategy.clone(),
            values: (0..strategy.runs.len()).filter_map(|replication| of(strategy, replication)).collect(),
        })
        .collect()
}

/// Cut to so many characters.
fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    text.chars().take(characters - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::comparison::examples::{comparison, run, trip};

    #[test]
    fn each_replication_is_a_dot_under_each_strategy() {
        let runs = |name: &'static str, time: f64| {
            (
                name,
                (0..3)
                    .map(|n| run(name, n, vec![trip("<ev>", Some(time + f64::from(n)), 0, 0)], &[]))
                    .collect(),
            )
        };
        let svg = svg(&comparison(vec![runs("none", 170.0), runs("absolute", 130.0)])).unwrap();
        assert_eq!(svg.matches("<circle").count(), 6);
        assert_eq!(svg.matches("95 % interval of the mean").count(), 2);
        assert!(svg.contains("&lt;ev&gt;") && !svg.contains("<ev>"));
        assert!(svg.contains("131.0 ± 2.5 s"), "{svg}");
    }

    #[test]
    fn nothing_to_draw_without_a_trip_that_ended() {
        assert_eq!(
            svg(&comparison(vec![("none", vec![run("none", 0, vec![trip("a", None, 0, 0)], &[])])])),
            None
        );
        assert_eq!(svg(&comparison(vec![("none", vec![run("none", 0, vec![], &[])])])), None);
    }
}
