//! `[[intersections]]`: which junctions there are, what the gateway is to them, and how it reaches their controllers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use voorrang_signals::Intersection;
use voorrang_signals::document::{Document, Place, Problem, Table, Value};

use super::listen::{host_and_port, socket_address};
use super::secret::Secret;
use crate::area::{Role, SessionConfig};
use crate::messaging::relay::RelayConfig;

/// Every role with its name in the file.
const ROLES: [(&str, Role); 3] =
    [("observe", Role::Observe), ("relay", Role::Relay), ("control", Role::Control)];

/// What drives a junction when the gateway is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Another ITS application that waits at the controller.
    OtherApplication,
    /// The controller's own program.
    TlcProgram,
    /// Nothing: the controller shows flashing amber.
    AmberFlashing,
}

impl Fallback {
    /// Every fallback with its name in the file.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("other_application", Self::OtherApplication),
        ("tlc_program", Self::TlcProgram),
        ("amber_flashing", Self::AmberFlashing),
    ];

    /// Its name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// How the gateway reaches a junction's controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControllerConfig {
    /// Over TCP.
    Tlcfi(TlcfiConfig),
    /// The emulated controller in this process, over the octets of the same session.
    Emulated,
}

/// A controller that speaks TLC-FI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlcfiConfig {
    /// Host and port.
    pub address: String,
    /// Our name there, at most 32 characters (`RegistrationRequest.username`).
    pub username: String,
    /// Our password there, at most 32 characters.
    pub password: Secret,
    /// The URI that we give of ourselves (`RegistrationRequest.uri`); made of the gateway's name where the file gives none.
    pub uri: Option<String>,
    /// The controller's own id of the intersection; the only one that it has, where the file gives none.
    pub intersection: Option<String>,
}

impl ControllerConfig {
    /// How we register. `gateway` is our name.
    #[must_use]
    pub fn session(&self, gateway: &str) -> SessionConfig {
        let usual = || {
            format!(
                "voorrang://{}",
                gateway.replace(|character: char| !character.is_ascii_alphanumeric(), "-")
            )
        };
        match self {
            Self::Tlcfi(config) => SessionConfig {
                username: config.username.clone(),
                password: config.password.reveal().to_owned(),
                uri: config.uri.clone().unwrap_or_else(usual),
                intersection: config.intersection.clone(),
            },
            Self::Emulated => SessionConfig {
                username: "voorrang".to_owned(),
                password: "voorrang".to_owned(),
                uri: usual(),
                intersection: None,
            },
        }
    }
}

/// One junction.
#[derive(Debug, Clone, PartialEq)]
pub struct JunctionEntry {
    /// Its file, for messages.
    pub file: PathBuf,
    /// What the file says.
    pub intersection: Arc<Intersection>,
    /// What the gateway is to it.
    pub role: Role,
    /// What drives it when the gateway is gone; always there in role `control`.
    pub fallback: Option<Fallback>,
    /// How its controller is reached; none where nothing of it is to be read in role `relay`.
    pub controller: Option<ControllerConfig>,
    /// Where requests are relayed to; always there in role `relay`.
    pub relay: Option<RelayConfig>,
    /// Whether SPATEM and MAPEM are published while anybody subscribes. Default true.
    pub publish: bool,
    /// Whether its V-Log is written. Default false.
    pub vlog: bool,
}

/// A junction as the file names it, and where.
#[derive(Debug)]
pub(super) struct WrittenJunction {
    pub(super) place: Place,
    pub(super) area: Option<String>,
    pub(super) junction: JunctionEntry,
}

