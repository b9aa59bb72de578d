//! Whom an event concerns, and on what road it is.

use serde::{Deserialize, Serialize};
use voorrang_units::Length;

use crate::its_container;

/// `RelevanceDistance` (TS 102 894-2): how near a vehicle is that the event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the standard's own and say all there is")]
pub enum RelevanceDistance {
    LessThan50m,
    LessThan100m,
    LessThan200m,
    LessThan500m,
    LessThan1000m,
    LessThan5km,
    LessThan10km,
    Over10km,
}

/// `RelevanceTrafficDirection` (TS 102 894-2): which traffic the event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelevanceTrafficDirection {
    /// `allTrafficDirections`.
    All,
    /// `upstreamTraffic`: that which drives towards the event.
    Upstream,
    /// `downstreamTraffic`: that which drives away from it.
    Downstream,
    /// `oppositeTraffic`: that of the other direction.
    Opposite,
}

/// `RoadType` (TS 102 894-2): where the road is, and whether something separates it from the opposite lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadType {
    /// `urban-NoStructuralSeparationToOppositeLanes`.
    UrbanNotSeparated,
    /// `urban-WithStructuralSeparationToOppositeLanes`.
    UrbanSeparated,
    /// `nonUrban-NoStructuralSeparationToOppositeLanes`.
    NonUrbanNotSeparated,
    /// `nonUrban-WithStructuralSeparationToOppositeLanes`.
    NonUrbanSeparated,
}

impl RelevanceDistance {
    /// The distance within which it concerns a vehicle; `None` beyond 10 km, where there is no bound.
    #[must_use]
    pub const fn upper_bound(self) -> Option<Length> {
        Some(Length::from_metres(match self {
            Self::LessThan50m => 50.0,
            Self::LessThan100m => 100.0,
            Self::LessThan200m => 200.0,
            Self::LessThan500m => 500.0,
            Self::LessThan1000m => 1000.0,
            Self::LessThan5km => 5000.0,
            Self::LessThan10km => 10_000.0,
            Self::Over10km => return None,
        }))
    }
}

macro_rules! on_the_wire {
    ($view:ident: $($name:ident = $wire:ident),* $(,)?) => {
        impl $view {
            pub(super) const fn from_wire(wire: its_container::$view) -> Self {
                match wire {
                    $(its_container::$view::$wire => Self::$name,)*
                }
            }

            pub(super) const fn to_wire(self) -> its_container::$view {
                match self {
                    $(Self::$name => its_container::$view::$wire,)*
                }
            }
        }
    };
}

on_the_wire! {
    RelevanceDistance:
    LessThan50m = LessThan50m,
    LessThan100m = LessThan100m,
    LessThan200m = LessThan200m,
    LessThan500m = LessThan500m,
    LessThan1000m = LessThan1000m,
    LessThan5km = LessThan5km,
    LessThan10km = LessThan10km,
    Over10km = Over10km,
}

on_the_wire! {
    RelevanceTrafficDirection:
    All = AllTrafficDirections,
    Upstream = UpstreamTraffic,
    Downstream = DownstreamTraffic,
    Opposite = OppositeTraffic,
}

on_the_wire! {
    RoadType:
    UrbanNotSeparated = UrbanNoStructuralSeparationToOppositeLanes,
    UrbanSeparated = UrbanWithStructuralSeparationToOppositeLanes,
    NonUrbanNotSeparated = NonUrbanNoStructuralSeparationToOppositeLanes,
    NonUrbanSeparated = NonUrbanWithStructuralSeparationToOppositeLanes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_of_distance_have_their_bound() {
        assert_eq!(RelevanceDistance::LessThan500m.upper_bound(), Some(Length::from_metres(500.0)));
        assert_eq!(RelevanceDistance::LessThan10km.upper_bound(), Some(Length::from_kilometres(10.0)));
        assert_eq!(RelevanceDistance::Over10km.upper_bound(), None);
    }
}
