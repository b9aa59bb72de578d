//! What is told to whoever watches: lines for people, or lines of JSON for programs.

use std::io::{self, Write};

use serde_json::{Value, json};
use voorrang_messages::{PrioritizationStatus, StationId};
use voorrang_units::Instant;

use super::link::Target;
use super::onboard::{Asked, Heard};
use super::route::Route;
use crate::messaging::json::status_to_json;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people: changes only.
    Table,
    /// For programs: every answer.
    Json,
}

/// Tells what happens.
#[derive(Debug)]
pub(super) struct Story<W> {
    form: Form,
    output: W,
}

impl<W: Write> Story<W> {
    pub(super) const fn new(form: Form, output: W) -> Self {
        Self { form, output }
    }

    pub(super) fn begins(
        &mut self,
        now: Instant,
        station: StationId,
        target: &Target,
        route: &Route,
    ) -> io::Result<()> {
        let lines = route.stop_lines();
        match self.form {
            Form::Table => {
                writeln!(
                    self.output,
                    "Station {station} drives {:.0} m past {} stop lines and asks {}.",
                    route.length_m(),
                    lines.len(),
                    target.address
                )?;
                writeln!(
                    self.output,
                    "{:<13} {:<16} {:>9} {:>8}  status",
                    "UTC", "intersection", "approach", "ahead"
                )
            }
            Form::Json => {
                let lines = lines.iter().map(|line| {
                    json!({ "intersection": line.id.to_string(), "name": line.name, "approach": line.approach, "at_m": line.at_m })
                });
                let lines: Vec<Value> = lines.collect();
                self.line(&json!({ "event": "start", "at": now.to_string(), "station": station, "stop_lines": lines }))
            }
        }
    }

    pub(super) fn heard(&mut self, now: Instant, heard: &Heard<'_>) -> io::Result<()> {
        match self.form {
            Form::Table if !heard.news => Ok(()),
            Form::Table => {
                let ahead = heard.distance_m.map_or_else(String::new, |metres| format!("{metres:.0} m"));
                self.row(now, heard.asked, &ahead, &name(heard.answer.status))
            }
            Form::Json => {
                let mut line = status_to_json(&heard.answer);
                line["event"] = json!("status");
                line["at"] = json!(now.to_string());
                line["distance_m"] = json!(heard.distance_m.map(tenths));
                self.line(&line)
            }
        }
    }

    pub(super) fn passed(&mut self, now: Instant, asked: &Asked) -> io::Result<()> {
        match self.form {
            Form::Table => self.row(now, asked, "0 m", &format!("passed: {}", light(asked))),
            Form::Json => self.line(&json!({
                "event": "passed",
                "at": now.to_string(),
                "intersection": asked.line.id.to_string(),
                "told": asked.status,
            })),
        }
    }

    pub(super) fn ends(&mut self, asked: &[Asked]) -> io::Result<()> {
        let granted = asked.iter().filter(|one| one.was_granted_in_time()).count();
        match self.form {
            Form::Table => {
                writeln!(self.output)?;
                writeln!(
                    self.output,
                    "{:<16} {:>9} {:>10} {:>22}  at the stop line",
                    "intersection", "approach", "answer", "granted before it"
                )?;
                for one in asked {
                    let answer = one.since.zip(one.answered).map(|(since, first)| first - since);
                    let answer =
                        answer.map_or_else(|| "none".to_owned(), |time| format!("{} ms", time.millis()));
                    let before = one.granted.map_or_else(
                        || "never".to_owned(),
                        |(_, metres, until)| format!("{metres:.0} m, {:.1} s", until.seconds()),
                    );
                    let (name, approach) = (&one.line.name, one.line.approach);
                    writeln!(
                        self.output,
                        "{name:<16} {approach:>9} {answer:>10} {before:>22}  {}",
                        light(one)
                    )?;
                }
                writeln!(self.output, "{} asked, {granted} granted before the stop line.", asked.len())
            }
            Form::Json => {
                let each: Vec<Value> = asked.iter().map(summary).collect();
                self.line(&json!({ "event": "summary", "asked": asked.len(), "granted": granted, "stop_lines": each }))
            }
        }
    }

    fn row(&mut self, now: Instant, asked: &Asked, ahead: &str, what: &str) -> io::Result<()> {
        let time = now.to_string();
        let time = time.get(11..23).unwrap_or(&time);
        writeln!(
            self.output,
            "{time:<13} {:<16} {:>9} {ahead:>8}  {what}",
            asked.line.name, asked.line.approach
        )?;
        self.output.flush()
    }

    fn line(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.output, "{value}")?;
        self.output.flush()
    }
}

fn summary(one: &Asked) -> Value {
    json!({
        "intersection": one.line.id.to_string(),
        "name": one.line.name,
        "approach": one.line.approach,
        "asked": one.since.map(|at| at.to_string()),
        "asked_anew": one.anew,
        "first_answer_ms": one.since.zip(one.answered).map(|(since, first)| (first - since).millis()),
        "granted": one.granted.map(|(at, metres, until)| json!({
            "at": at.to_string(),
            "before_m": tenths(metres),
            "before_s": until.seconds(),
        })),
        "passed": one.passed.map(|(at, _)| at.to_string()),
        "told_at_stop_line": one.passed.and_then(|(_, told)| told),
    })
}

fn tenths(metres: f64) -> f64 {
    (metres * 10.0).round() / 10.0
}

/// What the vehicle would see, as far as it was told.
fn light(asked: &Asked) -> String {
    match asked.passed.and_then(|(_, told)| told) {
        Some(PrioritizationStatus::Granted) => "green, as told".to_owned(),
        Some(status) => format!("not told that it is green: {}", name(status)),
        None => "no answer".to_owned(),
    }
}

/// The standard's name.
fn name(status: PrioritizationStatus) -> String {
    match json!(status) {
        Value::String(name) => name,
        other => other.to_string(),
    }
}
