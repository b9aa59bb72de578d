//! Decides who may ask for what.

use std::sync::{Arc, PoisonError, RwLock};

use voorrang_messages::{MessageKind, PriorityRequest, RequestKind, StationId};
use voorrang_priority::VehiclePosition;
use voorrang_signals::Intersection;
use voorrang_units::Instant;

use super::Permit;
use super::budget::{Budgets, Rate, Share};
use super::claims::Claims;
use super::config::SecurityConfig;
use super::entry::{Authorised, Role};
use super::policy::{Policy, speaker};
use super::refusal::{Counts, Refusal};
use super::roads::{Crowded, FASTEST, Verdict};
use super::station::{Kind, Sighting, numbers};
use super::stations::Stations;
use crate::messaging::Sender;

/// So many emergency vehicles are kept track of, and as many others.
const CAPACITY: usize = 32_768;

/// Decides who may ask for what. One for the whole process; callable from any task, never blocks for long, and its memory is bounded whatever
/// comes.
#[derive(Debug)]
pub struct Gatekeeper {
    policy: RwLock<Arc<Policy>>,
    emergency: Stations,
    /// In a table of their own: however many they are, they displace no emergency vehicle.
    others: Stations,
    budgets: Budgets,
    counts: Counts,
}

impl Gatekeeper {
    /// One that lets pass whom the configuration names, at these intersections.
    #[must_use]
    pub fn new(config: SecurityConfig, intersections: &[Arc<Intersection>]) -> Self {
        Self {
            policy: RwLock::new(Arc::new(Policy::new(config, intersections))),
            emergency: Stations::new(CAPACITY),
            others: Stations::new(CAPACITY),
            budgets: Budgets::default(),
            counts: Counts::default(),
        }
    }

    /// Goes on by another configuration. What is remembered of stations stays.
    pub fn reload(&self, config: SecurityConfig, intersections: &[Arc<Intersection>]) {
        let new = Policy::new(config, intersections);
        let mut policy = self.policy.write().unwrap_or_else(PoisonError::into_inner);
        new.roads.take_over(&policy.roads);
        *policy = Arc::new(new);
    }

    fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often each reason was the reason, since the start.
    pub fn refused(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        Refusal::ALL.iter().map(|refusal| (*refusal, self.counts.of(*refusal)))
    }

    /// How many stations are remembered: emergency vehicles, and others.
    #[must_use]
    pub fn remembered(&self) -> (usize, usize) {
        (self.emergency.len(), self.others.len())
    }

    /// Forgets stations that have been silent for an hour: to be called now and then.
    pub fn forget_idle(&self, now: Instant) {
        self.emergency.forget_idle(now);
        self.others.forget_idle(now);
    }

    /// Before octets are decoded: may this sender send at all, for this station, and this much?
    ///
    /// # Errors
    /// Why not.
    pub fn admit_octets(&self, now: Instant, sender: &Sender, octets: &[u8]) -> Result<(), Refusal> {
        self.counted(self.judge_octets(now, sender, octets))
    }

    /// May this request be heard? `claims` is what its message says of itself.
    ///
    /// # Errors
    /// Why not.
    pub fn admit_request(
        &self,
        now: Instant,
        sender: &Sender,
        claims: &Claims,
        request: &PriorityRequest,
    ) -> Result<Permit, Refusal> {
        self.counted(self.judge_request(now, sender, claims, request))
    }

    /// May this position be heard? `claims` is what its message says of itself.
    ///
    /// # Errors
    /// Why not.
    pub fn admit_position(
        &self,
        now: Instant,
        sender: &Sender,
        claims: &Claims,
        vehicle: &VehiclePosition,
    ) -> Result<Permit, Refusal> {
        self.counted(self.judge_position(now, sender, claims, vehicle))
    }

    fn counted<T>(&self, result: Result<T, Refusal>) -> Result<T, Refusal> {
        if let Err(refusal) = &result {
            self.counts.count(*refusal);
        }
        result
    }

    fn table(&self, entry: &Authorised) -> &Stations {
        if entry.role == Role::Emergency { &self.emergency } else { &self.others }
    }

    fn judge_octets(&self, now: Instant, sender: &Sender, octets: &[u8]) -> Result<(), Refusal> {
        // The ITS PDU header (TS 102 894-2): protocol version, message id, station id.
        let [_, message, a, b, c, d, ..] = *octets else { return Err(Refusal::Malformed) };
        let station = StationId(u32::from_be_bytes([a, b, c, d]));
        let policy = self.policy();
        let entry = policy.entry(policy.find(&sender.identity, station)?);
        let kind = if message == MessageKind::Srem.message_id() { Kind::Request } else { Kind::Position };
        let (table, speaker) = (self.table(entry), speaker(&sender.identity));
        let known = table.with(station, |state| {
            state.map(|state| {
                state.may_speak(now, speaker)?;
                state.take_message(now, kind, entry)?;
                Ok(state.is_established())
            })
        });
        let known = known.transpose()?;
        let share = match (entry.role, known) {
            (Role::Emergency, Some(true)) => Share::Established,
            (Role::Emergency, _) => Share::Newcomer,
            _ => Share::Other,
        };
        if !self.budgets.take(&policy.config.budgets, sender.transport, share, now) {
            return Err(Refusal::Flood);
        }
        if known.is_none() {
            table.with_new(now, station, |state| state.take_message(now, kind, entry))?;
        }
        Ok(())
    }

