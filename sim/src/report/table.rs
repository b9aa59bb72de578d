//! Owns the results as text for the terminal: the rows of [`super::figures`] in columns, then what was found and what the words
//! mean.

use super::figures::{Section, notes, sections, unbroken};
use super::finding;
use crate::measures::comparison::{Setting, at_red_name};
use crate::measures::summary::Summary;

/// Columns that running text may take.
const WIDTH: usize = 100;

/// The whole of what `run` prints.
#[must_use]
pub fn text(summary: &Summary, setting: &Setting, remarks: &[String]) -> String {
    let mut text = heading(setting);
    text.push('\n');
    text += &columns(summary, &sections(summary));
    text.push('\n');
    for sentence in finding::sentences(summary) {
        text += &wrapped(&sentence, "", "");
    }
    text += &wrapped(&finding::safety(summary).1, "", "");
    text += &wrapped(&finding::balance(summary).1, "", "");
    text.push('\n');
    for note in remarks.iter().chain(&notes(summary)) {
        text += &wrapped(note, "  ", "  ");
    }
    text
}

/// What was run.
fn heading(setting: &Setting) -> String {
    format!(
        "{}: {} replication{}, seed {}, measured from {} s to {} s, departures ± {} s, at red {}\n",
        setting.scenario,
        setting.replications,
        if setting.replications == 1 { "" } else { "s" },
        setting.seed,
        setting.warm_up.seconds(),
        setting.end.seconds(),
        setting.jitter.seconds(),
        at_red_name(setting.at_red),
    )
}

/// The table: labels left, strategies right-aligned.
fn columns(summary: &Summary, sections: &[Section]) -> String {
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let label = rows().map(|row| length(&row.label) + 2).max().unwrap_or(0);
    let unit = rows().map(|row| length(row.unit)).max().unwrap_or(0);
    let widths: Vec<usize> = summary
        .strategies
        .iter()
        .enumerate()
        .map(|(column, strategy)| {
            let cells = rows().map(|row| row.cells.get(column).map_or(0, |cell| length(cell)));
            cells.chain([length(&strategy.strategy)]).max().unwrap_or(0).max(8)
        })
        .collect();
    let line = |first: &str, second: &str, cells: &[&str]| {
        let mut line = format!("{}  {}", padded(first, label, false), padded(second, unit, false));
        for (cell, width) in cells.iter().zip(&widths) {
            line += "   ";
            line += &padded(cell, *width, true);
        }
        line.trim_end().to_owned() + "\n"
    };
    let names: Vec<&str> = summary.strategies.iter().map(|strategy| strategy.strategy.as_str()).collect();
    let mut text = line("", "", &names);
    for section in sections {
        text += &section.title;
        text.push('\n');
        for row in &section.rows {
            let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
            text += &line(&format!("  {}", row.label), row.unit, &cells);
        }
    }
    text
}

/// Breaks a text into lines of at most [`WIDTH`] columns.
fn wrapped(text: &str, first: &str, next: &str) -> String {
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in unbroken(text).split(' ').filter(|word| !word.is_empty()) {
        if !empty && length(&line) + 1 + length(word) > WIDTH {
            lines += &line;
            lines.push('\n');
            next.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line += word;
        empty = false;
    }
    (lines + &line + "\n").replace('\u{a0}', " ")
}

/// Columns that a text takes; all our characters are one wide.
fn length(text: &str) -> usize {
    text.chars().count()
}

/// Filled up with spaces to a width.
fn padded(text: &str, width: usize, right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(length(text)));
    if right { space + text } else { text.to_owned() + &space }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::comparison::examples::{comparison, run, setting, trip};
    use crate::measures::performance::Performance;

    #[test]
    fn table_lines_up() {
        let mut with = run("absolute", 0, vec![trip("ev0", Some(80.0), 0, 0)], &[13.0, 21.0]);
        with.requests.sent = 6;
        with.requests.granted = 6;
        let mut again = with.clone();
        again.emergency = vec![trip("ev0", Some(83.0), 0, 0)];
        let comparison = comparison(vec![
            (
                "none",
                vec![
                    run("none", 0, vec![trip("ev0", Some(100.0), 2, 3)], &[10.0, 20.0]),
                    run("none", 1, vec![trip("ev0", Some(102.0), 2, 2)], &[10.0, 20.0]),
                ],
            ),
            ("absolute", vec![with, again]),
        ]);
        let summary = Summary::of(&comparison, Performance::default());
        let text = text(&summary, &setting(2), &["Something to know.".to_owned()]);
        let expected = "\
example: 2 replications, seed 1, measured from 900 s to 1800 s, departures ± 15 s, at red pass_slowly

                                                   none      absolute
Emergency vehicles (2 trips under each strategy)
  travel time, mean                    s          101.0          81.5
  time saved                           s              0    19.5 ± 6.4
  time saved                           %              0    19.3 ± 8.7
  stops                                               4             0
  red passages                                        5             0
  unfinished trips                                    0             0
Other traffic (4 vehicles)
  delay, mean                          s           15.0          17.0
  delay added                          s              0     2.0 ± 0.0
  delay added, all, by emergency trip  veh·h          0   0.00 ± 0.00
  stops                                               6             6
  stuck for 300 s without a cause                     0             0
Priority requests
  granted / sent                                  0 / 0       12 / 12
  request to green, mean               s              –             –
  messages lost by radio                              0             0

With absolute the emergency vehicles gained 19.5 s (19.3 %) a trip (95 % interval 13.1 to 25.9 s).
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains("\n  Something to know.\n"));
        assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    }

    #[test]
    fn long_sentences_are_wrapped() {
        let text = wrapped(&"word ".repeat(50), "* ", "  ");
        assert!(text.lines().count() > 2);
        assert!(text.lines().all(|line| line.len() <= WIDTH));
        assert!(text.starts_with("* word"));
    }
}
