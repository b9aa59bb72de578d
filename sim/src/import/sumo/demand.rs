//! From SUMO's types, routes and vehicles to ours: types with calibrated driving, each route once, departures in order, and
//! emergency vehicles apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use voorrang_units::Duration;

use crate::import::Findings;
use crate::import::sumo::class;
use crate::import::sumo::definitions::{
    DEFAULT_TYPE, Definitions, Place, RouteReference, SumoStop, SumoVehicle, VType,
};
use crate::import::sumo::network::Roads;
use crate::import::sumo::vehicle_type::vehicle_type;
use crate::network::{EdgeIndex, Network, VehicleClass};
use crate::scenario::{AskFor, EmergencyTrip, RequestsBy, Route, TypeDistribution, VehicleType};

/// Emergency trips that the user adds go with this type where the files have none of class emergency.
const AMBULANCE: &str = "ambulance";
/// How long a stop lasts that does not say so.
const ASSUMED_STOP_S: f64 = 20.0;

/// The demand side of a scenario.
#[derive(Debug, Default)]
pub(super) struct Demand {
    pub(super) types: Vec<VehicleType>,
    pub(super) distributions: Vec<TypeDistribution>,
    /// The routes of `departures`, then those of `emergency`.
    pub(super) routes: Vec<Route>,
    /// By departure.
    pub(super) departures: Vec<ImportedDeparture>,
    /// By departure.
    pub(super) emergency: Vec<EmergencyTrip>,
}

/// A line of the demand file to be.
#[derive(Debug)]
pub(super) struct ImportedDeparture {
    pub(super) id: String,
    pub(super) vehicle_type: String,
    pub(super) depart: Duration,
    pub(super) route: usize,
    pub(super) halts: Vec<ImportedHalt>,
}

/// A halt on the way.
#[derive(Debug)]
pub(super) struct ImportedHalt {
    pub(super) edge: EdgeIndex,
    pub(super) lane: u8,
    pub(super) at_m: f64,
    pub(super) duration_s: f64,
}

/// `--emergency ID:DEPART:EDGE,EDGE,...`.
#[derive(Debug, Clone, PartialEq)]
pub struct EmergencyRequest {
    /// The vehicle's name.
    pub id: String,
    /// SUMO's seconds.
    pub depart_s: f64,
    /// The edges of its route.
    pub edges: Vec<String>,
}

/// Takes `ID:DEPART:EDGE,EDGE,...` apart. Edge ids may hold colons, the vehicle's id may not.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_emergency(text: &str) -> Result<EmergencyRequest, String> {
    let form = "expected ID:DEPART:EDGE,EDGE,... such as ev1:600:N_C,C_S";
    let mut parts = text.splitn(3, ':');
    let (Some(id), Some(depart), Some(edges)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(form.to_owned());
    };
    let depart_s = depart.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    let edges: Vec<String> = edges.split(',').map(|edge| edge.trim().to_owned()).collect();
    match depart_s {
        _ if id.trim().is_empty() => Err(format!("the vehicle has no id; {form}")),
        None => Err(format!("\"{depart}\" is no departure in seconds; {form}")),
        Some(_) if edges.iter().any(String::is_empty) => Err(format!("an edge has no name; {form}")),
        Some(depart_s) => Ok(EmergencyRequest { id: id.trim().to_owned(), depart_s, edges }),
    }
}

/// Builds the demand. `options` are the user's emergency trips.
pub(super) fn build(
    definitions: &Definitions,
    options: &[EmergencyRequest],
    roads: &Roads,
    findings: &mut Findings,
) -> Demand {
    let mut building = Building {
        roads,
        definitions,
        demand: Demand::default(),
        classes: BTreeMap::new(),
        route_of: vec![None; definitions.routes.len()],
        turns: BTreeMap::new(),
        closed: BTreeSet::new(),
    };
    building.add_types(findings);
    let emergency = building.add_vehicles(findings);
    building.add_emergency(emergency, options, findings);
    building.demand
}

struct Building<'a> {
    roads: &'a Roads,
    definitions: &'a Definitions,
    demand: Demand,
    /// By type or distribution: the classes that its vehicles may be of.
    classes: BTreeMap<String, Vec<VehicleClass>>,
    /// By SUMO route: ours; `Some(None)` if it is wrong, which is known already.
    route_of: Vec<Option<Option<usize>>>,
    /// By route distribution: how often each choice was taken.
    turns: BTreeMap<String, Vec<u32>>,
    closed: BTreeSet<(usize, String)>,
}

