//! Draws the time-space diagram of an emergency vehicle in the first replication: where it was when, and what each signal on its
//! way showed. One panel for each strategy over the same axes, so that what was gained is what lies between the lines.

use std::fmt::Write as _;

use voorrang_signals::Aspect;

use crate::measures::comparison::Comparison;
use crate::measures::record::{StopLineTrace, TripRecord, TripTrace};
use crate::report::figures::{decimals, plural, seconds_short};
use crate::report::svg::{STYLE, Scale, escaped, number, path, strategy_class};

/// A red passage at yellow begins after this long.
const YELLOW_GRACE_S: f64 = 1.0;
/// How far the drawn line may be from the true one, in picture units.
const TOLERANCE: f64 = 0.3;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 118.0;
const TITLE: f64 = 30.0;
const AXIS: f64 = 46.0;
const LEGEND: f64 = 26.0;
/// Labels of stop lines keep this distance.
const LABEL: f64 = 13.0;
/// Panels are so high, and higher where there are many stop lines.
const PANEL: [f64; 2] = [230.0, 520.0];

/// One strategy's trip with its course.
struct Panel<'a> {
    strategy: &'a str,
    class: String,
    trip: &'a TripRecord,
    trace: &'a TripTrace,
}

/// A stop line that the vehicle crossed.
struct Crossing {
    after_s: f64,
    speed_kmh: f64,
    /// Red, or yellow for more than a second.
    at_red: bool,
    aspect: Option<Aspect>,
}

/// The diagram of the vehicle at a position of the scenario's list; `None` if its course was not recorded.
#[must_use]
pub fn svg(comparison: &Comparison, vehicle: usize) -> Option<String> {
    drawing(comparison, vehicle, "")
}

/// The same as a file of its own, with its style inside.
#[must_use]
pub fn standalone_svg(comparison: &Comparison, vehicle: usize) -> Option<String> {
    let ground = r#"<rect width="100%" height="100%" style="fill:var(--ground)"/>"#;
    drawing(comparison, vehicle, &format!("<style>{STYLE}</style>{ground}"))
}

/// What the diagram shows, in a sentence.
#[must_use]
pub fn title(comparison: &Comparison, vehicle: usize) -> Option<String> {
    let panels = panels(comparison, vehicle);
    let first = panels.first()?;
    let id = &first.trip.id;
    let passages = |panel: &Panel<'_>| plural(u64::from(panel.trip.red_passages), "red passage");
    let Some(baseline) = first.trip.travel_time_s() else {
        return Some(format!("{id} did not arrive with {}", first.strategy));
    };
    let times = panels.iter().map(|panel| {
        let time = panel.trip.travel_time_s().map_or_else(|| "did not arrive".to_owned(), seconds_short);
        format!("{time} and {} with {}", passages(panel), panel.strategy)
    });
    let times: Vec<String> = times.collect();
    let best = panels
        .iter()
        .skip(1)
        .filter_map(|panel| Some(baseline - panel.trip.travel_time_s()?))
        .reduce(f64::max);
    let verdict = match best {
        Some(saved) if saved >= 0.05 => format!("{id} arrived {} earlier", seconds_short(saved)),
        Some(saved) if saved <= -0.05 => format!("{id} arrived {} later", seconds_short(-saved)),
        Some(_) => format!("{id} arrived at the same moment"),
        None => id.clone(),
    };
    Some(format!("{verdict}: {}", times.join(", ")))
}

/// The recorded trips of a vehicle in the first replication, by strategy.
fn panels(comparison: &Comparison, vehicle: usize) -> Vec<Panel<'_>> {
    let strategies = comparison.strategies.iter().enumerate();
    strategies
        .filter_map(|(position, strategy)| {
            let run = strategy.runs.first()?;
            let trace = run.trace.as_ref()?.trips.get(vehicle)?;
            (trace.points.len() > 1).then_some(())?;
            Some(Panel {
                strategy: &strategy.strategy,
                class: strategy_class(position),
                trip: run.emergency.get(vehicle)?,
                trace,
            })
        })
        .collect()
}

