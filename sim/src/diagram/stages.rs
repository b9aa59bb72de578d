//! The stage diagram: a plan of the junction for each stage of a fixed-time program or module of an actuated one; below the plans of fixed
//! time what each group shows over the cycle.

use std::fmt::Write as _;

use voorrang_signals::program::Program;
use voorrang_signals::program::actuated::Actuated;
use voorrang_signals::program::fixed_time::FixedTime;
use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_units::Duration;

use super::document;
use super::plan::plan;
use crate::report::svg::escaped;

/// A line of text is at most so long.
const TEXT_WIDTH: i64 = 90;

/// As text.
#[must_use]
pub fn stage_diagram(intersection: &Intersection) -> String {
    match intersection.program() {
        Program::FixedTime(program) => timing_text(intersection, program),
        Program::Plans(plans) => plans.all().iter().fold(String::new(), |text, plan| {
            text + &format!("    plan {}\n", plan.name) + &timing_text(intersection, &plan.program)
        }),
        Program::Actuated(program) => modules_text(intersection, program),
    }
}

/// What each group shows over the cycle, a character for a second or more.
fn timing_text(intersection: &Intersection, program: &FixedTime) -> String {
    let cycle = program.cycle().millis();
    let step = (cycle / TEXT_WIDTH / 1000 + 1) * 1000;
    let mut text = format!(
        "    cycle {} s, offset {} s; # green, - yellow, . red, {} s a character\n",
        program.cycle().seconds(),
        program.offset().seconds(),
        step / 1000
    );
    for group in intersection.group_indices() {
        let _ = write!(text, "    {:>4}  ", intersection.groups()[group.index()].name);
        let mut moment = 0;
        while moment < cycle {
            let at = program.reference() + program.offset() + Duration::from_millis(moment);
            text.push(match program.aspect(group, at) {
                Aspect::Green => '#',
                Aspect::Yellow => '-',
                Aspect::Red => '.',
            });
            moment += step;
        }
        text.push('\n');
    }
    text
}

fn modules_text(intersection: &Intersection, program: &Actuated) -> String {
    let mut text = match program.coordination() {
        None => "    modules (their primary groups, in order of turns)\n".to_owned(),
        Some(coordination) => format!(
            "    modules in a cycle of {} s, offset {} s (their primary groups, and until when)\n",
            coordination.cycle.seconds(),
            coordination.offset.seconds()
        ),
    };
    for module in program.modules() {
        let until = module.until.map_or_else(String::new, |until| {
            format!("  until {} s{}", until.seconds(), if module.hold { ", holds" } else { "" })
        });
        let _ = writeln!(text, "      {:<6} {}{until}", module.name, names(intersection, &module.primary));
    }
    let waiting: Vec<GroupIndex> =
        intersection.group_indices().filter(|group| program.waits_in_green(*group)).collect();
    if !waiting.is_empty() {
        let _ = writeln!(text, "      wait in green: {}", names(intersection, &waiting));
    }
    text
}

/// As a picture.
#[must_use]
pub fn stage_diagram_svg(intersection: &Intersection) -> String {
    let (panels, timing) = match intersection.program() {
        Program::FixedTime(program) => (stage_panels(program), Some(program)),
        Program::Plans(plans) => (stage_panels(&plans.all()[0].program), Some(&plans.all()[0].program)),
        Program::Actuated(program) => (module_panels(program), None),
    };
    let columns = panels.len().clamp(1, 4);
    let rows = panels.len().div_ceil(columns);
    let width = MARGIN * 2.0 + columns as f64 * (PANEL + GAP) - GAP;
    let mut body = format!(
        "<text class=\"strong\" x=\"{MARGIN}\" y=\"24\">{}: {}</text>",
        escaped(intersection.name()),
        if timing.is_some() { "stages" } else { "modules" }
    );
    for (number, panel) in panels.iter().enumerate() {
        let left = MARGIN + (number % columns) as f64 * (PANEL + GAP);
        let top = 44.0 + (number / columns) as f64 * (PANEL + 54.0);
        body += &plan(intersection, &panel.green, left, top, PANEL);
        let _ = write!(
            body,
            "<text class=\"strong\" x=\"{left:.1}\" y=\"{:.1}\">{}</text><text class=\"soft small\" x=\"{left:.1}\" y=\"{:.1}\">{}</text>",
            top + PANEL + 16.0,
            escaped(&panel.title),
            top + PANEL + 32.0,
            escaped(&names(intersection, &panel.green))
        );
    }
    let below = 44.0 + rows as f64 * (PANEL + 54.0) + 10.0;
    let bars =
        timing.map_or((String::new(), 0.0), |program| timing_bars(intersection, program, below, width));
    body += &bars.0;
    document(width, below + bars.1 + 10.0, &format!("Stage diagram of {}", intersection.name()), &body)
}

