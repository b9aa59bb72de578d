//! From SUMO's traffic lights to intersections: which program counts, which links share a signal group, which groups conflict.
//! Times come from [`super::course`], approaches and lanes from [`super::layout`]; [`super::intersection`] puts it all together.

use std::collections::BTreeMap;
use std::sync::Arc;

use voorrang_signals::Intersection;
use voorrang_units::Instant;

use crate::import::sumo::course::{Colour, Course, Intergreen, Transitions, colours};
use crate::import::sumo::intersection;
use crate::import::sumo::layout::{Layout, lay_out};
use crate::import::sumo::net_xml::SumoNet;
use crate::import::sumo::network::Roads;
use crate::import::sumo::tl_logic::TlLogic;
use crate::import::{Findings, ImportedIntersection};
use crate::network::{ClassSet, LinkIndex, VehicleClass};

/// Yellow where the program shows none.
const ASSUMED_YELLOW_MS: i64 = 3_000;
/// The shortest green is this, unless the program has a shorter one.
const USUAL_MIN_GREEN_MS: i64 = 5_000;
/// The shortest red is this, unless the program has a shorter one.
const USUAL_MIN_RED_MS: i64 = 2_000;
/// More groups have no names of two digits.
const MOST_GROUPS: usize = 99;

/// A traffic light as an intersection.
pub(super) struct Signalised {
    pub(super) intersection: Arc<Intersection>,
    /// Its file.
    pub(super) text: String,
    pub(super) figures: ImportedIntersection,
}

/// Two groups by their positions.
pub(super) type Pair = (usize, usize);

/// All that an intersection file is made of.
pub(super) struct Plan<'a> {
    pub(super) logic: &'a TlLogic,
    /// From 1.
    pub(super) number: u16,
    pub(super) groups: Vec<Group>,
    /// Pairs of groups that may be green together: who yields, to whom.
    pub(super) permissive: Vec<Pair>,
    pub(super) intergreens: Vec<Intergreen>,
    pub(super) layout: Layout,
}

/// Links of one arm with the same colour in every state.
#[derive(Debug)]
pub(super) struct Group {
    /// The links, with their positions in SUMO's states.
    pub(super) links: Vec<(LinkIndex, usize)>,
    pub(super) colours: Vec<Colour>,
    pub(super) course: Course,
    pub(super) yellow_ms: i64,
    pub(super) yellow_assumed: bool,
    pub(super) min_green_ms: i64,
    pub(super) min_red_ms: i64,
    pub(super) public_transport: bool,
    pub(super) bicycles: bool,
}

/// Makes an intersection of each traffic light, sets the signals of the network's links and who yields to whom.
/// `second_zero` is the moment of SUMO's second 0.
pub(super) fn build(
    net: &SumoNet,
    additional: &[TlLogic],
    roads: &mut Roads,
    second_zero: Instant,
    findings: &mut Findings,
) -> Vec<Signalised> {
    let lights = lights(&net.programs, additional, roads, findings);
    set_right_of_way(&lights, roads);
    let mut signalised = Vec::new();
    for light in &lights {
        let number = u16::try_from(signalised.len() + 1).unwrap_or(u16::MAX);
        let Some(plan) = plan(light, number, roads, findings) else { continue };
        let Some(built) = intersection::build(&plan, roads, second_zero, findings) else { continue };
        intersection::set_signals(&plan, u32::from(number) - 1, roads);
        let logic = plan.logic;
        signalised.push(Signalised {
            figures: ImportedIntersection {
                name: logic.id.clone(),
                id: built.intersection.id().to_string(),
                program: logic.program.clone(),
                cycle: logic.cycle(),
                groups: plan.groups.len(),
                conflicts: plan.intergreens.len() / 2,
                permissive: plan.permissive.len(),
            },
            intersection: Arc::new(built.intersection),
            text: built.text,
        });
    }
    signalised
}

/// A traffic light: the program that counts and the links that it guards, by their position in its states.
struct Light<'a> {
    logic: &'a TlLogic,
    links: Vec<(LinkIndex, usize)>,
}

