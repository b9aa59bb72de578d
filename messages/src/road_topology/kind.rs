//! What a lane is, who may use it and where it may lead.

use serde::{Deserialize, Serialize};

use crate::dsrc::{
    AllowedManeuvers, LaneAttributesBarrier, LaneAttributesBike, LaneAttributesCrosswalk,
    LaneAttributesParking, LaneAttributesSidewalk, LaneAttributesStriping, LaneAttributesTrackedVehicle,
    LaneAttributesVehicle, LaneDirection, LaneTypeAttributes,
};
use crate::elements::flag_set;
use crate::uper::{BitString, FixedBits};
use crate::view_error::ViewError;

/// `LaneDirection` (ISO TS 19091): which way traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneUse {
    /// Towards the intersection.
    Ingress,
    /// Away from it.
    Egress,
    /// Both ways: a crosswalk, a two-way bike lane.
    Both,
    /// Neither: a median.
    None,
}

/// `LaneTypeAttributes` (ISO TS 19091): what the lane is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneKind {
    /// Motor vehicles.
    Vehicle(VehicleLane),
    /// Pedestrians who cross.
    Crosswalk(Crosswalk),
    /// Bicycles.
    BikeLane(BikeLane),
    /// Pedestrians along the road.
    Sidewalk(Sidewalk),
    /// A barrier.
    Median(Median),
    /// Marks on the road that lead on.
    Striping(Striping),
    /// Trams and trains.
    TrackedVehicle(TrackedVehicleLane),
    /// Parked vehicles.
    Parking(ParkingLane),
}

flag_set! {
    /// `LaneAttributes-Vehicle` (ISO TS 19091).
    VehicleLane {
        /// It is in use only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// It passes over the intersection.
        FLY_OVER = 1,
        /// For vehicles with several people only.
        HIGH_OCCUPANCY_ONLY = 2,
        /// For buses only.
        BUS_ONLY = 3,
        /// For taxis only.
        TAXI_ONLY = 4,
        /// Not for the public: for emergency vehicles and others with leave.
        NOT_PUBLIC = 5,
        /// There is an infrared beacon.
        INFRARED_BEACON = 6,
        /// It may be used on request.
        PERMISSION_ON_REQUEST = 7,
    }
}

flag_set! {
    /// `LaneAttributes-Crosswalk` (ISO TS 19091).
    Crosswalk {
        /// It is in use only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// Bicycles may use it.
        BICYCLES_ALLOWED = 1,
        /// It passes over the road.
        FLY_OVER = 2,
        /// Its time does not change.
        FIXED_CYCLE_TIME = 3,
        /// Its time depends on the direction.
        BIDIRECTIONAL_CYCLE_TIMES = 4,
        /// There is a button.
        PUSH_BUTTON = 5,
        /// There are signals to hear.
        AUDIO_SUPPORT = 6,
        /// It can be asked for by radio.
        RADIO_REQUEST = 7,
        /// A part has no signals.
        UNSIGNALISED_SEGMENTS = 8,
    }
}

flag_set! {
    /// `LaneAttributes-Bike` (ISO TS 19091).
    BikeLane {
        /// It is in use only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// Pedestrians may use it.
        PEDESTRIANS_ALLOWED = 1,
        /// It passes over the road.
        FLY_OVER = 2,
        /// Its time does not change.
        FIXED_CYCLE_TIME = 3,
        /// Its time depends on the direction.
        BIDIRECTIONAL_CYCLE_TIMES = 4,
        /// A barrier parts it from the road.
        ISOLATED_BY_BARRIER = 5,
        /// A part has no signals.
        UNSIGNALISED_SEGMENTS = 6,
    }
}

flag_set! {
    /// `LaneAttributes-Sidewalk` (ISO TS 19091).
    Sidewalk {
        /// It is in use only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// Bicycles may use it.
        BICYCLES_ALLOWED = 1,
        /// It passes over the road.
        FLY_OVER = 2,
        /// Bicycles are to be walked.
        WALK_BIKES = 3,
    }
}

flag_set! {
    /// `LaneAttributes-Barrier` (ISO TS 19091).
    Median {
        /// It is there only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// A median.
        MEDIAN = 1,
        /// White hatching.
        WHITE_LINE_HASHING = 2,
        /// Lines.
        STRIPED_LINES = 3,
        /// Double lines.
        DOUBLE_STRIPED_LINES = 4,
        /// Cones.
        TRAFFIC_CONES = 5,
        /// A barrier of road works.
        CONSTRUCTION_BARRIER = 6,
        /// Channels for traffic.
        TRAFFIC_CHANNELS = 7,
        /// Low curbs: a fire engine can pass over them.
        LOW_CURBS = 8,
        /// High curbs.
        HIGH_CURBS = 9,
    }
}