const MARGIN: f64 = 16.0;
const PANEL: f64 = 210.0;
const GAP: f64 = 18.0;

struct Panel {
    title: String,
    green: Vec<GroupIndex>,
}

/// Every stage in which somebody is green, but for those that only end what the one before began.
fn stage_panels(program: &FixedTime) -> Vec<Panel> {
    let stages = program.stages();
    let with_before = stages.iter().enumerate().map(|(number, stage)| {
        let before = &stages[(number + stages.len() - 1) % stages.len()];
        (stage, before)
    });
    let begins_something = with_before.filter(|(stage, before)| {
        !stage.green.is_empty()
            && (stages.len() == 1 || stage.green.iter().any(|group| !before.green.contains(group)))
    });
    begins_something
        .map(|(stage, _)| Panel {
            title: format!("{} ({} s)", stage.name, stage.duration.seconds()),
            green: stage.green.clone(),
        })
        .collect()
}

fn module_panels(program: &Actuated) -> Vec<Panel> {
    let modules = program.modules().iter();
    modules
        .map(|module| Panel {
            title: module.until.map_or_else(
                || module.name.clone(),
                |until| format!("{} (until {} s)", module.name, until.seconds()),
            ),
            green: module.primary.clone(),
        })
        .collect()
}

/// What each group shows over the cycle, as bars, and how high that is.
fn timing_bars(intersection: &Intersection, program: &FixedTime, top: f64, width: f64) -> (String, f64) {
    const ROW: f64 = 18.0;
    const LEFT: f64 = 60.0;
    let cycle = program.cycle().seconds();
    let scale = (width - LEFT - MARGIN) / cycle;
    let groups = intersection.groups();
    let height = groups.len() as f64 * ROW;
    let mut text = String::new();
    let mut second = 0.0;
    while second <= cycle {
        let x = LEFT + second * scale;
        let _ = write!(
            text,
            "<path class=\"grid\" d=\"M{x:.1} {top:.1}V{:.1}\"/><text class=\"soft small\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second:.0}</text>",
            top + height,
            top + height + 14.0
        );
        second += 10.0;
    }
    for (number, group) in groups.iter().enumerate() {
        let y = top + number as f64 * ROW;
        let _ = write!(
            text,
            "<text class=\"small strong\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + 13.0,
            escaped(&group.name)
        );
        let index = GroupIndex::at(number).unwrap_or(GroupIndex(0));
        for green in program.greens(index) {
            let (start, length) = (green.start.seconds(), green.length.seconds());
            text += &bar("bar", start, length, cycle, y, |second| LEFT + second * scale);
            if length < cycle {
                let yellow = group.yellow.seconds();
                text += &bar("tail", start + length, yellow, cycle, y, |second| LEFT + second * scale);
            }
        }
    }
    (text, height + 24.0)
}

/// A stretch of the cycle, in two parts where it goes on over its end.
fn bar(class: &str, start: f64, length: f64, cycle: f64, y: f64, x: impl Fn(f64) -> f64) -> String {
    let start = start.rem_euclid(cycle);
    let parts = [(start, (start + length).min(cycle)), (0.0, (start + length - cycle).max(0.0))];
    let drawn = parts.iter().filter(|(from, to)| to > from).map(|(from, to)| {
        let (left, right) = (x(*from), x(*to));
        format!(
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"11\"/>",
            y + 3.0,
            right - left
        )
    });
    drawn.collect()
}

fn names(intersection: &Intersection, groups: &[GroupIndex]) -> String {
    let names: Vec<&str> =
        groups.iter().map(|group| intersection.groups()[group.index()].name.as_str()).collect();
    names.join(" ")
}
