//! `hold`: keeps what an incident needs from being forgotten.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use voorrang_units::Instant;

use super::{CommandError, print};
use crate::clock::Clock;
use crate::codec::Outcome;
use crate::privacy::RetentionConfig;
use crate::privacy::calendar::{days, moment};
use crate::privacy::hold::{Hold, Holds};

/// Keeps what an interval left behind as it is, ids and all, for 14 days: after an incident, until the police or a court has asked for it.
///
/// The hold ends by itself; then what it kept grows old like everything else. Who made it, when and why is kept with it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The gateway's data folder
    data: PathBuf,
    /// From this moment on: 2026-11-25, 2026-11-25T18, 2026-11-25T18:05 or 2026-11-25T18:05:00Z, in UTC
    #[arg(long, value_parser = moment, required_unless_present_any = ["list", "release"], conflicts_with_all = ["list", "release"])]
    from: Option<Instant>,
    /// To this moment
    #[arg(long, value_parser = moment, required_unless_present_any = ["list", "release"], conflicts_with_all = ["list", "release"])]
    to: Option<Instant>,
    /// Why
    #[arg(long, required_unless_present_any = ["list", "release"], conflicts_with_all = ["list", "release"])]
    reason: Option<String>,
    /// By whom
    #[arg(long, required_unless_present = "list", conflicts_with = "list")]
    who: Option<String>,
    /// For how many days
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=365), conflicts_with_all = ["list", "release"])]
    days: i64,
    /// Show all holds
    #[arg(long, conflicts_with = "release")]
    list: bool,
    /// End the hold of this number now
    #[arg(long, value_name = "NUMBER")]
    release: Option<u32>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    run_at(arguments, Clock::start().now())
}

fn run_at(arguments: &Arguments, now: Instant) -> Result<Outcome, CommandError> {
    if !arguments.data.is_dir() {
        return Err(CommandError::new(format!("{} is no data folder", arguments.data.display())));
    }
    let holds = Holds::of(&arguments.data);
    let fault = |error: std::io::Error| CommandError::new(format!("holds can't be read or written: {error}"));
    if arguments.list {
        print(&listed(&holds.all().map_err(fault)?, now))?;
        return Ok(Outcome::Done);
    }
    let who = arguments.who.as_deref().unwrap_or_default();
    if let Some(number) = arguments.release {
        let released = holds.release(now, number, who).map_err(fault)?;
        let Some(hold) = released else {
            return Err(CommandError::new(format!("there is no live hold {number}; --list shows all")));
        };
        print(&format!("hold {} is over: what it kept grows old with the next run\n", hold.number))?;
        return Ok(Outcome::Done);
    }
    let (Some(from), Some(to), Some(reason)) = (arguments.from, arguments.to, &arguments.reason) else {
        return Err(CommandError::new("give --from, --to, --reason and --who"));
    };
    if to <= from {
        return Err(CommandError::new(format!("--to {to} is not after --from {from}")));
    }
    let hold = holds.make(now, (from, to), reason, who, days(arguments.days)).map_err(fault)?;
    let mut text = format!("hold {} keeps {from} to {to} until {}\n", hold.number, hold.until);
    if from + RetentionConfig::default().identified < now {
        text.push_str(
            "note: by default ids are kept for 24 h; what is older than that may have lost them already\n",
        );
    }
    print(&text)?;
    Ok(Outcome::Done)
}

fn listed(holds: &[Hold], now: Instant) -> String {
    let mut text = String::new();
    for hold in holds {
        let state = match &hold.released {
            Some((at, who)) => format!("released at {at} by {who}"),
            None if hold.is_live(now) => format!("until {}", hold.until),
            None => format!("over since {}", hold.until),
        };
        let Hold { number, from, to, reason, who, .. } = hold;
        let _ = writeln!(text, "{number}: {from} to {to}, {state}; {reason} ({who})");
    }
    if text.is_empty() {
        text.push_str("no holds\n");
    }
    text
}
