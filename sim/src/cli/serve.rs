//! `voorrang-sim serve SCENARIO`: the scenario's junctions as controllers, its emergency vehicles as senders, for a gateway.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Instant;

use voorrang_priority::{PartialConflicts, RecoveryConfig};
use voorrang_units::Duration;

use super::{CommandError, Format, print, remark, seconds, strategy, write};
use crate::measures::comparison::{Comparison, Setting, StrategyRuns};
use crate::measures::performance::Performance;
use crate::measures::summary::Summary;
use crate::report::figures::plural;
use crate::report::trips_csv;
use crate::run_options::{AtRed, RunOptions, USUAL_LAMP_LATENCY};
use crate::scenario::Scenario;
use crate::schedule::CONTROL_STEP;
use crate::serve::{GatewayFiles, HostError, Hosting, SERVED, ServeError, Served, host, prepare, wall_clock};
use crate::simulation::Model;

/// Offer a scenario to a gateway: junctions as TLC-FI controllers, emergency vehicles as SREM senders
///
/// Goes in real time. Each junction that takes requests listens as a controller; an application that takes control drives its lamps, otherwise it
/// runs its own program. The emergency vehicles send SREMs and CAMs by UDP and hear SSEMs. At the end the same measures are printed as
/// by `run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example, in two terminals:\n  \
    voorrang-sim serve scenarios/two_ambulances --from 900 --write-config lab\n  \
    voorrang-gateway run lab/gateway.toml\n\n\
    There is no --speed: a gateway reads its own clock, and would see vehicles that arrive sooner than they say. To get many passages soon, serve\n\
    several runs at once (--replication, --listen).")]
pub struct Arguments {
    /// The scenario's folder (the one with scenario.toml)
    scenario: PathBuf,
    /// Where the first junction listens; the others at the following ports. Port 0 takes whatever is free
    #[arg(long, default_value = "127.0.0.1:11600", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where the gateway hears vehicles
    #[arg(long, default_value = "127.0.0.1:4711", value_name = "ADDRESS")]
    send: SocketAddr,
    /// Write a gateway's configuration into this folder: gateway.toml and what it needs
    #[arg(long, value_name = "DIR")]
    write_config: Option<PathBuf>,
    /// The gateway's role in that configuration
    #[arg(long, value_enum, default_value_t = Role::Control, value_name = "ROLE")]
    role: Role,
    /// The gateway's strategy in that configuration
    #[arg(long, default_value = "eta", value_name = "NAME")]
    strategy: String,
    /// Up to so many seconds after the start everything goes as fast as it can, to fill the roads
    #[arg(long, default_value = "0", value_name = "SECONDS", value_parser = seconds)]
    from: Duration,
    /// When measuring ends, in seconds after the start [default: the scenario's]; it goes on until every emergency vehicle has arrived
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    end: Option<Duration>,
    /// Emergency vehicles tell of themselves by KAR too
    #[arg(long)]
    kar: bool,
    /// Where the random numbers start
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// How many replications there are: departures are spread over them as by `run`
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    replications: u32,
    /// Which of them this is, counted from 1
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    replication: u32,
    /// Each departure moves by up to this many seconds, up or down
    #[arg(long, default_value = "15", value_name = "SECONDS", value_parser = seconds)]
    jitter: Duration,
    /// Write trips.csv into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What to print at the end
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

/// What a gateway is to the junctions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// It looks on
    Observe,
    /// It drives the lamps
    Control,
}

impl From<HostError> for CommandError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Serve(error) => error.into(),
            HostError::Socket { .. } | HostError::Ports { .. } => Self::WrongUse(error.to_string()),
        }
    }
}

impl From<ServeError> for CommandError {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Run(error) => error.into(),
            ServeError::NothingToControl | ServeError::Equipment { .. } => Self::WrongUse(error.to_string()),
        }
    }
}

