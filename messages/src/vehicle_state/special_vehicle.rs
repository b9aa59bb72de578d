//! What a vehicle tells that has a task: the special vehicle container.

use serde::{Deserialize, Serialize};
use voorrang_units::Speed;

use crate::cam::{
    DangerousGoodsContainer, EmergencyContainer, PublicTransportContainer, RescueContainer,
    RoadWorksContainerBasic, SafetyCarContainer, SpecialTransportContainer, SpecialVehicleContainer,
};
use crate::elements::{flag_set, nearest};
use crate::its_container::{
    self, CauseCode, CauseCodeType, DangerousGoodsBasic, EmbarkationStatus, EmergencyPriority,
    LightBarSirenInUse, PtActivation, PtActivationData, PtActivationType, RoadworksSubCauseCode, SpeedLimit,
    SubCauseCodeType,
};
use crate::uper::{FixedBits, OctetString};
use crate::view_error::ViewError;

/// `SpecialVehicleContainer` (EN 302 637-2). The light bar is blue on an emergency vehicle only; a siren may be any sound but the horn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecialVehicle {
    /// `publicTransportContainer`.
    PublicTransport {
        /// Passengers get on and off.
        embarking: bool,
        /// What it tells traffic lights.
        activation: Option<PublicTransportActivation>,
    },
    /// `specialTransportContainer`.
    SpecialTransport {
        /// What is special.
        load: SpecialLoad,
        /// The light bar is on.
        light_bar: bool,
        /// The siren is on.
        siren: bool,
    },
    /// `dangerousGoodsContainer`.
    DangerousGoods {
        /// `DangerousGoodsBasic`: 0 to 19.
        class: u8,
    },
    /// `roadWorksContainerBasic`, without its closed lanes.
    RoadWorks {
        /// `RoadworksSubCauseCode`: the kind of works; `None` where it is unavailable.
        sub_cause: Option<u8>,
        /// The light bar is on.
        light_bar: bool,
        /// The siren is on.
        siren: bool,
    },
    /// `rescueContainer`: help after an accident, as a towing service.
    Rescue {
        /// The light bar is on.
        light_bar: bool,
        /// The siren is on.
        siren: bool,
    },
    /// `emergencyContainer`: ambulance, fire brigade, police.
    Emergency {
        /// The blue light is on.
        light_bar: bool,
        /// The siren is on.
        siren: bool,
        /// What it drives to.
        incident: Option<Cause>,
        /// `requestForRightOfWay`.
        requests_right_of_way: bool,
        /// `requestForFreeCrossingAtATrafficLight`.
        requests_free_crossing: bool,
    },
    /// `safetyCarContainer`.
    SafetyCar {
        /// The light bar is on.
        light_bar: bool,
        /// The siren is on.
        siren: bool,
        /// What it is there for.
        incident: Option<Cause>,
        /// What it asks of others.
        traffic_rule: Option<TrafficRule>,
        /// How fast others may drive, 1 to 255 km/h in whole steps.
        speed_limit: Option<Speed>,
    },
    /// A container of a later version of the standard: addition number n behind the extension marker.
    Unknown(u64),
}

/// `CauseCode` (TS 102 894-2): an event by the numbers of its cause and sub cause. Sub cause 0 is "unavailable".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// `causeCode`.
    pub code: u8,
    /// `subCauseCode`, whose meaning depends on the cause.
    pub sub: u8,
}

/// `PtActivation` (TS 102 894-2): a telegram for traffic lights.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublicTransportActivation {
    /// `PtActivationType`: 0 undefined, 1 R09.16, 2 VDV 50149.
    pub coding: u8,
    /// The telegram, 1 to 20 octets.
    pub telegram: Vec<u8>,
}

/// `TrafficRule` (TS 102 894-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrafficRule {
    /// `noPassing`: nobody may overtake.
    NoPassing,
    /// `noPassingForTrucks`: lorries may not overtake.
    NoPassingForTrucks,
    /// `passToRight`: pass on the right.
    PassToRight,
    /// `passToLeft`: pass on the left.
    PassToLeft,
    /// A rule of a later version of the standard: addition number n behind the extension marker.
    Unknown(u64),
}

flag_set! {
    /// `SpecialTransportType` (TS 102 894-2).
    SpecialLoad {
        /// It is heavy.
        HEAVY = 0,
        /// It is too wide.
        EXCESS_WIDTH = 1,
        /// It is too long.
        EXCESS_LENGTH = 2,
        /// It is too high.
        EXCESS_HEIGHT = 3,
    }
}