impl Building<'_> {
    fn add_types(&mut self, findings: &mut Findings) {
        let defined = |id: &str| self.definitions.types.iter().any(|found| found.id == id);
        let uses_default = self.definitions.vehicles.iter().any(|found| found.vehicle_type == DEFAULT_TYPE);
        let default = VType { id: DEFAULT_TYPE.to_owned(), ..VType::default() };
        let added = (uses_default && !defined(DEFAULT_TYPE)).then_some(&default);
        for sumo in self.definitions.types.iter().chain(added) {
            let Some(class) = class::vehicle_class(&sumo.class) else {
                findings.skipped(format!("vehicle types of class {}", sumo.class));
                continue;
            };
            let vehicle_type = vehicle_type(sumo, class, findings);
            self.classes.insert(sumo.id.clone(), vec![class]);
            match self.demand.types.iter_mut().find(|found| found.id == sumo.id) {
                Some(earlier) => *earlier = vehicle_type,
                None => self.demand.types.push(vehicle_type),
            }
        }
        for sumo in &self.definitions.distributions {
            let types: Vec<(usize, f64)> = sumo
                .types
                .iter()
                .filter(|(_, weight)| *weight > 0.0)
                .filter_map(|(id, weight)| {
                    Some((self.demand.types.iter().position(|found| found.id == *id)?, *weight))
                })
                .collect();
            if types.is_empty() {
                findings.wrong(
                    &sumo.place.path,
                    sumo.place.line,
                    format!("vehicle type distribution \"{}\" draws from no type that is defined", sumo.id),
                    "define its vehicle types, in this file or in an --additional one",
                );
                continue;
            }
            let classes = types.iter().map(|(index, _)| self.demand.types[*index].class).collect();
            self.classes.insert(sumo.id.clone(), classes);
            self.demand.distributions.retain(|found| found.id != sumo.id);
            self.demand.distributions.push(TypeDistribution { id: sumo.id.clone(), types });
        }
    }

    /// Adds the vehicles; returns those of class emergency.
    fn add_vehicles(&mut self, findings: &mut Findings) -> Vec<(usize, usize)> {
        let mut order: Vec<usize> = (0..self.definitions.vehicles.len()).collect();
        order.sort_by(|&a, &b| {
            let depart = |index: usize| self.definitions.vehicles[index].depart_s;
            depart(a).total_cmp(&depart(b))
        });
        let mut emergency = Vec::new();
        let mut seen = BTreeSet::new();
        for index in order {
            let vehicle = &self.definitions.vehicles[index];
            if !seen.insert(vehicle.id.as_str()) {
                let what = format!("vehicle \"{}\" is there twice", vehicle.id);
                findings.wrong(&vehicle.place.path, vehicle.place.line, what, "give each its own id");
                continue;
            }
            let Some(classes) = self.classes.get(&vehicle.vehicle_type).cloned() else {
                self.note_missing_type(vehicle, findings);
                continue;
            };
            let Some(sumo_route) = self.choose_route(vehicle, findings) else { continue };
            if classes.iter().all(|class| *class == VehicleClass::Emergency) {
                emergency.push((index, sumo_route));
                continue;
            }
            let Some(route) = self.route(sumo_route, findings) else { continue };
            self.note_closed(route, vehicle, &classes, findings);
            let halts = self.halts(vehicle, route, findings);
            self.demand.departures.push(ImportedDeparture {
                id: vehicle.id.clone(),
                vehicle_type: vehicle.vehicle_type.clone(),
                depart: Duration::from_seconds_f64(vehicle.depart_s),
                route,
                halts,
            });
        }
        emergency
    }

    fn note_missing_type(&self, vehicle: &SumoVehicle, findings: &mut Findings) {
        if self.definitions.types.iter().any(|found| found.id == vehicle.vehicle_type) {
            findings.skipped(format!("vehicles of type {}", vehicle.vehicle_type));
            return;
        }
        findings.wrong(
            &vehicle.place.path,
            vehicle.place.line,
            format!(
                "vehicle \"{}\" is of type \"{}\", which no file defines",
                vehicle.id, vehicle.vehicle_type
            ),
            "give the file with the vehicle types by --additional",
        );
    }

    /// The SUMO route that a vehicle drives; of a distribution, the one that is most behind its share.
    fn choose_route(&mut self, vehicle: &SumoVehicle, findings: &mut Findings) -> Option<usize> {
        let id = match &vehicle.route {
            RouteReference::Own(route) => return Some(*route),
            RouteReference::Named(id) => id,
            RouteReference::Missing => {
                findings.skipped("vehicles without a route (make routes with SUMO's duarouter)");
                return None;
            }
        };
        let choices = self.definitions.named_routes.get(id).map(|route| route.choices.as_slice());
        let Some(choices) = choices.filter(|choices| !choices.is_empty()) else {
            findings.wrong(
                &vehicle.place.path,
                vehicle.place.line,
                format!("vehicle \"{}\" takes route \"{id}\", which no file defines", vehicle.id),
                "give the file with the route, or mend the name",
            );
            return None;
        };
        if choices.len() > 1 {
            findings.approximated("route distributions: shared out in turn by their weights, without chance");
        }
        let taken = self.turns.entry(id.clone()).or_insert_with(|| vec![0; choices.len()]);
        let behind = |index: usize| choices[index].1 / f64::from(taken[index] + 1);
        let next = (0..choices.len()).max_by(|&a, &b| behind(a).total_cmp(&behind(b)).then(b.cmp(&a)))?;
        taken[next] += 1;
        Some(choices[next].0)
    }

    /// Our route for one of SUMO's, made when it is first driven.
    fn route(&mut self, sumo_route: usize, findings: &mut Findings) -> Option<usize> {
        if let Some(known) = self.route_of[sumo_route] {
            return known;
        }
        let sumo = &self.definitions.routes[sumo_route];
        let edges: Vec<&str> = sumo.edges.split_whitespace().collect();
        let edges = connected(&edges, self.roads, &sumo.owner, &sumo.place, findings);
        let route = edges.map(|edges| {
            self.demand.routes.push(Route { edges });
            self.demand.routes.len() - 1
        });
        self.route_of[sumo_route] = Some(route);
        route
    }

    /// Notes a route that leads over edges which are closed to the vehicle.
    fn note_closed(
        &mut self,
        route: usize,
        vehicle: &SumoVehicle,
        classes: &[VehicleClass],
        findings: &mut Findings,
    ) {
        let key = (route, vehicle.vehicle_type.clone());
        if self.closed.contains(&key) {
            findings.approximated(CLOSED);
            return;
        }
        let network = &self.roads.network;
        let open = |edge: EdgeIndex| {
            network
                .lanes_of(edge)
                .iter()
                .any(|lane| classes.iter().all(|class| lane.permitted.contains(*class)))
        };
        if !self.demand.routes[route].edges.iter().all(|edge| open(*edge)) {
            self.closed.insert(key);
            findings.approximated(CLOSED);
        }
    }

    fn halts(&self, vehicle: &SumoVehicle, route: usize, findings: &mut Findings) -> Vec<ImportedHalt> {
        let of_route = match &vehicle.route {
            RouteReference::Named(id) => self.definitions.named_routes.get(id).map(|found| &found.stops),
            _ => None,
        };
        let stops = of_route.into_iter().flatten().chain(&vehicle.stops);
        stops.filter_map(|stop| self.halt(stop, vehicle, route, findings)).collect()
    }

    fn halt(
        &self,
        stop: &SumoStop,
        vehicle: &SumoVehicle,
        route: usize,
        findings: &mut Findings,
    ) -> Option<ImportedHalt> {
        let path = &vehicle.place.path;
        let mut wrong = |what: String, remedy: &str| {
            let what = format!("vehicle \"{}\" stops {what}", vehicle.id);
            findings.wrong(path, stop.line, what, remedy);
            None
        };
        let (lane_id, end_m) = match (&stop.bus_stop, &stop.lane) {
            (Some(id), _) => match self.definitions.bus_stops.get(id) {
                Some(bus_stop) => (bus_stop.lane.as_str(), bus_stop.end_m),
                None => {
                    return wrong(
                        format!("at \"{id}\", which no file defines"),
                        "give the file with the bus stops by --additional",
                    );
                }
            },
            (None, Some(lane)) => (lane.as_str(), stop.end_m),
            (None, None) => return wrong("nowhere".to_owned(), "give `busStop` or `lane`"),
        };
        let Some(&index) = self.roads.lane_by_sumo_id.get(lane_id) else {
            return wrong(
                format!("on lane {lane_id}, which the network does not have"),
                "mend the lane's name",
            );
        };
        let lane = &self.roads.network.lanes[index.index()];
        if !self.demand.routes[route].edges.contains(&lane.edge) {
            return wrong(format!("on lane {lane_id}, which is not on its route"), "stop on the route");
        }
        let length = lane.length.metres();
        let end = end_m.unwrap_or(length);
        if stop.duration_s.is_none() {
            findings.assumed(format!("duration of stops that give none: {ASSUMED_STOP_S} s"));
        }
        Some(ImportedHalt {
            edge: lane.edge,
            lane: lane.number,
            at_m: if end < 0.0 { (length + end).max(0.0) } else { end.min(length) },
            duration_s: stop.duration_s.unwrap_or(ASSUMED_STOP_S).max(0.0),
        })
    }

    fn add_emergency(
        &mut self,
        from_files: Vec<(usize, usize)>,
        options: &[EmergencyRequest],
        findings: &mut Findings,
    ) {
        let mut trips: Vec<(String, usize, f64, Vec<EdgeIndex>)> = Vec::new();
        for (index, sumo_route) in from_files {
            let vehicle = &self.definitions.vehicles[index];
            let sumo = &self.definitions.routes[sumo_route];
            let edges: Vec<&str> = sumo.edges.split_whitespace().collect();
            let edges = connected(&edges, self.roads, &sumo.owner, &sumo.place, findings);
            if !vehicle.stops.is_empty() {
                findings.skipped("stops of emergency vehicles");
            }
            let types = &self.demand.types;
            let distribution =
                self.demand.distributions.iter().find(|found| found.id == vehicle.vehicle_type);
            let vehicle_type = types
                .iter()
                .position(|found| found.id == vehicle.vehicle_type)
                .or_else(|| distribution?.types.first().map(|(index, _)| *index));
            if let (Some(edges), Some(vehicle_type)) = (edges, vehicle_type) {
                trips.push((vehicle.id.clone(), vehicle_type, vehicle.depart_s, edges));
            }
        }
        for option in options {
            let place = Place { path: Path::new("--emergency").to_owned(), line: 0 };
            let edges: Vec<&str> = option.edges.iter().map(String::as_str).collect();
            let owner = format!("emergency vehicle \"{}\"", option.id);
            let Some(edges) = connected(&edges, self.roads, &owner, &place, findings) else { continue };
            let vehicle_type = self.emergency_type(findings);
            trips.push((option.id.clone(), vehicle_type, option.depart_s, edges));
        }
        trips.sort_by(|a, b| a.2.total_cmp(&b.2));
        let mut seen = BTreeSet::new();
        for (id, vehicle_type, depart_s, edges) in trips {
            if !seen.insert(id.clone()) || self.demand.departures.iter().any(|found| found.id == id) {
                findings.wrong(
                    Path::new("--emergency"),
                    0,
                    format!("there are two vehicles \"{id}\""),
                    "give the emergency vehicle another id",
                );
                continue;
            }
            self.demand.routes.push(Route { edges });
            let route = self.demand.routes.len() - 1;
            let depart = Duration::from_seconds_f64(depart_s);
            self.demand.emergency.push(EmergencyTrip {
                id,
                vehicle_type,
                depart,
                route,
                requests: RequestsBy::default(),
                ask_for: AskFor::default(),
            });
        }
    }

    /// The type of emergency vehicles that the user adds.
    fn emergency_type(&mut self, findings: &mut Findings) -> usize {
        let types = &mut self.demand.types;
        if let Some(found) = types.iter().position(|found| found.class == VehicleClass::Emergency) {
            return found;
        }
        findings.assumed("vehicle type \"ambulance\" (6.5 m, up to 1.4 x the limit) for --emergency");
        let sumo =
            VType { id: AMBULANCE.to_owned(), speed_factor: Some("1.4".to_owned()), ..VType::default() };
        types.push(vehicle_type(&sumo, VehicleClass::Emergency, findings));
        types.len() - 1
    }
}