/// Serves a run.
///
/// # Errors
/// Wrong options, a wrong scenario, or an address that can't be had.
pub fn run(arguments: &Arguments, started: Instant) -> Result<(), CommandError> {
    if arguments.replication > arguments.replications {
        let what = "--replication counts from 1 up to --replications".to_owned();
        return Err(CommandError::WrongUse(what));
    }
    strategy("--strategy", &arguments.strategy)?;
    let scenario = Scenario::load(&arguments.scenario)?;
    if scenario.step != CONTROL_STEP {
        remark(&format!(
            "The traffic step is 0.1 s here, not {} s as the scenario says.",
            scenario.step.seconds()
        ));
    }
    let options = options(arguments, &scenario);
    let setting = setting(arguments, &scenario, &options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CommandError::Output)?;
    let record = runtime.block_on(serve(arguments, scenario, &options))?;
    let comparison = Comparison {
        setting,
        strategies: vec![StrategyRuns { strategy: SERVED.to_owned(), runs: vec![record] }],
    };
    let updates = comparison.strategies[0].runs[0].vehicle_updates;
    let summary = Summary::of(&comparison, Performance::measure(started, None, updates));
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .map_err(|source| CommandError::Unwritable { path: folder.clone(), source })?;
        write(&folder.join("trips.csv"), &trips_csv::text(&comparison))?;
    }
    match arguments.format {
        Format::Table => print(&trips_csv::text(&comparison)),
        Format::Json => {
            let text =
                serde_json::to_string_pretty(&summary).map_err(|error| CommandError::Output(error.into()))?;
            print(&(text + "\n"))
        }
    }
}

async fn serve(
    arguments: &Arguments,
    scenario: Scenario,
    options: &RunOptions,
) -> Result<crate::measures::record::RunRecord, CommandError> {
    let ip: IpAddr = arguments.listen.ip();
    let equipped = scenario.intersections.iter().filter(|one| one.equipped).count();
    let hosting = Hosting::listen(ip, arguments.listen.port(), equipped, arguments.send).await?;
    // The way to `from` takes some time itself; what is late by then is made up.
    let start = on_the_step(wall_clock() - arguments.from);
    let model = Model::new(prepare(scenario, start));
    let mut served = Served::new(model, options, arguments.replication - 1, arguments.kar)?;
    let mut nobody_hears = Vec::new();
    while served.next_step() < start + arguments.from || served.next_step() + CONTROL_STEP < wall_clock() {
        served.step(&mut nobody_hears)?;
        nobody_hears.clear();
    }
    for (junction, address) in served.junctions().iter().zip(&hosting.controllers) {
        let name = served.scenario().intersections[junction.intersection].intersection.name();
        remark(&format!("{name}: TLC-FI at {address}"));
    }
    remark(&format!("Vehicles send to {} by UDP.", arguments.send));
    if let Some(folder) = &arguments.write_config {
        let files = GatewayFiles {
            role: match arguments.role {
                Role::Observe => "observe",
                Role::Control => "control",
            },
            strategy: arguments.strategy.clone(),
            controllers: hosting.controllers.clone(),
            vehicles: arguments.send,
        };
        let written = files.write(folder, &served);
        let path = written.map_err(|source| CommandError::Unwritable { path: folder.clone(), source })?;
        remark(&format!("Written: {}; now start voorrang-gateway run {}", path.display(), path.display()));
    }
    let stop = async {
        // Where that can't be waited for, the run goes to its end.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let late = host(&mut served, hosting, stop).await?;
    if late > 0 {
        remark(&format!(
            "{} late by more than 0.2 s: the machine is too slow for this.",
            plural(late, "step")
        ));
    }
    remark(&format!("{} while an application was in control.", plural(served.commanded(), "lamp change")));
    Ok(served.finish()?)
}

fn on_the_step(moment: voorrang_units::Instant) -> voorrang_units::Instant {
    let step = CONTROL_STEP.millis();
    voorrang_units::Instant::from_unix_millis(moment.unix_millis().div_euclid(step) * step)
}

fn options(arguments: &Arguments, scenario: &Scenario) -> RunOptions {
    RunOptions {
        seed: arguments.seed,
        replications: arguments.replications,
        at_red: AtRed::PassSlowly,
        jitter: arguments.jitter,
        end: arguments.end.unwrap_or(scenario.end),
        warm_up: scenario.warm_up,
        recovery: RecoveryConfig::default(),
        partial_conflicts: PartialConflicts::Hold,
        lamp_latency: USUAL_LAMP_LATENCY,
    }
}

fn setting(arguments: &Arguments, scenario: &Scenario, options: &RunOptions) -> Setting {
    Setting {
        scenario: scenario.name.clone(),
        seed: options.seed,
        replications: 1,
        step: CONTROL_STEP,
        at_red: options.at_red,
        jitter: arguments.jitter,
        warm_up: options.warm_up,
        end: options.end,
        recovery: options.recovery.clone(),
        partial_conflicts: options.partial_conflicts,
        lamp_latency: options.lamp_latency,
    }
}
