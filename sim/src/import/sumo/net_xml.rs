//! A `.net.xml` as it is written: edges, lanes, junctions, connections and programs by name. What they become here is decided
//! in [`super::network`] and [`super::signals`].

use std::path::{Path, PathBuf};

use crate::import::sumo::class;
use crate::import::sumo::tl_logic::{self, TlLogic};
use crate::import::sumo::xml::{Element, Step, XmlFile};
use crate::import::{Findings, ImportError};
use crate::network::ClassSet;

/// The network file.
#[derive(Debug, Default)]
pub(super) struct SumoNet {
    pub(super) path: PathBuf,
    pub(super) location: Location,
    pub(super) edges: Vec<SumoEdge>,
    pub(super) junctions: Vec<SumoJunction>,
    pub(super) connections: Vec<SumoConnection>,
    pub(super) programs: Vec<TlLogic>,
}

/// `<location>`: how network coordinates came about.
#[derive(Debug, Default)]
pub(super) struct Location {
    pub(super) offset: [f64; 2],
    pub(super) projection: String,
}

/// `<edge>`.
#[derive(Debug)]
pub(super) struct SumoEdge {
    pub(super) line: usize,
    pub(super) id: String,
    /// `internal`, `crossing`, `walkingarea`; empty for roads.
    pub(super) function: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) lanes: Vec<SumoLane>,
}

/// `<lane>`.
#[derive(Debug)]
pub(super) struct SumoLane {
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) index: usize,
    pub(super) speed_mps: f64,
    pub(super) length_m: f64,
    pub(super) width_m: Option<f64>,
    pub(super) permitted: ClassSet,
    pub(super) shape: Vec<[f64; 2]>,
}

/// `<junction>`.
#[derive(Debug)]
pub(super) struct SumoJunction {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) position: [f64; 2],
    pub(super) internal_lanes: Vec<String>,
    pub(super) requests: Vec<Request>,
}

/// `<request>`: the right of way of one link of a junction.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) index: usize,
    /// For each link of the junction: do we let it go first?
    pub(super) response: Vec<bool>,
    /// For each link of the junction: does its path meet ours?
    pub(super) foes: Vec<bool>,
}

/// `<connection>`.
#[derive(Debug)]
pub(super) struct SumoConnection {
    pub(super) line: usize,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) from_lane: usize,
    pub(super) to_lane: usize,
    pub(super) via: Option<String>,
    /// The `tlLogic` and the position in its states.
    pub(super) signal: Option<(String, usize)>,
    pub(super) direction: String,
}

/// Reads the network file.
pub(super) fn read(path: &Path, findings: &mut Findings) -> Result<SumoNet, ImportError> {
    let mut file = XmlFile::open(path, &["net"])?;
    let mut net = SumoNet { path: path.to_owned(), ..SumoNet::default() };
    let mut element = Element::default();
    loop {
        match file.next(&mut element)? {
            Step::End => return Ok(net),
            Step::Close => continue,
            Step::Open => {}
        }
        match element.name.as_str() {
            "location" => net.location = location(&element, path, findings),
            "edge" => read_edge(&mut file, &mut element, &mut net, findings)?,
            "junction" => read_junction(&mut file, &mut element, &mut net, findings)?,
            "connection" => net.connections.extend(connection(&element, path, findings)),
            "tlLogic" => net.programs.extend(tl_logic::read(&mut file, &mut element, findings)?),
            // Vehicle types for edges only, and what the junctions' requests say already.
            "type" | "roundabout" | "prohibition" => file.skip_inside(&mut element)?,
            other => {
                findings.skipped(format!("<{other}> in the network"));
                file.skip_inside(&mut element)?;
            }
        }
    }
}

fn location(element: &Element, path: &Path, findings: &mut Findings) -> Location {
    let offset = element.get("netOffset").map_or_else(Vec::new, numbers);
    if offset.len() < 2 {
        element.required("netOffset", path, findings);
    }
    Location {
        offset: [offset.first().copied().unwrap_or(0.0), offset.get(1).copied().unwrap_or(0.0)],
        projection: element.get("projParameter").unwrap_or("!").to_owned(),
    }
}

