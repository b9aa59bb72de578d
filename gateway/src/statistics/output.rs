//! Statistics as table, JSON and CSV.

use std::fmt::Write as _;

use super::summary::{Figures, LEAST_VEHICLES, Spread, Statistics};

const COLUMNS: [&str; 7] = ["requests", "granted", "time to green", "wait", "avoided", "delay", "delay p95"];

/// For people.
#[must_use]
pub fn table(statistics: &Statistics) -> String {
    let mut text = String::new();
    let (Some(from), Some(to)) = (statistics.from, statistics.to) else {
        return format!("fewer than {LEAST_VEHICLES} distinct vehicles on any day: nothing is shown\n");
    };
    let day = |at: voorrang_units::Instant| at.to_string().chars().take(10).collect::<String>();
    let _ = writeln!(text, "from {} to {}, times are means in seconds", day(from), day(to));
    let names = statistics
        .sections
        .iter()
        .flat_map(|section| &section.groups)
        .map(|group| group.name.chars().count());
    let width = names
        .chain(statistics.sections.iter().map(|section| section.by.name().len()))
        .max()
        .unwrap_or(0)
        .max(5);
    let mut row = |name: &str, cells: &[String]| {
        let _ = write!(text, "{name:width$}");
        for cell in cells {
            let _ = write!(text, "  {cell:>13}");
        }
        text.push('\n');
    };
    if let Some(all) = &statistics.all {
        row("", &COLUMNS.map(str::to_owned));
        row("all", &cells(all));
    }
    for section in &statistics.sections {
        row("", &[]);
        row(section.by.name(), &COLUMNS.map(str::to_owned));
        for group in &section.groups {
            match &group.figures {
                Some(figures) => row(&group.name, &cells(figures)),
                None => row(&group.name, &["hidden".to_owned()]),
            }
        }
    }
    let _ = writeln!(
        text,
        "\nhidden: fewer than {LEAST_VEHICLES} distinct vehicles, or what these could be reckoned from.\n\
         avoided: against the mean wait of a vehicle that arrives at any moment without priority; an estimate."
    );
    text
}

fn cells(figures: &Figures) -> Vec<String> {
    let mean = |spread: &Option<Spread>| {
        spread.as_ref().map_or_else(|| "-".to_owned(), |spread| format!("{:.1}", spread.mean_s))
    };
    vec![
        figures.requests.to_string(),
        format!("{:.1} %", figures.granted_share * 100.0),
        mean(&figures.time_to_green),
        mean(&figures.wait),
        mean(&figures.avoided),
        mean(&figures.delay),
        figures.delay.as_ref().map_or_else(|| "-".to_owned(), |spread| format!("{:.1}", spread.p95_s)),
    ]
}

/// For programs.
#[must_use]
pub fn json(statistics: &Statistics) -> String {
    let text = serde_json::to_string_pretty(statistics);
    text.expect("plain values with text keys are always JSON") + "\n"
}

/// For spreadsheets: a row a group; hidden groups have empty cells.
#[must_use]
pub fn csv(statistics: &Statistics) -> String {
    let mut text = "by,group,requests,granted".to_owned();
    for figure in ["time_to_green", "wait", "avoided", "delay"] {
        let _ = write!(text, ",{figure}_count,{figure}_mean_s,{figure}_median_s,{figure}_p95_s");
    }
    text.push('\n');
    let mut row = |by: &str, name: &str, figures: Option<&Figures>| {
        let _ = write!(text, "{by},{}", quoted(name));
        let Some(figures) = figures else {
            text.push_str(&",".repeat(18));
            text.push('\n');
            return;
        };
        let _ = write!(text, ",{},{}", figures.requests, figures.granted);
        for spread in [&figures.time_to_green, &figures.wait, &figures.avoided, &figures.delay] {
            let _ = match spread {
                Some(spread) => {
                    let Spread { count, mean_s, median_s, p95_s } = spread;
                    write!(text, ",{count},{mean_s},{median_s},{p95_s}")
                }
                None => write!(text, ",0,,,"),
            };
        }
        text.push('\n');
    };
    row("all", "", statistics.all.as_ref());
    for section in &statistics.sections {
        for group in &section.groups {
            row(section.by.name(), &group.name, group.figures.as_ref());
        }
    }
    text
}

/// RFC 4180. A name that a spreadsheet would take for a formula is one no more.
fn quoted(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@']);
    let name = if formula { format!("'{name}") } else { name.to_owned() };
    if name.contains([',', '"', '\n', '\r']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name }
}
