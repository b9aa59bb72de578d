//! An intersection: its identity on each wire, its signal groups, approaches, lanes and conflicts, and its control program. Validated;
//! immutable from then on. [`mod@file`] is how it is written.

pub mod actuation;
pub mod conflict;
pub mod file;
pub mod overrides;
mod program;
mod read;
pub mod synchronisation;
mod validate;

use voorrang_units::{Duration, GeodeticPosition, Length, Speed};

use crate::document::{Document, Problems};
use crate::id::{
    ApproachId, ApproachIndex, ConnectionId, DetectorIndex, GroupIndex, IntersectionId, LaneId, LaneIndex,
    SignalGroupId,
};
use crate::intersection::actuation::{GroupTimes, Measuring};
use crate::intersection::conflict::ConflictMatrix;
use crate::intersection::overrides::OverrideInput;
use crate::intersection::synchronisation::Synchronisation;
use crate::program::Program;

/// A validated intersection.
#[derive(Debug, Clone, PartialEq)]
pub struct Intersection {
    id: IntersectionId,
    name: String,
    verified: bool,
    reference: GeodeticPosition,
    groups: Vec<SignalGroup>,
    approaches: Vec<Approach>,
    lanes: Vec<Lane>,
    connections: Vec<Connection>,
    detectors: Vec<Detector>,
    conflicts: ConflictMatrix,
    synchronisations: Vec<Synchronisation>,
    overrides: Vec<OverrideInput>,
    emergency_lamps: Vec<EmergencyLamp>,
    kar_points: Vec<KarPoint>,
    program: Program,
    assumed: Vec<String>,
    warnings: Vec<String>,
    text: Written,
}

/// The text of a file. Two that say the same are equal, however they are written.
#[derive(Debug, Clone, Default)]
struct Written(String);

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Who a signal group is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// Motor traffic.
    Motor,
    /// Bicycles.
    Bicycle,
    /// Pedestrians.
    Pedestrian,
    /// Public transport.
    PublicTransport,
}

impl GroupKind {
    /// Every kind with its name in files.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("motor", Self::Motor),
        ("bicycle", Self::Bicycle),
        ("pedestrian", Self::Pedestrian),
        ("public_transport", Self::PublicTransport),
    ];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// Signals that always show the same.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalGroup {
    /// The id in TLC-FI, and what people call it: `02`.
    pub name: String,
    /// Its number in SPATEM and MAPEM.
    pub signal_group: SignalGroupId,
    /// Who it is for.
    pub kind: GroupKind,
    /// Green is never shorter (guaranteed green).
    pub min_green: Duration,
    /// Green is not longer, if anybody waits.
    pub max_green: Option<Duration>,
    /// The length of its yellow.
    pub yellow: Duration,
    /// Yellow is never longer.
    pub max_yellow: Duration,
    /// Red is never shorter (guaranteed red).
    pub min_red: Duration,
    /// Red is not longer, if anybody waits.
    pub max_red: Option<Duration>,
    /// Times that only vehicle-actuated control uses.
    pub times: GroupTimes,
}

/// An arm of the intersection, as those see it who come in through it.
#[derive(Debug, Clone, PartialEq)]
pub struct Approach {
    /// MAPEM's number.
    pub id: ApproachId,
    /// What people call it.
    pub name: String,
    /// Its ingress lanes.
    pub lanes: Vec<LaneIndex>,
    /// All signal groups of its ingress lanes, each once, in ascending order.
    pub groups: Vec<GroupIndex>,
}

/// Which way a lane leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the intersection.
    Ingress,
    /// Away from it.
    Egress,
}

/// A lane of the intersection.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// MAPEM's number.
    pub id: LaneId,
    /// Which way it leads.
    pub direction: Direction,
    /// Its arm.
    pub approach: ApproachIndex,
    /// Its centre line, from the intersection outwards; two points at least.
    pub nodes: Vec<GeodeticPosition>,
    /// From the first node outwards to the stop line.
    pub stop_line: Length,
    /// How wide it is.
    pub width: Length,
    /// The speed limit.
    pub speed_limit: Option<Speed>,
}

/// From an ingress lane to an egress lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// MAPEM's number.
    pub id: Option<ConnectionId>,
    /// From this ingress lane.
    pub from: LaneIndex,
    /// To this egress lane, if the file says so.
    pub to: Option<LaneIndex>,
    /// The signal group that guards it; none for a way without signals.
    pub group: Option<GroupIndex>,
}

/// What kind of detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetectorKind {
    /// Loop at the stop line.
    StopLineLoop,
    /// Long loop before it.
    LongLoop,
    /// Far loop.
    FarLoop,
    /// Push button.
    PushButton,
}

impl DetectorKind {
    /// Every kind with its name in files.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("stop_line_loop", Self::StopLineLoop),
        ("long_loop", Self::LongLoop),
        ("far_loop", Self::FarLoop),
        ("push_button", Self::PushButton),
    ];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// A detector.
