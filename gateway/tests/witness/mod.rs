//! Somebody at the junction who sees its lamps, knows the file's rules, and shares no code with what is to keep them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant as Monotonic};

use serde_json::Value;
use voorrang_signals::Intersection;
use voorrang_units::{Duration as Span, Instant};

/// Times are reported to the tenth of a second that a controller works in.
const TOLERANCE: Span = Span::from_millis(100);

struct Lamp {
    shows: String,
    since: Instant,
    green_ended: Option<Instant>,
}

/// The rules of a group: least green, yellow and red.
struct Rules {
    green: Span,
    yellow: Span,
    red: Span,
}

pub(crate) struct Witness {
    lines: Receiver<Value>,
    lamps: BTreeMap<String, Lamp>,
    rules: BTreeMap<String, Rules>,
    /// From the end of the first one's green to the start of the second one's.
    intergreens: BTreeMap<(String, String), Span>,
    in_control: bool,
    changes: usize,
    last_change: Option<Instant>,
    longest_rest: Span,
    faults: Vec<String>,
}

impl Witness {
    pub(crate) fn new(crossing: &Intersection, emulator: BufReader<ChildStdout>) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in emulator.lines().map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line)
                    && sender.send(value).is_err()
                {
                    break;
                }
            }
        });
        let mut rules = BTreeMap::new();
        let mut intergreens = BTreeMap::new();
        for (own, group) in crossing.group_indices().zip(crossing.groups()) {
            let least = Rules { green: group.min_green, yellow: group.yellow, red: group.min_red };
            rules.insert(group.name.clone(), least);
            for foe in crossing.conflicts().conflicting(own) {
                let other = crossing.groups()[foe.index()].name.clone();
                let time = crossing.conflicts().intergreen(own, *foe).unwrap_or(Span::ZERO);
                intergreens.insert((group.name.clone(), other), time);
            }
        }
        Self {
            lines,
            lamps: BTreeMap::new(),
            rules,
            intergreens,
            in_control: false,
            changes: 0,
            last_change: None,
            longest_rest: Span::ZERO,
            faults: Vec::new(),
        }
    }

    /// Watches until the application is in control anew.
    pub(crate) fn until_control(&mut self, longest: Duration) -> bool {
        let begun = Monotonic::now();
        while let Some(left) = longest.checked_sub(begun.elapsed()) {
            let Ok(line) = self.lines.recv_timeout(left) else { return false };
            self.see(&line);
            if line["what"] == "control" && self.in_control {
                return true;
            }
        }
        false
    }

    /// Sees what has come since.
    pub(crate) fn finish(&mut self) {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(300)) {
            self.see(&line);
        }
    }

    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The longest time in which no lamp changed.
    pub(crate) fn longest_rest(&self) -> Span {
        self.longest_rest
    }

    fn see(&mut self, line: &Value) {
        let text = |member: &str| line[member].as_str().unwrap_or_default().to_owned();
        let at = Instant::parse_rfc3339(&text("at")).unwrap();
        match text("what").as_str() {
            "lamps" => {
                for (group, lamp) in line["lamps"].as_object().unwrap() {
                    let shows = lamp.as_str().unwrap().to_owned();
                    self.lamps.insert(group.clone(), Lamp { shows, since: at, green_ended: None });
                }
            }
            "lamp" => self.change(at, &text("group"), &text("lamp")),
            // SessionControlState InControl.
            "control" => self.in_control = line["state"] == 5,
            "closed" => self.in_control = false,
            _ => {}
        }
    }

    fn change(&mut self, at: Instant, group: &str, shows: &str) {
        self.changes += 1;
        let rest = self.last_change.replace(at).map_or(Span::ZERO, |last| at - last);
        self.longest_rest = self.longest_rest.max(rest);
        let before = &self.lamps[group];
        let lasted = at - before.since;
        let rules = &self.rules[group];
        let (expected, least) = match before.shows.as_str() {
            "green" => ("yellow", rules.green),
            "yellow" => ("red", rules.yellow),
            "red" => ("green", rules.red),
            other => (other, Span::ZERO),
        };
        if shows != expected {
            self.faults.push(format!("{at}: {group} went from {} to {shows}", before.shows));
        }
        // What it showed at the beginning was seen from then on only.
        if self.changes > self.rules.len() && lasted + TOLERANCE < least {
            self.faults.push(format!("{at}: {group} was {} for {lasted:?} only", before.shows));
        }
        if shows == "green" {
            for ((from, to), intergreen) in &self.intergreens {
                if to != group {
                    continue;
                }
                let other = &self.lamps[from];
                if other.shows == "green" {
                    self.faults.push(format!("{at}: {group} and {from} are green together"));
                }
                if let Some(ended) = other.green_ended
                    && at - ended + TOLERANCE < *intergreen
                {
                    let passed = at - ended;
                    self.faults
                        .push(format!("{at}: {group} is green {passed:?} after {from}, not {intergreen:?}"));
                }
            }
        }
        let lamp = self.lamps.get_mut(group).unwrap();
        if lamp.shows == "green" {
            lamp.green_ended = Some(at);
        }
        (lamp.shows, lamp.since) = (shows.to_owned(), at);
    }
}
