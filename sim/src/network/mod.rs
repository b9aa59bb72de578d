//! The lane graph that vehicles drive on: edges of parallel lanes, and links over junctions. Validated, with dense integer
//! ids; reading and writing its file is [`file`](mod@file)'s.
//!
//! | part | what it is |
//! |---|---|
//! | [`Edge`] | one direction of a road between two junctions |
//! | [`Lane`] | one lane of an edge; lane 0 is the right-most |
//! | [`Link`] | one way over a junction, from the end of a lane to the start of another |
//! | [`Junction`] | where edges meet; its links and who gives way to whom |

pub mod class;
pub mod conflict_points;
pub mod file;
pub mod projection;
pub mod shape;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use voorrang_signals::{ApproachId, ConnectionId, GroupIndex, LaneId};
use voorrang_units::{Length, Speed};

pub use class::{ClassSet, VehicleClass};
pub use projection::Projection;
pub use shape::Shape;

/// Makes a dense index type: a position in one of the network's lists.
macro_rules! dense_index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// As a position in the list.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// From a position in the list.
            ///
            /// # Panics
            /// Beyond 2^32 elements, which a network cannot have.
            #[must_use]
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).expect("a network has fewer than 2^32 elements of a kind"))
            }
        }
    };
}

dense_index!(
    /// An edge's position in [`Network::edges`].
    EdgeIndex
);
dense_index!(
    /// A lane's position in [`Network::lanes`].
    RoadLaneIndex
);
dense_index!(
    /// A link's position in [`Network::links`].
    LinkIndex
);
dense_index!(
    /// A junction's position in [`Network::junctions`].
    JunctionIndex
);

/// The lane graph of a scenario. Lanes stand edge by edge, right-most first; links stand by their from-lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// How plane coordinates (metres east and north) become WGS84.
    pub projection: Projection,
    /// All edges.
    pub edges: Vec<Edge>,
    /// All lanes, those of one edge side by side.
    pub lanes: Vec<Lane>,
    /// All links, those from one lane side by side.
    pub links: Vec<Link>,
    /// All junctions.
    pub junctions: Vec<Junction>,
}

/// One direction of a road.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Its name in the file.
    pub id: String,
    /// Where it starts.
    pub from: JunctionIndex,
    /// Where it ends.
    pub to: JunctionIndex,
    /// Its lanes in [`Network::lanes`], right-most first.
    pub lanes: Range<u32>,
}

/// One lane of an edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The edge that it belongs to.
    pub edge: EdgeIndex,
    /// 0 = right-most.
    pub number: u8,
    /// From its start to its end, which is the stop line.
    pub length: Length,
    /// Who may drive here at which speed.
    pub speed_limit: Speed,
    /// Who may use it.
    pub permitted: ClassSet,
    /// Its centre line.
    pub shape: Shape,
    /// Its links in [`Network::links`].
    pub links: Range<u32>,
}

/// One way over a junction.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The lane that it leaves.
    pub from: RoadLaneIndex,
    /// The lane that it enters.
    pub to: RoadLaneIndex,
    /// The junction that it crosses.
    pub junction: JunctionIndex,
    /// From stop line to the start of the next lane.
    pub length: Length,
    /// At most, while crossing (turning speed).
    pub speed_limit: Speed,
    /// The path over the junction.
    pub shape: Shape,
    /// The signal that guards it, if one does.
    pub signal: Option<LinkSignal>,
    /// Links of this junction whose path meets this one.
    pub foes: Vec<Foe>,
}

/// A link whose path meets this one's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foe {
    /// The other link.
    pub link: LinkIndex,
    /// Whether this link has to let the other's vehicles go first (when both may drive).
    pub yields: bool,
    /// How far along this link the shared area begins: a vehicle stops before it.
    pub enters_at: Length,
    /// How far along the *other* link its vehicle's rear has to be to have left the shared area.
    pub foe_clear_at: Length,
}

/// The signal of a link, with the names that messages use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSignal {
    /// Position in `Scenario::intersections`.
    pub intersection: u32,
    /// The signal group in that intersection.
    pub group: GroupIndex,
    /// MAPEM ingress approach.
    pub approach: ApproachId,
    /// MAPEM ingress lane.
    pub lane: LaneId,
    /// MAPEM connection, if it has an id.
    pub connection: Option<ConnectionId>,
}

/// Where edges meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Junction {
    /// Its name in the file.
    pub id: String,
    /// Plane coordinates: metres east, metres north.
    pub position: [f64; 2],
    /// Its links.
    pub links: Vec<LinkIndex>,
}

impl Network {
    /// The lanes of an edge.
    #[must_use]
    pub fn lanes_of(&self, edge: EdgeIndex) -> &[Lane] {
        let range = &self.edges[edge.index()].lanes;
        &self.lanes[range.start as usize..range.end as usize]
    }

    /// The links that leave a lane.
    #[must_use]
    pub fn links_of(&self, lane: RoadLaneIndex) -> &[Link] {
        let range = &self.lanes[lane.index()].links;
        &self.links[range.start as usize..range.end as usize]
    }

    /// The edge that a link leads to.
    #[must_use]
    pub fn edge_after(&self, link: &Link) -> EdgeIndex {
        self.lanes[link.to.index()].edge
    }
}
