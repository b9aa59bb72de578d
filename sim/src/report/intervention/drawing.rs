//! Draws an intervention: above, the vehicle and those in front of it on their way to the stop line; below, a bar for each signal group with what
//! it would have shown without priority under it. Both over the same time, counted from the passage.

use std::fmt::Write as _;

use voorrang_signals::{Aspect, GroupIndex, Wish};

use super::Story;
use crate::measures::record::SignalTrace;
use crate::report::figures::decimals;
use crate::report::svg::{STYLE, Scale, escaped, number, path};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 118.0;
const LEGEND: f64 = 26.0;
/// Room for the numbers of the moments.
const HEAD: f64 = 24.0;
const STRIP: f64 = 190.0;
const GAP: f64 = 14.0;
const ROW: f64 = 15.0;
const AXIS: f64 = 40.0;
/// The line of what would have been, below a bar.
const BELOW: f64 = 5.5;
/// How far drawn lines may be from the true ones, in picture units.
const TOLERANCE: f64 = 0.3;
/// What is shown before the passage at least and at most, and after it, seconds.
const BEFORE_S: [f64; 2] = [45.0, 180.0];
const AFTER_S: [f64; 2] = [90.0, 180.0];
/// Beyond the moments that are marked.
const MARGIN_S: f64 = 12.0;
/// Numbers of moments keep this distance, in picture units.
const APART: f64 = 17.0;

/// A moment that the picture marks.
struct Moment {
    /// Seconds after the passage.
    at: f64,
    what: &'static str,
}

/// The picture.
#[must_use]
pub fn svg(story: &Story<'_>) -> String {
    drawing(story, "")
}

/// The same as a file of its own, with its style inside.
#[must_use]
pub fn standalone_svg(story: &Story<'_>) -> String {
    let ground = r#"<rect width="100%" height="100%" style="fill:var(--ground)"/>"#;
    drawing(story, &format!("<style>{STYLE}</style>{ground}"))
}

fn drawing(story: &Story<'_>, inside: &str) -> String {
    let moments = moments(story);
    let x = time_scale(&moments);
    let rows = story.signals.groups.len();
    let strip = [LEGEND + HEAD + STRIP, LEGEND + HEAD];
    let top = strip[0] + GAP;
    let bottom = top + ROW * count(rows);
    let words = legend_of_moments(&moments);
    let lines = count(words.len());
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {}" role="img" aria-label="{}">{inside}"#,
        number(bottom + AXIS + 18.0 * lines),
        escaped(&story.title()),
    );
    legend(&mut svg, story);
    draw_strip(&mut svg, story, &x, strip);
    for (place, group) in (0..rows).filter_map(|place| Some((place, GroupIndex::at(place)?))) {
        draw_group(&mut svg, story, group, &x, top + ROW * (count(place) + 0.5));
    }
    let _ = write!(
        svg,
        r#"<path class="axis" d="M{LEFT} {}V{}H{}"/>"#,
        number(top),
        number(bottom),
        number(WIDTH - RIGHT)
    );
    for tick in x.ticks(10) {
        let at = number(x.at(tick));
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{at} {}V{}M{at} {}V{}"/><text class="soft" x="{at}" y="{}" text-anchor="middle">{}</text>"#,
            number(strip[1]),
            number(strip[0]),
            number(top),
            number(bottom),
            number(bottom + 16.0),
            decimals(tick, 0),
        );
    }
    let _ = write!(
        svg,
        r#"<text class="soft" x="{}" y="{}" text-anchor="middle">seconds from the passage of the stop line</text>"#,
        number(f64::midpoint(LEFT, WIDTH - RIGHT)),
        number(bottom + 33.0)
    );
    draw_moments(&mut svg, &moments, &x, [strip[1], bottom]);
    for (place, text) in words.iter().enumerate() {
        let _ = write!(
            svg,
            r#"<text class="small" x="{LEFT}" y="{}">{}</text>"#,
            number(bottom + AXIS + 12.0 + 18.0 * count(place)),
            escaped(text)
        );
    }
    svg + "</svg>"
}

fn moments(story: &Story<'_>) -> Vec<Moment> {
    let all = [
        (story.line.asked_s, "asked"),
        (Some(story.begins_s), "intervention begins"),
        (story.green_s, "green"),
        (story.queue_gone_s, "queue gone"),
        (Some(story.passed_s), "passed"),
        (story.ends_s, "intervention ends"),
        (story.in_step_s, "back in step"),
    ];
    let mut moments: Vec<Moment> =
        all.into_iter().filter_map(|(at, what)| Some(Moment { at: at? - story.passed_s, what })).collect();
    moments.sort_by(|one, other| one.at.total_cmp(&other.at));
    moments
}