flag_set! {
    /// `LaneAttributes-Striping` (ISO TS 19091).
    Striping {
        /// It is there only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// Drawn on the left.
        DRAWN_ON_LEFT = 1,
        /// Drawn on the right.
        DRAWN_ON_RIGHT = 2,
        /// To the connecting lanes on the left.
        TO_LANES_LEFT = 3,
        /// To the connecting lanes on the right.
        TO_LANES_RIGHT = 4,
        /// To the connecting lanes ahead.
        TO_LANES_AHEAD = 5,
    }
}

flag_set! {
    /// `LaneAttributes-TrackedVehicle` (ISO TS 19091).
    TrackedVehicleLane {
        /// It is in use only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// Commuter rail.
        COMMUTER_RAIL = 1,
        /// Light rail: a tram.
        LIGHT_RAIL = 2,
        /// Heavy rail.
        HEAVY_RAIL = 3,
        /// Other rail.
        OTHER_RAIL = 4,
    }
}

flag_set! {
    /// `LaneAttributes-Parking` (ISO TS 19091).
    ParkingLane {
        /// It is in use only when the SPATEM's enabled lanes name it.
        REVOCABLE = 0,
        /// Along the road.
        PARALLEL = 1,
        /// Head in.
        HEAD_IN = 2,
        /// Parking is forbidden.
        DO_NOT_PARK = 3,
        /// For buses.
        FOR_BUSES = 4,
        /// For taxis.
        FOR_TAXIS = 5,
        /// Not for the public.
        NOT_PUBLIC = 6,
    }
}

flag_set! {
    /// `LaneSharing` (ISO TS 19091): who else uses the lane.
    LaneSharing {
        /// Another lane description covers a part of it.
        OVERLAPPING_LANE_DESCRIPTION = 0,
        /// Several lanes stand as one.
        MULTIPLE_LANES_AS_ONE = 1,
        /// Other traffic without motors.
        OTHER_NON_MOTORISED = 2,
        /// Private motor vehicles.
        INDIVIDUAL_MOTORISED = 3,
        /// Buses.
        BUSES = 4,
        /// Taxis.
        TAXIS = 5,
        /// Pedestrians (the standard has two bits for them).
        PEDESTRIANS = 6,
        /// Cyclists.
        CYCLISTS = 7,
        /// Trams and trains.
        TRACKED_VEHICLES = 8,
        /// Pedestrians, the second bit.
        PEDESTRIAN_TRAFFIC = 9,
    }
}

flag_set! {
    /// `AllowedManeuvers` (ISO TS 19091): where a lane or a connection may lead. Bit 11 is reserved.
    Maneuvers {
        /// Straight on.
        STRAIGHT = 0,
        /// To the left.
        LEFT = 1,
        /// To the right.
        RIGHT = 2,
        /// Back.
        U_TURN = 3,
        /// To the left while red, after a halt.
        LEFT_ON_RED = 4,
        /// To the right while red, after a halt.
        RIGHT_ON_RED = 5,
        /// Changing lanes.
        LANE_CHANGE = 6,
        /// No stopping.
        NO_STOPPING = 7,
        /// Always giving way.
        YIELD_ALWAYS = 8,
        /// Only after a halt.
        GO_WITH_HALT = 9,
        /// With caution.
        CAUTION = 10,
    }
}

impl LaneUse {
    /// Whether vehicles come in by it.
    #[must_use]
    pub const fn is_ingress(self) -> bool {
        matches!(self, Self::Ingress | Self::Both)
    }

    /// Whether vehicles go out by it.
    #[must_use]
    pub const fn is_egress(self) -> bool {
        matches!(self, Self::Egress | Self::Both)
    }

    pub(super) const fn from_wire(wire: LaneDirection) -> Self {
        let (ingress, egress) =
            (wire.0.contains(LaneDirection::INGRESS_PATH), wire.0.contains(LaneDirection::EGRESS_PATH));
        match (ingress, egress) {
            (true, false) => Self::Ingress,
            (false, true) => Self::Egress,
            (true, true) => Self::Both,
            (false, false) => Self::None,
        }
    }

    pub(super) const fn to_wire(self) -> LaneDirection {
        let mut bits = FixedBits::NONE;
        if self.is_ingress() {
            bits = bits.with(LaneDirection::INGRESS_PATH);
        }
        if self.is_egress() {
            bits = bits.with(LaneDirection::EGRESS_PATH);
        }
        LaneDirection(bits)
    }
}