fn lights<'a>(
    of_net: &'a [TlLogic],
    additional: &'a [TlLogic],
    roads: &Roads,
    findings: &mut Findings,
) -> Vec<Light<'a>> {
    let mut order: Vec<&str> = Vec::new();
    let mut chosen: BTreeMap<&str, (&TlLogic, usize)> = BTreeMap::new();
    for logic in of_net.iter().chain(additional) {
        let entry = chosen.entry(&logic.id).or_insert_with(|| {
            order.push(&logic.id);
            (logic, 0)
        });
        *entry = (logic, entry.1 + 1);
    }
    let mut links: BTreeMap<&str, Vec<(LinkIndex, usize)>> = BTreeMap::new();
    for (index, signal) in roads.signals.iter().enumerate() {
        if let Some((light, position)) = signal {
            links.entry(light).or_default().push((LinkIndex::at(index), *position));
        }
    }
    let mut lights = Vec::new();
    let mut several: BTreeMap<&str, usize> = BTreeMap::new();
    for id in order {
        let (logic, programs) = chosen[id];
        if programs > 1 {
            *several.entry(logic.program.as_str()).or_insert(0) += 1;
        }
        if logic.kind != "static" {
            findings.approximated(format!(
                "{} programs: run as fixed time with the durations of their phases",
                logic.kind
            ));
        }
        let Some(mut guarded) = links.remove(id) else {
            findings.skipped("traffic lights that guard no road vehicles");
            continue;
        };
        guarded.sort_by_key(|(link, position)| (*position, *link));
        let longest = guarded.iter().map(|(_, position)| position + 1).max().unwrap_or(0);
        if let Some(short) = logic.phases.iter().find(|phase| phase.state.len() < longest) {
            findings.wrong(
                &logic.path,
                logic.line,
                format!(
                    "traffic light \"{id}\", program \"{}\": phase {} has {} states for {longest} links",
                    logic.program,
                    short.number,
                    short.state.len()
                ),
                "use the program that was made for this network",
            );
            continue;
        }
        lights.push(Light { logic, links: guarded });
    }
    for (program, count) in several {
        findings.remark(format!(
            "{count} traffic lights have several programs: \"{program}\" counts, which is loaded last, as in SUMO"
        ));
    }
    for (light, guarded) in links {
        findings.wrong(
            roads_path(of_net, additional),
            1,
            format!("{} connections name traffic light \"{light}\", which has no program", guarded.len()),
            "add its tlLogic, in the network or in an --additional file",
        );
    }
    lights
}

fn roads_path<'a>(of_net: &'a [TlLogic], additional: &'a [TlLogic]) -> &'a std::path::Path {
    of_net.iter().chain(additional).next().map_or(std::path::Path::new("network"), |logic| &logic.path)
}

fn set_right_of_way(lights: &[Light<'_>], roads: &mut Roads) {
    let mut guard: Vec<Option<(&TlLogic, usize)>> = vec![None; roads.network.links.len()];
    for light in lights {
        for &(link, position) in &light.links {
            guard[link.index()] = Some((light.logic, position));
        }
    }
    roads.set_right_of_way(|a, b| {
        let ((logic, first), (other, second)) = guard[a.index()].zip(guard[b.index()])?;
        if logic.id != other.id {
            return None;
        }
        let states = || {
            (0..logic.phases.len())
                .map(|phase| (logic.character(phase, first), logic.character(phase, second)))
        };
        let green = |(own, foe): (u8, u8)| {
            Some((priority_of(own)?, priority_of(foe)?)).filter(|_| own != b'y' && foe != b'y')
        };
        let together: Vec<_> = states().filter_map(green).collect();
        if !together.is_empty() {
            return Some(together);
        }
        // Never green together; but one may start while the other's yellow still lets vehicles through.
        Some(states().filter_map(|(own, foe)| Some((priority_of(own)?, priority_of(foe)?))).collect())
    });
}

/// Whether vehicles that may drive at this state go first (`G`) or give way (`g`); those that still pass at yellow go first. `None`
/// where nobody may drive.
fn priority_of(character: u8) -> Option<u8> {
    match character {
        b'G' | b'O' | b'y' => Some(b'G'),
        b'g' | b's' | b'o' => Some(b'g'),
        _ => None,
    }
}

fn plan<'a>(light: &Light<'a>, number: u16, roads: &Roads, findings: &mut Findings) -> Option<Plan<'a>> {
    let logic = light.logic;
    let groups = groups(light, roads, findings);
    if groups.len() > MOST_GROUPS {
        findings.wrong(
            &logic.path,
            logic.line,
            format!("traffic light \"{}\" has {} signal groups", logic.id, groups.len()),
            format!("at most {MOST_GROUPS} are possible: split it into several traffic lights"),
        );
        return None;
    }
    let (conflicts, permissive) = conflicts(&groups, &logic.id, roads, findings);
    let courses: Vec<Course> = groups.iter().map(|group| group.course.clone()).collect();
    let yellows: Vec<i64> = groups.iter().map(|group| group.yellow_ms).collect();
    let transitions = Transitions { courses: &courses, conflicts: &conflicts, yellows: &yellows };
    let intergreens = transitions.intergreens();
    let links: Vec<LinkIndex> = light.links.iter().map(|(link, _)| *link).collect();
    let layout = lay_out(&logic.id, &links, roads, findings)?;
    Some(Plan { logic, number, groups, permissive, intergreens, layout })
}

