//! From the lines of a network file to a [`Network`]: every line that can be read is, whatever is wrong with others.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use voorrang_signals::document::{Problem, Problems};
use voorrang_signals::{ApproachId, ConnectionId, Intersection, LaneId};
use voorrang_units::{Length, Speed};

use crate::network::file::{EdgeLine, Header, JunctionLine, LaneName, Line, LinkLine, SCHEMA};
use crate::network::{
    ClassSet, Edge, EdgeIndex, Foe, Junction, JunctionIndex, Lane, Link, LinkIndex, LinkSignal, Network,
    Projection, RoadLaneIndex, Shape,
};

/// A network whose links still name their signals: the intersections may be read meanwhile.
#[derive(Debug)]
pub struct UnresolvedNetwork {
    network: Network,
    signals: Vec<NamedSignal>,
    file: String,
}

#[derive(Debug)]
struct NamedSignal {
    line: usize,
    link: LinkIndex,
    intersection: String,
    group: String,
    approach: u8,
    lane: u8,
    connection: Option<u8>,
}

impl UnresolvedNetwork {
    /// Reads and validates all but the signals' names.
    ///
    /// # Errors
    /// Everything that is wrong in the file, with its line.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Problem::with_file(
                &file,
                format!("cannot be read: {error}"),
                "check that the file is there; `voorrang-sim import` writes it",
            )
        })?;
        Self::parse(&text, &file)
    }

    pub(super) fn parse(text: &str, file: &str) -> Result<Self, Problems> {
        let mut reading = Reading::new(file);
        for (number, line) in text.lines().enumerate() {
            if !line.trim().is_empty() {
                reading.line(number + 1, line);
            }
        }
        reading.finish()
    }

    /// The network as far as it is known: no link has its signal yet.
    #[must_use]
    pub fn without_signals(&self) -> &Network {
        &self.network
    }

    /// Looks up the signals that guard the links.
    ///
    /// # Errors
    /// Every name that no intersection has.
    pub fn resolve(self, intersections: &[Arc<Intersection>]) -> Result<Network, Problems> {
        let Self { mut network, signals, file } = self;
        let by_id: BTreeMap<String, u32> =
            (0u32..).zip(intersections).map(|(index, found)| (found.id().to_string(), index)).collect();
        let mut problems = Vec::new();
        for signal in signals {
            match signal.resolve(&by_id, intersections) {
                Ok(found) => network.links[signal.link.index()].signal = Some(found),
                Err(what) => problems.push(Problem::with_line(
                    &file,
                    signal.line,
                    what,
                    "name what stands in one of intersections/*.toml, or import the scenario again",
                )),
            }
        }
        if problems.is_empty() { Ok(network) } else { Err(Problems(problems)) }
    }
}

impl NamedSignal {
    fn resolve(
        &self,
        by_id: &BTreeMap<String, u32>,
        intersections: &[Arc<Intersection>],
    ) -> Result<LinkSignal, String> {
        let index = *by_id
            .get(&self.intersection)
            .ok_or_else(|| format!("no intersection file has the id {}", self.intersection))?;
        let intersection = &intersections[index as usize];
        let missing = |what: &str| format!("intersection {} has no {what}", self.intersection);
        let group = intersection
            .group_named(&self.group)
            .ok_or_else(|| missing(&format!("signal group \"{}\"", self.group)))?;
        let approach = ApproachId::new(self.approach)
            .filter(|approach| intersection.approach(*approach).is_some())
            .ok_or_else(|| missing(&format!("approach {}", self.approach)))?;
        let lane = LaneId::new(self.lane)
            .filter(|lane| intersection.lane(*lane).is_some())
            .ok_or_else(|| missing(&format!("lane {}", self.lane)))?;
        let connection = self.connection.and_then(ConnectionId::new);
        if let Some(number) = self.connection
            && connection.is_none_or(|id| intersection.connection(id).is_none())
        {
            return Err(missing(&format!("connection {number}")));
        }
        Ok(LinkSignal { intersection: index, group, approach, lane, connection })
    }
}

/// A network as far as it has been read.
struct Reading<'a> {
    file: &'a str,
    problems: Vec<Problem>,
    projection: Option<Projection>,
    junctions: Vec<Junction>,
    edges: Vec<Edge>,
    lanes: Vec<Lane>,
    links: Vec<Link>,
    /// The line of each link, for problems that show only in the end.
    link_lines: Vec<usize>,
    signals: Vec<NamedSignal>,
    junction_by_id: BTreeMap<String, JunctionIndex>,
    edge_by_id: BTreeMap<String, EdgeIndex>,
}