fn drawing(comparison: &Comparison, vehicle: usize, inside: &str) -> Option<String> {
    let panels = panels(comparison, vehicle);
    let first = panels.first()?;
    let duration = panels.iter().map(Panel::duration).fold(1.0, f64::max);
    let length = panels.iter().map(Panel::length).fold(1.0, f64::max);
    let x = Scale { values: [0.0, duration * 1.03], picture: [LEFT, WIDTH - RIGHT] };
    let panel_height = (LABEL + 4.0) * count(first.trace.stop_lines.len());
    let panel_height = panel_height.clamp(PANEL[0], PANEL[1]);
    let height = LEGEND + count(panels.len()) * (TITLE + panel_height) + AXIS;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {}" role="img" aria-label="{}">{inside}"#,
        number(height),
        escaped(&title(comparison, vehicle).unwrap_or_default()),
    );
    legend(&mut svg, panels.len() > 1, first.strategy);
    let mut top = LEGEND;
    for (position, panel) in panels.iter().enumerate() {
        top += TITLE;
        let y = Scale { values: [0.0, length * 1.02], picture: [top + panel_height, top] };
        panel.draw(&mut svg, &x, &y, (position > 0).then_some(first));
        top += panel_height;
    }
    for tick in x.ticks(10) {
        let _ = write!(
            svg,
            r#"<text class="soft" x="{}" y="{}" text-anchor="middle">{tick}</text>"#,
            number(x.at(tick)),
            number(top + 17.0)
        );
    }
    let _ = write!(
        svg,
        r#"<text class="soft" x="{}" y="{}" text-anchor="middle">time since the wish to depart, s</text></svg>"#,
        number(f64::midpoint(LEFT, WIDTH - RIGHT)),
        number(top + 36.0)
    );
    Some(svg)
}

