//! Route files and additional files as they are written: SUMO lets both define the same things, so one reader takes both.
//! Flows become vehicles here; what the definitions become is decided in [`super::demand`] and [`super::signals`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::import::sumo::flow;
use crate::import::sumo::tl_logic::{self, TlLogic};
use crate::import::sumo::xml::{Element, Step, XmlFile};
use crate::import::{Findings, ImportError};

/// What all route files and additional files define together.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    pub(super) types: Vec<VType>,
    pub(super) distributions: Vec<VTypeDistribution>,
    /// Each different list of edges once.
    pub(super) routes: Vec<SumoRoute>,
    route_by_edges: BTreeMap<String, usize>,
    pub(super) named_routes: BTreeMap<String, NamedRoute>,
    pub(super) vehicles: Vec<SumoVehicle>,
    pub(super) bus_stops: BTreeMap<String, BusStop>,
    pub(super) programs: Vec<TlLogic>,
}

/// Where something stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) line: usize,
}

/// `<vType>`.
#[derive(Debug, Clone, Default)]
pub(super) struct VType {
    pub(super) id: String,
    pub(super) class: String,
    pub(super) length_m: Option<f64>,
    pub(super) min_gap_m: Option<f64>,
    pub(super) max_speed_mps: Option<f64>,
    pub(super) speed_factor: Option<String>,
    pub(super) speed_deviation: Option<f64>,
    pub(super) probability: Option<f64>,
}

/// `<vTypeDistribution>`.
#[derive(Debug, Clone, Default)]
pub(super) struct VTypeDistribution {
    pub(super) place: Place,
    pub(super) id: String,
    /// Type ids with their weights.
    pub(super) types: Vec<(String, f64)>,
}

/// A list of edges and where it was first written.
#[derive(Debug)]
pub(super) struct SumoRoute {
    pub(super) place: Place,
    /// Who drives it first: for messages.
    pub(super) owner: String,
    pub(super) edges: String,
}

/// `<route id=...>` or `<routeDistribution id=...>` outside a vehicle.
#[derive(Debug, Clone, Default)]
pub(super) struct NamedRoute {
    /// Routes with their weights; one for a plain route.
    pub(super) choices: Vec<(usize, f64)>,
    pub(super) stops: Vec<SumoStop>,
}

/// `<vehicle>`, or one vehicle of a `<flow>`.
#[derive(Debug, Clone, Default)]
pub(super) struct SumoVehicle {
    pub(super) place: Place,
    pub(super) id: String,
    pub(super) vehicle_type: String,
    pub(super) depart_s: f64,
    pub(super) route: RouteReference,
    pub(super) stops: Vec<SumoStop>,
}

/// How a vehicle says its route.
#[derive(Debug, Clone, Default)]
pub(super) enum RouteReference {
    /// Not at all.
    #[default]
    Missing,
    /// Its own edges: position in [`Definitions::routes`].
    Own(usize),
    /// The id of a route or a distribution.
    Named(String),
}

/// `<stop>`.
#[derive(Debug, Clone, Default)]
pub(super) struct SumoStop {
    pub(super) line: usize,
    pub(super) bus_stop: Option<String>,
    pub(super) lane: Option<String>,
    pub(super) end_m: Option<f64>,
    pub(super) duration_s: Option<f64>,
}

/// `<busStop>`.
#[derive(Debug, Clone, Default)]
pub(super) struct BusStop {
    pub(super) lane: String,
    pub(super) end_m: Option<f64>,
}

