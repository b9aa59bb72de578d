//! The priority request of an SREM in units: what a request table needs. One view per `SignalRequestPackage`. It does not judge:
//! whether a request makes sense is the engine's to say.

use serde::{Deserialize, Serialize};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Speed};

use crate::dsrc::{
    self, MsgCount, PriorityRequestType, RequestImportanceLevel, RequestSubRole, RequestorDescription,
    RequestorType, SignalRequest, SignalRequestList, SignalRequestMessage, SignalRequestPackage,
};
use crate::elements::{
    Arrival, IntersectionAccess, IntersectionReference, Motion, RequestId, SequenceNumber, StationId,
    VehicleRole, minute_of, second_of,
};
use crate::its_container::ItsPduHeader;
use crate::message::MessageKind;
use crate::srem::Srem;
use crate::view_error::{MAX_ELEMENTS, ViewError};

/// One request for one intersection (`SignalRequestPackage` with its message's `RequestorDescription`, ISO TS 19091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriorityRequest {
    /// Who asks.
    pub station: StationId,
    /// The intersection that is asked.
    pub intersection: IntersectionReference,
    /// The request's number, the same in updates and cancellation.
    pub request: RequestId,
    /// The message's number; an equal one is a repeat.
    pub sequence: Option<SequenceNumber>,
    /// New, update or cancellation.
    pub kind: RequestKind,
    /// Where the vehicle enters.
    pub inbound: IntersectionAccess,
    /// Where it leaves.
    pub outbound: Option<IntersectionAccess>,
    /// When it expects to be at the stop line.
    pub eta: Option<Instant>,
    /// For how long after that it asks for service; up to 65.534 s.
    pub service_window: Option<Duration>,
    /// What it is.
    pub role: Option<VehicleRole>,
    /// `RequestSubRole` 0 to 15; 5 is "blue light and siren" in the Netherlands.
    pub subrole: Option<u8>,
    /// `RequestImportanceLevel` 0 to 15: 1 lowest, 14 highest, 0 unknown, 15 reserved.
    pub importance: Option<u8>,
    /// Where the vehicle is.
    pub position: Option<GeodeticPosition>,
    /// Where it heads, clockwise from north.
    pub heading: Option<Angle>,
    /// How fast it drives; negative backwards.
    pub speed: Option<Speed>,
}

/// `PriorityRequestType` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// `priorityRequest`.
    New,
    /// `priorityRequestUpdate`.
    Update,
    /// `priorityCancellation`.
    Cancellation,
}

impl PriorityRequest {
    /// The requests of a message, in its order; a message without requests gives none. `received` tells the year of the times
    /// of arrival.
    ///
    /// # Errors
    /// When the requester is not an ITS station, or a request is of a kind or for an access of a later version.
    pub fn all_from_srem(srem: &Srem, received: Instant) -> Result<Vec<Self>, ViewError> {
        Self::each_from_srem(srem, received)?.collect()
    }

