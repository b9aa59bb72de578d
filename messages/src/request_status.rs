//! The answer of an SSEM in units: what became of a request. One view per `SignalStatusPackage` that names its requester.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant};

use crate::dsrc::{
    self, MsgCount, PrioritizationResponseStatus, SignalRequesterInfo, SignalStatus, SignalStatusList,
    SignalStatusMessage, SignalStatusPackage, SignalStatusPackageList,
};
use crate::elements::{
    Arrival, IntersectionAccess, IntersectionReference, RequestId, SequenceNumber, StationId, VehicleRole,
    minute_of, second_of,
};
use crate::its_container::ItsPduHeader;
use crate::message::MessageKind;
use crate::priority_request::PriorityRequest;
use crate::ssem::Ssem;
use crate::view_error::{MAX_ELEMENTS, ViewError};

/// The status of one request at one intersection (`SignalStatusPackage`, ISO TS 19091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestStatus {
    /// The intersection that answers.
    pub intersection: IntersectionReference,
    /// Who asked.
    pub station: StationId,
    /// Which request.
    pub request: RequestId,
    /// The sequence number of the SREM that is answered.
    pub sequence: SequenceNumber,
    /// The requester's role, echoed.
    pub role: Option<VehicleRole>,
    /// Where the vehicle enters, echoed or as understood.
    pub inbound: IntersectionAccess,
    /// Where it leaves.
    pub outbound: Option<IntersectionAccess>,
    /// When it is expected at the stop line.
    pub eta: Option<Instant>,
    /// For how long after that service is meant; up to 65.534 s.
    pub service_window: Option<Duration>,
    /// What became of the request.
    pub status: PrioritizationStatus,
}

/// `PrioritizationResponseStatus` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrioritizationStatus {
    /// `unknown`: nothing is known of the request.
    Unknown,
    /// Seen by the controller.
    Requested,
    /// Being checked or waiting for its turn.
    Processing,
    /// Nobody else has green, but the vehicle hasn't either: watch out.
    WatchOtherTraffic,
    /// The intervention is active: green.
    Granted,
    /// Refused; final for this request.
    Rejected,
    /// Had its time; final for this request.
    MaxPresence,
    /// Time must pass before a similar request is accepted; final for this request.
    ReserviceLocked,
    /// A status of a later version of the standard: addition number n behind the extension marker.
    UnknownAddition(u64),
}

impl RequestStatus {
    /// The answer to a request, which is echoed; one without a sequence number is answered as number 0.
    #[must_use]
    pub fn answer(request: &PriorityRequest, status: PrioritizationStatus) -> Self {
        Self {
            intersection: request.intersection,
            station: request.station,
            request: request.request,
            sequence: request.sequence.unwrap_or(SequenceNumber(0)),
            role: request.role,
            inbound: request.inbound,
            outbound: request.outbound,
            eta: request.eta,
            service_window: request.service_window,
            status,
        }
    }

    /// The statuses of a message, in its order. Packages that name no ITS station as requester are left out: they answer nobody.
    /// `received` tells the year of the times of arrival.
    ///
    /// # Errors
    /// When an access is of a later version.
    pub fn all_from_ssem(ssem: &Ssem, received: Instant) -> Result<Vec<Self>, ViewError> {
        let mut statuses = Vec::new();
        for signal_status in &ssem.ssm.status.0 {
            let intersection = IntersectionReference::from_wire(&signal_status.id);
            for package in &signal_status.sig_status.0 {
                statuses.extend(Self::from_package(intersection, package, received)?);
            }
        }
        Ok(statuses)
    }