    fn judge_request(
        &self,
        now: Instant,
        sender: &Sender,
        claims: &Claims,
        request: &PriorityRequest,
    ) -> Result<Permit, Refusal> {
        let policy = self.policy();
        let place = policy.find(&sender.identity, request.station)?;
        let entry = policy.entry(place);
        fresh(now, claims, request.station, &policy.config)?;
        let (junction_place, junction) =
            policy.roads.find(request.intersection).ok_or(Refusal::UnknownIntersection)?;
        let cancels = request.kind == RequestKind::Cancellation;
        let verdict = if cancels {
            // Whoever gives something back needs no reason.
            Verdict::Plausible
        } else {
            entry.may_ask(request)?;
            entry.holds_at(now)?;
            if !policy.holds(place, junction_place) {
                return Err(Refusal::OutsideArea);
            }
            if claims.iso3883.is_some_and(|kind| !entry.iso3883.is_empty() && !entry.iso3883.contains(&kind))
            {
                return Err(Refusal::VehicleTypeNotAllowed);
            }
            junction.judge(now, request)?
        };
        let (which, what) = numbers(request, claims.generated);
        let numbered = request.sequence.is_some() || claims.generated.is_some();
        let sighting = request.position.map(|position| Sighting {
            at: claims.generated.unwrap_or(now),
            position,
            speed: request.speed,
        });
        let (id, speaker) = (junction.id, speaker(&sender.identity));
        let expiry = policy.config.expiry;
        let crowded = match entry.role {
            Role::Emergency => (!speaker.sure).then_some(Crowded::Unsure),
            _ => Some(Crowded::Others),
        };
        let quota = Rate::new(f64::from(entry.requests_per_hour) / 3600.0, entry.requests_per_hour);
        self.table(entry).with_new(now, request.station, |state| {
            state.may_speak(now, speaker)?;
            if numbered && state.is_replay(now, which, what) {
                return Err(Refusal::Replayed);
            }
            if cancels {
                state.forget_live(id, request.request);
                if let Some(crowded) = crowded {
                    junction.let_out(crowded, request.station, request.request);
                }
                state.remember(now, speaker, Kind::Request, None);
                state.remember_said(now, which, what);
                return Ok(());
            }
            let asks = state.asks(now, id, request.request, expiry);
            match verdict {
                Verdict::OnlyGoingOn(why) if !asks => return Err(why),
                _ => {}
            }
            match &sighting {
                Some(sighting) => state.can_be(Kind::Request, sighting)?,
                None if entry.position_required && !state.has_position(now) => {
                    return Err(Refusal::NoPosition);
                }
                None => {
                    // Held against the road where its CAM says that it is.
                    if let Some(position) = state.last_position(now) {
                        let placed = PriorityRequest { position: Some(position), ..request.clone() };
                        match junction.judge(now, &placed)? {
                            Verdict::OnlyGoingOn(why) if !asks => return Err(why),
                            _ => {}
                        }
                    }
                }
            }
            if !asks {
                state.may_add(now, id, expiry, quota)?;
            }
            if let Some(crowded) = crowded {
                junction.take_in(now, crowded, request.station, request.request, expiry)?;
            }
            state.remember(now, speaker, Kind::Request, sighting);
            state.remember_said(now, which, what);
            state.remember_live(now, id, request.request, quota);
            Ok(())
        })?;
        Ok(permit(entry))
    }

    fn judge_position(
        &self,
        now: Instant,
        sender: &Sender,
        claims: &Claims,
        vehicle: &VehiclePosition,
    ) -> Result<Permit, Refusal> {
        let policy = self.policy();
        let place = policy.find(&sender.identity, vehicle.station)?;
        let entry = policy.entry(place);
        fresh(now, claims, vehicle.station, &policy.config)?;
        let known = |kind| entry.vehicle_types.is_empty() || entry.vehicle_types.contains(&kind);
        if claims.station_type.is_some_and(|kind| !known(kind)) {
            return Err(Refusal::VehicleTypeNotAllowed);
        }
        let blue_light = vehicle.light_bar && vehicle.siren;
        if (vehicle.light_bar || vehicle.siren) && entry.role != Role::Emergency {
            return Err(Refusal::CivilianAsEmergency);
        }
        entry.holds_at(now)?;
        if vehicle.speed.is_some_and(|speed| speed.abs() > FASTEST) {
            return Err(Refusal::ImplausibleSpeed);
        }
        // A position under blue light may become a request at the next stop line.
        if blue_light && policy.leads_out(place, vehicle.position, vehicle.heading) {
            return Err(Refusal::OutsideArea);
        }
        let speaker = speaker(&sender.identity);
        let sighting = Sighting {
            at: claims.generated.unwrap_or(now),
            position: vehicle.position,
            speed: vehicle.speed,
        };
        self.table(entry).with_new(now, vehicle.station, |state| {
            state.may_speak(now, speaker)?;
            state.can_be(Kind::Position, &sighting)?;
            state.remember(now, speaker, Kind::Position, Some(sighting));
            Ok(())
        })?;
        Ok(permit(entry))
    }
}

fn permit(entry: &Authorised) -> Permit {
    Permit { name: Arc::clone(&entry.name), importance_ceiling: entry.importance_ceiling }
}

/// Whether a message is of its sender and of now, as far as it tells.
fn fresh(now: Instant, claims: &Claims, station: StationId, config: &SecurityConfig) -> Result<(), Refusal> {
    if claims.station != station {
        return Err(Refusal::StationMismatch);
    }
    let off = |at: Instant| (at - now).millis().abs() > config.max_age.millis();
    if claims.generated.is_some_and(off) || claims.sent.is_some_and(off) {
        return Err(Refusal::Stale);
    }
    Ok(())
}