impl SpecialVehicle {
    pub(super) fn from_wire(wire: &SpecialVehicleContainer) -> Self {
        match wire {
            SpecialVehicleContainer::PublicTransportContainer(wire) => Self::PublicTransport {
                embarking: wire.embarkation_status.0,
                activation: wire.pt_activation.as_ref().map(PublicTransportActivation::from_wire),
            },
            SpecialVehicleContainer::SpecialTransportContainer(wire) => {
                let (light_bar, siren) = light_bar_and_siren(wire.light_bar_siren_in_use);
                let load = SpecialLoad::from_wire(wire.special_transport_type.0);
                Self::SpecialTransport { load, light_bar, siren }
            }
            SpecialVehicleContainer::DangerousGoodsContainer(wire) => {
                let class = wire.dangerous_goods_basic.number().and_then(|class| u8::try_from(class).ok());
                Self::DangerousGoods { class: class.unwrap_or(LAST_CLASS_OF_GOODS) }
            }
            SpecialVehicleContainer::RoadWorksContainerBasic(wire) => {
                let (light_bar, siren) = light_bar_and_siren(wire.light_bar_siren_in_use);
                let sub_cause = wire.roadworks_sub_cause_code;
                let known = sub_cause.filter(|sub_cause| *sub_cause != RoadworksSubCauseCode::UNAVAILABLE);
                Self::RoadWorks { sub_cause: known.map(|sub_cause| sub_cause.0), light_bar, siren }
            }
            SpecialVehicleContainer::RescueContainer(wire) => {
                let (light_bar, siren) = light_bar_and_siren(wire.light_bar_siren_in_use);
                Self::Rescue { light_bar, siren }
            }
            SpecialVehicleContainer::EmergencyContainer(wire) => Self::emergency_from_wire(wire),
            SpecialVehicleContainer::SafetyCarContainer(wire) => {
                let (light_bar, siren) = light_bar_and_siren(wire.light_bar_siren_in_use);
                Self::SafetyCar {
                    light_bar,
                    siren,
                    incident: wire.incident_indication.as_ref().map(Cause::from_wire),
                    traffic_rule: wire.traffic_rule.map(TrafficRule::from_wire),
                    speed_limit: wire
                        .speed_limit
                        .map(|limit| Speed::from_kilometres_per_hour(limit.0.into())),
                }
            }
            SpecialVehicleContainer::Unknown(number) => Self::Unknown(*number),
        }
    }

    fn emergency_from_wire(wire: &EmergencyContainer) -> Self {
        let (light_bar, siren) = light_bar_and_siren(wire.light_bar_siren_in_use);
        let requests = |bit| wire.emergency_priority.is_some_and(|priority| priority.0.contains(bit));
        Self::Emergency {
            light_bar,
            siren,
            incident: wire.incident_indication.as_ref().map(Cause::from_wire),
            requests_right_of_way: requests(EmergencyPriority::REQUEST_FOR_RIGHT_OF_WAY),
            requests_free_crossing: requests(EmergencyPriority::REQUEST_FOR_FREE_CROSSING_AT_A_TRAFFIC_LIGHT),
        }
    }

    pub(super) fn to_wire(&self) -> Result<SpecialVehicleContainer, ViewError> {
        Ok(match *self {
            Self::PublicTransport { embarking, ref activation } => {
                SpecialVehicleContainer::PublicTransportContainer(PublicTransportContainer {
                    embarkation_status: EmbarkationStatus(embarking),
                    pt_activation: activation.as_ref().map(PublicTransportActivation::to_wire).transpose()?,
                })
            }
            Self::SpecialTransport { load, light_bar, siren } => {
                SpecialVehicleContainer::SpecialTransportContainer(SpecialTransportContainer {
                    special_transport_type: its_container::SpecialTransportType(load.to_wire()),
                    light_bar_siren_in_use: in_use(light_bar, siren),
                })
            }
            Self::DangerousGoods { class } => {
                let goods = DangerousGoodsBasic::from_number(class.into());
                SpecialVehicleContainer::DangerousGoodsContainer(DangerousGoodsContainer {
                    dangerous_goods_basic: goods.ok_or(ViewError::OutOfRange {
                        what: "class of dangerous goods",
                        minimum: 0,
                        maximum: LAST_CLASS_OF_GOODS.into(),
                        found: class.into(),
                    })?,
                })
            }
            Self::RoadWorks { sub_cause, light_bar, siren } => {
                SpecialVehicleContainer::RoadWorksContainerBasic(RoadWorksContainerBasic {
                    roadworks_sub_cause_code: sub_cause.map(RoadworksSubCauseCode),
                    light_bar_siren_in_use: in_use(light_bar, siren),
                    closed_lanes: None,
                })
            }
            Self::Rescue { light_bar, siren } => SpecialVehicleContainer::RescueContainer(RescueContainer {
                light_bar_siren_in_use: in_use(light_bar, siren),
            }),
            Self::Emergency { light_bar, siren, incident, requests_right_of_way, requests_free_crossing } => {
                SpecialVehicleContainer::EmergencyContainer(EmergencyContainer {
                    light_bar_siren_in_use: in_use(light_bar, siren),
                    incident_indication: incident.map(Cause::to_wire),
                    emergency_priority: priority_to_wire(requests_right_of_way, requests_free_crossing),
                })
            }
            Self::SafetyCar { light_bar, siren, incident, traffic_rule, speed_limit } => {
                SpecialVehicleContainer::SafetyCarContainer(SafetyCarContainer {
                    light_bar_siren_in_use: in_use(light_bar, siren),
                    incident_indication: incident.map(Cause::to_wire),
                    traffic_rule: traffic_rule.map(TrafficRule::to_wire),
                    speed_limit: speed_limit.map(speed_limit_to_wire),
                })
            }
            Self::Unknown(number) => SpecialVehicleContainer::Unknown(number),
        })
    }
}