impl Definitions {
    /// Reads one route file or additional file into what is there already; a later definition of the same name wins.
    pub(super) fn read(&mut self, path: &Path, findings: &mut Findings) -> Result<(), ImportError> {
        let mut file = XmlFile::open(path, &["routes", "additional", "add"])?;
        let mut element = Element::default();
        loop {
            match file.next(&mut element)? {
                Step::End => return Ok(()),
                Step::Close => continue,
                Step::Open => {}
            }
            match element.name.as_str() {
                "vType" => {
                    self.types.extend(read_type(&element, path, findings));
                    file.skip_inside(&mut element)?;
                }
                "vTypeDistribution" => self.read_distribution(&mut file, &mut element, findings)?,
                "route" => self.read_named_route(&mut file, &mut element, findings)?,
                "routeDistribution" => self.read_route_distribution(&mut file, &mut element, findings)?,
                "vehicle" => {
                    let vehicle = self.read_vehicle(&mut file, &mut element, findings)?;
                    self.vehicles.extend(vehicle);
                }
                "flow" => self.read_flow(&mut file, &mut element, findings)?,
                "tlLogic" => self.programs.extend(tl_logic::read(&mut file, &mut element, findings)?),
                "busStop" => {
                    if let Some(id) = element.required("id", path, findings)
                        && let Some(lane) = element.required("lane", path, findings)
                    {
                        let stop = BusStop {
                            lane: lane.to_owned(),
                            end_m: element.optional_number("endPos", path, findings),
                        };
                        self.bus_stops.insert(id.to_owned(), stop);
                    }
                    file.skip_inside(&mut element)?;
                }
                other => {
                    findings.skipped(match other {
                        "trip" => {
                            "<trip> (no edges given; make routes of it with SUMO's duarouter)".to_owned()
                        }
                        "person" | "personFlow" => format!("<{other}> (pedestrians are not simulated yet)"),
                        _ => format!("<{other}>"),
                    });
                    file.skip_inside(&mut element)?;
                }
            }
        }
    }

    fn read_distribution(
        &mut self,
        file: &mut XmlFile,
        element: &mut Element,
        findings: &mut Findings,
    ) -> Result<(), ImportError> {
        let path = file.path().to_owned();
        let place = Place { path: path.clone(), line: element.line };
        let Some(id) = element.required("id", &path, findings).map(str::to_owned) else {
            return file.skip_inside(element);
        };
        let mut types = weighted(element.get("vTypes"), element.get("probabilities"));
        let outside = file.depth() - 1;
        loop {
            match file.next(element)? {
                Step::Open if element.name == "vType" => {
                    if let Some(found) = read_type(element, &path, findings) {
                        types.push((found.id.clone(), found.probability.unwrap_or(1.0)));
                        self.types.push(found);
                    }
                }
                Step::Close if file.depth() == outside => break,
                Step::End => break,
                _ => {}
            }
        }
        self.distributions.push(VTypeDistribution { place, id, types });
        Ok(())
    }

    fn read_named_route(
        &mut self,
        file: &mut XmlFile,
        element: &mut Element,
        findings: &mut Findings,
    ) -> Result<(), ImportError> {
        let Some(id) = element.required("id", file.path(), findings).map(str::to_owned) else {
            return file.skip_inside(element);
        };
        let (route, stops) = self.read_route(file, element, &format!("route \"{id}\""), findings)?;
        if let Some(route) = route {
            self.named_routes.insert(id, NamedRoute { choices: vec![(route, 1.0)], stops });
        }
        Ok(())
    }

    fn read_route_distribution(
        &mut self,
        file: &mut XmlFile,
        element: &mut Element,
        findings: &mut Findings,
    ) -> Result<(), ImportError> {
        let Some(id) = element.required("id", file.path(), findings).map(str::to_owned) else {
            return file.skip_inside(element);
        };
        let mut choices: Vec<(usize, f64)> = weighted(element.get("routes"), element.get("probabilities"))
            .into_iter()
            .filter_map(|(route, weight)| Some((self.named_routes.get(&route)?.choices.first()?.0, weight)))
            .collect();
        let outside = file.depth() - 1;
        loop {
            match file.next(element)? {
                Step::Open if element.name == "route" => {
                    let weight = element.get("probability").and_then(|text| text.parse().ok()).unwrap_or(1.0);
                    let reference = element.get("refId").map(str::to_owned);
                    let owner = format!("route distribution \"{id}\"");
                    let (own, _) = self.read_route(file, element, &owner, findings)?;
                    let named = reference.and_then(|id| Some(self.named_routes.get(&id)?.choices.first()?.0));
                    choices.extend(own.or(named).map(|route| (route, weight)));
                }
                Step::Close if file.depth() == outside => break,
                Step::End => break,
                _ => {}
            }
        }
        self.named_routes.insert(id, NamedRoute { choices, stops: Vec::new() });
        Ok(())
    }

