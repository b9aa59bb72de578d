//! Tests of reading configurations: what is right is read, and all that is wrong is told at once.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use voorrang_priority::StrategyConfig;
use voorrang_units::GeodeticPosition;

use super::*;
use crate::area::Role;
use crate::lab::street;

/// A folder with the files that configurations name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let origin = GeodeticPosition::from_degrees(52.05, 5.05).unwrap();
    fs::create_dir(folder.path().join("junctions")).unwrap();
    for number in 0..3 {
        let text = street::intersection_file(origin, number);
        fs::write(folder.path().join(format!("junctions/{number}.toml")), text).unwrap();
    }
    let unverified = street::intersection_file(origin, 9).replace("verified = true\n", "");
    fs::write(folder.path().join("unverified.toml"), unverified).unwrap();
    fs::write(folder.path().join("tlc.secret"), " hush\n").unwrap();
    folder
}

const HEAD: &str =
    "schema = 1\nname = \"lab\"\nstation = 70000\ndata = \"data\"\n[priority]\nstrategy = \"eta\"\n";
const EMULATED: &str = "role = \"control\"\nfallback = \"tlc_program\"\ncontroller = { emulated = {} }\n";

fn read(folder: &Path, text: &str) -> Result<Config, String> {
    Config::read(text, &folder.join("gateway.toml"))
        .map_err(|problems| problems.to_string().replace(&format!("{}/", folder.display()), ""))
}

fn wrong(text: &str) -> String {
    let folder = folder();
    read(folder.path(), text).err().unwrap_or_default()
}

#[test]
fn a_configuration_is_read_with_paths_from_its_own_folder() {
    let folder = folder();
    let text = format!(
        "{HEAD}[[intersections]]\nfolder = \"junctions\"\n{EMULATED}[[intersections]]\nfile = \"unverified.toml\"\ncontroller = {{ tlcfi = \
         {{ address = \"tlc:11501\", username = \"gateway\", password_file = \"tlc.secret\" }} }}\n[journal]\nsync = \"each\"\n"
    );
    let config = read(folder.path(), &text).unwrap();
    assert_eq!(config.data, folder.path().join("data"));
    assert_eq!(Some(&config.priority.strategy), StrategyConfig::from_name("eta").as_ref());
    let names: Vec<_> = config.areas.iter().map(|area| area.name.as_str()).collect();
    assert_eq!(names, ["L0001", "L0002", "L0003", "L0010"]);
    assert_eq!(config.areas[0].junctions[0].role, Role::Control);
    let observed = &config.areas[3].junctions[0];
    assert_eq!((observed.role, observed.fallback), (Role::Observe, None));
    let session = observed.controller.as_ref().unwrap().session("the lab");
    assert_eq!((&*session.password, &*session.uri), ("hush", "voorrang://the-lab"));
    assert_eq!(config.journal.sync, Sync::Each);
    assert_eq!(config.limits, LimitsConfig::default());
}

#[test]
fn junctions_that_name_the_same_area_share_it() {
    let folder = folder();
    let text = format!(
        "{HEAD}[[intersections]]\nfile = \"junctions/0.toml\"\narea = \"centre\"\n{EMULATED}[[intersections]]\nfile = \"junctions/1.toml\"\n{EMULATED}\
         [[intersections]]\nfile = \"junctions/2.toml\"\narea = \"centre\"\n{EMULATED}"
    );
    let config = read(folder.path(), &text).unwrap();
    let areas: Vec<_> = config.areas.iter().map(|area| (area.name.as_str(), area.junctions.len())).collect();
    assert_eq!(areas, [("centre", 2), ("L0002", 1)]);
}

#[test]
fn every_problem_is_told_at_once_with_its_place_and_remedy() {
    let text = "schema = 2\nname = \"lab\"\nstation = 0\n[priority]\nstrategy = \"etta\"\n[[intersections]]\nfile = \"nowhere.toml\"\nrole = \
                \"control\"\n[[intersections]]\nfile = \"unverified.toml\"\nrole = \"control\"\nfallback = \"luck\"\ncontroller = { emulated = {} }\n\
                [[intersections]]\nfiles = [\"junctions/0.toml\", \"junctions/1.toml\"]\nfolder = \"junctions\"\ncontroller = { tlcfi = { address = \
                \"tlc\", username = \"a\", password_file = \"no.secret\" } }\n[journal]\nsync = \"never\"\nsync_interval_s = 5\nsegment = 3\n[limits]\njournal_queue = 1\n";
    assert_eq!(
        wrong(text),
        "\
gateway.toml:1:1: `data` is missing; add it
gateway.toml:1:10: schema 2 is not known here; use schema 1, or a newer program
gateway.toml:3:11: `station` is 0; give a whole number from 1 to 4294967295
gateway.toml:5:12: [priority]: unknown variant `etta`, expected one of `none`, `absolute`, `eta`, `corridor`, `optimal`, `conditional`; docs/how-to/configure.md lists the keys of [priority]
gateway.toml:7:8: nowhere.toml cannot be read: No such file or directory (os error 2); name an intersection file
gateway.toml:8:8: role \"control\" without `controller`; add controller = { tlcfi = { address = \"192.0.2.1:11501\", username = \"gateway\", password_file = \"tlc.secret\" } }, or { emulated = {} }
gateway.toml:8:8: role \"control\" without `fallback`: nobody would know what drives the lamps when the gateway is gone; add fallback = \"other_application\", \"tlc_program\" or \"amber_flashing\", as the controller is set up
gateway.toml:10:8: unverified.toml is not verified, and role \"control\" drives real lamps by it; check it against the street and write verified = true into it, or write role = \"observe\"
gateway.toml:12:12: `fallback` is \"luck\"; choose one of: other_application, tlc_program, amber_flashing
gateway.toml:14:1: a row of `intersections` names its files once; give one of file = \"K1.toml\", files = [\"K1.toml\", \"K2.toml\"] and folder = \"intersections\"
gateway.toml:17:36: \"tlc\" is no host and port; write them as 127.0.0.1:11501
gateway.toml:17:75: no.secret cannot be read: No such file or directory (os error 2); name a file with the secret, readable to us
gateway.toml:20:19: `sync_interval_s` without an interval; take it out, or write sync = \"interval\"
gateway.toml:21:1: unknown key `segment`; known here: sync, sync_interval_s, segment_mb
gateway.toml:23:17: `journal_queue` is 1; give a whole number from 64 to 1048576"
    );
}

