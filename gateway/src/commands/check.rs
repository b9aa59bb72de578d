//! `check`: what the gateway would do by a configuration, and every mistake in it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use voorrang_signals::document::Problems;

use super::{CommandError, print};
use crate::codec::Outcome;
use crate::config::Config;
use crate::config::explain::Explanation;

/// Explains a configuration, and names every mistake in it.
///
/// Reads gateway.toml and all files that it names: intersections, keys, certificates, passwords. Lists every problem at once with file, line and how to
/// mend it; or says in plain words what the gateway would do: at which junctions, what takes over when it is gone, who reaches it, who may ask, what is
/// kept. Nothing is opened or connected.
///
/// Exit codes: 0 no problems, 2 problems.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The configuration
    configuration: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What the explanation looks like.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    let loaded = Config::load(&arguments.configuration);
    let file = arguments.configuration.display().to_string();
    match (loaded, arguments.format) {
        (Ok(config), Format::Text) => print(&text(&file, &config.explain())).map(|()| Outcome::Done),
        (Ok(config), Format::Json) => {
            let explained = json!({ "file": file, "problems": [], "explanation": config.explain() });
            print(&format!("{explained:#}\n")).map(|()| Outcome::Done)
        }
        (Err(problems), Format::Text) => Err(CommandError::new(told(&file, &problems))),
        (Err(problems), Format::Json) => {
            print(&format!("{:#}\n", json!({ "file": file, "problems": listed(&problems) })))?;
            Err(CommandError::new(format!("{file}: {} problems", problems.0.len())))
        }
    }
}

fn told(file: &str, problems: &Problems) -> String {
    let count = problems.0.len();
    format!("{file}: {count} problem{}\n{problems}", if count == 1 { "" } else { "s" })
}

fn listed(problems: &Problems) -> Vec<serde_json::Value> {
    let each = problems.0.iter().map(|problem| {
        json!({
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "what": problem.what,
            "remedy": problem.remedy,
        })
    });
    each.collect()
}

fn text(file: &str, explained: &Explanation) -> String {
    let mut text = format!("{file}: no problems\n");
    let Explanation { name, station, data, areas, .. } = explained;
    let _ = writeln!(text, "gateway {name}, ITS station {station}, {areas} control areas, data in {data}");
    text.push_str("\njunctions\n");
    for alike in &explained.junctions {
        let more = match alike.count - alike.first.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(text, "  {}: {}{more}", alike.role, alike.first.join(", "));
        let _ = writeln!(text, "    {}", alike.means);
        let _ = writeln!(text, "    controller: {}", alike.controller);
        for line in
            alike.relay.iter().map(|relay| format!("relayed by {relay}")).chain(alike.fallback.clone())
        {
            let _ = writeln!(text, "    {line}");
        }
    }
    let parts: [(&str, &[String]); 6] = [
        ("priority", &explained.priority),
        ("ways in and out", &explained.listeners),
        ("clock", std::slice::from_ref(&explained.clock)),
        ("who may ask", &explained.authorised),
        ("what is kept", &explained.records),
        ("look at this", &explained.warnings),
    ];
    for (title, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = writeln!(text, "\n{title}");
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}