impl<'a> Reading<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            file,
            problems: Vec::new(),
            projection: None,
            junctions: Vec::new(),
            edges: Vec::new(),
            lanes: Vec::new(),
            links: Vec::new(),
            link_lines: Vec::new(),
            signals: Vec::new(),
            junction_by_id: BTreeMap::new(),
            edge_by_id: BTreeMap::new(),
        }
    }

    fn wrong(&mut self, line: usize, column: usize, what: String, remedy: &str) {
        let problem = Problem::with_line(self.file, line, what, remedy);
        self.problems.push(Problem { column, ..problem });
    }

    fn line(&mut self, number: usize, text: &str) {
        match serde_json::from_str(text) {
            Ok(Line::Network(header)) => self.header(number, &header),
            _ if self.projection.is_none() && self.problems.is_empty() => {
                let remedy = "begin the file with {\"network\":{\"schema\":1,\"projection\":...}}";
                self.wrong(number, 0, "the first line is no network header".to_owned(), remedy);
            }
            Ok(Line::Junction(junction)) => self.junction(number, junction),
            Ok(Line::Edge(edge)) => self.edge(number, edge),
            Ok(Line::Link(link)) => self.link(number, link),
            Err(error) => self.wrong(
                number,
                error.column(),
                format!("no line of a network file: {error}"),
                "write one junction, edge or link, or import the network again",
            ),
        }
    }

    fn header(&mut self, number: usize, header: &Header) {
        if header.schema != SCHEMA {
            let what = format!("schema {} is not known here", header.schema);
            self.wrong(number, 0, what, "use schema 1, or a newer program");
        }
        match Projection::try_from(&header.projection) {
            Ok(projection) => self.projection = Some(projection),
            Err(what) => self.wrong(number, 0, what, "give latitude and longitude in degrees, or a UTM zone"),
        }
    }

    fn junction(&mut self, number: usize, junction: JunctionLine<'_>) {
        let index = JunctionIndex::at(self.junctions.len());
        let id = junction.id.into_owned();
        if self.junction_by_id.insert(id.clone(), index).is_some() {
            self.wrong(number, 0, format!("junction \"{id}\" is there twice"), "give each its own id");
        }
        self.junctions.push(Junction { id, position: junction.at, links: Vec::new() });
    }

    fn edge(&mut self, number: usize, edge: EdgeLine<'_>) {
        let index = EdgeIndex::at(self.edges.len());
        let from = self.junction_named(number, &edge.from);
        let to = self.junction_named(number, &edge.to);
        let id = edge.id.into_owned();
        if self.edge_by_id.insert(id.clone(), index).is_some() {
            self.wrong(number, 0, format!("edge \"{id}\" is there twice"), "give each its own id");
        }
        if edge.lanes.is_empty() || edge.lanes.len() > usize::from(u8::MAX) {
            let what = format!("edge \"{id}\" has {} lanes", edge.lanes.len());
            self.wrong(number, 0, what, "give it 1 to 255 lanes");
        }
        let first = RoadLaneIndex::at(self.lanes.len()).0;
        for (lane, lane_number) in edge.lanes.into_iter().zip(0u8..=u8::MAX) {
            let title = format!("lane {lane_number} of edge \"{id}\"");
            self.measures(number, &title, lane.length_m, lane.speed_mps, &lane.shape);
            let permitted = lane.permitted.map_or(ClassSet::ALL, |classes| classes.into_iter().collect());
            if permitted.is_empty() {
                self.wrong(number, 0, format!("{title} is open to nobody"), "leave it out, or name a class");
            }
            self.lanes.push(Lane {
                edge: index,
                number: lane_number,
                length: Length::from_metres(lane.length_m),
                speed_limit: Speed::from_metres_per_second(lane.speed_mps),
                permitted,
                shape: lane.shape,
                links: 0..0,
            });
        }
        let last = RoadLaneIndex::at(self.lanes.len()).0;
        self.edges.push(Edge { id, from, to, lanes: first..last });
    }

    fn link(&mut self, number: usize, link: LinkLine<'_>) {
        let index = LinkIndex::at(self.links.len());
        let title = format!("the link from {} to {}", link.from, link.to);
        self.measures(number, &title, link.length_m, link.speed_mps, &link.shape);
        let junction = self.junction_named(number, &link.junction);
        let from = self.lane_named(number, &link.from);
        let to = self.lane_named(number, &link.to);
        if let (Some(from), Some(to)) = (from, to) {
            let [before, after] = [from, to].map(|lane| &self.edges[self.lanes[lane.index()].edge.index()]);
            if before.to != junction || after.from != junction {
                let what = format!("{title} does not cross junction \"{}\"", link.junction);
                self.wrong(
                    number,
                    1,
                    what,
                    "name the junction where the first edge ends and the second begins",
                );
            }
        }
        // A number beyond the last link is found in the end.
        let foes = link.foes.iter().map(|&(foe, yields, enters_at_m, foe_clear_at_m)| Foe {
            link: LinkIndex(foe),
            yields,
            enters_at: Length::from_metres(enters_at_m),
            foe_clear_at: Length::from_metres(foe_clear_at_m),
        });
        let foes: Vec<Foe> = foes.collect();
        if let Some(place) = self.junctions.get_mut(junction.index()) {
            place.links.push(index);
        }
        if let Some(signal) = link.signal {
            self.signals.push(NamedSignal {
                line: number,
                link: index,
                intersection: signal.intersection.into_owned(),
                group: signal.group.into_owned(),
                approach: signal.approach,
                lane: signal.lane,
                connection: signal.connection,
            });
        }
        self.link_lines.push(number);
        self.links.push(Link {
            from: from.unwrap_or(RoadLaneIndex(0)),
            to: to.unwrap_or(RoadLaneIndex(0)),
            junction,
            length: Length::from_metres(link.length_m),
            speed_limit: Speed::from_metres_per_second(link.speed_mps),
            shape: link.shape,
            signal: None,
            foes,
        });
    }

    fn measures(&mut self, number: usize, title: &str, length_m: f64, speed_mps: f64, shape: &Shape) {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        if !positive(length_m) {
            self.wrong(number, 0, format!("{title} has length_m {length_m}"), "give a length above 0");
        }
        if !positive(speed_mps) {
            self.wrong(number, 0, format!("{title} has speed_mps {speed_mps}"), "give a speed above 0");
        }
        if shape.0.len() < 2 {
            let what = format!("{title} has a shape of {} points", shape.0.len());
            self.wrong(number, 0, what, "give two points or more");
        }
    }

    fn junction_named(&mut self, number: usize, id: &str) -> JunctionIndex {
        if let Some(index) = self.junction_by_id.get(id) {
            return *index;
        }
        self.wrong(number, 0, format!("there is no junction \"{id}\" above"), "add it, or mend the name");
        JunctionIndex(0)
    }

    fn lane_named(&mut self, number: usize, LaneName(edge, lane): &LaneName<'_>) -> Option<RoadLaneIndex> {
        let Some(index) = self.edge_by_id.get(edge.as_ref()) else {
            self.wrong(number, 0, format!("there is no edge \"{edge}\" above"), "add it, or mend the name");
            return None;
        };
        let lanes = &self.edges[index.index()].lanes;
        let wanted = lanes.start + u32::from(*lane);
        if lanes.contains(&wanted) {
            return Some(RoadLaneIndex(wanted));
        }
        let what = format!("edge \"{edge}\" has no lane {lane}");
        let remedy = format!("name lane 0 to {}", lanes.len().saturating_sub(1));
        self.wrong(number, 0, what, &remedy);
        None
    }

    fn finish(mut self) -> Result<UnresolvedNetwork, Problems> {
        if self.problems.is_empty() {
            self.check_foes();
            self.join_links_to_lanes();
        }
        let Some(projection) = self.projection.filter(|_| self.problems.is_empty()) else {
            if self.problems.is_empty() {
                self.wrong(1, 0, "the file is empty".to_owned(), "import the network again");
            }
            return Err(Problems(self.problems));
        };
        Ok(UnresolvedNetwork {
            network: Network {
                projection,
                edges: self.edges,
                lanes: self.lanes,
                links: self.links,
                junctions: self.junctions,
            },
            signals: self.signals,
            file: self.file.to_owned(),
        })
    }

    fn check_foes(&mut self) {
        let mut wrong = Vec::new();
        for (index, link) in self.links.iter().enumerate() {
            for foe in &link.foes {
                let other = self.links.get(foe.link.index());
                let what = match other {
                    None => "does not exist",
                    Some(_) if foe.link.index() == index => "is the link itself",
                    Some(other) if other.junction != link.junction => "crosses another junction",
                    Some(_) if foe.enters_at > link.length || foe.enters_at < Length::ZERO => {
                        "meets it outside its length"
                    }
                    Some(other) if foe.foe_clear_at > other.length || foe.foe_clear_at < Length::ZERO => {
                        "is clear outside its own length"
                    }
                    Some(_) => continue,
                };
                wrong.push((self.link_lines[index], format!("foe {} {what}", foe.link.0)));
            }
        }
        for (line, what) in wrong {
            self.wrong(line, 0, what, "mend the foe, or import the network again");
        }
    }

    fn join_links_to_lanes(&mut self) {
        for index in 0..self.links.len() {
            let link = LinkIndex::at(index).0;
            let from = self.links[index].from;
            if index > 0 && self.links[index - 1].from > from {
                let line = self.link_lines[index];
                let what = "this link leaves a lane that stands before the previous link's".to_owned();
                self.wrong(line, 0, what, "order links by the lanes that they leave (foes count link lines)");
            }
            let links = &mut self.lanes[from.index()].links;
            *links = if links.start == links.end { link..link + 1 } else { links.start..link + 1 };
        }
    }
}
