//! The junctions of a lab: a street of alike crossings, as intersection files. Made up, but as a Dutch engineer would number and time them.

use std::fmt::Write as _;

use voorrang_units::{GeodeticPosition, LocalPlane, LocalPosition};

/// From one junction of a street to the next, m.
const SPACING_M: f64 = 500.0;
/// From one street to the next, m.
const STREETS_APART_M: f64 = 1_500.0;
/// Junctions in a street; more of them make more streets.
pub const STREET_LENGTH: u16 = 10;
/// From the junction's centre to its stop lines, m.
const STOP_LINE_M: f64 = 14.0;
/// So far lanes reach, m.
const LANE_END_M: f64 = 400.0;

/// The middle of the lane for straight on, from the carriageway's middle, m.
const RIGHT_LANE_M: f64 = 4.9;
/// So far before the first junction a route begins, m.
const APPROACH_M: f64 = 380.0;

/// The road authority of the lab: not one of those that are given out.
pub const REGION: u16 = 65_000;

/// Arms clockwise from the east, each with its groups: straight on and right, left, and the pedestrians across it.
const ARMS: [Arm; 4] = [
    Arm { approach: 1, name: "east", east: 1.0, north: 0.0, through: "02", left: "03", walk: "31" },
    Arm { approach: 2, name: "south", east: 0.0, north: -1.0, through: "05", left: "06", walk: "33" },
    Arm { approach: 3, name: "west", east: -1.0, north: 0.0, through: "08", left: "09", walk: "35" },
    Arm { approach: 4, name: "north", east: 0.0, north: 1.0, through: "11", left: "12", walk: "37" },
];

/// An arm of the crossing.
struct Arm {
    approach: u8,
    name: &'static str,
    /// The direction from the centre outwards.
    east: f64,
    north: f64,
    through: &'static str,
    left: &'static str,
    walk: &'static str,
}

impl Arm {
    /// A point so far out, and so far to the right of the carriageway's middle for who drives in.
    fn point(&self, out_m: f64, right_m: f64) -> LocalPosition {
        // Who drives in looks to (-east, -north); right-hand traffic keeps to the right of it: (-north, east).
        LocalPosition::from_metres(
            self.east * out_m - self.north * right_m,
            self.north * out_m + self.east * right_m,
        )
    }
}

/// Where a junction lies.
fn place(origin: GeodeticPosition, number: u16) -> GeodeticPosition {
    let (street, along) = (f64::from(number / STREET_LENGTH), f64::from(number % STREET_LENGTH));
    let offset = LocalPosition::from_metres(along * SPACING_M, -street * STREETS_APART_M);
    LocalPlane::at(origin).to_geodetic(offset)
}

/// The intersection file of the junction of that number, counted from 0.
#[must_use]
pub fn intersection_file(origin: GeodeticPosition, number: u16) -> String {
    let centre = place(origin, number);
    let plane = LocalPlane::at(centre);
    let at = |position: LocalPosition| {
        let place = plane.to_geodetic(position);
        format!("[{:.7}, {:.7}]", place.latitude_degrees(), place.longitude_degrees())
    };
    let mut file = format!(
        "# A crossing of the lab's street, made up. Arms clockwise from the east: 02 straight on and right, 03 left, and so on; 31 to 37 the\n\
         # pedestrians across each arm.\n\
         schema = 1\nname = \"L{id:04}\"\nregion = {REGION}\nid = {id}\nreference = {}\nverified = true\n",
        at(LocalPosition::from_metres(0.0, 0.0)),
        id = number + 1,
    );
    groups(&mut file);
    approaches(&mut file);
    file.push_str("\nlanes = [\n");
    lanes(&mut file, at);
    file.push_str("]\n");
    connections(&mut file);
    detectors(&mut file);
    file.push_str(CONFLICTS_AND_PROGRAM);
    file
}

/// A route along the first street from west to east, past so many junctions.
#[must_use]
pub fn route_file(origin: GeodeticPosition, junctions: u16, file_of: impl Fn(u16) -> String) -> String {
    let files: Vec<String> = (0..junctions).map(|number| format!("\"{}\"", file_of(number))).collect();
    let plane = LocalPlane::at(origin);
    // Eastwards traffic keeps right, that is south.
    let point = |east_m: f64| {
        let place = plane.to_geodetic(LocalPosition::from_metres(east_m, -RIGHT_LANE_M));
        format!(
            "  {{ position = [{:.7}, {:.7}], speed_kmh = 50 }},",
            place.latitude_degrees(),
            place.longitude_degrees()
        )
    };
    let last = f64::from(junctions.saturating_sub(1)) * SPACING_M;
    format!(
        "# An ambulance drives the street from west to east.\nschema = 1\nstation = 112001\nintersections = [{}]\npoints = [\n{}\n{}\n]\n",
        files.join(", "),
        point(-APPROACH_M),
        point(last + 100.0),
    )
}

