//! Requests by KAR: what a check-in, pre-check-in or check-out does in the table. Nobody is told of their statuses.
//!
//! | message | does |
//! |---|---|
//! | pre-check-in, check-in | makes a request, or prolongs the vehicle's own and brings it up to date |
//! | check-out | ends it |
//! | the same again within 1.5 s | nothing |
//!
//! A request by KAR lives until its check-out, or for its driving time and a margin, should that be lost; the green guard ends it before, as any.
//! What came to its end without success stays so until the vehicle checks out or is silent for as long as any request.
//!
//! **The same vehicle by KAR and by messages is one request**, and the messages lead: they say where it comes and when, it is answered, and its
//! cancellation ends it. KAR keeps it alive when the messages stop, and a check-out ends it then. Who is the same? Where the configuration knows
//! the vehicle's station, that one. Else one of the same class on the same approach whose ETA is within 10 s of KAR's, or isn't known; of several
//! the nearest. So of two vehicles close behind each other, one with KAR alone and one with messages alone, the second may lose its request with the
//! first's: that takes both to be equipped differently, and nothing in either message could tell.
//!
//! Who tells no vehicle number is told apart from others by its type and approach only: two of them are one request.

use std::collections::VecDeque;

use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, StationId,
};
use voorrang_signals::ApproachIndex;
use voorrang_units::{Duration, Instant, Length};

use super::table::{Reception, Rules};
use super::{End, Entitlement, Origin, Rejection, Request, RequestConfig, RequestTable};
use crate::kar::{KarAccess, KarAnnouncement, KarMessage, KarUrgency, KarVehicleType};

/// Our numbers for vehicles of which only KAR tells begin here. A station with such an id is not taken for one of them.
const FIRST_NUMBER: u32 = 0xFF00_0000;
/// From here on they have a vehicle number of their own.
const FIRST_NUMBERED: u32 = 0xFF80_0000;
/// What an SREM says where KAR says "absolute", "conditional", "blue light".
const ABSOLUTE: u8 = 11;
const CONDITIONAL: u8 = 9;
const EMERGENCY: u8 = 14;
/// So many announcements are remembered at an intersection at most.
const MOST_HEARD: usize = 64;

/// What tells the vehicles apart that tell of themselves by KAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KarVehicle {
    /// Its number, and its company's where it told it.
    Numbered(Option<u8>, u16),
    /// It told no number.
    Anonymous(Option<KarVehicleType>, ApproachIndex),
}

/// What is known of a request's vehicle by KAR.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KarTrack {
    vehicle: KarVehicle,
    station: Option<StationId>,
    announcement: KarAnnouncement,
    eta: Option<Instant>,
    until: Instant,
}

impl KarTrack {
    /// Who it is.
    #[must_use]
    pub const fn vehicle(&self) -> KarVehicle {
        self.vehicle
    }

    /// How long it keeps its request alive, without a check-out.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }
}

/// Announcements that were heard: for repeats, and for vehicles whose request came to its end.
#[derive(Debug, Clone, Default)]
pub(super) struct KarMemory {
    heard: VecDeque<Heard>,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    vehicle: KarVehicle,
    announcement: KarAnnouncement,
    at: Instant,
    /// Its request came to its end for good: nothing new until then.
    spent: Option<Instant>,
}

impl KarMemory {
    /// Forgets what is over.
    fn settle(&mut self, now: Instant, anti_repeat: Duration) {
        self.heard
            .retain(|heard| now < heard.at + anti_repeat || heard.spent.is_some_and(|until| now < until));
    }

    /// Whether an announcement is a repeat; one that isn't is remembered.
    fn repeats(&mut self, now: Instant, vehicle: KarVehicle, announcement: KarAnnouncement) -> bool {
        let known = |heard: &Heard| heard.vehicle == vehicle && heard.announcement == announcement;
        if self.heard.iter().any(|heard| known(heard) && heard.spent.is_none()) {
            return true;
        }
        self.push(Heard { vehicle, announcement, at: now, spent: None });
        false
    }