impl Panel<'_> {
    /// Until it arrived or the record ends, seconds after the wish to depart.
    fn duration(&self) -> f64 {
        let last = self.trace.points.last().map_or(0.0, |point| point.0 - self.trip.depart_s);
        self.trip.travel_time_s().unwrap_or(last)
    }

    /// How far it came, metres; at least to its last stop line.
    fn length(&self) -> f64 {
        let lines = self.trace.stop_lines.iter().map(|line| line.at_m);
        self.trace.points.iter().map(|point| point.1).chain(lines).fold(0.0, f64::max)
    }

    fn draw(&self, svg: &mut String, x: &Scale, y: &Scale, baseline: Option<&Panel<'_>>) {
        let [bottom, top] = y.picture;
        let _ = write!(
            svg,
            r#"<rect class="ground" x="{LEFT}" y="{}" width="{}" height="{}"/>"#,
            number(top),
            number(WIDTH - RIGHT - LEFT),
            number(bottom - top)
        );
        self.draw_axes(svg, x, y);
        for line in &self.trace.stop_lines {
            self.draw_signal(svg, line, x, y);
        }
        self.draw_labels(svg, y);
        if let Some(baseline) = baseline {
            let _ = write!(
                svg,
                r#"<path class="ghost" d="{}"><title>the same trip with {}</title></path>"#,
                baseline.course(x, y),
                escaped(baseline.strategy)
            );
        }
        let course = self.course(x, y);
        let _ = write!(
            svg,
            r#"<path class="halo" d="{course}"/><path class="course {}" d="{course}"><title>{} with {}</title></path>"#,
            self.class,
            escaped(&self.trip.id),
            escaped(self.strategy)
        );
        for line in &self.trace.stop_lines {
            self.draw_crossing(svg, line, x, y);
        }
        let _ = write!(
            svg,
            r#"<path class="axis" d="M{LEFT} {}V{}H{}"/>"#,
            number(top),
            number(bottom),
            number(WIDTH - RIGHT)
        );
        if let Some(baseline) = baseline {
            self.draw_gain(svg, baseline, x, y);
        }
    }

    /// Title, grid and distance ticks.
    fn draw_axes(&self, svg: &mut String, x: &Scale, y: &Scale) {
        let [bottom, top] = y.picture;
        let time = self
            .trip
            .travel_time_s()
            .map_or_else(|| "did not arrive".to_owned(), |time| format!("{} s", decimals(time, 1)));
        let _ = write!(
            svg,
            r#"<text x="{LEFT}" y="{}"><tspan font-weight="600">{}</tspan><tspan dx="10">{time}, {}, {}</tspan></text>"#,
            number(top - 9.0),
            escaped(self.strategy),
            plural(u64::from(self.trip.stops), "stop"),
            plural(u64::from(self.trip.red_passages), "red passage"),
        );
        for tick in x.ticks(10) {
            let _ = write!(
                svg,
                r#"<path class="grid" d="M{} {}V{}"/>"#,
                number(x.at(tick)),
                number(top),
                number(bottom)
            );
        }
        for tick in y.ticks(5) {
            let _ = write!(
                svg,
                r#"<text class="soft" x="{}" y="{}" text-anchor="end">{tick}</text>"#,
                number(LEFT - 7.0),
                number(y.at(tick) + 4.0)
            );
        }
        let middle = number(f64::midpoint(top, bottom));
        let _ = write!(
            svg,
            r#"<text class="soft" transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">distance along the route, m</text>"#
        );
    }

    /// What a signal showed, as a bar along its stop line: thick while red and yellow, thin while green.
    fn draw_signal(&self, svg: &mut String, line: &StopLineTrace, x: &Scale, y: &Scale) {
        let height = number(y.at(line.at_m));
        let until = self.duration();
        for (class, aspect) in [("green", Aspect::Green), ("yellow", Aspect::Yellow), ("red", Aspect::Red)] {
            let mut bars = String::new();
            for (position, (from, shown)) in line.aspects.iter().enumerate() {
                let next = line.aspects.get(position + 1).map_or(f64::INFINITY, |(from, _)| *from);
                let (from, to) =
                    ((from - self.trip.depart_s).max(0.0), (next - self.trip.depart_s).min(until));
                if *shown == aspect && to > from {
                    let _ = write!(bars, "M{} {height}H{}", number(x.at(from)), number(x.at(to)));
                }
            }
            if !bars.is_empty() {
                let _ = write!(
                    svg,
                    r#"<path class="{class}" d="{bars}"><title>{} at {} m: {class}</title></path>"#,
                    escaped(&line.name),
                    decimals(line.at_m, 0)
                );
            }
        }
    }

    /// The signals' names beside their stop lines, kept apart where the lines are close.
    fn draw_labels(&self, svg: &mut String, y: &Scale) {
        let mut lines: Vec<&StopLineTrace> = self.trace.stop_lines.iter().collect();
        lines.sort_by(|one, other| one.at_m.total_cmp(&other.at_m));
        let mut below = f64::INFINITY;
        for line in lines {
            let at = y.at(line.at_m);
            let label = (at + 4.0).min(below - LABEL);
            below = label;
            let _ = write!(
                svg,
                r#"<path class="grid" d="M{} {}L{} {}"/><text class="small" x="{}" y="{}">{}</text>"#,
                number(WIDTH - RIGHT),
                number(at),
                number(WIDTH - RIGHT + 9.0),
                number(label - 4.0),
                number(WIDTH - RIGHT + 12.0),
                number(label),
                escaped(&line.name.chars().take(16).collect::<String>())
            );
        }
    }

    /// The path of the vehicle.
    fn course(&self, x: &Scale, y: &Scale) -> String {
        let points = self.trace.points.iter();
        let points: Vec<(f64, f64)> = points
            .filter(|point| point.0 >= self.trip.depart_s)
            .map(|point| (x.at(point.0 - self.trip.depart_s), y.at(point.1)))
            .collect();
        path(&points, TOLERANCE)
    }

    /// Where the vehicle passed a stop line: a ring if at red, and words for the pointer.
    fn draw_crossing(&self, svg: &mut String, line: &StopLineTrace, x: &Scale, y: &Scale) {
        let Some(crossing) = self.crossing(line) else { return };
        let aspect = match crossing.aspect {
            Some(Aspect::Red) => "red",
            Some(Aspect::Yellow) => "yellow",
            Some(Aspect::Green) => "green",
            None => "an unknown aspect",
        };
        let _ = write!(
            svg,
            r#"<circle class="{}" cx="{}" cy="{}" r="{}"><title>{} passed after {} s with {} km/h at {aspect}</title></circle>"#,
            if crossing.at_red { "mark" } else { "hover" },
            number(x.at(crossing.after_s)),
            number(y.at(line.at_m)),
            if crossing.at_red { 5 } else { 7 },
            escaped(&line.name),
            decimals(crossing.after_s, 1),
            decimals(crossing.speed_kmh, 0),
        );
    }

    fn crossing(&self, line: &StopLineTrace) -> Option<Crossing> {
        let (at, speed) = self.trace.passes(line.at_m)?;
        let shown = line.aspects.iter().rev().find(|(from, _)| *from <= at);
        let at_red = match shown {
            Some((_, Aspect::Red)) => true,
            Some((since, Aspect::Yellow)) => at - since > YELLOW_GRACE_S,
            Some((_, Aspect::Green)) | None => false,
        };
        Some(Crossing {
            after_s: at - self.trip.depart_s,
            speed_kmh: 3.6 * speed,
            at_red,
            aspect: shown.map(|(_, aspect)| *aspect),
        })
    }

    /// How much earlier than under the baseline, between the two arrivals.
    fn draw_gain(&self, svg: &mut String, baseline: &Panel<'_>, x: &Scale, y: &Scale) {
        let (Some(without), Some(with)) = (baseline.trip.travel_time_s(), self.trip.travel_time_s()) else {
            return;
        };
        let saved = without - with;
        if saved.abs() < 0.5 {
            return;
        }
        let (from, to) = (x.at(with), x.at(without));
        let height = y.picture[1] - 5.0;
        let text =
            format!("{} {}", seconds_short(saved.abs()), if saved > 0.0 { "earlier" } else { "later" });
        let (low, high) = (from.min(to), from.max(to));
        let _ = write!(
            svg,
            r#"<path class="gain" d="M{low} {}v9M{high} {}v9M{low} {height}H{high}"/><text class="strong" x="{}" y="{}" text-anchor="middle">{text}</text>"#,
            number(height - 4.0),
            number(height - 4.0),
            number(f64::midpoint(from, to)),
            number(height - 5.0),
            low = number(low),
            high = number(high),
            height = number(height),
        );
    }
}

/// What the lines and bars mean.
fn legend(svg: &mut String, ghost: bool, baseline: &str) {
    let mut x = LEFT;
    let mut entry = |svg: &mut String, picture: &str, text: &str, width: f64| {
        let _ = write!(
            svg,
            r#"<g transform="translate({} 12)">{picture}<text class="small" x="30" y="4">{}</text></g>"#,
            number(x),
            escaped(text)
        );
        x += width;
    };
    entry(svg, r#"<path class="red" d="M0 0h24"/>"#, "red", 76.0);
    entry(svg, r#"<path class="yellow" d="M0 0h24"/>"#, "yellow", 88.0);
    entry(svg, r#"<path class="green" d="M0 0h24"/>"#, "green", 90.0);
    entry(svg, r#"<circle class="mark" cx="14" cy="0" r="5"/>"#, "passed at red", 128.0);
    entry(svg, r#"<path class="course s1" d="M0 6L24 -6"/>"#, "emergency vehicle", 156.0);
    if ghost {
        entry(svg, r#"<path class="ghost" d="M0 6L24 -6"/>"#, &format!("the same trip with {baseline}"), 0.0);
    }
}

/// How many, as a length.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests;