    /// The edges of the `<route>` that was just opened, and its stops, up to its end.
    fn read_route(
        &mut self,
        file: &mut XmlFile,
        element: &mut Element,
        owner: &str,
        findings: &mut Findings,
    ) -> Result<(Option<usize>, Vec<SumoStop>), ImportError> {
        let line = element.line;
        let route = element.get("edges").map(str::to_owned).map(|edges| {
            let place = Place { path: file.path().to_owned(), line };
            let routes = &mut self.routes;
            *self.route_by_edges.entry(edges.clone()).or_insert_with(|| {
                routes.push(SumoRoute { place, owner: owner.to_owned(), edges });
                routes.len() - 1
            })
        });
        if route.is_none() && element.get("refId").is_none() {
            element.required("edges", file.path(), findings);
        }
        if element.get("repeat").is_some() {
            findings.approximated("routes with `repeat`: driven once");
        }
        let mut stops = Vec::new();
        let outside = file.depth() - 1;
        loop {
            match file.next(element)? {
                Step::Open if element.name == "stop" => {
                    stops.extend(read_stop(element, file.path(), findings))
                }
                Step::Close if file.depth() == outside => break,
                Step::End => break,
                _ => {}
            }
        }
        Ok((route, stops))
    }

    /// The vehicle or flow that was just opened, up to its end.
    fn read_vehicle(
        &mut self,
        file: &mut XmlFile,
        element: &mut Element,
        findings: &mut Findings,
    ) -> Result<Option<SumoVehicle>, ImportError> {
        let path = file.path().to_owned();
        let Some(id) = element.required("id", &path, findings).map(str::to_owned) else {
            file.skip_inside(element)?;
            return Ok(None);
        };
        let depart_s = if element.name == "flow" { Some(0.0) } else { departure(element, &path, findings) };
        note_attributes(element, findings);
        let mut vehicle = SumoVehicle {
            place: Place { path: path.clone(), line: element.line },
            vehicle_type: element.get("type").unwrap_or(DEFAULT_TYPE).to_owned(),
            depart_s: depart_s.unwrap_or_default(),
            route: element
                .get("route")
                .map_or(RouteReference::Missing, |id| RouteReference::Named(id.to_owned())),
            stops: Vec::new(),
            id,
        };
        let outside = file.depth() - 1;
        loop {
            match file.next(element)? {
                Step::Open if element.name == "stop" => {
                    vehicle.stops.extend(read_stop(element, &path, findings));
                }
                Step::Open if element.name == "route" => {
                    let owner = format!("vehicle \"{}\"", vehicle.id);
                    let (route, stops) = self.read_route(file, element, &owner, findings)?;
                    vehicle.route = route.map_or(RouteReference::Missing, RouteReference::Own);
                    vehicle.stops.extend(stops);
                }
                Step::Open if element.name == "param" => {}
                Step::Open => findings.skipped(format!("<{}> in a vehicle", element.name)),
                Step::Close if file.depth() == outside => break,
                Step::End => break,
                Step::Close => {}
            }
        }
        Ok(depart_s.map(|_| vehicle))
    }

    fn read_flow(
        &mut self,
        file: &mut XmlFile,
        element: &mut Element,
        findings: &mut Findings,
    ) -> Result<(), ImportError> {
        let times = flow::departures(element, file.path(), findings);
        let pattern = self.read_vehicle(file, element, findings)?;
        let Some(pattern) = pattern else { return Ok(()) };
        if matches!(pattern.route, RouteReference::Missing) {
            findings.skipped("<flow> without a route (make routes of it with SUMO's duarouter)");
            return Ok(());
        }
        for (number, depart_s) in times.into_iter().enumerate() {
            self.vehicles.push(SumoVehicle {
                id: format!("{}.{number}", pattern.id),
                depart_s,
                ..pattern.clone()
            });
        }
        Ok(())
    }
}