/// Reads a row; it may name several files. Problems of intersection files go to `problems`, all others to the document.
pub(super) fn row(
    document: &Document<'_>,
    table: &Table<'_>,
    base: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<WrittenJunction> {
    let files = files(document, table, base);
    let role = table.optional("role");
    let role_place = role.as_ref().map_or(table.place(), Value::place);
    let role = role.map_or(Some(Role::Observe), |value| value.one_of(&ROLES));
    let area = table.optional("area").and_then(|value| name(&value));
    let fallback = table.optional("fallback").and_then(|value| value.one_of(&Fallback::NAMES));
    let controller = table.optional("controller");
    let controller_place = controller.as_ref().map_or(table.place(), Value::place);
    let has_controller = controller.is_some();
    let controller = controller.and_then(|value| controller_config(&value, base));
    let relay = table.optional("relay");
    let has_relay = relay.is_some();
    let relay = relay.and_then(|value| relay_config(&value));
    let flag = |key, usual| table.optional(key).map_or(Some(usual), |value| value.flag());
    let (publish, vlog) = (flag("publish", true), flag("vlog", false));
    table.no_other_keys();
    let (Some(role), Some(publish), Some(vlog)) = (role, publish, vlog) else { return Vec::new() };
    if role == Role::Control && fallback.is_none() && table.optional("fallback").is_none() {
        document.report(
            role_place,
            "role \"control\" without `fallback`: nobody would know what drives the lamps when the gateway is gone",
            "add fallback = \"other_application\", \"tlc_program\" or \"amber_flashing\", as the controller is set up",
        );
    }
    if role == Role::Relay && !has_relay {
        document.report(
            role_place,
            "role \"relay\" without `relay`: there is nobody to relay to",
            "add relay = { udp = \"192.0.2.1:4900\" }, or { tcp = ... } or { mqtt = ... }",
        );
    }
    if role != Role::Relay && has_relay {
        document.report(
            role_place,
            format!("`relay` in role \"{}\", which relays nothing", role.name()),
            "write role = \"relay\", or take `relay` out",
        );
    }
    if role != Role::Relay && !has_controller {
        document.report(
            role_place,
            format!("role \"{}\" without `controller`", role.name()),
            "add controller = { tlcfi = { address = \"192.0.2.1:11501\", username = \"gateway\", password_file = \"tlc.secret\" } }, \
             or { emulated = {} }",
        );
    }
    if files.len() > 1 && matches!(controller, Some(ControllerConfig::Tlcfi(_))) {
        document.report(
            controller_place,
            format!("one address for {} controllers", files.len()),
            "give each junction a row of its own",
        );
    }
    let each = files.into_iter().filter_map(|(place, file)| {
        let intersection = intersection(document, place, &file, problems)?;
        if role == Role::Control && !intersection.is_verified() {
            document.report(
                place,
                format!("{} is not verified, and role \"control\" drives real lamps by it", file.display()),
                "check it against the street and write verified = true into it, or write role = \"observe\"",
            );
        }
        let (controller, relay) = (controller.clone(), relay.clone());
        let junction = JunctionEntry {
            file,
            intersection: Arc::new(intersection),
            role,
            fallback,
            controller,
            relay,
            publish,
            vlog,
        };
        Some(WrittenJunction { place, area: area.clone(), junction })
    });
    each.collect()
}

/// The files that a row names, each with where it does.
fn files(document: &Document<'_>, table: &Table<'_>, base: &Path) -> Vec<(Place, PathBuf)> {
    let (file, files, folder) = (table.optional("file"), table.optional("files"), table.optional("folder"));
    if [file.is_some(), files.is_some(), folder.is_some()].into_iter().filter(|there| *there).count() != 1 {
        document.report(
            table.place(),
            "a row of `intersections` names its files once",
            "give one of file = \"K1.toml\", files = [\"K1.toml\", \"K2.toml\"] and folder = \"intersections\"",
        );
        return Vec::new();
    }
    if let Some(value) = file {
        return value.text().map(|text| (value.place(), base.join(text))).into_iter().collect();
    }
    if let Some(value) = files {
        let texts = value.texts().unwrap_or_default();
        return texts.into_iter().map(|(place, text)| (place, base.join(text))).collect();
    }
    let Some(value) = folder else { return Vec::new() };
    value.text().and_then(|text| in_folder(&value, &base.join(text))).unwrap_or_default()
}

/// Every `.toml` of a folder, by name.
fn in_folder(value: &Value<'_>, folder: &Path) -> Option<Vec<(Place, PathBuf)>> {
    let found = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
    });
    let name = folder.display();
    let mut paths = match found {
        Ok(paths) => paths,
        Err(error) => {
            return value
                .wrong(format!("{name} cannot be read: {error}"), "name a folder of intersection files");
        }
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    if paths.is_empty() {
        return value.wrong(format!("{name} holds no .toml"), "name a folder of intersection files");
    }
    Some(paths.into_iter().map(|path| (value.place(), path)).collect())
}