fn read_edge(
    file: &mut XmlFile,
    element: &mut Element,
    net: &mut SumoNet,
    findings: &mut Findings,
) -> Result<(), ImportError> {
    let text = |key: &str| element.get(key).unwrap_or_default().to_owned();
    let mut edge = SumoEdge {
        line: element.line,
        id: text("id"),
        function: text("function"),
        from: text("from"),
        to: text("to"),
        lanes: Vec::new(),
    };
    let outside = file.depth() - 1;
    loop {
        match file.next(element)? {
            Step::Open if element.name == "lane" => {
                if element.has_prefix("change") {
                    findings
                        .approximated("lanes with bans on changing (changeLeft, changeRight): not banned");
                }
                edge.lanes.extend(lane(element, file.path(), findings));
            }
            Step::Open if element.name == "neigh" => {
                findings.skipped("<neigh> (overtaking on the lane of oncoming traffic)");
            }
            Step::Open if element.name == "stopOffset" => {
                findings.skipped("<stopOffset> (stop lines set back)")
            }
            Step::Close if file.depth() == outside => break,
            Step::End => break,
            _ => {}
        }
    }
    if edge.function == "normal" || edge.function == "connector" {
        edge.function.clear();
    }
    net.edges.push(edge);
    Ok(())
}

fn lane(element: &Element, path: &Path, findings: &mut Findings) -> Option<SumoLane> {
    let id = element.required("id", path, findings)?.to_owned();
    let index = element.index("index", path, findings)?;
    let speed_mps = element.number("speed", path, findings)?;
    let length_m = element.number("length", path, findings)?;
    let shape = points(element.required("shape", path, findings)?);
    if shape.len() < 2 {
        let value = element.get("shape").unwrap_or_default();
        element.note_wrong_value("shape", value, "two or more points \"x,y x,y\"", path, findings);
        return None;
    }
    for (key, value) in [("speed", speed_mps), ("length", length_m)] {
        if value <= 0.0 {
            element.note_wrong_value(key, &value.to_string(), "more than 0", path, findings);
            return None;
        }
    }
    Some(SumoLane {
        line: element.line,
        id,
        index,
        speed_mps,
        length_m,
        width_m: element.optional_number("width", path, findings),
        permitted: class::permitted(element.get("allow"), element.get("disallow")),
        shape,
    })
}

fn read_junction(
    file: &mut XmlFile,
    element: &mut Element,
    net: &mut SumoNet,
    findings: &mut Findings,
) -> Result<(), ImportError> {
    let path = file.path().to_owned();
    let x = element.number("x", &path, findings).unwrap_or_default();
    let y = element.number("y", &path, findings).unwrap_or_default();
    let mut junction = SumoJunction {
        id: element.required("id", &path, findings).unwrap_or_default().to_owned(),
        kind: element.get("type").unwrap_or_default().to_owned(),
        position: [x, y],
        internal_lanes: element
            .get("intLanes")
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        requests: Vec::new(),
    };
    let outside = file.depth() - 1;
    loop {
        match file.next(element)? {
            Step::Open if element.name == "request" => {
                if let Some(index) = element.index("index", &path, findings) {
                    junction.requests.push(Request {
                        index,
                        response: bits(element.get("response").unwrap_or_default()),
                        foes: bits(element.get("foes").unwrap_or_default()),
                    });
                }
            }
            Step::Close if file.depth() == outside => break,
            Step::End => break,
            _ => {}
        }
    }
    net.junctions.push(junction);
    Ok(())
}

fn connection(element: &Element, path: &Path, findings: &mut Findings) -> Option<SumoConnection> {
    if element.get("allow").or_else(|| element.get("disallow")).is_some() {
        findings.approximated("connections for some classes only: open to all that may use both lanes");
    }
    if element.get("pass").is_some_and(|pass| pass != "0") {
        findings
            .approximated("connections that pass without looking (pass=\"1\"): they give way by the matrix");
    }
    let signal = match element.get("tl") {
        Some(tl) => Some((tl.to_owned(), element.index("linkIndex", path, findings)?)),
        None => None,
    };
    Some(SumoConnection {
        line: element.line,
        from: element.required("from", path, findings)?.to_owned(),
        to: element.required("to", path, findings)?.to_owned(),
        from_lane: element.index("fromLane", path, findings)?,
        to_lane: element.index("toLane", path, findings)?,
        via: element.get("via").map(str::to_owned),
        signal,
        direction: element.get("dir").unwrap_or_default().to_owned(),
    })
}

/// SUMO's strings of bits have the first link last.
fn bits(text: &str) -> Vec<bool> {
    text.bytes().rev().map(|byte| byte == b'1').collect()
}

fn points(text: &str) -> Vec<[f64; 2]> {
    text.split_whitespace()
        .filter_map(|point| {
            let coordinates = numbers(point);
            Some([*coordinates.first()?, *coordinates.get(1)?])
        })
        .collect()
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(',').filter_map(|number| number.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect()
}