#[derive(Debug, Clone, PartialEq)]
pub struct Detector {
    /// The id in TLC-FI: `021`.
    pub name: String,
    /// What kind.
    pub kind: DetectorKind,
    /// On this ingress lane; push buttons may have none.
    pub lane: Option<LaneIndex>,
    /// For this group.
    pub group: GroupIndex,
    /// From the stop line upstream to its downstream edge.
    pub distance: Length,
    /// Along the lane.
    pub length: Length,
    /// What it does for its group.
    pub measuring: Measuring,
}

/// A lamp beside a signal group that tells its traffic of an emergency vehicle (`hlpd02`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyLamp {
    /// The output's id in TLC-FI.
    pub output: String,
    /// Lit during an intervention for this group.
    pub group: GroupIndex,
}

/// A place at which vehicles with KAR radio check in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KarPoint {
    /// `activationPointNr` in TLC-FI.
    pub number: u16,
    /// Whoever reports it comes, or came, by this approach.
    pub approach: ApproachIndex,
}

impl Intersection {
    /// Reads an intersection file's text; `file` is its name in messages.
    ///
    /// # Errors
    /// All problems of the text at once.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, Problems> {
        let document = Document::parse(file, text);
        let intersection = match read::read(&document) {
            Some(written) if !document.has_problems() => validate::validate(&written, &document)
                .map(|intersection| Self { text: Written(text.to_owned()), ..intersection }),
            Some(written) => {
                // More may be wrong than what could not be read.
                validate::validate(&written, &document);
                None
            }
            None => None,
        };
        document.finish()?;
        Ok(intersection.expect("whatever could not be validated was reported"))
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text.0
    }

    /// Its identity in ETSI messages.
    #[must_use]
    pub fn id(&self) -> IntersectionId {
        self.id
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether somebody has checked the file against the street. The file has to say so; simulators need not care, what controls real signals
    /// does.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.verified
    }

    /// Its reference position.
    #[must_use]
    pub fn reference(&self) -> GeodeticPosition {
        self.reference
    }

    /// The signal groups.
    #[must_use]
    pub fn groups(&self) -> &[SignalGroup] {
        &self.groups
    }

    /// The positions of all signal groups.
    pub fn group_indices(&self) -> impl Iterator<Item = GroupIndex> + use<> {
        let count = self.groups.len();
        (0..u16::MAX).take(count).map(GroupIndex)
    }

    /// The group of that name.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<GroupIndex> {
        self.groups.iter().position(|group| group.name == name).and_then(GroupIndex::at)
    }

    /// The approaches.
    #[must_use]
    pub fn approaches(&self) -> &[Approach] {
        &self.approaches
    }

    /// The approach of that MAPEM number.
    #[must_use]
    pub fn approach(&self, id: ApproachId) -> Option<ApproachIndex> {
        self.approaches.iter().position(|approach| approach.id == id).and_then(ApproachIndex::at)
    }

    /// The lanes.
    #[must_use]
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// The lane of that MAPEM number.
    #[must_use]
    pub fn lane(&self, id: LaneId) -> Option<LaneIndex> {
        self.lanes.iter().position(|lane| lane.id == id).and_then(LaneIndex::at)
    }

    /// The connections.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The connection of that MAPEM number.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.id == Some(id))
    }

    /// The detectors.
    #[must_use]
    pub fn detectors(&self) -> &[Detector] {
        &self.detectors
    }

    /// The detector of that name.
    #[must_use]
    pub fn detector_named(&self, name: &str) -> Option<DetectorIndex> {
        self.detectors.iter().position(|detector| detector.name == name).and_then(DetectorIndex::at)
    }

    /// Who conflicts with whom.
    #[must_use]
    pub fn conflicts(&self) -> &ConflictMatrix {
        &self.conflicts
    }

    /// Groups whose greens depend on each other.
    #[must_use]
    pub fn synchronisations(&self) -> &[Synchronisation] {
        &self.synchronisations
    }

    /// Inputs that rank above any request for priority.
    #[must_use]
    pub fn overrides(&self) -> &[OverrideInput] {
        &self.overrides
    }

    /// The lamps that tell of an emergency vehicle, in the file's order.
    #[must_use]
    pub fn emergency_lamps(&self) -> &[EmergencyLamp] {
        &self.emergency_lamps
    }

    /// The KAR report points whose approaches are known, in the file's order.
    #[must_use]
    pub fn kar_points(&self) -> &[KarPoint] {
        &self.kar_points
    }

    /// The control program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Values that the file marks as assumed: `groups 02 min_green_s = 5`.
    #[must_use]
    pub fn assumed(&self) -> &[String] {
        &self.assumed
    }

    /// What is odd, but can work.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