fn intersection(
    document: &Document<'_>,
    place: Place,
    file: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Intersection> {
    let name = file.display().to_string();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            document.report(place, format!("{name} cannot be read: {error}"), "name an intersection file");
            return None;
        }
    };
    match Intersection::from_toml(&text, &name) {
        Ok(intersection) => Some(intersection),
        Err(found) => {
            problems.extend(found.0);
            None
        }
    }
}

/// A name that may stand in a file's name, in a metric's label and in the journal.
fn name(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    let fits = !text.is_empty() && text.chars().count() <= 64 && !text.chars().any(char::is_control);
    if fits { Some(text.to_owned()) } else { value.wrong("a name has 1 to 64 characters", "shorten it") }
}

fn controller_config(value: &Value<'_>, base: &Path) -> Option<ControllerConfig> {
    let table = value.table()?;
    let (tlcfi, emulated) = (table.optional("tlcfi"), table.optional("emulated"));
    table.no_other_keys();
    match (tlcfi, emulated) {
        (Some(tlcfi), None) => tlcfi_config(&tlcfi.table()?, base).map(ControllerConfig::Tlcfi),
        (None, Some(emulated)) => {
            emulated.table()?.no_other_keys();
            Some(ControllerConfig::Emulated)
        }
        _ => {
            value.wrong("`controller` is one of its kinds", "write { tlcfi = { ... } } or { emulated = {} }")
        }
    }
}

fn tlcfi_config(table: &Table<'_>, base: &Path) -> Option<TlcfiConfig> {
    table.renamed("tlcfi");
    let address = table.required("address").and_then(|value| host_and_port(&value));
    let username = table.required("username").and_then(|value| short(&value));
    let password = table.required("password_file").and_then(|value| {
        let secret = Secret::read(&value, base)?;
        if secret.reveal().chars().count() > LONGEST_CREDENTIAL {
            return value
                .wrong("the password has more than 32 characters, which TLC-FI can't carry", "shorten it");
        }
        Some(secret)
    });
    let text = |key| table.optional(key).and_then(|value| value.text()).map(str::to_owned);
    let (uri, intersection) = (text("uri"), text("intersection"));
    table.no_other_keys();
    Some(TlcfiConfig { address: address?, username: username?, password: password?, uri, intersection })
}

/// Name and password of a registration are no longer.
const LONGEST_CREDENTIAL: usize = 32;

fn short(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    if (1..=LONGEST_CREDENTIAL).contains(&text.chars().count()) {
        return Some(text.to_owned());
    }
    value.wrong("a user name has 1 to 32 characters", "shorten it, here and in the controller")
}

fn relay_config(value: &Value<'_>) -> Option<RelayConfig> {
    let table = value.table()?;
    let (udp, tcp, mqtt) = (table.optional("udp"), table.optional("tcp"), table.optional("mqtt"));
    table.no_other_keys();
    match (udp, tcp, mqtt) {
        (Some(udp), None, None) => socket_address(&udp).map(RelayConfig::Udp),
        (None, Some(tcp), None) => host_and_port(&tcp).map(RelayConfig::Tcp),
        (None, None, Some(mqtt)) => mqtt.text().map(|prefix| RelayConfig::Mqtt(prefix.to_owned())),
        _ => value.wrong(
            "`relay` is one of its kinds",
            "write { udp = \"192.0.2.1:4900\" }, { tcp = \"ris.example:4901\" } or { mqtt = \"topic/prefix\" }",
        ),
    }
}