#[test]
fn control_needs_a_fallback_a_controller_and_a_verified_file() {
    let told = wrong(&format!("{HEAD}[[intersections]]\nfile = \"unverified.toml\"\nrole = \"control\"\n"));
    assert!(told.contains("gateway.toml:9:8: role \"control\" without `fallback`"), "{told}");
    assert!(told.contains("gateway.toml:9:8: role \"control\" without `controller`"), "{told}");
    assert!(told.contains("gateway.toml:8:8: unverified.toml is not verified"), "{told}");
}

#[test]
fn a_relay_needs_somebody_to_relay_to_and_nobody_else_has_one() {
    let row = "[[intersections]]\nfile = \"junctions/0.toml\"\n";
    let told = wrong(&format!("{HEAD}{row}role = \"relay\"\n"));
    assert!(told.contains("role \"relay\" without `relay`"), "{told}");
    let told = wrong(&format!("{HEAD}{row}{EMULATED}relay = {{ udp = \"192.0.2.1:4900\" }}\n"));
    assert!(told.contains("`relay` in role \"control\", which relays nothing"), "{told}");
    let folder = folder();
    let text = format!("{HEAD}{row}role = \"relay\"\nrelay = {{ udp = \"192.0.2.1:4900\" }}\n");
    let config = read(folder.path(), &text).unwrap();
    assert!(matches!(config.areas[0].junctions[0].relay, Some(RelayConfig::Udp(_))));
}

#[test]
fn an_intersection_that_is_there_twice_is_refused() {
    let told = wrong(&format!(
        "{HEAD}[[intersections]]\nfile = \"junctions/0.toml\"\n{EMULATED}[[intersections]]\nfolder = \"junctions\"\n{EMULATED}"
    ));
    assert!(
        told.contains("gateway.toml:13:10: junctions/0.toml is intersection 65000/1, as junctions/0.toml is"),
        "{told}"
    );
}

#[test]
fn problems_of_the_engine_s_parameters_have_their_place_too() {
    let row = format!("[[intersections]]\nfile = \"junctions/0.toml\"\n{EMULATED}");
    let told = wrong(&format!("{}{row}", HEAD.replace("eta", "etta")));
    assert!(told.starts_with("gateway.toml:6:12: [priority]: unknown variant `etta`"), "{told}");
    let told = wrong(&format!("{HEAD}[priority.request]\nexpiry = 5\n{row}"));
    assert!(told.starts_with("gateway.toml:8:1: [priority]: unknown field `expiry`"), "{told}");
}

#[test]
fn a_password_is_never_shown() {
    let folder = folder();
    let text = format!(
        "{HEAD}[[intersections]]\nfile = \"junctions/0.toml\"\ncontroller = {{ tlcfi = {{ address = \"tlc:11501\", username = \"gateway\", \
         password_file = \"tlc.secret\" }} }}\n"
    );
    let config = read(folder.path(), &text).unwrap();
    assert!(!format!("{config:?}").contains("hush"));
    assert!(!format!("{:?}", config.explain()).contains("hush"));
}

#[test]
fn what_the_gateway_would_do_is_said_in_words() {
    let folder = folder();
    let text = format!(
        "{HEAD}[[intersections]]\nfolder = \"junctions\"\n{}",
        EMULATED.replace("tlc_program", "amber_flashing")
    );
    let explained = read(folder.path(), &text).unwrap().explain();
    assert_eq!(explained.junctions.len(), 1);
    let alike = &explained.junctions[0];
    assert_eq!((alike.role, alike.count), ("control", 3));
    assert!(alike.fallback.as_ref().unwrap().contains("flash amber"));
    assert!(explained.authorised[0].starts_with("nobody"), "{:?}", explained.authorised);
    assert!(
        explained.warnings.iter().any(|warning| warning.contains("loses its signals")),
        "{:?}",
        explained.warnings
    );
}