/// All moments but those far away.
fn time_scale(moments: &[Moment]) -> Scale {
    let reach = |[least, most]: [f64; 2], of: fn(f64) -> f64| {
        let far = moments.iter().map(|moment| of(moment.at) + MARGIN_S).filter(|far| *far <= most);
        far.fold(least, f64::max)
    };
    let (before, after) = (reach(BEFORE_S, |at| -at), reach(AFTER_S, |at| at));
    Scale { values: [-before, after], picture: [LEFT, WIDTH - RIGHT] }
}

/// The moments in words, a line for each few of them.
fn legend_of_moments(moments: &[Moment]) -> Vec<String> {
    let words: Vec<String> = moments
        .iter()
        .enumerate()
        .map(|(place, moment)| {
            let sign = if moment.at > 0.05 { "+" } else { "" };
            format!("{}  {} {sign}{} s", place + 1, moment.what, decimals(moment.at, 1))
        })
        .collect();
    words.chunks(4).map(|part| part.join("  ·  ")).collect()
}

/// Upright lines with their numbers, those close together beside each other.
fn draw_moments(svg: &mut String, moments: &[Moment], x: &Scale, [top, bottom]: [f64; 2]) {
    let mut free = f64::NEG_INFINITY;
    for (place, moment) in moments.iter().enumerate() {
        if moment.at < x.values[0] || moment.at > x.values[1] {
            continue;
        }
        let at = x.at(moment.at);
        let label = at.max(free);
        free = label + APART;
        let _ = write!(
            svg,
            r#"<path class="moment" d="M{label} {}L{at} {}V{}"/><circle class="mark" cx="{label}" cy="{}" r="7.5"/><text class="small" x="{label}" y="{}" text-anchor="middle">{}</text>"#,
            number(top - 6.0),
            number(top),
            number(bottom),
            number(top - 14.0),
            number(top - 10.0),
            place + 1,
            label = number(label),
            at = number(at),
        );
    }
}

/// The lane before the stop line.
fn draw_strip(svg: &mut String, story: &Story<'_>, x: &Scale, [bottom, top]: [f64; 2]) {
    let farthest = story.line.traffic.iter().flat_map(|trace| &trace.points).map(|point| point.1);
    let reach = farthest.fold(60.0, f64::max).min(300.0);
    let y = Scale { values: [-reach, 0.1 * reach], picture: [bottom, top] };
    let _ = write!(
        svg,
        r#"<rect class="ground" x="{LEFT}" y="{}" width="{}" height="{}"/>"#,
        number(top),
        number(WIDTH - RIGHT - LEFT),
        number(bottom - top)
    );
    for tick in y.ticks(5) {
        let at = y.at(tick);
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{LEFT} {at}H{}"/><text class="soft" x="{}" y="{}" text-anchor="end">{}</text>"#,
            number(WIDTH - RIGHT),
            number(LEFT - 7.0),
            number(at + 4.0),
            decimals(tick, 0),
            at = number(at),
        );
    }
    let middle = number(f64::midpoint(top, bottom));
    let _ = write!(
        svg,
        r#"<text class="soft" transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">metres from the stop line</text>"#
    );
    bars(svg, story.signals, story.line.group, story.passed_s, x, y.at(0.0));
    let _ = write!(
        svg,
        r#"<text class="small" x="{}" y="{}">stop line</text>"#,
        number(WIDTH - RIGHT + 6.0),
        number(y.at(0.0) + 4.0)
    );
    let line = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let inside = points.filter(|(at, along)| {
            (x.values[0]..=x.values[1]).contains(at) && (y.values[0]..=y.values[1]).contains(along)
        });
        let points: Vec<(f64, f64)> = inside.map(|(at, along)| (x.at(at), y.at(along))).collect();
        path(&points, TOLERANCE)
    };
    for trace in &story.line.traffic {
        let course = line(&mut trace.points.iter().map(|(at, to)| (at - story.passed_s, -to)));
        if course.contains('L') {
            let _ = write!(svg, r#"<path class="other" d="{course}"/>"#);
        }
    }
    let at_m = story.line.at_m;
    let course = line(&mut story.trip.points.iter().map(|point| (point.0 - story.passed_s, point.1 - at_m)));
    let _ = write!(
        svg,
        r#"<path class="halo" d="{course}"/><path class="course {}" d="{course}"><title>{}</title></path>"#,
        story.class,
        escaped(&story.trip.id)
    );
}