    /// Whether a vehicle's request came to its end for good; it stays so for `silence` more.
    fn is_spent(&mut self, now: Instant, vehicle: KarVehicle, silence: Duration) -> bool {
        let spent = self.heard.iter_mut().find(|heard| heard.vehicle == vehicle && heard.spent.is_some());
        spent.is_some_and(|heard| {
            heard.spent = Some(now + silence);
            true
        })
    }

    fn spend(&mut self, now: Instant, vehicle: KarVehicle, silence: Duration) {
        let announcement = KarAnnouncement::CheckIn;
        self.push(Heard { vehicle, announcement, at: now, spent: Some(now + silence) });
    }

    fn check_out(&mut self, vehicle: KarVehicle) {
        self.heard.retain(|heard| heard.vehicle != vehicle || heard.spent.is_none());
    }

    fn push(&mut self, heard: Heard) {
        if self.heard.len() >= MOST_HEARD {
            self.heard.pop_front();
        }
        self.heard.push_back(heard);
    }
}

impl RequestTable {
    /// Takes a message by KAR in.
    pub(crate) fn hear(&mut self, now: Instant, message: &KarMessage, rules: Rules<'_>) -> Reception {
        self.kar.settle(now, rules.config.kar.anti_repeat);
        match message.announcement {
            KarAnnouncement::CheckOut => self.check_out(now, message, rules),
            KarAnnouncement::PreCheckIn | KarAnnouncement::CheckIn => {
                self.check_in(now, message, rules).unwrap_or(Reception::Nothing)
            }
        }
    }

    /// `None` where it has no effect.
    fn check_in(&mut self, now: Instant, message: &KarMessage, rules: Rules<'_>) -> Option<Reception> {
        let Rules { approaches, config, refusal } = rules;
        let access = approaches.kar_access(message).ok()?;
        let vehicle = vehicle_of(message, access.approach);
        let mut request = self.asked_by_kar(now, message, &access, vehicle, rules).ok()?;
        if self.kar.repeats(now, vehicle, message.announcement)
            || self.kar.is_spent(now, vehicle, config.expiry)
        {
            return None;
        }
        if refusal.is_some() || (!request.is_emergency() && self.is_locked(now)) {
            return None;
        }
        let known = |request: &&mut Request| request.kar.is_some_and(|kar| kar.vehicle == vehicle);
        if let Some(known) = self.live.iter_mut().find(known) {
            return known.hear_again(now, request, rules).then_some(Reception::Changed);
        }
        if let Some(place) = self.same_vehicle(now, &request, config) {
            self.live[place].kar = request.kar;
            return Some(Reception::Changed);
        }
        request.expected = request.latest.eta;
        Some(self.enter(now, request, config))
    }

    fn check_out(&mut self, now: Instant, message: &KarMessage, rules: Rules<'_>) -> Reception {
        let access = rules.approaches.kar_access(message).ok();
        let vehicle = match (message.vehicle, &access) {
            (Some(number), _) => KarVehicle::Numbered(message.company, number),
            (None, Some(access)) => KarVehicle::Anonymous(message.vehicle_type, access.approach),
            (None, None) => return Reception::Nothing,
        };
        if self.kar.repeats(now, vehicle, message.announcement) {
            return Reception::Nothing;
        }
        self.kar.check_out(vehicle);
        let known = |request: &Request| request.kar.is_some_and(|kar| kar.vehicle == vehicle);
        let Some(place) = self.live.iter().position(known) else { return Reception::Nothing };
        let request = &mut self.live[place];
        if request.is_led_by_kar(now, rules.config) {
            self.finish(now, place, End::Cancelled, rules.config);
        } else {
            request.kar = None;
        }
        Reception::Changed
    }