    /// As [`PriorityRequest::all_from_srem`], each by itself: a request of a later version does not take the others with it.
    ///
    /// # Errors
    /// When the requester is not an ITS station.
    pub fn each_from_srem(
        srem: &Srem,
        received: Instant,
    ) -> Result<impl Iterator<Item = Result<Self, ViewError>> + '_, ViewError> {
        let SignalRequestMessage { sequence_number, requests, requestor, .. } = &srem.srm;
        let station = StationId::of_vehicle(&requestor.id).ok_or(ViewError::NotAStation)?;
        let motion = requestor.position.as_ref().map(Motion::from_wire).unwrap_or_default();
        let role = requestor.r#type.as_ref();
        let packages = requests.iter().flat_map(|requests| &requests.0);
        let request = move |package: &SignalRequestPackage| {
            let arrival = Arrival::from_wire(package.minute, package.second, package.duration, received);
            let SignalRequest { id, request_id, request_type, in_bound_lane, out_bound_lane, .. } =
                &package.request;
            let access = |access| IntersectionAccess::from_wire(access).map_err(ViewError::UnknownAccess);
            Ok(Self {
                station,
                intersection: IntersectionReference::from_wire(id),
                request: RequestId(request_id.0),
                sequence: sequence_number.map(|number| SequenceNumber(number.0)),
                kind: RequestKind::from_wire(*request_type)?,
                inbound: access(in_bound_lane)?,
                outbound: out_bound_lane.as_ref().map(access).transpose()?,
                eta: arrival.eta,
                service_window: arrival.window,
                role: role.map(|role| VehicleRole::from_wire(role.role)),
                subrole: role.and_then(|role| role.subrole).and_then(RequestSubRole::number).and_then(small),
                importance: role
                    .and_then(|role| role.request)
                    .and_then(RequestImportanceLevel::number)
                    .and_then(small),
                position: motion.position,
                heading: motion.heading,
                speed: motion.speed,
            })
        };
        Ok(packages.map(request))
    }

    /// The message that asks all these: of one station, in one state of motion, with one sequence number.
    ///
    /// # Errors
    /// When there are none or more than 32, they differ in what the message says once, or hold what the wire can't say.
    pub fn to_srem(requests: &[Self], sent: Instant) -> Result<Srem, ViewError> {
        let first = requests.first().ok_or(ViewError::Empty)?;
        if requests.len() > MAX_ELEMENTS {
            return Err(ViewError::TooMany { what: "requests", most: MAX_ELEMENTS, found: requests.len() });
        }
        if let Some(what) = requests.iter().find_map(|request| request.differs_from(first)) {
            return Err(ViewError::Differs(what));
        }
        let Self { station, sequence, position, heading, speed, .. } = *first;
        let packages = requests.iter().map(Self::to_package).collect::<Result<_, _>>()?;
        Ok(Srem {
            header: ItsPduHeader::of(MessageKind::Srem, station),
            srm: SignalRequestMessage {
                time_stamp: Some(minute_of(sent)),
                second: second_of(sent),
                sequence_number: sequence.map(|number| MsgCount(number.0)),
                requests: Some(SignalRequestList(packages)),
                requestor: RequestorDescription {
                    id: station.to_vehicle(),
                    r#type: first.requestor_type()?,
                    position: Motion { position, heading, speed }.to_wire(),
                    name: None,
                    route_name: None,
                    transit_status: None,
                    transit_occupancy: None,
                    transit_schedule: None,
                    regional: None,
                },
                regional: None,
            },
        })
    }

    fn to_package(&self) -> Result<SignalRequestPackage, ViewError> {
        let arrival = Arrival { eta: self.eta, window: self.service_window };
        Ok(SignalRequestPackage {
            request: SignalRequest {
                id: self.intersection.to_wire(),
                request_id: dsrc::RequestId(self.request.0),
                request_type: self.kind.to_wire(),
                in_bound_lane: self.inbound.to_wire(),
                out_bound_lane: self.outbound.map(IntersectionAccess::to_wire),
                regional: None,
            },
            minute: arrival.minute(),
            second: arrival.second(),
            duration: arrival.duration().map_err(ViewError::ServiceWindow)?,
            regional: None,
        })
    }

    /// On the wire a subrole or an importance stands behind a role: without one it is `NoneUnknown`.
    fn requestor_type(&self) -> Result<Option<RequestorType>, ViewError> {
        if self.role.is_none() && self.subrole.is_none() && self.importance.is_none() {
            return Ok(None);
        }
        let subrole =
            |number: u8| RequestSubRole::from_number(number.into()).ok_or(ViewError::Subrole(number));
        let importance = |number: u8| {
            RequestImportanceLevel::from_number(number.into()).ok_or(ViewError::Importance(number))
        };
        Ok(Some(RequestorType {
            role: self.role.unwrap_or(VehicleRole::NoneUnknown).to_wire(),
            subrole: self.subrole.map(subrole).transpose()?,
            request: self.importance.map(importance).transpose()?,
            iso3883: None,
            hpms_type: None,
            regional: None,
        }))
    }

    /// What of that which the message says once is not the same.
    fn differs_from(&self, other: &Self) -> Option<&'static str> {
        [
            ("station", self.station != other.station),
            ("sequence", self.sequence != other.sequence),
            ("role", self.role != other.role),
            ("subrole", self.subrole != other.subrole),
            ("importance", self.importance != other.importance),
            ("position", self.position != other.position),
            ("heading", self.heading != other.heading),
            ("speed", self.speed != other.speed),
        ]
        .into_iter()
        .find_map(|(what, differs)| differs.then_some(what))
    }
}

impl RequestKind {
    const fn from_wire(wire: PriorityRequestType) -> Result<Self, ViewError> {
        match wire {
            PriorityRequestType::PriorityRequest => Ok(Self::New),
            PriorityRequestType::PriorityRequestUpdate => Ok(Self::Update),
            PriorityRequestType::PriorityCancellation => Ok(Self::Cancellation),
            PriorityRequestType::PriorityRequestTypeReserved => Err(ViewError::ReservedKind),
            PriorityRequestType::Unknown(number) => Err(ViewError::UnknownKind(number)),
        }
    }

    const fn to_wire(self) -> PriorityRequestType {
        match self {
            Self::New => PriorityRequestType::PriorityRequest,
            Self::Update => PriorityRequestType::PriorityRequestUpdate,
            Self::Cancellation => PriorityRequestType::PriorityCancellation,
        }
    }
}

/// The number of a subrole or an importance, 0 to 15.
fn small(number: u32) -> Option<u8> {
    u8::try_from(number).ok()
}