fn groups(file: &mut String) {
    file.push_str("\ngroups = [\n");
    for arm in &ARMS {
        for (name, max_green, yellow) in [(arm.through, 22, "3.5"), (arm.left, 12, "3")] {
            let number: u8 = name.parse().expect("names of groups are numbers");
            let _ = writeln!(
                file,
                "  {{ name = \"{name}\", signal_group = {number}, type = \"motor\", min_green_s = 4, fixed_green_s = 5, max_green_s = \
                 {max_green}, yellow_s = {yellow}, min_red_s = 2 }},"
            );
        }
    }
    for arm in &ARMS {
        let _ = writeln!(
            file,
            "  {{ name = \"{walk}\", signal_group = {walk}, type = \"pedestrian\", min_green_s = 5, fixed_green_s = 5, max_green_s = 6, \
             yellow_s = 3, min_red_s = 1 }},",
            walk = arm.walk
        );
    }
    file.push_str("]\n");
}

fn approaches(file: &mut String) {
    file.push_str("\napproaches = [\n");
    for arm in &ARMS {
        let _ = writeln!(file, "  {{ approach = {}, name = \"{}\" }},", arm.approach, arm.name);
    }
    file.push_str("]\n");
}

/// Ingress lanes 1 and 2 of the first arm, 3 and 4 of the second, and so on; egress lanes 11 to 14.
fn lanes(file: &mut String, at: impl Fn(LocalPosition) -> String) {
    let mut lane = |number: usize, direction: &str, arm: &Arm, right_m: f64| {
        let _ = writeln!(
            file,
            "  {{ lane = {number}, direction = \"{direction}\", approach = {}, width_m = 3.25, speed_limit_kmh = 50, nodes = [{}, {}] }},",
            arm.approach,
            at(arm.point(STOP_LINE_M, right_m)),
            at(arm.point(LANE_END_M, right_m)),
        );
    };
    for (place, arm) in ARMS.iter().enumerate() {
        lane(2 * place + 1, "ingress", arm, RIGHT_LANE_M);
        lane(2 * place + 2, "ingress", arm, 1.6);
    }
    for (place, arm) in ARMS.iter().enumerate() {
        lane(11 + place, "egress", arm, -3.2);
    }
}

fn connections(file: &mut String) {
    file.push_str("\nconnections = [\n");
    let mut number = 0;
    for (place, arm) in ARMS.iter().enumerate() {
        let first = 2 * place + 1;
        let egress = |turned: usize| 11 + (place + turned) % 4;
        // Clockwise from an arm: its left is the next arm, straight on the one after, its right the last.
        for (from, to, group) in [
            (first, egress(2), arm.through),
            (first, egress(3), arm.through),
            (first + 1, egress(1), arm.left),
        ] {
            number += 1;
            let _ = writeln!(
                file,
                "  {{ connection = {number}, from = {from}, to = {to}, group = \"{group}\" }},"
            );
        }
    }
    file.push_str("]\n");
}

fn detectors(file: &mut String) {
    file.push_str("\ndetectors = [\n");
    for (place, arm) in ARMS.iter().enumerate() {
        for (lane, group) in [(2 * place + 1, arm.through), (2 * place + 2, arm.left)] {
            for (suffix, kind, distance, length) in
                [("1", "stop_line_loop", "1", "1.5"), ("2", "long_loop", "12", "15")]
            {
                let _ = writeln!(
                    file,
                    "  {{ name = \"{group}{suffix}\", type = \"{kind}\", lane = {lane}, group = \"{group}\", distance_m = {distance}, \
                     length_m = {length} }},"
                );
            }
        }
        let _ = writeln!(
            file,
            "  {{ name = \"k{walk}\", type = \"push_button\", group = \"{walk}\" }},",
            walk = arm.walk
        );
    }
    file.push_str("]\n\nemergency_lamps = [\n");
    for arm in &ARMS {
        let _ = writeln!(file, "  {{ output = \"hlpd{0}\", group = \"{0}\" }},", arm.through);
    }
    file.push_str("]\n");
}

