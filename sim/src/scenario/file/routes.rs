//! `routes.jsonl`: one route a line, as the ids of its edges in order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use voorrang_signals::document::{Problem, Problems};

use crate::network::{EdgeIndex, Network};
use crate::scenario::Route;

/// A list of problems longer than this helps nobody.
const MOST_PROBLEMS: usize = 100;

/// Finds edges by name, and which follow each other.
pub(super) struct EdgeNames<'n> {
    network: &'n Network,
    by_id: BTreeMap<&'n str, EdgeIndex>,
    after: Vec<Vec<EdgeIndex>>,
}

impl<'n> EdgeNames<'n> {
    pub(super) fn of(network: &'n Network) -> Self {
        let after = network.edges.iter().map(|edge| {
            let lanes = &network.lanes[edge.lanes.start as usize..edge.lanes.end as usize];
            let links = lanes
                .iter()
                .flat_map(|lane| &network.links[lane.links.start as usize..lane.links.end as usize]);
            let mut next: Vec<EdgeIndex> = links.map(|link| network.edge_after(link)).collect();
            next.sort_unstable();
            next.dedup();
            next
        });
        let ids = network.edges.iter().enumerate();
        Self {
            network,
            by_id: ids.map(|(index, edge)| (edge.id.as_str(), EdgeIndex::at(index))).collect(),
            after: after.collect(),
        }
    }

    /// The route over the named edges.
    ///
    /// # Errors
    /// What is wrong with it: its first missing edge, or the first two edges that no link joins.
    pub(super) fn route<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Result<Route, String> {
        let mut edges: Vec<EdgeIndex> = Vec::new();
        for id in ids {
            let following = edges.last().and_then(|last| {
                let after = &self.after[last.index()];
                after.iter().find(|edge| self.network.edges[edge.index()].id == id)
            });
            match (following, self.edges_before(&edges)) {
                (Some(edge), _) => edges.push(*edge),
                (None, before) => {
                    let edge = self.by_id.get(id).ok_or_else(|| format!("there is no edge \"{id}\""))?;
                    if let Some(before) = before {
                        return Err(format!("no way leads from edge \"{before}\" to edge \"{id}\""));
                    }
                    edges.push(*edge);
                }
            }
        }
        if edges.is_empty() { Err("the route is empty".to_owned()) } else { Ok(Route { edges }) }
    }

    fn edges_before(&self, edges: &[EdgeIndex]) -> Option<&'n str> {
        edges.last().map(|last| self.network.edges[last.index()].id.as_str())
    }
}

/// Reads the routes.
///
/// # Errors
/// Every line that is no route over the network.
pub(super) fn read(path: &Path, names: &EdgeNames<'_>) -> Result<Vec<Route>, Problems> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("cannot be read: {error}");
        Problem::with_file(&file, what, "check that the file is there; `voorrang-sim import` writes it")
    })?;
    let mut routes = Vec::new();
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let route = serde_json::from_str::<Vec<Borrowed<'_>>>(line)
            .map_err(|error| (error.to_string(), "write the ids of edges: [\"EDGE\",\"EDGE\"]"))
            .and_then(|ids| {
                names
                    .route(ids.iter().map(|id| id.0.as_ref()))
                    .map_err(|what| (what, "name edges of the network that follow each other"))
            });
        match route {
            Ok(route) => routes.push(route),
            Err((what, remedy)) if problems.len() < MOST_PROBLEMS => {
                problems.push(Problem::with_line(&file, number + 1, what, remedy));
            }
            Err(_) => {}
        }
    }
    if problems.is_empty() { Ok(routes) } else { Err(Problems(problems)) }
}

/// A text that is copied only if it holds escapes.
#[derive(serde::Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
