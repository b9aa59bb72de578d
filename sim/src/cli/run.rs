//! `voorrang-sim run SCENARIO`: strategies compared on a scenario over paired replications.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use voorrang_priority::{PartialConflicts, RecoveryConfig, StrategyConfig};
use voorrang_units::Duration;

use super::{CommandError, Format, print, remark, seconds, strategy, write};
use crate::capture_file;
use crate::measures::comparison::{Comparison, NO_PRIORITY, Setting, StrategyRuns};
use crate::measures::performance::Performance;
use crate::measures::summary::Summary;
use crate::replications::{Progress, Replicated, replicate};
use crate::report::{Fact, figures::plural, intervention, page, table, time_space, trips_csv};
use crate::run_options::{self, RunOptions};
use crate::scenario::Scenario;
use crate::scenario::file::file_name;
use crate::schedule::CONTROL_STEP;
use crate::simulation::Model;

/// How long traffic should have flowed before measuring begins (strategies.md 5.5).
const USUAL_WARM_UP: Duration = Duration::from_seconds(900);

/// Compare priority strategies on a scenario
///
/// Runs every strategy over the same traffic, several times with other random numbers, and prints what the emergency vehicles
/// gained and what the others lost, with 95 % intervals.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    voorrang-sim run scenarios/corridor\n  \
    voorrang-sim run scenarios/corridor --at-red wait --out out       then open out/report.html\n  \
    voorrang-sim run scenarios/corridor --strategies eta,corridor --baseline absolute\n  \
    voorrang-sim run scenarios/corridor --format json > figures.json\n  \
    voorrang-sim run scenarios/corridor --vlog logs                   and what each controller did, as V-Log\n  \
    voorrang-sim run scenarios/corridor --messages captures           and every message, for Wireshark\n  \
    voorrang-sim run scenarios/corridor --replications 1 --jitter 0   exactly the demand as written\n  \
    voorrang-sim run scenarios/corridor --lamp-latency-s 0.2          lamps as slow as those of a real controller\n\n\
    The same scenario, seed and options give the same figures, bit for bit, on any number of threads.")]
pub struct Arguments {
    /// The scenario's folder (the one with scenario.toml)
    scenario: PathBuf,
    /// Strategies to compare, separated by commas; `none`, the control program alone, always runs
    #[arg(long, value_delimiter = ',', default_value = "none,absolute", value_name = "NAMES")]
    strategies: Vec<String>,
    /// The strategy that the others are compared with
    #[arg(long, default_value = NO_PRIORITY, value_name = "NAME")]
    baseline: String,
    /// How intersections find back after an intervention
    #[arg(long, default_value = "resume", value_name = "NAME", value_parser = recovery)]
    recovery: RecoveryConfig,
    /// What becomes of signal groups in partial conflict with the turns that an emergency vehicle may make
    #[arg(long, value_enum, default_value_t = Partial::Hold, value_name = "HOW")]
    partial_conflicts: Partial,
    /// How often each strategy runs, each time with other random numbers; intervals need at least 2
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    replications: u32,
    /// Where the random numbers start: another seed is another sample of the same traffic
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// What emergency vehicles do at a red light
    #[arg(long, value_enum, default_value_t = AtRed::PassSlowly, value_name = "HOW")]
    at_red: AtRed,
    /// Each departure moves by up to this many seconds, up or down; 0 leaves all as written
    #[arg(long, default_value = "15", value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    jitter: Duration,
    /// When measuring ends, in seconds after the start [default: the scenario's]; a run goes on, 1800 s more at most, until
    /// every emergency vehicle has arrived
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    end: Option<Duration>,
    /// From a controller's command to its lamp, 0 to 0.5 s, in tenths: at real controllers 0.16 to 0.38 s were seen, 0.2 s mostly
    #[arg(long, default_value = "0", value_name = "SECONDS", value_parser = lamp_latency, allow_negative_numbers = true)]
    lamp_latency_s: Duration,
    /// Runs at the same time [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Write summary.json, trips.csv, report.html, time_space.svg and intervention.svg into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the V-Log of every intersection, of each strategy's first replication: DIR/STRATEGY/INTERSECTION.vlg
    #[arg(long, value_name = "DIR")]
    vlog: Option<PathBuf>,
    /// Write what the priority engine was told and said, in each strategy's first replication: DIR/STRATEGY.jsonl, for `voorrang-sim replay`
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// Write all messages of each strategy's first replication: DIR/STRATEGY.pcap, for `voorrang-gateway decode` and Wireshark
    #[arg(long, value_name = "DIR")]
    messages: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What emergency vehicles do at red, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum AtRed {
    /// Pass at 20 km/h at most, after looking: what crews do
    #[value(name = "pass_slowly")]
    PassSlowly,
    /// Wait for green
    #[value(name = "wait")]
    Wait,
}

/// What becomes of groups in partial conflict, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Partial {
    /// They are held red: nobody turns across the vehicle's way
    Hold,
    /// They go on with the program
    Allow,
}

