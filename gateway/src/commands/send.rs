//! `send`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::runtime::Builder;

use super::CommandError;
use crate::codec::Outcome;
use crate::messaging::mac::Key;
use crate::messaging::mqtt::is_session;
use crate::messaging::tls::ClientTls;
use crate::send::{self, Address, SendOptions, Target};

/// Is a vehicle under blue light: drives a route, asks for priority, tells what it hears.
///
/// The route file has the way with speeds, and the intersections on it, whose stop lines are found along the way:
///
///   schema = 1
///   station = 112001
///   intersections = ["intersections"]
///   points = [
///     { position = [52.05, 5.04], speed_kmh = 50 },
///     { position = [52.05, 5.07], speed_kmh = 50 },
///   ]
///
/// A CAM goes by the rules of EN 302 637-2. Each intersection that is reached within 300 s is asked by SREM; the request is said again each second, and
/// at once when the time of arrival moves by 2 s; after the stop line it is cancelled. Who is rejected asks anew after 5 s. In the end a summary
/// says for each stop line how soon an answer came, how long before it green was granted, and what was told last when it was passed.
///
/// Exit codes: 0 granted before every stop line, 1 not before every one, 2 nothing could be driven.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// The route: TOML, or a GeoJSON Feature
    #[arg(long)]
    route: PathBuf,
    /// Who is asked: udp:HOST:PORT, tcp:HOST:PORT, tls:HOST:PORT or mqtt:HOST:PORT
    #[arg(long, default_value = "udp:127.0.0.1:4711")]
    to: Address,
    /// Intersection files, or folders of them, beside those that the route names
    #[arg(long)]
    intersection: Vec<PathBuf>,
    /// The station, instead of the route's
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    station: Option<u32>,
    /// Drive so many times as fast as the route says; gateways believe nobody beyond 55 m/s
    #[arg(long, default_value_t = 1.0)]
    times: f64,
    /// Send requests only, no CAM
    #[arg(long)]
    no_cam: bool,
    /// A pre-shared key for UDP: its name and the file that it stands in, as NAME=FILE
    #[arg(long)]
    mac: Option<String>,
    /// Who signs the certificates of gateway or broker (PEM)
    #[arg(long)]
    ca: Option<PathBuf>,
    /// The client certificate (PEM)
    #[arg(long, requires_all = ["ca", "private_key"])]
    certificate: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, requires = "certificate")]
    private_key: Option<PathBuf>,
    /// The session at the broker, by MQTT; also the client id there
    #[arg(long, default_value = "vehicle")]
    session: String,
    /// The version of MQTT
    #[arg(long, value_enum, default_value = "5")]
    mqtt_version: MqttVersion,
    /// How it is told
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MqttVersion {
    /// MQTT 3.1.1
    #[value(name = "3.1.1")]
    Three,
    /// MQTT 5
    #[value(name = "5")]
    Five,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people: a line for each change, and a summary
    Table,
    /// For programs: a line of JSON for each answer, and one for the summary
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    if !(0.1..=100.0).contains(&arguments.times) {
        return Err(CommandError::new(format!("--times is {}; give 0.1 to 100", arguments.times)));
    }
    if !is_session(&arguments.session) {
        return Err(CommandError::new("--session: give 2 to 64 letters, digits, `-`, `_` or `.`"));
    }
    let options = SendOptions {
        route: arguments.route.clone(),
        intersections: arguments.intersection.clone(),
        target: Target {
            address: arguments.to.clone(),
            key: arguments.mac.as_deref().map(key).transpose()?,
            tls: tls(arguments)?,
            session: arguments.session.clone(),
            mqtt_3: arguments.mqtt_version == MqttVersion::Three,
        },
        station: arguments.station,
        times: arguments.times,
        cams: !arguments.no_cam,
        form: match arguments.format {
            Format::Table => send::Form::Table,
            Format::Json => send::Form::Json,
        },
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(CommandError::new)?;
    let granted = runtime.block_on(send::run(options, io::stdout())).map_err(CommandError::new)?;
    Ok(if granted { Outcome::Done } else { Outcome::SomeFailed })
}

fn key(named: &str) -> Result<Arc<Key>, CommandError> {
    let (name, file) = named.split_once('=').ok_or_else(|| CommandError::new("--mac: write NAME=FILE"))?;
    let digits = text(Path::new(file))?;
    let key = Key::from_hex(name, digits.trim());
    key.map(Arc::new).map_err(|error| CommandError::new(format!("--mac: {error}")))
}

fn tls(arguments: &Arguments) -> Result<Option<ClientTls>, CommandError> {
    let Some(ca) = &arguments.ca else { return Ok(None) };
    let identity = match (&arguments.certificate, &arguments.private_key) {
        (Some(certificate), Some(key)) => Some((text(certificate)?, text(key)?)),
        _ => None,
    };
    Ok(Some(ClientTls::new(text(ca)?, identity)))
}

fn text(file: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(file).map_err(|error| CommandError::new(format!("{}: {error}", file.display())))
}
