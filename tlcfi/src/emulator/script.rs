//! What detectors, inputs and KAR do, written down beforehand.
//!
//! Detectors and inputs, a change a line: seconds after the start, name, state. `#` begins a comment, `repeat 60` begins the script anew after
//! 60 s.
//! ```text
//! 10    021    on
//! 12.5  021    off
//! 30    024    fault      # a hardware error; `ok` ends it
//! 60    brug   1
//! ```
//! KAR, an event a line: JSON with the members of TLC-FI's SpecialVehicleEvent and `at_s`, seconds after the start.
//! ```text
//! {"at_s":20,"vehType":5,"vehId":1042,"directionSG":2,"priorityClass":4,"type":1,"distToStopLine":350,"timeToStopLine":25}
//! ```

use serde::Deserialize;
use voorrang_signals::Intersection;
use voorrang_units::{Duration, Instant};

use crate::objects::SpecialVehicleEvent;

/// A script may have so many lines.
const MAX_LINES: usize = 100_000;

/// Something that a script has happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Scripted {
    /// A detector, by its place in the file, is occupied or free.
    Detector(usize, bool),
    /// It is at fault, or is not.
    DetectorFault(usize, bool),
    /// An input, by its place among those of the file, has this state.
    Input(usize, i16),
    /// A vehicle tells what it is.
    SpecialVehicle(Box<SpecialVehicleEvent>),
}

/// What happens when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    /// In the order of time.
    lines: Vec<(Duration, Scripted)>,
    repeat: Option<Duration>,
}

/// A line that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ScriptError {
    /// Which, counted from 1.
    pub line: usize,
    /// What is wrong, and how to mend it.
    pub what: String,
}

impl Script {
    /// Reads what detectors and inputs do.
    ///
    /// # Errors
    /// Every line that can't be read.
    pub fn detectors(text: &str, intersection: &Intersection) -> Result<Self, Vec<ScriptError>> {
        let mut script = Self::default();
        let repeat = &mut script.repeat;
        let lines = read_lines(text, |line| {
            let mut words = line.split('#').next().unwrap_or("").split_whitespace();
            let Some(first) = words.next() else { return Ok(None) };
            if first == "repeat" {
                let time = seconds(words.next().unwrap_or(""))?;
                if time < Duration::from_seconds(1) {
                    return Err("repeat: at least 1 second".to_owned());
                }
                *repeat = Some(time);
                return Ok(None);
            }
            let at = seconds(first)?;
            let (Some(name), Some(state), None) = (words.next(), words.next(), words.next()) else {
                return Err("write SECONDS NAME STATE, as in 12.5 021 on".to_owned());
            };
            detector_line(intersection, name, state).map(|what| Some((at, what)))
        })?;
        script.lines = lines;
        Ok(script)
    }

    /// Reads what vehicles tell by KAR.
    ///
    /// # Errors
    /// Every line that can't be read.
    pub fn special_vehicles(text: &str) -> Result<Self, Vec<ScriptError>> {
        #[derive(Deserialize)]
        struct Line {
            at_s: f64,
            #[serde(flatten)]
            event: SpecialVehicleEvent,
        }
        let lines = read_lines(text, |line| {
            if line.is_empty() || line.starts_with('#') {
                return Ok(None);
            }
            let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
            if !(0.0..=1e7).contains(&line.at_s) {
                return Err(format!("at_s = {}: seconds after the start", line.at_s));
            }
            Ok(Some((Duration::from_seconds_f64(line.at_s), Scripted::SpecialVehicle(Box::new(line.event)))))
        })?;
        Ok(Self { lines, repeat: None })
    }
}