/// A recovery by its name.
fn recovery(name: &str) -> Result<RecoveryConfig, String> {
    RecoveryConfig::from_name(name).ok_or_else(|| {
        format!("there is no recovery \"{name}\"; there are {}", RecoveryConfig::NAMES.join(", "))
    })
}

/// A time from a command to its lamp: whole control steps.
fn lamp_latency(text: &str) -> Result<Duration, String> {
    let latency = seconds(text)?;
    if latency > run_options::LONGEST_LAMP_LATENCY {
        return Err(format!(
            "\"{text}\" is out of range: a controller takes lamps for faulty that need more than 0.5 s"
        ));
    }
    if latency.millis() % CONTROL_STEP.millis() != 0 {
        return Err(format!(
            "\"{text}\" is no whole number of tenths of a second: signals go in steps of 0.1 s"
        ));
    }
    Ok(latency)
}

/// Runs the comparison and prints it.
///
/// # Errors
/// Wrong options, a wrong scenario, or a result that cannot be written.
pub fn run(arguments: &Arguments, started: Instant) -> Result<(), CommandError> {
    let strategies = strategies(&arguments.baseline, &arguments.strategies)?;
    let scenario = Scenario::load(&arguments.scenario)?;
    let (setting, remarks) = setting(arguments, &scenario)?;
    // Before the work, not after it.
    let logs = strategies.iter().filter_map(|strategy| Some(arguments.vlog.as_ref()?.join(strategy.name())));
    for folder in
        arguments.out.iter().chain(&arguments.journal).chain(&arguments.messages).cloned().chain(logs)
    {
        std::fs::create_dir_all(&folder)
            .map_err(|source| CommandError::Unwritable { path: folder.clone(), source })?;
    }
    let facts = facts(&scenario);
    let model = Model::new(scenario);
    let model = if arguments.vlog.is_some() { model.with_logs() } else { model };
    let model = if arguments.messages.is_some() { model.with_messages() } else { model };
    let model = match &arguments.journal {
        Some(folder) => model.with_journals(folder.clone()),
        None => model,
    };
    let replicated = replicated(arguments, &model, &setting, &strategies)?;
    let start_up = replicated.first_step.map(|first| first.duration_since(started));
    let comparison = Comparison {
        setting,
        strategies: strategies
            .iter()
            .zip(replicated.results)
            .map(|(strategy, runs)| StrategyRuns { strategy: strategy.name().to_owned(), runs })
            .collect(),
    };
    let updates =
        comparison.strategies.iter().flat_map(|strategy| &strategy.runs).map(|run| run.vehicle_updates).sum();
    let summary = Summary::of(&comparison, Performance::measure(started, start_up, updates));
    if let Some(folder) = &arguments.vlog {
        write_logs(folder, &comparison, model.scenario())?;
    }
    if let Some(folder) = &arguments.messages {
        write_captures(folder, &comparison)?;
    }
    if let Some(folder) = &arguments.journal {
        let journals = plural(strategies.len() as u64, "journal");
        remark(&format!("Written to {}: {journals}", folder.display()));
    }
    if let Some(out) = &arguments.out {
        write_files(out, &comparison, &summary, &facts, &remarks)?;
    }
    match arguments.format {
        Format::Table => print(&table::text(&summary, &comparison.setting, &remarks))?,
        Format::Json => {
            print(&json(&summary))?;
            remarks.iter().for_each(|text| remark(text));
        }
    }
    remark(&cost(&summary));
    Ok(())
}

/// The strategies by name: the baseline first, each once, `none` among them.
fn strategies(baseline: &str, names: &[String]) -> Result<Vec<StrategyConfig>, CommandError> {
    let mut wanted = vec![(baseline, "--baseline")];
    let named = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
    for name in std::iter::once(NO_PRIORITY).chain(named) {
        if !wanted.iter().any(|(other, _)| *other == name) {
            wanted.push((name, "--strategies"));
        }
    }
    wanted.into_iter().map(|(name, option)| strategy(option, name)).collect()
}

