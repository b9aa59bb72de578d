//! How an area stands, in figures: what its actor keeps up to date, and health and metrics read off.

/// How an area's junctions stand with their controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Condition {
    /// All junctions.
    pub junctions: u32,
    /// Those that we are registered with.
    pub registered: u32,
    /// Those whose lamps we are meant to drive.
    pub to_control: u32,
    /// Those whose lamps we drive.
    pub in_control: u32,
    /// The actor has ended.
    pub ended: bool,
}