    /// The request that a check-in would make.
    fn asked_by_kar(
        &self,
        now: Instant,
        message: &KarMessage,
        access: &KarAccess,
        vehicle: KarVehicle,
        rules: Rules<'_>,
    ) -> Result<Request, Rejection> {
        let Rules { approaches, config, .. } = rules;
        let (role, subrole) =
            message.vehicle_type.and_then(KarVehicleType::role).ok_or(Rejection::NotEntitled)?;
        let emergency = message.vehicle_type.is_some_and(KarVehicleType::is_emergency);
        let importance = match message.urgency {
            Some(KarUrgency::None) => return Err(Rejection::NotImportant),
            Some(KarUrgency::BlueLight) if emergency => Some(EMERGENCY),
            _ if emergency && config.kar.blue_light => return Err(Rejection::NotEntitled),
            _ if emergency => Some(EMERGENCY),
            Some(KarUrgency::Absolute | KarUrgency::BlueLight) => Some(ABSOLUTE),
            Some(KarUrgency::Conditional) => Some(CONDITIONAL),
            None => None,
        };
        let (eta, drive) = drive(now, message, config);
        if drive > config.horizon {
            return Err(Rejection::TooFarAhead);
        }
        let station = config.kar.station(message);
        let layout = approaches.intersection();
        let asked = PriorityRequest {
            station: station.unwrap_or_else(|| number_of(vehicle, self.reference())),
            intersection: self.reference(),
            request: RequestId(0),
            sequence: None,
            kind: RequestKind::New,
            inbound: IntersectionAccess::Approach(layout.approaches()[access.approach.index()].id.number()),
            outbound: None,
            eta,
            service_window: None,
            role: Some(role),
            subrole: Some(subrole),
            importance,
            position: None,
            heading: None,
            speed: None,
        };
        let entitlement = Entitlement::of(&asked, config)?;
        let service = approaches.service_by(access.approach, access.named.clone(), false, entitlement.class);
        let service = service.ok_or(Rejection::UnknownAccess)?;
        let announcement = message.announcement;
        let until = now + drive + config.kar.margin;
        let track = KarTrack { vehicle, station, announcement, eta, until };
        let request = Request::new(asked, service, entitlement, Origin::Kar, now);
        Ok(Request { kar: Some(track), ..request })
    }

    /// The live request of the vehicle that a new one is of, where one of the two is known by KAR alone and the other isn't by KAR.
    pub(super) fn same_vehicle(&self, now: Instant, new: &Request, config: &RequestConfig) -> Option<usize> {
        let by_kar = new.origin == Origin::Kar;
        let candidates = self.live.iter().enumerate().filter(|(_, known)| {
            if by_kar {
                known.kar.is_none()
            } else {
                known.origin == Origin::Kar && !known.is_over_by_kar(now)
            }
        });
        let apart = candidates.filter_map(|(place, known)| {
            let (kar, other) = if by_kar { (new, known) } else { (known, new) };
            Some((place, apart(kar, other, config)?))
        });
        apart.min_by_key(|(place, apart)| (*apart, *place)).map(|(place, _)| place)
    }

    /// A request that was known by KAR ended.
    pub(super) fn note_end(&mut self, now: Instant, request: &Request, end: End, config: &RequestConfig) {
        let final_for_it = match end {
            End::MaxPresence => true,
            End::Rejected(why) => {
                !matches!(why, Rejection::TableFull | Rejection::NoControl | Rejection::Overridden)
            }
            _ => false,
        };
        if let Some(kar) = request.kar.filter(|_| final_for_it) {
            self.kar.spend(now, kar.vehicle, config.expiry);
        }
    }
}

impl Request {
    /// What is known of its vehicle by KAR.
    #[must_use]
    pub const fn kar(&self) -> Option<&KarTrack> {
        self.kar.as_ref()
    }

    /// Whether a station is known to be its vehicle.
    pub(crate) fn is_of(&self, station: StationId) -> bool {
        let known = self.origin != Origin::Kar || self.kar.is_some_and(|kar| kar.station.is_some());
        known && self.latest.station == station
    }

    /// When it expires, should nothing be heard of it.
    pub(super) fn expires(&self, config: &RequestConfig) -> Instant {
        let by_messages = self.refreshed + config.expiry;
        match self.kar {
            Some(kar) if self.origin == Origin::Kar => kar.until,
            Some(kar) => by_messages.max(kar.until),
            None => by_messages,
        }
    }

