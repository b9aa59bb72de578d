//! Who conflicts with whom: seconds from the end of the row's green to the start of the column's.

use std::fmt::Write as _;

use voorrang_signals::{Conflict, GroupIndex, Intersection};

use super::document;
use crate::report::svg::escaped;

/// Under the table.
const LEGEND: &str = "numbers: intergreen in s from the row's end of green to the column's start; y the row yields, < the column yields; \
                      gg never green together, no intergreen";

/// As text.
#[must_use]
pub fn conflict_matrix(intersection: &Intersection) -> String {
    let groups = intersection.groups();
    let width = groups.iter().map(|group| group.name.chars().count()).max().unwrap_or(0).max(4) + 1;
    let mut text = format!("    {:width$}", "");
    for group in groups {
        let _ = write!(text, "{:>width$}", group.name);
    }
    text.push('\n');
    for (row, group) in (0_u16..).zip(groups) {
        let _ = write!(text, "    {:width$}", group.name);
        for column in (0_u16..).take(groups.len()) {
            let _ = write!(text, "{:>width$}", cell(intersection, GroupIndex(row), GroupIndex(column)).0);
        }
        text.push('\n');
    }
    text + "    " + LEGEND + "\n"
}

/// As a picture.
#[must_use]
pub fn conflict_matrix_svg(intersection: &Intersection) -> String {
    const CELL: f64 = 34.0;
    const LEFT: f64 = 60.0;
    const TOP: f64 = 70.0;
    let groups = intersection.groups();
    let at = |place: usize| place as f64 * CELL;
    let mut body = format!(
        "<text class=\"strong\" x=\"12\" y=\"24\">{}: conflicts and intergreens (s)</text>",
        escaped(intersection.name())
    );
    for (place, group) in groups.iter().enumerate() {
        let (name, middle) = (escaped(&group.name), at(place) + CELL / 2.0);
        let _ = write!(
            body,
            "<text class=\"strong\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>\
             <text class=\"strong\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            LEFT + middle,
            TOP - 8.0,
            LEFT - 8.0,
            TOP + middle + 4.0
        );
    }
    for row in intersection.group_indices() {
        for column in intersection.group_indices() {
            let (x, y) = (LEFT + at(column.index()), TOP + at(row.index()));
            let (text, class) = cell(intersection, row, column);
            let class = if row == column { "own" } else { class };
            let _ = write!(
                body,
                "<rect class=\"{class} grid\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{CELL}\" height=\"{CELL}\"/>\
                 <text class=\"small\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                x + CELL / 2.0,
                y + CELL / 2.0 + 4.0,
                escaped(if text == "·" { "" } else { &text })
            );
        }
    }
    let (width, height) = ((LEFT + at(groups.len()) + 20.0).max(640.0), TOP + at(groups.len()) + 60.0);
    let lines = [
        "Row: the group that ends its green. Column: the group that starts. Yellow is included.",
        "y: the row yields, <: the column yields (partial conflict). gg: never green together, no intergreen.",
    ];
    for (number, line) in lines.iter().enumerate() {
        let y = TOP + at(groups.len()) + 22.0 + number as f64 * 16.0;
        let _ = write!(body, "<text class=\"soft small\" x=\"12\" y=\"{y:.1}\">{}</text>", escaped(line));
    }
    document(width, height, &format!("Conflict matrix of {}", intersection.name()), &body)
}

/// What a cell says, and its style.
fn cell(intersection: &Intersection, ending: GroupIndex, starting: GroupIndex) -> (String, &'static str) {
    let conflicts = intersection.conflicts();
    match conflicts.conflict(ending, starting) {
        Conflict::None => ("·".to_owned(), "ground"),
        Conflict::Permissive { yields } if yields == ending => ("y".to_owned(), "partial"),
        Conflict::Permissive { .. } => ("<".to_owned(), "partial"),
        Conflict::GreenGreen => ("gg".to_owned(), "gg"),
        Conflict::Full => {
            let time = conflicts.intergreen(ending, starting);
            (time.map_or_else(|| "?".to_owned(), |time| format!("{:.1}", time.seconds())), "full")
        }
    }
}