fn read_lines(
    text: &str,
    mut read: impl FnMut(&str) -> Result<Option<(Duration, Scripted)>, String>,
) -> Result<Vec<(Duration, Scripted)>, Vec<ScriptError>> {
    let mut lines = Vec::new();
    let mut errors = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match read(line.trim()) {
            Ok(None) => {}
            Ok(Some(entry)) => lines.push(entry),
            Err(what) => errors.push(ScriptError { line: index + 1, what }),
        }
        if lines.len() > MAX_LINES {
            errors.push(ScriptError { line: index + 1, what: format!("more than {MAX_LINES} lines") });
            break;
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}

fn detector_line(intersection: &Intersection, name: &str, state: &str) -> Result<Scripted, String> {
    if let Some(detector) = intersection.detector_named(name) {
        let detector = detector.index();
        return match state {
            "on" | "1" => Ok(Scripted::Detector(detector, true)),
            "off" | "0" => Ok(Scripted::Detector(detector, false)),
            "fault" => Ok(Scripted::DetectorFault(detector, true)),
            "ok" => Ok(Scripted::DetectorFault(detector, false)),
            other => Err(format!("{other:?} is no state of a detector: on, off, fault or ok")),
        };
    }
    let input = intersection.overrides().iter().position(|input| input.name == name);
    let input =
        input.ok_or_else(|| format!("the intersection has no detector or override input {name:?}"))?;
    match state {
        "on" => Ok(Scripted::Input(input, 1)),
        "off" => Ok(Scripted::Input(input, 0)),
        number => number
            .parse()
            .map(|number| Scripted::Input(input, number))
            .map_err(|_| format!("{number:?} is no state of an input: on, off or a number")),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=1e7).contains(&seconds) => Ok(Duration::from_seconds_f64(seconds)),
        _ => Err(format!("{text:?} is no time: seconds after the start, 0 to 10000000")),
    }
}

/// A script that runs.
#[derive(Debug, Clone)]
pub(crate) struct ScriptRun {
    script: Script,
    start: Instant,
    next: usize,
}

impl ScriptRun {
    pub(crate) fn new(script: Script, start: Instant) -> Self {
        Self { script, start, next: 0 }
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        match (self.script.lines.get(self.next), self.script.repeat) {
            (Some((at, _)), _) => Some(self.start + *at),
            (None, Some(repeat)) if !self.script.lines.is_empty() => {
                Some(self.start + repeat + self.script.lines[0].0)
            }
            _ => None,
        }
    }

    /// The next thing that is due by now.
    pub(crate) fn next_due(&mut self, now: Instant) -> Option<Scripted> {
        if self.due()? > now {
            return None;
        }
        if self.next == self.script.lines.len() {
            self.next = 0;
            self.start += self.script.repeat?;
        }
        let (_, what) = self.script.lines.get(self.next)?;
        self.next += 1;
        Some(what.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossing() -> Intersection {
        let text = include_str!("../../../signals/tests/intersections/crossing.toml");
        Intersection::from_toml(text, "crossing.toml").unwrap()
    }

    #[test]
    fn a_script_is_played_in_the_order_of_time_and_again() {
        let text = "2 021 off\n0.5 021 on # somebody\n\nrepeat 10\n";
        let mut run =
            ScriptRun::new(Script::detectors(text, &crossing()).unwrap(), Instant::from_unix_millis(0));
        let mut played = Vec::new();
        while let Some(due) = run.due().filter(|due| due.unix_millis() < 20_000) {
            assert_eq!(run.next_due(due - Duration::from_millis(1)), None);
            played.push((due.unix_millis(), run.next_due(due).unwrap()));
        }
        let (on, off) = (Scripted::Detector(0, true), Scripted::Detector(0, false));
        assert_eq!(played, [(500, on.clone()), (2000, off.clone()), (10_500, on), (12_000, off)]);
    }

    #[test]
    fn every_bad_line_is_told() {
        let errors = Script::detectors("x 021 on\n1 099 on\n1 021 maybe\n1 021\n", &crossing()).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let errors = Script::special_vehicles("{\"vehType\":5}\nnonsense\n").unwrap_err();
        assert_eq!(errors.len(), 2);
    }

    #[test]
    fn kar_is_written_as_on_the_wire() {
        let script =
            Script::special_vehicles("{\"at_s\":20,\"vehType\":5,\"directionSG\":2,\"type\":1}\n").unwrap();
        let mut run = ScriptRun::new(script, Instant::from_unix_millis(0));
        let Some(Scripted::SpecialVehicle(event)) = run.next_due(Instant::from_unix_millis(20_000)) else {
            panic!()
        };
        assert_eq!((event.direction, event.vehicle_type.unwrap().number()), (Some(2), 5));
    }
}