impl LaneKind {
    pub(super) fn from_wire(wire: &LaneTypeAttributes) -> Result<Self, ViewError> {
        Ok(match wire {
            LaneTypeAttributes::Vehicle(bits) => Self::Vehicle(VehicleLane::from_bit_string(&bits.0)),
            LaneTypeAttributes::Crosswalk(bits) => Self::Crosswalk(Crosswalk::from_wire(bits.0)),
            LaneTypeAttributes::BikeLane(bits) => Self::BikeLane(BikeLane::from_wire(bits.0)),
            LaneTypeAttributes::Sidewalk(bits) => Self::Sidewalk(Sidewalk::from_wire(bits.0)),
            LaneTypeAttributes::Median(bits) => Self::Median(Median::from_wire(bits.0)),
            LaneTypeAttributes::Striping(bits) => Self::Striping(Striping::from_wire(bits.0)),
            LaneTypeAttributes::TrackedVehicle(bits) => {
                Self::TrackedVehicle(TrackedVehicleLane::from_wire(bits.0))
            }
            LaneTypeAttributes::Parking(bits) => Self::Parking(ParkingLane::from_wire(bits.0)),
            LaneTypeAttributes::Unknown(number) => return Err(ViewError::UnknownLaneType(*number)),
        })
    }

    pub(super) fn to_wire(self) -> LaneTypeAttributes {
        match self {
            Self::Vehicle(flags) => LaneTypeAttributes::Vehicle(LaneAttributesVehicle(flags.to_bit_string())),
            Self::Crosswalk(flags) => LaneTypeAttributes::Crosswalk(LaneAttributesCrosswalk(flags.to_wire())),
            Self::BikeLane(flags) => LaneTypeAttributes::BikeLane(LaneAttributesBike(flags.to_wire())),
            Self::Sidewalk(flags) => LaneTypeAttributes::Sidewalk(LaneAttributesSidewalk(flags.to_wire())),
            Self::Median(flags) => LaneTypeAttributes::Median(LaneAttributesBarrier(flags.to_wire())),
            Self::Striping(flags) => LaneTypeAttributes::Striping(LaneAttributesStriping(flags.to_wire())),
            Self::TrackedVehicle(flags) => {
                LaneTypeAttributes::TrackedVehicle(LaneAttributesTrackedVehicle(flags.to_wire()))
            }
            Self::Parking(flags) => LaneTypeAttributes::Parking(LaneAttributesParking(flags.to_wire())),
        }
    }
}

/// `LaneAttributes-Vehicle` alone has a size that later versions may extend: what is beyond 16 bits is not kept.
impl VehicleLane {
    /// Bits on the wire at least.
    const ROOT_BITS: u32 = 8;

    fn from_bit_string(wire: &BitString) -> Self {
        Self::from_bits((0..u16::BITS).filter(|bit| wire.contains(*bit)).fold(0, |bits, bit| bits | 1 << bit))
    }

    fn to_bit_string(self) -> BitString {
        let used = u16::BITS - self.bits().leading_zeros();
        (0..used.max(Self::ROOT_BITS)).map(|bit| self.bits() >> bit & 1 == 1).collect()
    }
}

impl Maneuvers {
    pub(super) fn of_wire(wire: AllowedManeuvers) -> Self {
        Self::from_wire(wire.0)
    }

    pub(super) fn on_wire(self) -> AllowedManeuvers {
        AllowedManeuvers(self.to_wire())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back() {
        let check = |kind: LaneKind| assert_eq!(LaneKind::from_wire(&kind.to_wire()), Ok(kind));
        check(LaneKind::Vehicle(VehicleLane::BUS_ONLY.with(VehicleLane::NOT_PUBLIC)));
        check(LaneKind::Crosswalk(Crosswalk::PUSH_BUTTON));
        check(LaneKind::BikeLane(BikeLane::PEDESTRIANS_ALLOWED));
        check(LaneKind::Sidewalk(Sidewalk::WALK_BIKES));
        check(LaneKind::Median(Median::HIGH_CURBS));
        check(LaneKind::Striping(Striping::TO_LANES_AHEAD));
        check(LaneKind::TrackedVehicle(TrackedVehicleLane::LIGHT_RAIL));
        check(LaneKind::Parking(ParkingLane::from_bits(0x8000)));
    }

    #[test]
    fn uses_come_back() {
        for lane_use in [LaneUse::Ingress, LaneUse::Egress, LaneUse::Both, LaneUse::None] {
            assert_eq!(LaneUse::from_wire(lane_use.to_wire()), lane_use);
        }
        assert_eq!(LaneUse::Ingress.to_wire().0.to_string(), "10");
    }

    #[test]
    fn bits_of_a_vehicle_lane_beyond_the_eighth_are_kept() {
        let check = |bits, text: &str| {
            let lane = VehicleLane::from_bits(bits);
            assert_eq!(lane.to_bit_string().to_string(), text);
            assert_eq!(VehicleLane::from_bit_string(&lane.to_bit_string()), lane);
        };
        check(0, "00000000");
        check(0b1_0000_0011, "110000001");
        check(0x8000, "0000000000000001");
    }

    #[test]
    fn a_kind_of_a_later_version_is_named() {
        assert_eq!(LaneKind::from_wire(&LaneTypeAttributes::Unknown(2)), Err(ViewError::UnknownLaneType(2)));
    }
}