/// What all runs share, and what its reader has to know of it.
fn setting(arguments: &Arguments, scenario: &Scenario) -> Result<(Setting, Vec<String>), CommandError> {
    let end = arguments.end.unwrap_or(scenario.end);
    if end < scenario.step {
        return Err(CommandError::WrongUse(format!(
            "--end: {} s is shorter than one traffic step of {} s; give a later end",
            end.seconds(),
            scenario.step.seconds()
        )));
    }
    // A run cut short keeps half of its time to measure in.
    let half = Duration::from_seconds(end.millis() / 2000);
    let warm_up = if end < scenario.end { scenario.warm_up.min(half) } else { scenario.warm_up };
    let mut remarks = Vec::new();
    if warm_up < USUAL_WARM_UP {
        remarks.push(format!(
            "Measuring began {} s after the start, not {} s as usual: traffic may not have filled the roads by then.",
            warm_up.seconds(),
            USUAL_WARM_UP.seconds()
        ));
    }
    let outside = scenario.emergency.iter().filter(|trip| trip.depart < warm_up || trip.depart >= end);
    let outside: Vec<&str> = outside.map(|trip| trip.id.as_str()).collect();
    if !outside.is_empty() {
        remarks.push(format!(
            "The others are measured from {} s to {} s; {} departs outside that, so its cost to them is not all in the figures.",
            warm_up.seconds(),
            end.seconds(),
            outside.join(", ")
        ));
    }
    let setting = Setting {
        scenario: scenario.name.clone(),
        seed: arguments.seed,
        replications: arguments.replications,
        step: scenario.step,
        at_red: match arguments.at_red {
            AtRed::PassSlowly => run_options::AtRed::PassSlowly,
            AtRed::Wait => run_options::AtRed::Wait,
        },
        jitter: arguments.jitter,
        warm_up,
        end,
        recovery: arguments.recovery.clone(),
        partial_conflicts: match arguments.partial_conflicts {
            Partial::Hold => PartialConflicts::Hold,
            Partial::Allow => PartialConflicts::Allow,
        },
        lamp_latency: arguments.lamp_latency_s,
    };
    if setting.lamp_latency > Duration::ZERO {
        remarks.push(format!("Lamps follow commands after {} s.", setting.lamp_latency.seconds()));
    }
    Ok((setting, remarks))
}

/// All runs, with a progress bar where somebody looks at stderr.
fn replicated(
    arguments: &Arguments,
    model: &Model,
    setting: &Setting,
    strategies: &[StrategyConfig],
) -> Result<Replicated<crate::measures::record::RunRecord>, CommandError> {
    let options = RunOptions {
        seed: setting.seed,
        replications: setting.replications,
        at_red: setting.at_red,
        jitter: setting.jitter,
        end: setting.end,
        warm_up: setting.warm_up,
        recovery: setting.recovery.clone(),
        partial_conflicts: setting.partial_conflicts,
        lamp_latency: setting.lamp_latency,
    };
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = arguments.threads.unwrap_or(cores);
    let runs = u64::from(setting.replications) * strategies.len() as u64;
    let steps = u64::try_from(setting.end.millis() / setting.step.millis().max(1)).unwrap_or(0);
    let bar = progress_bar(runs * steps);
    let progress = Progress::default();
    let run = |strategy: usize, replication: u32, steps: &_| {
        model.run(&options, &strategies[strategy], replication, steps)
    };
    let watch = |progress: &Progress| {
        let done = progress.steps.load(Ordering::Relaxed);
        // Runs go on past the end until every emergency vehicle has arrived.
        bar.set_length(done.max(runs * steps));
        bar.set_position(done);
        bar.set_message(format!("{} of {runs} runs", progress.runs.load(Ordering::Relaxed)));
    };
    let replicated = replicate(strategies.len(), setting.replications, threads, &progress, run, watch);
    bar.finish_and_clear();
    Ok(replicated?)
}

/// On stderr; hidden where that is no terminal.
fn progress_bar(steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(steps).with_style(style)
}

