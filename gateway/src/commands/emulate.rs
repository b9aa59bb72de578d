//! `emulate`: emulated controllers behind TCP.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::{Args, ValueEnum};
use voorrang_signals::Intersection;
use voorrang_tlcfi::emulator::{
    DetectorSource, Emulator, EmulatorConfig, Fallback, Fault, Latency, ScheduledFault, Script, ScriptError,
    SpecialVehicleSource, UnsafeReaction,
};
use voorrang_tlcfi::objects::{ApplicationType, HandoverCapability};
use voorrang_tlcfi::session::controller::{Account, ControllerConfig};
use voorrang_units::Duration;

use super::{CommandError, print};
use crate::clock::Clock;
use crate::codec::Outcome;
use crate::emulate::{Display, Format, Server};

/// Is an iVRI controller, for gateways and other applications to be tried on: TLC-FI over TCP.
///
/// It behaves as one on the street does. Its own program runs until an application registers, asks for control and is given it; lamps follow commands
/// after 0.16 to 0.38 s; its conflict monitor refuses what is unsafe; when the application goes, or dies, its program goes on from what lamps show, with
/// every minimum, yellow and intergreen kept. Detectors see random traffic, or what a file says.
///
/// Each intersection file is a controller of its own. They listen on consecutive ports, on this machine alone unless --listen says otherwise.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Intersection files
    #[arg(value_name = "INTERSECTION", required_unless_present = "list_faults")]
    intersections: Vec<PathBuf>,
    /// Where the first controller listens; the others on the ports after it. Port 0: any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:11501")]
    listen: SocketAddr,
    /// Of all that is random: the same seed and the same commands give the same. Each further controller has the next number
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What detectors see: random, none, or a file of lines `SECONDS NAME on|off|fault|ok` (inputs too: `60 brug 1`; `repeat 60` begins anew)
    #[arg(long, value_name = "random|none|FILE", default_value = "random")]
    detectors: String,
    /// With --detectors random: seconds between two vehicles on a lane, on average
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    headway_s: f64,
    /// What vehicles tell by KAR: none, random (emergency vehicles), or a file of JSON lines, TLC-FI's members and at_s
    #[arg(long, value_name = "none|random|FILE", default_value = "none")]
    kar: String,
    /// With --kar random: seconds between two vehicles, on average
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0)]
    kar_interval_s: f64,
    /// A fault, and seconds after the start; may be given several times. --list-faults tells them
    #[arg(long = "fault", value_name = "NAME[@SECONDS]", value_parser = fault)]
    faults: Vec<ScheduledFault>,
    /// Tells every fault, and ends
    #[arg(long)]
    list_faults: bool,
    /// From a command to its lamp, the median; it varies from 0.8 to 1.9 times that
    #[arg(long, value_name = "SECONDS", default_value_t = 0.2)]
    latency_s: f64,
    /// The latency does not vary
    #[arg(long)]
    steady: bool,
    /// What lamps do while no application is in control
    #[arg(long, value_enum, default_value_t = FallbackKind::TlcProgram)]
    fallback: FallbackKind,
    /// What an unsafe command leads to
    #[arg(long = "unsafe", value_enum, default_value_t = UnsafeKind::Unchanged)]
    unsafe_reaction: UnsafeKind,
    /// Control is handed over with all groups red, even to an application that could take over running lamps
    #[arg(long)]
    cleared: bool,
    /// Who may register, as what: NAME:PASSWORD:consumer or NAME:PASSWORD:control; may be given several times. Nobody named: everybody may
    #[arg(long = "account", value_name = "NAME:PASSWORD:TYPE", value_parser = account)]
    accounts: Vec<Account>,
    /// A further output, besides the emergency lamps of the file; may be given several times
    #[arg(long = "output", value_name = "NAME")]
    outputs: Vec<String>,
    /// Shows lamps, control and streams as they change, a line each, on stdout
    #[arg(long)]
    show: bool,
    /// Shows detectors too
    #[arg(long)]
    show_detectors: bool,
    /// What lines look like; json implies --show
    #[arg(long, value_enum)]
    format: Option<FormatKind>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum FallbackKind {
    /// The intersection file's program
    TlcProgram,
    /// Flashing amber: an application has to switch the intersection on
    AmberFlashing,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum UnsafeKind {
    /// The lamp stays as it is
    Unchanged,
    /// The intersection goes to Error, and takes control away
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatKind {
    /// For people
    Text,
    /// A JSON object a line
    Json,
}

const EXAMPLES: &str = "Examples:
  voorrang-gateway emulate junction.toml --show
  voorrang-gateway emulate scenarios/corridor/intersections/*.toml --listen 127.0.0.1:11501
  voorrang-gateway emulate junction.toml --show --kar random --fault end_of_control@120 --fault dropped_connection@300
  voorrang-gateway emulate junction.toml --fault short_intergreen --format json | jq .

It runs until it is stopped (Ctrl-C). Exit code: 0 stopped, 2 wrong use, as a file that can't be read.";

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    if arguments.list_faults {
        print(&list_faults())?;
        return Ok(Outcome::Done);
    }
    let mut controllers = Vec::new();
    for (seed, file) in (arguments.seed..).zip(&arguments.intersections) {
        controllers.push(controller(arguments, seed, file)?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(CommandError::new)?.block_on(serve(arguments, controllers))
}

async fn serve(
    arguments: &Arguments,
    controllers: Vec<(Arc<Intersection>, EmulatorConfig)>,
) -> Result<Outcome, CommandError> {
    let clock = Clock::start();
    let sink: Arc<Mutex<dyn io::Write + Send>> = Arc::new(Mutex::new(io::stdout()));
    let format = match arguments.format {
        Some(FormatKind::Json) => Some(Format::Json),
        Some(FormatKind::Text) => Some(Format::Text),
        None => (arguments.show || arguments.show_detectors).then_some(Format::Text),
    };
    let mut tasks = tokio::task::JoinSet::new();
    let mut address = arguments.listen;
    for (place, (intersection, config)) in controllers.into_iter().enumerate() {
        if place > 0 && address.port() != 0 {
            let next = address.port().checked_add(1);
            address.set_port(next.ok_or_else(|| CommandError::new("there is no port after 65535"))?);
        }
        let emulator =
            Emulator::new(Arc::clone(&intersection), config, clock.now()).map_err(CommandError::new)?;
        let name = emulator.sessions().equipment().intersection.as_str().to_owned();
        let display = Display::new(name.clone(), format, arguments.show_detectors, Arc::clone(&sink));
        let server =
            Server::bind(address, emulator, display, clock.clone()).await.map_err(CommandError::new)?;
        if format.is_none() {
            print(&format!("{name} listens on {}\n", server.address()))?;
        }
        tasks.spawn(server.run());
    }
    tokio::select! {
        stopped = stop() => stopped.map_err(CommandError::new)?,
        // One ends when nobody reads the display any more.
        _ = tasks.join_next() => {}
    }
    Ok(Outcome::Done)
}

/// Ctrl-C, or the system's wish to end.
async fn stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

fn controller(
    arguments: &Arguments,
    seed: u64,
    file: &Path,
) -> Result<(Arc<Intersection>, EmulatorConfig), CommandError> {
    let text = read(file)?;
    let name = file.display().to_string();
    let intersection = Intersection::from_toml(&text, &name).map_err(CommandError::new)?;
    let detectors = match arguments.detectors.as_str() {
        "none" => DetectorSource::Outside,
        "random" => DetectorSource::Random { headway: seconds("--headway-s", arguments.headway_s, 1.0)? },
        file => {
            let script = Script::detectors(&read(Path::new(file))?, &intersection);
            DetectorSource::Script(script.map_err(|errors| script_errors(file, &errors))?)
        }
    };
    let special_vehicles = match arguments.kar.as_str() {
        "none" => SpecialVehicleSource::Outside,
        "random" => SpecialVehicleSource::Random {
            interval: seconds("--kar-interval-s", arguments.kar_interval_s, 2.0)?,
        },
        file => {
            let script = Script::special_vehicles(&read(Path::new(file))?);
            SpecialVehicleSource::Script(script.map_err(|errors| script_errors(file, &errors))?)
        }
    };
    let config = EmulatorConfig {
        seed,
        fallback: match arguments.fallback {
            FallbackKind::TlcProgram => Fallback::TlcProgram,
            FallbackKind::AmberFlashing => Fallback::AmberFlashing,
        },
        unsafe_reaction: match arguments.unsafe_reaction {
            UnsafeKind::Unchanged => UnsafeReaction::Unchanged,
            UnsafeKind::Error => UnsafeReaction::Error,
        },
        latency: Latency {
            typical: seconds("--latency-s", arguments.latency_s, 0.0)?,
            varies: !arguments.steady,
        },
        detectors,
        special_vehicles,
        faults: arguments.faults.clone(),
        handover: if arguments.cleared { HandoverCapability::Cleared } else { HandoverCapability::Direct },
        outputs: arguments.outputs.iter().map(|output| (output.clone(), false)).collect(),
        controller: ControllerConfig { accounts: arguments.accounts.clone(), ..ControllerConfig::default() },
        ..EmulatorConfig::default()
    };
    Ok((Arc::new(intersection), config))
}

fn read(file: &Path) -> Result<String, CommandError> {
    fs::read_to_string(file)
        .map_err(|error| CommandError::new(format!("can't read {}: {error}", file.display())))
}

fn script_errors(file: &str, errors: &[ScriptError]) -> CommandError {
    let lines: Vec<String> = errors.iter().map(|error| format!("{file}, {error}")).collect();
    CommandError::new(lines.join("\n"))
}

fn seconds(option: &str, seconds: f64, least: f64) -> Result<Duration, CommandError> {
    if (least..=86_400.0).contains(&seconds) {
        Ok(Duration::from_seconds_f64(seconds))
    } else {
        Err(CommandError::new(format!("{option} {seconds}: from {least} to 86400 seconds")))
    }
}

fn fault(text: &str) -> Result<ScheduledFault, String> {
    text.parse().map_err(|error: voorrang_tlcfi::emulator::FaultError| error.to_string())
}

fn account(text: &str) -> Result<Account, String> {
    let usage = "write NAME:PASSWORD:consumer or NAME:PASSWORD:control".to_owned();
    let mut parts = text.splitn(3, ':');
    let (Some(name), Some(password), Some(kind)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(usage);
    };
    let kinds = match kind {
        "consumer" => vec![ApplicationType::Consumer],
        // Whoever may control may look, too.
        "control" => vec![ApplicationType::Consumer, ApplicationType::Control],
        _ => return Err(usage),
    };
    Ok(Account { username: name.to_owned(), password: password.to_owned(), kinds })
}

fn list_faults() -> String {
    let mut list = String::new();
    for (name, _, what) in Fault::NAMES {
        // A String takes every line.
        let _ = writeln!(list, "{name:<28}{what}");
    }
    list
}
