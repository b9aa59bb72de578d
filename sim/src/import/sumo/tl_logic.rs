//! `<tlLogic>`: a signal program as SUMO writes it, in network files and additional files.

use std::path::PathBuf;

use voorrang_units::Duration;

use crate::import::sumo::xml::{Element, Step, XmlFile};
use crate::import::{Findings, ImportError};

/// One program of a traffic light.
#[derive(Debug, Clone)]
pub(super) struct TlLogic {
    pub(super) path: PathBuf,
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) program: String,
    pub(super) kind: String,
    pub(super) offset: Duration,
    pub(super) phases: Vec<Phase>,
}

/// `<phase>`: a state, one character for each link, and how long it lasts.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    pub(super) duration: Duration,
    pub(super) state: Vec<u8>,
    /// Its position among the phases, from 0, for people who look it up in SUMO.
    pub(super) number: usize,
}

impl TlLogic {
    /// How long the program takes before it begins again.
    pub(super) fn cycle(&self) -> Duration {
        self.phases.iter().fold(Duration::ZERO, |sum, phase| sum + phase.duration)
    }

    /// The state character of a link in a phase; red where the state is too short.
    pub(super) fn character(&self, phase: usize, link: usize) -> u8 {
        self.phases[phase].state.get(link).copied().unwrap_or(b'r')
    }
}

/// Reads the program whose opening tag is in `element`.
pub(super) fn read(
    file: &mut XmlFile,
    element: &mut Element,
    findings: &mut Findings,
) -> Result<Option<TlLogic>, ImportError> {
    let path = file.path().to_owned();
    let mut logic = TlLogic {
        path: path.clone(),
        line: element.line,
        id: element.required("id", &path, findings).unwrap_or_default().to_owned(),
        program: element.get("programID").unwrap_or("0").to_owned(),
        kind: element.get("type").unwrap_or("static").to_owned(),
        offset: Duration::from_seconds_f64(element.optional_number("offset", &path, findings).unwrap_or(0.0)),
        phases: Vec::new(),
    };
    let outside = file.depth() - 1;
    loop {
        match file.next(element)? {
            Step::Open if element.name == "phase" => read_phase(element, &mut logic, findings),
            Step::Open => findings.skipped(format!("<{}> in a tlLogic", element.name)),
            Step::Close if file.depth() == outside => break,
            Step::End => break,
            Step::Close => {}
        }
    }
    // A tlLogic without phases only sets the offset of a program that is there (netconvert's inputs do so).
    if logic.phases.is_empty() {
        findings.skipped("tlLogic without phases");
        return Ok(None);
    }
    Ok(Some(logic))
}

fn read_phase(element: &Element, logic: &mut TlLogic, findings: &mut Findings) {
    let path = logic.path.clone();
    let number = logic.phases.len();
    let (Some(duration), Some(state)) =
        (element.number("duration", &path, findings), element.required("state", &path, findings))
    else {
        return;
    };
    if element.get("next").is_some() {
        findings.approximated("phases with `next` (branching programs): played in the order of the file");
    }
    let duration = Duration::from_seconds_f64(duration);
    if duration > Duration::ZERO {
        logic.phases.push(Phase { duration, state: state.bytes().collect(), number });
    } else {
        findings.approximated("phases without a duration: left out");
    }
}