/// Links of one incoming edge with the same colour in every state are one group; groups stand in the order of their first links. A group
/// never mixes arms: an intervention gives green to all groups of an approach, and a group that another arm shares would conflict
/// with its neighbours there.
fn groups(light: &Light<'_>, roads: &Roads, findings: &mut Findings) -> Vec<Group> {
    let edge_of = |link: LinkIndex| {
        let from = roads.network.links[link.index()].from;
        roads.network.lanes[from.index()].edge
    };
    let mut groups: Vec<Group> = Vec::new();
    for &(link, position) in &light.links {
        let colours = colours(light.logic, position, findings);
        let same = |group: &&mut Group| {
            group.colours == colours && group.links.iter().all(|(other, _)| edge_of(*other) == edge_of(link))
        };
        if let Some(group) = groups.iter_mut().find(same) {
            group.links.push((link, position));
            continue;
        }
        let course = Course::of(light.logic, &colours);
        groups.push(Group { links: vec![(link, position)], ..times(course, colours, light.logic, findings) });
    }
    for group in &mut groups {
        let only = |allowed: &[VehicleClass]| {
            let allowed: ClassSet =
                allowed.iter().copied().chain([VehicleClass::Emergency, VehicleClass::Ignoring]).collect();
            group.links.iter().all(|(link, _)| {
                let lane = &roads.network.lanes[roads.network.links[link.index()].from.index()];
                lane.permitted.iter().all(|class| allowed.contains(class))
            })
        };
        let (bicycles, public_transport) = (
            only(&[VehicleClass::Bicycle]),
            only(&[VehicleClass::Bus, VehicleClass::Tram, VehicleClass::Taxi]),
        );
        group.bicycles = bicycles;
        group.public_transport = public_transport && !bicycles;
    }
    groups
}

fn times(course: Course, colours: Vec<Colour>, logic: &TlLogic, findings: &mut Findings) -> Group {
    let yellows: Vec<i64> = course.yellows().collect();
    let yellow_ms = yellows.iter().copied().max();
    let greens: Vec<i64> = course.greens().map(|green| green.length).collect();
    let place = format!("traffic light {}, program {}", logic.id, logic.program);
    if greens.is_empty() {
        findings.remark(format!("{place}: has a signal that is never green"));
    }
    if yellows.iter().any(|yellow| Some(*yellow) != yellow_ms) {
        findings
            .approximated(format!("{place}: yellow of different lengths in one group: the longest is shown"));
    }
    if course.changes(Colour::Green, Colour::Red) {
        findings.approximated(format!("{place}: green that ends without yellow: yellow is shown"));
    }
    if course.changes(Colour::Yellow, Colour::Green) || course.changes(Colour::Red, Colour::Yellow) {
        findings.approximated(format!("{place}: yellow out of order (before green): shown as red or green"));
    }
    let ends = course.greens().any(|green| green.length < course.cycle);
    let shortest_red = course.reds().min().unwrap_or(USUAL_MIN_RED_MS);
    Group {
        links: Vec::new(),
        yellow_ms: yellow_ms.unwrap_or(ASSUMED_YELLOW_MS),
        yellow_assumed: yellow_ms.is_none() || (yellows.is_empty() && ends),
        min_green_ms: greens.iter().copied().min().unwrap_or(USUAL_MIN_GREEN_MS).min(USUAL_MIN_GREEN_MS),
        min_red_ms: shortest_red.min(USUAL_MIN_RED_MS),
        public_transport: false,
        bicycles: false,
        colours,
        course,
    }
}

/// The full conflicts both ways round, and the permissive pairs (who yields, to whom).
fn conflicts(
    groups: &[Group],
    light: &str,
    roads: &Roads,
    findings: &mut Findings,
) -> (Vec<Pair>, Vec<Pair>) {
    let links = &roads.network.links;
    let meetings = |a: usize, b: usize| {
        groups[a].links.iter().flat_map(move |(link, _)| {
            let of_other =
                move |foe: &&crate::network::Foe| groups[b].links.iter().any(|(other, _)| *other == foe.link);
            links[link.index()].foes.iter().filter(of_other)
        })
    };
    let (mut full, mut permissive) = (Vec::new(), Vec::new());
    for a in 0..groups.len() {
        for b in a + 1..groups.len() {
            if meetings(a, b).next().is_none() {
                continue;
            }
            let early = starts_in_yellow(&groups[a], &groups[b]) || starts_in_yellow(&groups[b], &groups[a]);
            if !together(&groups[a], &groups[b]) && !early {
                full.extend([(a, b), (b, a)]);
                continue;
            }
            if !together(&groups[a], &groups[b]) {
                findings.approximated(format!(
                    "traffic light {light}: a green that starts during a foe's yellow: the pair counts as permissive"
                ));
            }
            let yields = |a, b| meetings(a, b).filter(|foe| foe.yields).count();
            permissive.push(if yields(a, b) > yields(b, a) { (a, b) } else { (b, a) });
        }
    }
    (full, permissive)
}

fn together(a: &Group, b: &Group) -> bool {
    a.colours.iter().zip(&b.colours).any(|pair| pair == (&Colour::Green, &Colour::Green))
}

fn starts_in_yellow(ending: &Group, starting: &Group) -> bool {
    ending.course.gaps_to(&starting.course).any(|(_, gap)| gap < ending.yellow_ms)
}