/// The files of `--out`.
fn write_files(
    out: &Path,
    comparison: &Comparison,
    summary: &Summary,
    facts: &[Fact],
    remarks: &[String],
) -> Result<(), CommandError> {
    write(&out.join("summary.json"), &json(summary))?;
    write(&out.join("trips.csv"), &trips_csv::text(comparison))?;
    write(&out.join("report.html"), &page::html(comparison, summary, facts, remarks))?;
    let picture = time_space::standalone_svg(comparison, 0);
    if let Some(picture) = &picture {
        write(&out.join("time_space.svg"), picture)?;
    }
    let story = intervention::stories(comparison).pop();
    if let Some(story) = &story {
        write(&out.join("intervention.svg"), &intervention::standalone_svg(story))?;
    }
    let mut written = "summary.json, trips.csv, report.html".to_owned();
    for name in [picture.map(|_| "time_space.svg"), story.map(|_| "intervention.svg")].into_iter().flatten() {
        written += &format!(", {name}");
    }
    remark(&format!("Written to {}: {written}", out.display()));
    Ok(())
}

/// The files of `--vlog`.
fn write_logs(folder: &Path, comparison: &Comparison, scenario: &Scenario) -> Result<(), CommandError> {
    let mut written = 0;
    for strategy in &comparison.strategies {
        let logs = strategy.runs.first().and_then(|run| run.logs.as_ref());
        for (controlled, log) in scenario.intersections.iter().zip(logs.into_iter().flatten()) {
            let name = format!("{}.vlg", file_name(&controlled.intersection));
            write(&folder.join(&strategy.strategy).join(name), log)?;
            written += 1;
        }
    }
    remark(&format!("Written to {}: {}", folder.display(), plural(written, "log")));
    Ok(())
}

/// The files of `--messages`.
fn write_captures(folder: &Path, comparison: &Comparison) -> Result<(), CommandError> {
    for strategy in &comparison.strategies {
        let messages = strategy.runs.first().and_then(|run| run.messages.as_deref()).unwrap_or_default();
        let path = folder.join(format!("{}.pcap", strategy.strategy));
        let written = File::create(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            capture_file::write(&mut file, messages)?;
            file.flush()
        });
        written.map_err(|source| CommandError::Unwritable { path, source })?;
    }
    let captures = plural(comparison.strategies.len() as u64, "capture");
    remark(&format!("Written to {}: {captures}", folder.display()));
    Ok(())
}

/// The results as JSON, a line for each member.
fn json(summary: &Summary) -> String {
    serde_json::to_string_pretty(summary).expect("numbers, texts and lists of them: JSON can say all of it")
        + "\n"
}

/// What the program itself cost, for stderr.
fn cost(summary: &Summary) -> String {
    let performance = &summary.performance;
    let runs = u64::from(summary.replications) * summary.strategies.len() as u64;
    let mut text = format!(
        "{} in {:.1} s, {} vehicle updates",
        plural(runs, "run"),
        performance.wall_s.unwrap_or(0.0),
        performance.vehicle_updates
    );
    if let Some(cpu) = performance.cpu_s {
        text += &format!(", {cpu:.1} s of processor time");
    }
    if let Some(memory) = performance.peak_memory_mb {
        text += &format!(", {memory:.0} MB at most");
    }
    text
}

/// What the page says of the scenario.
fn facts(scenario: &Scenario) -> Vec<Fact> {
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
    let network = &scenario.network;
    let equipped = scenario.intersections.iter().filter(|one| one.equipped).count();
    let assumed: usize = scenario.intersections.iter().map(|one| one.intersection.assumed().len()).sum();
    let trips: Vec<String> =
        scenario.emergency.iter().map(|trip| format!("{} at {} s", trip.id, trip.depart.seconds())).collect();
    let mut facts = vec![
        fact(
            "Roads",
            format!(
                "{} edges, {} lanes, {} ways over junctions",
                network.edges.len(),
                network.lanes.len(),
                network.links.len()
            ),
        ),
        fact(
            "Signals",
            format!(
                "{}, {equipped} of them take priority requests",
                plural(scenario.intersections.len() as u64, "intersection")
            ),
        ),
    ];
    if assumed > 0 {
        facts.push(fact(
            "Assumed",
            format!(
                "{} of the intersection files; voorrang-sim check lists them",
                plural(assumed as u64, "value")
            ),
        ));
    }
    if !trips.is_empty() {
        facts.push(fact("Emergency trips", trips.join(", ")));
    }
    facts.push(fact(
        "Radio",
        format!(
            "{} ms one way, up to {} ms more at random, {} % of messages lost",
            scenario.radio.latency.millis(),
            scenario.radio.jitter.millis(),
            scenario.radio.loss * 100.0
        ),
    ));
    facts
}