/// `miscellaneousDangerousSubstances`.
const LAST_CLASS_OF_GOODS: u8 = 19;

fn light_bar_and_siren(wire: LightBarSirenInUse) -> (bool, bool) {
    let on = |bit| wire.0.contains(bit);
    (on(LightBarSirenInUse::LIGHT_BAR_ACTIVATED), on(LightBarSirenInUse::SIREN_ACTIVATED))
}

fn in_use(light_bar: bool, siren: bool) -> LightBarSirenInUse {
    LightBarSirenInUse(bits([
        (light_bar, LightBarSirenInUse::LIGHT_BAR_ACTIVATED),
        (siren, LightBarSirenInUse::SIREN_ACTIVATED),
    ]))
}

/// Absent where nothing is requested.
fn priority_to_wire(right_of_way: bool, free_crossing: bool) -> Option<EmergencyPriority> {
    (right_of_way || free_crossing).then(|| {
        EmergencyPriority(bits([
            (right_of_way, EmergencyPriority::REQUEST_FOR_RIGHT_OF_WAY),
            (free_crossing, EmergencyPriority::REQUEST_FOR_FREE_CROSSING_AT_A_TRAFFIC_LIGHT),
        ]))
    })
}

fn bits<const N: u32>(flags: [(bool, u32); 2]) -> FixedBits<N> {
    flags.into_iter().filter(|(set, _)| *set).fold(FixedBits::NONE, |bits, (_, bit)| bits.with(bit))
}

fn speed_limit_to_wire(limit: Speed) -> SpeedLimit {
    let [least, most] = [SpeedLimit::MIN, SpeedLimit::MAX].map(|bound| bound.0);
    let steps = nearest(limit.kilometres_per_hour(), least.into(), most.into());
    SpeedLimit(u8::try_from(steps).unwrap_or(most))
}

impl Cause {
    const fn from_wire(wire: &CauseCode) -> Self {
        Self { code: wire.cause_code.0, sub: wire.sub_cause_code.0 }
    }

    const fn to_wire(self) -> CauseCode {
        CauseCode { cause_code: CauseCodeType(self.code), sub_cause_code: SubCauseCodeType(self.sub) }
    }
}

impl PublicTransportActivation {
    fn from_wire(wire: &PtActivation) -> Self {
        Self { coding: wire.pt_activation_type.0, telegram: wire.pt_activation_data.0.0.clone() }
    }

    fn to_wire(&self) -> Result<PtActivation, ViewError> {
        let telegram = ViewError::at_most(LONGEST_TELEGRAM, "octets of a telegram", self.telegram.clone())?;
        let telegram = telegram.ok_or(ViewError::None("octet of a telegram"))?;
        Ok(PtActivation {
            pt_activation_type: PtActivationType(self.coding),
            pt_activation_data: PtActivationData(OctetString(telegram)),
        })
    }
}

/// `PtActivationData`: SIZE (1..20).
const LONGEST_TELEGRAM: usize = 20;

impl TrafficRule {
    const fn from_wire(wire: its_container::TrafficRule) -> Self {
        match wire {
            its_container::TrafficRule::NoPassing => Self::NoPassing,
            its_container::TrafficRule::NoPassingForTrucks => Self::NoPassingForTrucks,
            its_container::TrafficRule::PassToRight => Self::PassToRight,
            its_container::TrafficRule::PassToLeft => Self::PassToLeft,
            its_container::TrafficRule::Unknown(number) => Self::Unknown(number),
        }
    }

    const fn to_wire(self) -> its_container::TrafficRule {
        match self {
            Self::NoPassing => its_container::TrafficRule::NoPassing,
            Self::NoPassingForTrucks => its_container::TrafficRule::NoPassingForTrucks,
            Self::PassToRight => its_container::TrafficRule::PassToRight,
            Self::PassToLeft => its_container::TrafficRule::PassToLeft,
            Self::Unknown(number) => its_container::TrafficRule::Unknown(number),
        }
    }
}