const CONFLICTS_AND_PROGRAM: &str = r#"
# Right turns give way to who walks across the arm that they leave by.
permissive = [
  { yields = "02", to = ["37"] },
  { yields = "05", to = ["31"] },
  { yields = "08", to = ["33"] },
  { yields = "11", to = ["35"] },
]

# From the end of a row's green to the start of another's, yellow included.
[intergreen_s]
02 = { 05 = 5.5, 06 = 5.0, 09 = 5.0, 11 = 5.0, 12 = 5.5, 31 = 4.5, 35 = 6.5 }
03 = { 05 = 4.5, 06 = 5.0, 08 = 5.0, 11 = 5.0, 12 = 4.5, 31 = 4.0, 33 = 6.0 }
05 = { 02 = 5.0, 03 = 5.0, 08 = 5.5, 09 = 5.0, 12 = 5.0, 33 = 4.5, 37 = 6.5 }
06 = { 02 = 5.0, 03 = 4.5, 08 = 4.5, 09 = 5.0, 11 = 5.0, 33 = 4.0, 35 = 6.0 }
08 = { 03 = 5.0, 05 = 5.0, 06 = 5.5, 11 = 5.5, 12 = 5.0, 35 = 4.5, 31 = 6.5 }
09 = { 02 = 5.0, 05 = 5.0, 06 = 4.5, 11 = 4.5, 12 = 5.0, 35 = 4.0, 37 = 6.0 }
11 = { 02 = 5.5, 03 = 5.0, 06 = 5.0, 08 = 5.0, 09 = 5.5, 37 = 4.5, 33 = 6.5 }
12 = { 02 = 4.5, 03 = 5.0, 05 = 5.0, 08 = 5.0, 09 = 4.5, 37 = 4.0, 31 = 6.0 }
31 = { 02 = 8.0, 03 = 8.0, 08 = 7.0, 12 = 7.0 }
33 = { 05 = 8.0, 06 = 8.0, 03 = 7.0, 11 = 7.0 }
35 = { 08 = 8.0, 09 = 8.0, 02 = 7.0, 06 = 7.0 }
37 = { 11 = 8.0, 12 = 8.0, 05 = 7.0, 09 = 7.0 }

[program.actuated]
waiting_green = ["02", "08"]
modules = [
  { name = "ML1", primary = ["02", "08", "33", "37"] },
  { name = "ML2", primary = ["03", "09"] },
  { name = "ML3", primary = ["05", "11", "31", "35"] },
  { name = "ML4", primary = ["06", "12"] },
]
"#;

#[cfg(test)]
mod tests {
    use voorrang_signals::Intersection;

    use super::*;

    fn junction(number: u16) -> Intersection {
        let origin = GeodeticPosition::from_degrees(52.09, 5.12).unwrap();
        let text = intersection_file(origin, number);
        Intersection::from_toml(&text, "street.toml").unwrap_or_else(|problems| panic!("{problems}\n{text}"))
    }

    #[test]
    fn every_junction_is_a_valid_intersection_with_an_identity_of_its_own() {
        let first = junction(0);
        let eleventh = junction(10);
        assert_eq!(first.groups().len(), 12);
        assert_eq!((first.id().id, eleventh.id().id), (1, 11));
        assert!(first.warnings().is_empty(), "{:?}", first.warnings());
        assert!(eleventh.reference().latitude_degrees() < first.reference().latitude_degrees());
    }

    #[test]
    fn who_drives_in_keeps_right_and_turns_left_from_the_left_lane() {
        let crossing = junction(0);
        let plane = LocalPlane::at(crossing.reference());
        let east: Vec<_> = crossing.lanes().iter().filter(|lane| lane.approach.index() == 0).collect();
        let north_of = |place: usize| plane.to_local(east[place].nodes[0]).north().metres();
        // In from the east, so westwards: right is north.
        assert!(north_of(0) > north_of(1) && north_of(1) > 0.0 && north_of(2) < 0.0);
        let left =
            crossing.connections().iter().find(|connection| connection.group == crossing.group_named("03"));
        let to = left.and_then(|connection| connection.to).unwrap();
        assert_eq!(crossing.approaches()[crossing.lanes()[to.index()].approach.index()].name, "south");
    }
}