    /// The message that tells all these, grouped by intersection in the order in which they first come.
    ///
    /// # Errors
    /// When there are none, more than 32 intersections or more than 32 statuses of one, or they hold what the wire can't say.
    pub fn to_ssem(
        statuses: &[Self],
        sender: StationId,
        sequence: SequenceNumber,
        sent: Instant,
    ) -> Result<Ssem, ViewError> {
        if statuses.is_empty() {
            return Err(ViewError::Empty);
        }
        let mut groups: Vec<(IntersectionReference, Vec<SignalStatusPackage>)> = Vec::new();
        for status in statuses {
            let package = status.to_package()?;
            match groups.iter_mut().find(|(intersection, _)| *intersection == status.intersection) {
                Some((_, packages)) => packages.push(package),
                None => groups.push((status.intersection, vec![package])),
            }
        }
        let most_packages = groups.iter().map(|(_, packages)| packages.len()).max().unwrap_or(0);
        for (what, found) in
            [("intersections", groups.len()), ("statuses of one intersection", most_packages)]
        {
            if found > MAX_ELEMENTS {
                return Err(ViewError::TooMany { what, most: MAX_ELEMENTS, found });
            }
        }
        let sequence_number = MsgCount(sequence.0);
        let signal_status = |(intersection, packages): (IntersectionReference, _)| SignalStatus {
            sequence_number,
            id: intersection.to_wire(),
            sig_status: SignalStatusPackageList(packages),
            regional: None,
        };
        Ok(Ssem {
            header: ItsPduHeader::of(MessageKind::Ssem, sender),
            ssm: SignalStatusMessage {
                time_stamp: Some(minute_of(sent)),
                second: second_of(sent),
                sequence_number: Some(sequence_number),
                status: SignalStatusList(groups.into_iter().map(signal_status).collect()),
                regional: None,
            },
        })
    }

    fn from_package(
        intersection: IntersectionReference,
        package: &SignalStatusPackage,
        received: Instant,
    ) -> Result<Option<Self>, ViewError> {
        let Some(requester) = &package.requester else { return Ok(None) };
        let Some(station) = StationId::of_vehicle(&requester.id) else { return Ok(None) };
        let arrival = Arrival::from_wire(package.minute, package.second, package.duration, received);
        let access = |access| IntersectionAccess::from_wire(access).map_err(ViewError::UnknownAccess);
        Ok(Some(Self {
            intersection,
            station,
            request: RequestId(requester.request.0),
            sequence: SequenceNumber(requester.sequence_number.0),
            role: requester.role.map(VehicleRole::from_wire),
            inbound: access(&package.inbound_on)?,
            outbound: package.outbound_on.as_ref().map(access).transpose()?,
            eta: arrival.eta,
            service_window: arrival.window,
            status: PrioritizationStatus::from_wire(package.status),
        }))
    }

    fn to_package(&self) -> Result<SignalStatusPackage, ViewError> {
        let arrival = Arrival { eta: self.eta, window: self.service_window };
        Ok(SignalStatusPackage {
            requester: Some(SignalRequesterInfo {
                id: self.station.to_vehicle(),
                request: dsrc::RequestId(self.request.0),
                sequence_number: MsgCount(self.sequence.0),
                role: self.role.map(VehicleRole::to_wire),
                type_data: None,
            }),
            inbound_on: self.inbound.to_wire(),
            outbound_on: self.outbound.map(IntersectionAccess::to_wire),
            minute: arrival.minute(),
            second: arrival.second(),
            duration: arrival.duration().map_err(ViewError::ServiceWindow)?,
            status: self.status.to_wire(),
            regional: None,
        })
    }
}

macro_rules! statuses_on_the_wire {
    ($($status:ident),* $(,)?) => {
        impl PrioritizationStatus {
            pub(crate) const fn from_wire(wire: PrioritizationResponseStatus) -> Self {
                match wire {
                    $(PrioritizationResponseStatus::$status => Self::$status,)*
                    PrioritizationResponseStatus::UnknownAddition(number) => Self::UnknownAddition(number),
                }
            }

            pub(crate) const fn to_wire(self) -> PrioritizationResponseStatus {
                match self {
                    $(Self::$status => PrioritizationResponseStatus::$status,)*
                    Self::UnknownAddition(number) => PrioritizationResponseStatus::UnknownAddition(number),
                }
            }
        }
    };
}

statuses_on_the_wire! {
    Unknown, Requested, Processing, WatchOtherTraffic, Granted, Rejected, MaxPresence, ReserviceLocked,
}
