//! The lab: a street of made-up junctions with all that a gateway needs to run them, and emulator, gateway and vehicle at once on one screen.
//!
//! `street.rs` makes the junctions, `folder.rs` writes them with their configurations, `processes.rs` starts what there is to start.

pub mod folder;
pub mod processes;
pub mod street;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use folder::{BESIDE_EMULATOR, EMULATOR_PORT, ROUTE};
use processes::{LabError, Process, path, say, wait_until_ready};

/// A gateway is in control of its junctions within this: registration, hand-over, and the controllers' switch-on.
const UNTIL_READY: Duration = Duration::from_secs(90);

/// Where the lab's gateway shows its page.
const PAGE: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);
/// Where the lab's gateway hears vehicles.
const VEHICLES: &str = "udp:127.0.0.1:4711";

/// Starts the emulator of a lab's folder, the gateway and a vehicle, and waits until the vehicle has driven its route. With `linger`
/// emulator and gateway stay until the program is interrupted.
///
/// # Errors
/// When a process can't be started, or ends too early. An `Ok(false)` says that the vehicle did not get what it asked for.
pub fn run(folder: &Path, linger: bool) -> Result<bool, LabError> {
    let page = SocketAddr::from(PAGE);
    let junctions = junction_files(folder);
    let listen = format!("127.0.0.1:{EMULATOR_PORT}");
    let emulate = ["emulate".into()].into_iter().chain(junctions).chain([
        "--listen".into(),
        listen.into(),
        "--show".into(),
    ]);
    let mut emulator = Process::start("emulator", emulate)?;
    let mut gateway = Process::start("gateway", ["run".into(), path(folder, BESIDE_EMULATOR)])?;
    say("lab", format_args!("the gateway registers with the emulated controllers and takes control ..."));
    wait_until_ready(page, &mut [&mut emulator, &mut gateway], UNTIL_READY)?;
    say("lab", format_args!("in control; see http://{page}/ now: the vehicle starts"));
    let send = ["send".into(), "--route".into(), path(folder, ROUTE), "--to".into(), VEHICLES.into()];
    let mut vehicle = Process::start("vehicle", send)?;
    let status = loop {
        emulator.still_runs()?;
        gateway.still_runs()?;
        if let Some(status) = vehicle.ended() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    // What it said last stands above what is said now.
    vehicle.stop();
    if linger {
        say("lab", format_args!("the vehicle is through; http://{page}/ goes on until you press Ctrl-C"));
        loop {
            emulator.still_runs()?;
            gateway.still_runs()?;
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    say("lab", format_args!("the vehicle is through; control goes back to the controllers"));
    gateway.stop();
    emulator.stop();
    Ok(status.success())
}

/// The intersection files that the configuration beside an emulator names, in its order.
fn junction_files(folder: &Path) -> Vec<std::ffi::OsString> {
    let file = folder.join(BESIDE_EMULATOR);
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let files = text.lines().filter_map(|line| line.strip_prefix("file = \"")?.strip_suffix('"'));
    files.map(|file| path(folder, file)).collect()
}