/// SUMO's type of vehicles that name none.
pub(super) const DEFAULT_TYPE: &str = "DEFAULT_VEHTYPE";

fn read_type(element: &Element, path: &Path, findings: &mut Findings) -> Option<VType> {
    for key in ["accel", "decel", "sigma", "tau", "emergencyDecel", "carFollowModel"] {
        if element.get(key).is_some() {
            findings.approximated(
                "car-following parameters of vehicle types (accel, decel, sigma, tau ...): \
                 IDM calibrated by class to a saturation flow of 1,815 to 1,893 vehicles/h instead",
            );
            break;
        }
    }
    if element.has_prefix("lc") || element.has_prefix("jm") {
        findings
            .approximated("lane-change and junction parameters of vehicle types (lc..., jm...): left out");
    }
    Some(VType {
        id: element.required("id", path, findings)?.to_owned(),
        class: element.get("vClass").unwrap_or_default().to_owned(),
        length_m: element.optional_number("length", path, findings),
        min_gap_m: element.optional_number("minGap", path, findings),
        max_speed_mps: element.optional_number("maxSpeed", path, findings),
        speed_factor: element.get("speedFactor").map(str::to_owned),
        speed_deviation: element.optional_number("speedDev", path, findings),
        probability: element.optional_number("probability", path, findings),
    })
}

fn read_stop(element: &Element, path: &Path, findings: &mut Findings) -> Option<SumoStop> {
    for key in ["parkingArea", "chargingStation", "containerStop", "overheadWireSegment"] {
        if element.get(key).is_some() {
            findings.skipped(format!("<stop {key}=...>"));
            return None;
        }
    }
    if element.get("until").is_some() {
        findings.approximated("stops with `until`: the vehicle leaves after the duration alone");
    }
    if element.get("triggered").or_else(|| element.get("expected")).is_some() {
        findings.approximated("stops that wait for passengers: the vehicle leaves after the duration");
    }
    Some(SumoStop {
        line: element.line,
        bus_stop: element.get("busStop").map(str::to_owned),
        lane: element.get("lane").map(str::to_owned),
        end_m: element.optional_number("endPos", path, findings),
        duration_s: element.get("duration").and_then(|_| time(element, "duration", path, findings)),
    })
}

fn departure(element: &Element, path: &Path, findings: &mut Findings) -> Option<f64> {
    let value = element.required("depart", path, findings)?;
    if value.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return time(element, "depart", path, findings);
    }
    findings.skipped(format!("vehicles with depart=\"{value}\""));
    None
}

/// A time: seconds, or `hours:minutes:seconds`.
pub(super) fn time(element: &Element, key: &str, path: &Path, findings: &mut Findings) -> Option<f64> {
    let value = element.get(key)?;
    let seconds = value.split(':').try_fold(0.0, |sum, part| {
        part.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(|number| sum * 60.0 + number)
    });
    if seconds.is_none() {
        element.note_wrong_value(key, value, "seconds or hours:minutes:seconds", path, findings);
    }
    seconds
}

/// Notes the attributes whose wish is not carried out.
fn note_attributes(element: &Element, findings: &mut Findings) {
    let given = |key: &str, default: &[&str]| element.get(key).is_some_and(|value| !default.contains(&value));
    if given("departPos", &["base", "0", "0.0", "0.00"]) {
        findings.approximated("departPos: vehicles enter at the start of their first edge");
    }
    if given("arrivalPos", &["max", "-1"]) {
        findings.approximated("arrivalPos: vehicles leave at the end of their last edge");
    }
    if given("departLane", &["best", "free", "allowed", "first", "best_prob"]) {
        findings.approximated("departLane: vehicles enter on the lane that suits their route");
    }
}

fn weighted(ids: Option<&str>, weights: Option<&str>) -> Vec<(String, f64)> {
    let weights: Vec<f64> =
        weights.unwrap_or_default().split_whitespace().filter_map(|weight| weight.parse().ok()).collect();
    let ids = ids.unwrap_or_default().split_whitespace();
    ids.enumerate().map(|(index, id)| (id.to_owned(), weights.get(index).copied().unwrap_or(1.0))).collect()
}
