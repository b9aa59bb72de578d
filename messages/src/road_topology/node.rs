//! One node of a lane's centre line.

use serde::{Deserialize, Serialize};
use voorrang_units::{Length, LocalPosition};

use super::speed_limit::SpeedLimit;
use crate::dsrc::{
    ElevationOffset, LaneDataAttribute, LaneDataAttributeList, NodeAttributeSetXy, NodeAttributeXy,
    NodeAttributeXyList, OffsetB10,
};
use crate::elements::nearest;
use crate::view_error::ViewError;

/// `NodeXY` (ISO TS 19091): a place on the centre line and what is so there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneNode {
    /// Where it is, east and north of the intersection's reference point.
    pub position: LocalPosition,
    /// How much wider the lane is here than the intersection's lanes are: the sum of `dWidth` up to here, in centimetres. It changes
    /// steadily from node to node.
    pub widening: Length,
    /// How much higher it lies than the reference point: the sum of `dElevation` up to here, in steps of 10 cm.
    pub rise: Length,
    /// What is at this node; at most 8.
    pub attributes: Vec<NodeAttribute>,
    /// The limits from here on, where they differ from the intersection's; at most 9.
    pub speed_limits: Vec<SpeedLimit>,
}

/// `NodeAttributeXY` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the standard's own and say all there is")]
pub enum NodeAttribute {
    Reserved,
    /// The stop line, where it is not at the first node.
    StopLine,
    RoundedCapStyleA,
    RoundedCapStyleB,
    MergePoint,
    DivergePoint,
    DownstreamStopLine,
    DownstreamStartNode,
    ClosedToTraffic,
    SafeIsland,
    CurbPresentAtStepOff,
    HydrantPresent,
    /// An attribute of a later version of the standard: addition number n behind the extension marker.
    Unknown(u64),
}

impl LaneNode {
    /// A node at a place, as wide and as high as the intersection.
    #[must_use]
    pub const fn at(position: LocalPosition) -> Self {
        Self {
            position,
            widening: Length::ZERO,
            rise: Length::ZERO,
            attributes: Vec::new(),
            speed_limits: Vec::new(),
        }
    }

    pub(super) fn from_wire(
        position: LocalPosition,
        attributes: Option<&NodeAttributeSetXy>,
        sums: &mut Sums,
    ) -> Self {
        let Some(wire) = attributes else { return sums.node(position, vec![], vec![]) };
        sums.widening_cm += wire
            .d_width
            .filter(|change| *change != OffsetB10::UNKNOWN)
            .map_or(0, |change| i32::from(change.0));
        sums.rise_dm += wire
            .d_elevation
            .filter(|change| *change != ElevationOffset::UNKNOWN)
            .map_or(0, |change| i32::from(change.0));
        let local = wire.local_node.iter().flat_map(|list| &list.0);
        let data = wire.data.iter().flat_map(|list| &list.0);
        let limits = data.filter_map(|data| match data {
            LaneDataAttribute::SpeedLimits(limits) => Some(SpeedLimit::all_from_wire(Some(limits))),
            _ => None,
        });
        let limits = limits.flatten().collect();
        sums.node(position, local.map(|attribute| NodeAttribute::from_wire(*attribute)).collect(), limits)
    }

    /// The changes since the node before, whose sums are those of `sums`.
    pub(super) fn attributes_to_wire(
        &self,
        sums: &mut Sums,
    ) -> Result<Option<NodeAttributeSetXy>, ViewError> {
        let now = Sums {
            widening_cm: nearest(self.widening.metres() * 100.0, -SUM_LIMIT, SUM_LIMIT),
            rise_dm: nearest(self.rise.metres() * 10.0, -SUM_LIMIT, SUM_LIMIT),
        };
        let d_width = change("a change of width in cm", now.widening_cm - sums.widening_cm)?.map(OffsetB10);
        let d_elevation =
            change("a change of elevation in 10 cm", now.rise_dm - sums.rise_dm)?.map(ElevationOffset);
        *sums = now;
        let local = self.attributes.iter().map(|attribute| attribute.to_wire()).collect();
        let local_node = ViewError::at_most(8, "attributes of one node", local)?.map(NodeAttributeXyList);
        let limits = SpeedLimit::all_to_wire(&self.speed_limits)?;
        let data = limits.map(|limits| LaneDataAttributeList(vec![LaneDataAttribute::SpeedLimits(limits)]));
        let any = local_node.is_some() || data.is_some() || d_width.is_some() || d_elevation.is_some();
        let set = NodeAttributeSetXy {
            local_node,
            disabled: None,
            enabled: None,
            data,
            d_width,
            d_elevation,
            regional: None,
        };
        Ok(any.then_some(set))
    }
}

/// Beyond what any lane's changes add up to: 63 of 5.12 m, or of 51.2 m.
const SUM_LIMIT: i32 = 100_000;

/// No change is not told.
fn change(what: &'static str, steps: i32) -> Result<Option<i16>, ViewError> {
    // The smallest value stands for "unknown", of width and elevation alike.
    let (minimum, maximum) = (i32::from(OffsetB10::MIN.0) + 1, OffsetB10::MAX.0.into());
    let steps = ViewError::in_range(what, minimum, maximum, steps)?;
    Ok(i16::try_from(steps).ok().filter(|steps| *steps != 0))
}

/// What the changes of width and elevation add up to along a lane.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    widening_cm: i32,
    rise_dm: i32,
}

impl Sums {
    fn node(
        &self,
        position: LocalPosition,
        attributes: Vec<NodeAttribute>,
        speed_limits: Vec<SpeedLimit>,
    ) -> LaneNode {
        LaneNode {
            position,
            widening: Length::from_centimetres(self.widening_cm.into()),
            rise: Length::from_centimetres(f64::from(self.rise_dm) * 10.0),
            attributes,
            speed_limits,
        }
    }
}

macro_rules! attributes_on_the_wire {
    ($($attribute:ident),* $(,)?) => {
        impl NodeAttribute {
            const fn from_wire(wire: NodeAttributeXy) -> Self {
                match wire {
                    $(NodeAttributeXy::$attribute => Self::$attribute,)*
                    NodeAttributeXy::Unknown(number) => Self::Unknown(number),
                }
            }

            const fn to_wire(self) -> NodeAttributeXy {
                match self {
                    $(Self::$attribute => NodeAttributeXy::$attribute,)*
                    Self::Unknown(number) => NodeAttributeXy::Unknown(number),
                }
            }
        }
    };
}

attributes_on_the_wire! {
    Reserved, StopLine, RoundedCapStyleA, RoundedCapStyleB, MergePoint, DivergePoint, DownstreamStopLine,
    DownstreamStartNode, ClosedToTraffic, SafeIsland, CurbPresentAtStepOff, HydrantPresent,
}
