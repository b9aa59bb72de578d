//! A lab's folder: intersection files, a configuration that runs as it is, another for an emulator beside it, and a route to drive.

use std::fs;
use std::io;
use std::path::Path;

use voorrang_units::GeodeticPosition;

use super::street;

/// Where the first junction lies: a field near Utrecht.
const ORIGIN: (f64, f64) = (52.05, 5.05);

/// The folder of intersection files in a lab.
pub const INTERSECTIONS: &str = "intersections";
/// The configuration whose controllers are emulated within the gateway.
pub const CONFIGURATION: &str = "gateway.toml";
/// The configuration whose controllers are an emulator's, a process of its own.
pub const BESIDE_EMULATOR: &str = "with_emulator.toml";
/// The vehicle's way along the first street.
pub const ROUTE: &str = "route.toml";
/// Where the emulator listens for the first junction; the others follow.
pub const EMULATOR_PORT: u16 = 11_501;

/// How many junctions the configuration beside an emulator has, at most.
const EMULATED_BESIDE: u16 = 3;

/// Writes a lab of so many junctions.
///
/// # Errors
/// When the folder is there and not empty, or can't be written.
pub fn write(folder: &Path, junctions: u16) -> io::Result<()> {
    fs::create_dir_all(folder.join(INTERSECTIONS))?;
    if fs::read_dir(folder.join(INTERSECTIONS))?.next().is_some() {
        let what = format!("{} has intersections already; give another folder", folder.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
    }
    let (latitude, longitude) = ORIGIN;
    let origin = GeodeticPosition::from_degrees(latitude, longitude).expect("a place in the Netherlands");
    for number in 0..junctions {
        fs::write(folder.join(file_of(number)), street::intersection_file(origin, number))?;
    }
    fs::write(folder.join(CONFIGURATION), configuration(EMULATED_WITHIN))?;
    let beside: String = (0..junctions.min(EMULATED_BESIDE)).map(beside_emulator).collect();
    fs::write(folder.join(BESIDE_EMULATOR), configuration(&beside))?;
    fs::write(folder.join("tlc.secret"), "lab\n")?;
    fs::write(folder.join(ROUTE), street::route_file(origin, junctions.min(EMULATED_BESIDE), file_of))
}

fn file_of(number: u16) -> String {
    format!("{INTERSECTIONS}/L{:04}.toml", number + 1)
}

/// A gateway on this machine alone, for vehicles that `send` and `load` drive.
fn configuration(intersections: &str) -> String {
    format!(
        r#"# A gateway of the lab: everything on this machine, nothing to install. `voorrang-gateway check` explains it.
schema = 1
name = "lab"
station = 70000
data = "data"

[priority]
strategy = "eta"
{intersections}
[udp]
listen = "127.0.0.1:4711"

[http]
listen = "127.0.0.1:8080"

# Nobody compares the clock of a lab with anything.
[clock]
source = "assumed"

# Vehicles of the lab. On the street a list of addresses is not enough: see docs/security.md.
[[authorised]]
name = "lab ambulances"
stations = ["112000-131999"]
network = "127.0.0.0/8"
role = "emergency"
importance_ceiling = 14
"#
    )
}

const EMULATED_WITHIN: &str = r#"
# All of them are emulated within the gateway's own process: it speaks TLC-FI with them as with any controller.
[[intersections]]
folder = "intersections"
role = "control"
fallback = "tlc_program"
controller = { emulated = {} }
"#;

fn beside_emulator(number: u16) -> String {
    format!(
        r#"
[[intersections]]
file = "{}"
role = "control"
fallback = "tlc_program"
controller = {{ tlcfi = {{ address = "127.0.0.1:{}", username = "gateway", password_file = "tlc.secret" }} }}
"#,
        file_of(number),
        EMULATOR_PORT + number,
    )
}