    /// Whether only KAR tells of it, or its messages have stopped.
    fn is_led_by_kar(&self, now: Instant, config: &RequestConfig) -> bool {
        self.origin == Origin::Kar || now >= self.refreshed + config.expiry
    }

    fn is_over_by_kar(&self, now: Instant) -> bool {
        self.kar.is_some_and(|kar| now >= kar.until)
    }

    fn is_emergency(&self) -> bool {
        self.class() == super::PriorityClass::Emergency
    }

    /// Another announcement of its vehicle; false where it says nothing new.
    fn hear_again(&mut self, now: Instant, heard: Self, rules: Rules<'_>) -> bool {
        let known = self.kar.map(|kar| kar.announcement);
        let next = heard.kar.map(|kar| kar.announcement);
        if known == Some(KarAnnouncement::CheckIn) && next == Some(KarAnnouncement::PreCheckIn) {
            return false;
        }
        let leads = self.is_led_by_kar(now, rules.config);
        self.kar = heard.kar;
        if !leads {
            return true;
        }
        if !heard.service.is_served_with(&self.service) {
            self.stage = super::Stage::Requested;
        }
        if heard.service.approach != self.service.approach {
            self.course.begin_anew();
        }
        self.service = heard.service;
        self.entitlement = heard.entitlement;
        self.latest.inbound = heard.latest.inbound;
        self.latest.eta = heard.latest.eta;
        self.expected = heard.latest.eta;
        true
    }
}

/// How far apart two ETAs are, where they may be the same vehicle's.
fn apart(kar: &Request, other: &Request, config: &RequestConfig) -> Option<Duration> {
    let station = kar.kar.and_then(|track| track.station);
    if station.is_some() || config.kar.knows(other.latest.station) {
        return (station == Some(other.latest.station)).then_some(Duration::ZERO);
    }
    if kar.class() != other.class() || kar.service.approach != other.service.approach {
        return None;
    }
    let expected = kar.kar.and_then(|track| track.eta).zip(other.expected);
    let apart =
        expected.map_or(config.kar.same_vehicle, |(one, two)| if one > two { one - two } else { two - one });
    (apart <= config.kar.same_vehicle).then_some(apart)
}

/// When a vehicle is expected, if it says, and how long its way to the stop line takes at most.
fn drive(now: Instant, message: &KarMessage, config: &RequestConfig) -> (Option<Instant>, Duration) {
    let speed =
        message.speed.map_or(config.kar.assumed_speed, |speed| speed.max(config.observed_least_speed));
    let by_distance = || message.distance.map(|distance| distance.max(Length::ZERO).time_at(speed));
    let told = message.time.or_else(|| by_distance().flatten()).map(|drive| drive.max(Duration::ZERO));
    match (told, message.announcement) {
        (Some(drive), _) => (Some(now + drive), drive),
        (None, KarAnnouncement::PreCheckIn) => {
            (Some(now + config.kar.pre_check_in_drive), config.kar.pre_check_in_drive)
        }
        (None, _) => (None, config.kar.longest_drive),
    }
}

fn vehicle_of(message: &KarMessage, approach: ApproachIndex) -> KarVehicle {
    match message.vehicle {
        Some(number) => KarVehicle::Numbered(message.company, number),
        None => KarVehicle::Anonymous(message.vehicle_type, approach),
    }
}

/// A number of our own in place of a station id: the same for a vehicle at all intersections, if it has told its number.
fn number_of(vehicle: KarVehicle, intersection: IntersectionReference) -> StationId {
    StationId(match vehicle {
        KarVehicle::Numbered(company, number) => {
            FIRST_NUMBERED | (u32::from(company.unwrap_or(0)) << 15) | u32::from(number & 0x7FFF)
        }
        KarVehicle::Anonymous(kind, approach) => {
            let kind = kind.map_or(0, |kind| 1 + kind as u32);
            FIRST_NUMBER
                | (u32::from(intersection.id & 0x0FFF) << 11)
                | (kind << 8)
                | u32::from(approach.0 & 0xFF)
        }
    })
}