/// A signal group: what was wished, what it showed, what it would have shown, its name.
fn draw_group(svg: &mut String, story: &Story<'_>, group: GroupIndex, x: &Scale, y: f64) {
    let wished = spans(&story.signals.wishes, x, story.passed_s, |wishes| wishes.wish(group));
    for (wish, class) in [(Wish::Green, "wish-green"), (Wish::Red, "wish-red")] {
        for (from, to, _) in wished.iter().filter(|(.., other)| *other == wish) {
            let _ = write!(
                svg,
                r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}"/>"#,
                number(*from),
                number(y - 0.5 * ROW),
                number(to - from),
                number(ROW)
            );
        }
    }
    bars(svg, story.signals, group, story.passed_s, x, y - 1.5);
    if let Some(without) = story.without {
        let greens = lamp_spans(without, group, x, story.passed_s);
        let mut line = String::new();
        for (from, to, _) in greens.iter().filter(|(.., aspect)| *aspect == Aspect::Green) {
            let _ = write!(line, "M{} {}H{}", number(*from), number(y + BELOW), number(*to));
        }
        if !line.is_empty() {
            let _ = write!(svg, r#"<path class="would" d="{line}"/>"#);
        }
    }
    let own = if group == story.line.group { "small strong" } else { "small" };
    let name = story.signals.groups.get(group.index()).map_or("", String::as_str);
    let _ = write!(
        svg,
        r#"<text class="{own}" x="{}" y="{}">{}</text>"#,
        number(WIDTH - RIGHT + 6.0),
        number(y + 4.0),
        escaped(&name.chars().take(16).collect::<String>())
    );
}

/// What a group showed: green and yellow thick, red thin.
fn bars(svg: &mut String, signals: &SignalTrace, group: GroupIndex, zero: f64, x: &Scale, y: f64) {
    let spans = lamp_spans(signals, group, x, zero);
    for (class, aspect) in [("held", Aspect::Red), ("open", Aspect::Green), ("ending", Aspect::Yellow)] {
        let mut line = String::new();
        for (from, to, _) in spans.iter().filter(|(.., other)| *other == aspect) {
            let _ = write!(line, "M{} {}H{}", number(*from), number(y), number(*to));
        }
        if !line.is_empty() {
            let _ = write!(svg, r#"<path class="{class}" d="{line}"/>"#);
        }
    }
}

fn lamp_spans(signals: &SignalTrace, group: GroupIndex, x: &Scale, zero: f64) -> Vec<(f64, f64, Aspect)> {
    let own = signals.lamps.iter().filter(|(_, other, _)| *other == group);
    let changes: Vec<(f64, Aspect)> = own.map(|(from, _, aspect)| (*from, *aspect)).collect();
    spans(&changes, x, zero, |aspect| *aspect)
}

/// The parts of the picture's time in which something holds, in picture units.
fn spans<T, V>(changes: &[(f64, T)], x: &Scale, zero: f64, value: impl Fn(&T) -> V) -> Vec<(f64, f64, V)> {
    let ends = changes.iter().skip(1).map(|(from, _)| *from).chain([f64::INFINITY]);
    let inside = |at: f64| x.at((at - zero).clamp(x.values[0], x.values[1]));
    let spans = changes.iter().zip(ends).map(|((from, what), to)| (inside(*from), inside(to), value(what)));
    spans.filter(|(from, to, _)| to > from).collect()
}

/// What the lines and bars mean.
fn legend(svg: &mut String, story: &Story<'_>) {
    let mut x = LEFT;
    let mut entry = |picture: &str, text: &str, width: f64| {
        let _ = write!(
            svg,
            r#"<g transform="translate({} 12)">{picture}<text class="small" x="30" y="4">{}</text></g>"#,
            number(x),
            escaped(text)
        );
        x += width;
    };
    entry(r#"<path class="open" d="M0 0h24"/>"#, "green", 82.0);
    entry(r#"<path class="ending" d="M0 0h24"/>"#, "yellow", 86.0);
    entry(r#"<path class="held" d="M0 0h24"/>"#, "red", 72.0);
    entry(r#"<path class="would" d="M0 0h24"/>"#, "green without priority", 164.0);
    entry(r#"<rect class="wish-green" x="0" y="-7" width="24" height="14"/>"#, "wished green", 118.0);
    entry(r#"<rect class="wish-red" x="0" y="-7" width="24" height="14"/>"#, "wished red", 106.0);
    entry(&format!(r#"<path class="course {}" d="M0 6L24 -6"/>"#, story.class), "emergency vehicle", 148.0);
    entry(r#"<path class="other" d="M0 6L24 -6"/>"#, "others", 0.0);
}

/// How many, as a length.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}
