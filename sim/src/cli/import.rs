//! `voorrang-sim import sumo NET`: a SUMO network with its demand becomes a scenario folder.

use std::path::PathBuf;

use super::{CommandError, print, remark};
use crate::import::{ImportOptions, import_sumo};

/// Make a scenario from another simulator's files
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, clap::Subcommand)]
enum Source {
    Sumo(Sumo),
}

/// From SUMO: network, routes, signal programs, bus stops
///
/// Writes a scenario folder: scenario.toml, intersections/*.toml, network and demand. What has no counterpart is listed with
/// counts, never dropped silently; what had to be assumed is marked in the files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    voorrang-sim import sumo town.net.xml --routes town.rou.xml --out my_town\n  \
    voorrang-sim import sumo town.net.xml.gz --routes cars.rou.xml --routes buses.rou.xml \\\n      \
    --additional bus_stops.add.xml --additional vehicle_types.add.xml \\\n      \
    --emergency ambulance:1200:main_1,main_2,station_4 --out my_town")]
struct Sumo {
    /// The network: NET.net.xml, may be .gz
    net: PathBuf,
    /// A route file: ROU.rou.xml, may be .gz; may be given again
    #[arg(long, required = true, value_name = "ROU")]
    routes: Vec<PathBuf>,
    /// A file with vehicle types, bus stops or signal programs; may be given again
    #[arg(long, value_name = "FILE")]
    additional: Vec<PathBuf>,
    /// An emergency trip to add: name, departure in seconds, edges in order; may be given again
    #[arg(long, value_name = "ID:DEPART:EDGE,EDGE,...")]
    emergency: Vec<String>,
    /// The scenario folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Imports and prints what became of it.
///
/// # Errors
/// Wrong files, or a folder that cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let Source::Sumo(sumo) = &arguments.source;
    let report = import_sumo(&ImportOptions {
        net: sumo.net.clone(),
        routes: sumo.routes.clone(),
        additional: sumo.additional.clone(),
        emergency: sumo.emergency.clone(),
        out: sumo.out.clone(),
    })?;
    print(&format!("{report}\n"))?;
    if report.emergency.is_empty() {
        remark(
            "warning: there is no emergency vehicle, so nothing can be gained; give \
             --emergency ID:DEPART:EDGE,EDGE,... or add [[emergency]] to scenario.toml",
        );
    }
    Ok(())
}
