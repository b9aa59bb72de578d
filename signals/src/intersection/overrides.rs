//! Inputs that rank above any request for priority.

/// What such an input stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverrideKind {
    /// A level crossing closes.
    LevelCrossing,
    /// A bridge opens.
    Bridge,
    /// Somebody controls the signals by hand.
    ManualControl,
}

impl OverrideKind {
    /// Every kind with its name in files.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("level_crossing", Self::LevelCrossing),
        ("bridge", Self::Bridge),
        ("manual_control", Self::ManualControl),
    ];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// An input of the controller that ranks above any request for priority while it is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideInput {
    /// Its id in TLC-FI.
    pub name: String,
    /// What it stands for.
    pub kind: OverrideKind,
}
