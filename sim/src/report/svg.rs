//! Owns what the pictures share: scales with round ticks, escaping, thinning of long lines, colours. No picture is drawn here.

use std::fmt::Write as _;

/// Colours and line styles of the pictures, for light and dark grounds and for paper. Red and green bars differ in width and
/// lightness too, so that they need no colour to tell them apart.
pub const STYLE: &str = include_str!("svg.css");

/// How many colours there are for strategies.
const STRATEGY_COLOURS: usize = 6;

/// The style class of a strategy by its position; the baseline is grey.
#[must_use]
pub fn strategy_class(position: usize) -> String {
    let colour =
        if position < STRATEGY_COLOURS { position } else { 1 + (position - 1) % (STRATEGY_COLOURS - 1) };
    format!("s{colour}")
}

/// Text made safe for HTML and SVG, in elements and in quoted attributes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            // Other control characters are not allowed in XML at all.
            control if control.is_control() && !matches!(control, '\n' | '\t') => safe.push('\u{fffd}'),
            plain => safe.push(plain),
        }
    }
    safe
}

/// A linear scale from values to picture units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The value at the axis' start and at its end.
    pub values: [f64; 2],
    /// Where the axis starts and ends in the picture.
    pub picture: [f64; 2],
}

impl Scale {
    /// Where a value stands.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let span = self.values[1] - self.values[0];
        let share = if span.abs() > 0.0 { (value - self.values[0]) / span } else { 0.0 };
        self.picture[0] + share * (self.picture[1] - self.picture[0])
    }

    /// Round values over the axis, about so many of them.
    #[must_use]
    pub fn ticks(&self, about: u32) -> Vec<f64> {
        let [low, high] = self.values;
        let step = round_step((high - low) / f64::from(about.max(1)));
        let mut ticks = Vec::new();
        let mut number = (low / step).ceil();
        while number * step <= high + step * 1e-9 && ticks.len() < 100 {
            ticks.push(number * step);
            number += 1.0;
        }
        ticks
    }
}

/// A coordinate with one decimal at most.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// The path through some points, thinned so that no left-out point is further from it than `tolerance`.
#[must_use]
pub fn path(points: &[(f64, f64)], tolerance: f64) -> String {
    let mut path = String::new();
    for (position, (x, y)) in thinned(points, tolerance).into_iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(path, "{}{} {}", if position == 0 { "M" } else { "L" }, number(x), number(y));
    }
    path
}

/// Leaves out points that the line passes by anyway (Ramer, Douglas and Peucker).
fn thinned(points: &[(f64, f64)], tolerance: f64) -> Vec<(f64, f64)> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[points.len() - 1] = true;
    let mut parts = vec![(0, points.len() - 1)];
    while let Some((first, last)) = parts.pop() {
        let (mut worst, mut distance) = (first, tolerance);
        for between in first + 1..last {
            let away = distance_to_line(points[between], points[first], points[last]);
            if away > distance {
                (worst, distance) = (between, away);
            }
        }
        if worst > first {
            keep[worst] = true;
            parts.push((first, worst));
            parts.push((worst, last));
        }
    }
    points.iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| *point).collect()
}

/// How far a point is from the line through two others.
fn distance_to_line(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let along = (to.0 - from.0, to.1 - from.1);
    let away = (point.0 - from.0, point.1 - from.1);
    let length = (along.0 * along.0 + along.1 * along.1).sqrt();
    if length > 0.0 {
        (along.0 * away.1 - along.1 * away.0).abs() / length
    } else {
        (away.0 * away.0 + away.1 * away.1).sqrt()
    }
}

/// The smallest of 1, 2, 5, 10, 20, 50 … (and 0.1, 0.2, 0.5 …) that is at least this.
fn round_step(at_least: f64) -> f64 {
    let mut decade = 0.001;
    while decade < 1e9 {
        for step in [1.0, 2.0, 5.0] {
            if step * decade >= at_least * (1.0 - 1e-9) {
                return step * decade;
            }
        }
        decade *= 10.0;
    }
    decade
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(escaped("<b a=\"x\">&'\u{1}"), "&lt;b a=&quot;x&quot;&gt;&amp;&#39;\u{fffd}");
    }

    #[test]
    fn ticks_are_round() {
        let scale = Scale { values: [0.0, 172.0], picture: [0.0, 100.0] };
        assert_eq!(scale.ticks(8), [0.0, 50.0, 100.0, 150.0]);
        assert_eq!(scale.ticks(10), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0, 160.0]);
        assert!(Scale { values: [0.0, 0.0], picture: [0.0, 1.0] }.ticks(5).len() <= 100);
    }

    #[test]
    fn thinning_keeps_corners_and_drops_the_rest() {
        let mut points: Vec<(f64, f64)> = (0..=100).map(|x| (f64::from(x), 0.0)).collect();
        points.extend((1..=100).map(|y| (100.0, f64::from(y))));
        assert_eq!(path(&points, 0.3), "M0 0L100 0L100 100");
        assert_eq!(path(&[(1.0, 2.0)], 0.3), "M1 2");
        assert_eq!(path(&[], 0.3), "");
    }

    #[test]
    fn strategies_keep_off_the_baselines_grey() {
        assert_eq!(strategy_class(0), "s0");
        assert_eq!(strategy_class(5), "s5");
        assert_eq!(strategy_class(6), "s1");
        assert_eq!(strategy_class(10), "s5");
    }
}