const CLOSED: &str =
    "vehicles whose route leads over edges that are closed to their class: they drive it all the same";

/// The edges of a route, if all exist and each is joined to the next.
fn connected(
    edges: &[&str],
    roads: &Roads,
    owner: &str,
    place: &Place,
    findings: &mut Findings,
) -> Option<Vec<EdgeIndex>> {
    let mut missing = false;
    let mut found = Vec::with_capacity(edges.len());
    for id in edges {
        match roads.edge_by_id.get(*id) {
            Some(edge) => found.push(*edge),
            None => {
                missing = true;
                findings.wrong(
                    &place.path,
                    place.line,
                    format!("{owner}: its route leads over edge \"{id}\", which the network does not have"),
                    "mend the edge's name, or use the network that the routes were made for",
                );
            }
        }
    }
    if edges.is_empty() {
        findings.wrong(&place.path, place.line, format!("{owner}: its route is empty"), "name its edges");
        return None;
    }
    if missing {
        return None;
    }
    for (pair, names) in found.windows(2).zip(edges.windows(2)) {
        if !joined(&roads.network, pair[0], pair[1]) {
            findings.wrong(
                &place.path,
                place.line,
                format!("{owner}: no way leads from edge \"{}\" to edge \"{}\"", names[0], names[1]),
                "name edges that follow each other",
            );
            return None;
        }
    }
    Some(found)
}

fn joined(network: &Network, from: EdgeIndex, to: EdgeIndex) -> bool {
    let lanes = network.edges[from.index()].lanes.clone();
    lanes.into_iter().any(|lane| {
        let links = network.links_of(crate::network::RoadLaneIndex(lane));
        links.iter().any(|link| network.edge_after(link) == to)
    })
}
