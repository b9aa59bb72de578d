//! The intersection file of what TLC-FI tells, with a question wherever it tells nothing.

use std::fmt::Write as _;

use voorrang_signals::Aspect;
use voorrang_tlcfi::objects::SignalGroupMeta;
use voorrang_tlcfi::session::application::Facilities;
use voorrang_units::Duration;

/// The emergency lamps of Dutch controllers begin so: `hlpd02` for group 02.
const EMERGENCY_LAMP: &str = "hlpd";

/// The file as TOML. What a person has to fill in is missing or `"?"`, so that the file is refused until it is answered.
#[must_use]
pub fn intersection_file(address: &str, facilities: &Facilities) -> String {
    let mut file = head(address, facilities);
    groups(&mut file, facilities);
    file.push_str(
        "\n# QUESTION: which arms are there? One row each, numbered as in MAPEM:\n\
         # approaches = [ { approach = 1, name = \"north\" }, ]\n\
         \n# QUESTION: where do the lanes lie? Nodes from the junction outwards, WGS84:\n\
         # lanes = [ { lane = 1, direction = \"ingress\", approach = 1, width_m = 3.25, speed_limit_kmh = 50, nodes = [[52.1, 5.1], [52.101, 5.1]] }, ]\n\
         \n# QUESTION: from which lane to which one, under which group?\n\
         # connections = [ { connection = 1, from = 1, to = 11, group = \"02\" }, ]\n",
    );
    detectors(&mut file, facilities);
    emergency_lamps(&mut file, facilities);
    intergreens(&mut file, facilities);
    file.push_str(
        "\n# QUESTION: which program is the gateway to run while it is in control? See docs/intersection-file.md.\n\
         # [program.actuated]\n# modules = [ { name = \"ML1\", primary = [\"02\", \"08\"] }, ]\n",
    );
    file
}

fn head(address: &str, facilities: &Facilities) -> String {
    let id = facilities.intersection.id.as_str();
    let info = facilities.controller.info.as_ref();
    let maker = info.map_or_else(String::new, |info| {
        format!(" ({}, facilities {})", plain(&info.companyname), plain(&info.facilities_version))
    });
    format!(
        "# What controller {}{maker} at {address} says of itself over TLC-FI {}.\n\
         # What TLC-FI does not tell stands as QUESTION or \"?\" below. `voorrang-sim check` on this file names what is still open.\n\
         # Then compare everything with the street and with the controller's own papers, and write verified = true.\n\
         schema = 1\nname = \"{id}\"\nverified = false\n\n\
         # QUESTION: road authority and number, as in MAPEM and SREM?\n# region = \n# id = \n\
         # QUESTION: where does it lie? [latitude, longitude], WGS84.\n# reference = [52.1, 5.1]\n",
        facilities.controller.id.as_str(),
        facilities.version,
    )
}

fn groups(file: &mut String, facilities: &Facilities) {
    file.push_str(
        "\n# QUESTION: who is each group for? motor, bicycle, pedestrian or public_transport.\n\
         # QUESTION: `signal_group` is the number in SPATEM and MAPEM: here it is taken from the name where that is a number. Right?\n\
         groups = [\n",
    );
    for group in &facilities.groups {
        let name = group.id.as_str();
        let number = name.parse::<u8>().ok().filter(|number| (1..=254).contains(number));
        let number = number.map_or_else(|| "\"?\"".to_owned(), |number| number.to_string());
        let least = |aspect| shortest(group, aspect).map_or_else(|| "\"?\"".to_owned(), seconds);
        // A String takes every line.
        let _ = write!(
            file,
            "  {{ name = \"{name}\", signal_group = {number}, type = \"?\", min_green_s = {}, yellow_s = {}, ",
            least(Aspect::Green),
            least(Aspect::Yellow),
        );
        let longest = longest(group, Aspect::Yellow)
            .filter(|longest| shortest(group, Aspect::Yellow) != Some(*longest));
        if let Some(longest) = longest {
            let _ = write!(file, "max_yellow_s = {}, ", seconds(longest));
        }
        let _ = writeln!(file, "min_red_s = {} }},", least(Aspect::Red));
    }
    file.push_str("]\n");
}

fn detectors(file: &mut String, facilities: &Facilities) {
    if facilities.detectors.is_empty() {
        return;
    }
    file.push_str(
        "\n# QUESTION: what is each detector, on which lane, how far before the stop line? stop_line_loop, long_loop, far_loop or push_button;\n\
         # lane = 1, distance_m = 1, length_m = 1.5. `group` is guessed from the name. Right?\n\
         detectors = [\n",
    );
    for detector in &facilities.detectors {
        let name = detector.id.as_str();
        let digits = name.trim_start_matches(|one: char| !one.is_ascii_digit());
        let named = facilities.groups.iter().map(|group| group.id.as_str());
        let group = named.filter(|group| digits.starts_with(group)).max_by_key(|group| group.len());
        let _ =
            writeln!(file, "  {{ name = \"{name}\", type = \"?\", group = \"{}\" }},", group.unwrap_or("?"));
    }
    file.push_str("]\n");
}

fn emergency_lamps(file: &mut String, facilities: &Facilities) {
    let lamps = facilities.outputs.iter().filter_map(|output| {
        let id = output.id.as_str();
        let group = id.strip_prefix(EMERGENCY_LAMP)?;
        facilities.group(group).map(|_| (id, group))
    });
    let lamps: Vec<_> = lamps.collect();
    if lamps.is_empty() {
        return;
    }
    file.push_str(
        "\n# QUESTION: outputs named like lamps for emergency vehicles. Right?\nemergency_lamps = [\n",
    );
    for (output, group) in lamps {
        let _ = writeln!(file, "  {{ output = \"{output}\", group = \"{group}\" }},");
    }
    file.push_str("]\n");
}

fn intergreens(file: &mut String, facilities: &Facilities) {
    file.push_str(
        "\n# From the end of a row's green to the start of another's, as the controller has them.\n\
         # QUESTION: does the controller count yellow as part of it? TLC-FI does not tell; here it has to be. If not, add the row's yellow.\n\
         [intergreen_s]\n",
    );
    for group in facilities.groups.iter().filter(|group| !group.intergreen.is_empty()) {
        let times: Vec<String> = group
            .intergreen
            .iter()
            .map(|to| format!("\"{}\" = {}", to.signalgroup.as_str(), seconds(to.duration())))
            .collect();
        let _ = writeln!(file, "\"{}\" = {{ {} }}", group.id.as_str(), times.join(", "));
    }
}

fn shortest(group: &SignalGroupMeta, aspect: Aspect) -> Option<Duration> {
    let fit = group.timing.iter().filter(|timing| timing.state.aspect() == Some(aspect));
    fit.filter(|timing| timing.min.is_some()).map(|timing| timing.shortest()).max()
}

fn longest(group: &SignalGroupMeta, aspect: Aspect) -> Option<Duration> {
    let fit = group.timing.iter().filter(|timing| timing.state.aspect() == Some(aspect));
    fit.filter_map(voorrang_tlcfi::objects::SignalGroupTiming::longest).min()
}

/// Tenths of a second, as people write them.
fn seconds(time: Duration) -> String {
    format!("{}", time.seconds())
}

/// A text of the controller's on one line of a comment.
fn plain(text: &str) -> String {
    text.chars().filter(|one| !one.is_control()).collect()
}
