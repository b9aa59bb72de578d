//! Who asks at one junction, beside what the engine knows of it: the way back, the permit, the span, and what was told last. It follows the engine's
//! table, so it is bounded as that is, and forgets a request with it.

use std::sync::Arc;

use voorrang_messages::{PrioritizationStatus, PriorityRequest, RequestId, StationId};
use voorrang_priority::request::{End, Ended, Level, Origin, Rejection, Request, RequestTable};
use voorrang_signals::{GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

use super::log::Passage;
use crate::messaging::ReplyTo;
use crate::privacy::audit::AuditEntry;

/// The requests of one junction.
#[derive(Debug)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    /// How long one is kept that the engine doesn't know.
    keep: Duration,
}

/// One request.
#[derive(Debug)]
pub(super) struct Entry {
    station: StationId,
    request: RequestId,
    /// Its number on the page.
    number: u64,
    /// The entry of the list that it stands on; none for a vehicle that didn't ask us.
    permit: Option<Arc<str>>,
    origin: Origin,
    reply: Option<ReplyTo>,
    /// The way back as the journal knows it.
    address: Option<String>,
    /// From octets to lamp; closed with either.
    span: tracing::Span,
    told: Option<PrioritizationStatus>,
    /// Its end was told.
    over: bool,
    /// It is an emergency vehicle's.
    emergency: bool,
    /// When it was heard last.
    heard: Instant,
    approach: String,
    groups: Arc<[GroupIndex]>,
}

/// Something happened to a request.
#[derive(Debug)]
pub(super) struct Step {
    /// For the audit.
    pub(super) audit: AuditEntry,
    /// The groups that serve it.
    pub(super) groups: Arc<[GroupIndex]>,
    /// Whether it is an emergency vehicle's.
    pub(super) emergency: bool,
    /// Whether it came in or went out.
    pub(super) passage: Option<Passage>,
    /// What is counted of its end.
    pub(super) finished: Option<&'static str>,
}

/// So many requests of one junction at most.
const MOST: usize = 256;

impl Ledger {
    /// Nobody asks. `keep`: how long a request is kept that the engine doesn't know, for answers that another system gives.
    pub(super) const fn new(keep: Duration) -> Self {
        Self { entries: Vec::new(), keep }
    }

    /// A request is about to be told to the engine. Gives the way back in writing where that, or the permit, is news to the journal.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        request: &PriorityRequest,
        reply: Option<ReplyTo>,
        permit: &Arc<str>,
        span: tracing::Span,
        next_number: &mut u64,
    ) -> Option<Option<String>> {
        let address = reply.as_ref().and_then(|reply| reply.address());
        if let Some(entry) = self.find_mut(request.station, request.request) {
            let moved = entry.address != address || entry.permit.as_ref() != Some(permit);
            entry.reply = reply.or(entry.reply.take());
            entry.heard = now;
            if moved {
                entry.permit = Some(Arc::clone(permit));
                entry.address.clone_from(&address);
            }
            return moved.then_some(address);
        }
        if self.entries.len() >= MOST
            && let Some((oldest, _)) = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.heard)
        {
            self.entries.remove(oldest);
        }
        *next_number += 1;
        self.entries.push(Entry {
            station: request.station,
            request: request.request,
            number: *next_number,
            permit: Some(Arc::clone(permit)),
            origin: Origin::Asked,
            reply,
            address: address.clone(),
            span,
            told: None,
            over: false,
            emergency: false,
            heard: now,
            approach: String::new(),
            groups: Arc::default(),
        });
        Some(address)
    }

    /// Follows the engine's table: what changed goes to the audit, what is over is forgotten.
    pub(super) fn follow(
        &mut self,
        now: Instant,
        table: &RequestTable,
        layout: &Intersection,
        strategy: &str,
        next_number: &mut u64,
        mut tell: impl FnMut(Step),
    ) {
        for live in table.live() {
            let (station, request) = (live.latest().station, live.latest().request);
            if self.find_mut(station, request).is_none() {
                *next_number += 1;
                self.entries.push(Entry::seen(now, station, request, *next_number, live.origin()));
            }
            let Some(entry) = self.find_mut(station, request) else { continue };
            if entry.groups != live.service().groups {
                entry.take_service(live, layout);
            }
            let first = entry.told.is_none() || entry.over;
            entry.over = false;
            entry.emergency = live.level() == Level::Emergency;
            if entry.told != Some(live.status()) || first {
                entry.turn(live.status(), layout);
                tell(Step {
                    audit: entry.audit(now, layout, live.status(), strategy.to_owned()),
                    groups: Arc::clone(&entry.groups),
                    emergency: entry.emergency,
                    passage: first.then_some(Passage::Entry),
                    finished: None,
                });
            }
        }
        self.entries.retain_mut(|entry| {
            let key = (entry.station, entry.request);
            if table.live().iter().any(|live| (live.latest().station, live.latest().request) == key) {
                return true;
            }
            let ended = table.ended().find(|ended| (ended.latest().station, ended.latest().request) == key);
            let end = ended.map(Ended::end);
            if !entry.over && (end.is_some() || entry.told.is_some()) {
                entry.over = true;
                let was_inside = entry.told.is_some();
                let last = entry.told.unwrap_or(PrioritizationStatus::Unknown);
                let status = end.and_then(End::status).unwrap_or(last);
                entry.turn(status, layout);
                // From octets to the end.
                entry.span = tracing::Span::none();
                let by_guard = end == Some(End::MaxPresence);
                // The engine remembers no end after which nothing is to be said any more.
                let why = end.map_or_else(|| entry.silent_end(), reason);
                tell(Step {
                    audit: entry.audit(now, layout, status, why.to_owned()),
                    groups: Arc::clone(&entry.groups),
                    emergency: entry.emergency,
                    passage: was_inside.then_some(if by_guard {
                        Passage::ExitByGuard
                    } else {
                        Passage::Exit
                    }),
                    finished: Some(label(end.unwrap_or(End::Expired))),
                });
            }
            ended.is_some() || now - entry.heard < self.keep
        });
    }

    /// Where answers to a request go.
    pub(super) fn way_back(&self, station: StationId, request: RequestId) -> Option<&ReplyTo> {
        self.find(station, request)?.reply.as_ref()
    }

    /// The number of a request on the page.
    pub(super) fn number(&self, station: StationId, request: RequestId) -> Option<u64> {
        self.find(station, request).map(|entry| entry.number)
    }

    /// Whether a station asks.
    pub(super) fn has(&self, station: StationId) -> bool {
        self.entries.iter().any(|entry| entry.station == station && !entry.over)
    }

    /// Whether nobody asks.
    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, station: StationId, request: RequestId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.station == station && entry.request == request)
    }

    fn find_mut(&mut self, station: StationId, request: RequestId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.station == station && entry.request == request)
    }
}

impl Entry {
    /// A vehicle that didn't ask.
    fn seen(now: Instant, station: StationId, request: RequestId, number: u64, origin: Origin) -> Self {
        Self {
            station,
            request,
            number,
            permit: None,
            origin,
            reply: None,
            address: None,
            span: tracing::Span::none(),
            told: None,
            over: false,
            emergency: false,
            heard: now,
            approach: String::new(),
            groups: Arc::default(),
        }
    }

    fn take_service(&mut self, live: &Request, layout: &Intersection) {
        let approach = layout.approaches().get(live.service().approach.index());
        self.approach = approach.map_or_else(String::new, |approach| approach.name.clone());
        self.groups = Arc::clone(&live.service().groups);
    }

    fn turn(&mut self, status: PrioritizationStatus, layout: &Intersection) {
        self.told = Some(status);
        if !self.span.is_disabled() {
            let groups: Vec<&str> = self.names(layout).collect();
            self.span.record("status", tracing::field::debug(status)).record("groups", groups.join(" "));
            self.span.in_scope(|| tracing::debug!(?status, "status"));
        }
        if status == PrioritizationStatus::Granted {
            // From octets to lamp.
            self.span = tracing::Span::none();
        }
    }

    fn names<'a>(&'a self, layout: &'a Intersection) -> impl Iterator<Item = &'a str> {
        let groups = self.groups.iter().filter_map(|group| layout.groups().get(group.index()));
        groups.map(|group| group.name.as_str())
    }

    /// Why a request is over whose end the engine does not remember.
    const fn silent_end(&self) -> &'static str {
        match self.origin {
            Origin::Asked => "expired",
            Origin::Kar => "checked out, or silent",
            Origin::Observed => "seen no longer",
        }
    }

    fn audit(
        &self,
        at: Instant,
        layout: &Intersection,
        status: PrioritizationStatus,
        why: String,
    ) -> AuditEntry {
        AuditEntry {
            at,
            intersection: layout.id(),
            station: self.station,
            request: self.request,
            permit: self
                .permit
                .as_deref()
                .unwrap_or(match self.origin {
                    Origin::Kar => "KAR",
                    Origin::Observed | Origin::Asked => "seen only",
                })
                .to_owned(),
            approach: self.approach.clone(),
            groups: self.names(layout).map(str::to_owned).collect(),
            status,
            why,
        }
    }
}

/// Why a request ended, in a word or two.
fn reason(end: End) -> &'static str {
    match end {
        End::Rejected(rejection) => match rejection {
            Rejection::UnknownAccess => "unknown access",
            Rejection::NotEntitled => "not entitled",
            Rejection::SwitchedOff => "class switched off",
            Rejection::NotImportant => "not important enough",
            Rejection::TooFarAhead => "too far ahead",
            Rejection::TableFull => "table full",
            Rejection::NoControl => "no control of the junction",
            Rejection::Overridden => "something ranks above",
            Rejection::NoPriority => "the strategy gives none",
            Rejection::Withdrawn => "withdrawn",
            Rejection::NoGreen => "no green was confirmed",
        },
        End::MaxPresence => "green guard",
        End::ReserviceLocked => "cut by an emergency vehicle",
        End::Cancelled => "cancelled",
        End::Expired => "expired",
        End::LeftRoute => "left its route",
        End::Passed => "passed",
        End::StoodDown => "stood down",
    }
}

/// The end of a request as it is counted.
const fn label(end: End) -> &'static str {
    match end {
        End::Cancelled | End::LeftRoute | End::Passed | End::StoodDown => "cancelled",
        End::Expired => "expired",
        End::Rejected(_) => "rejected",
        End::MaxPresence => "max_presence",
        End::ReserviceLocked => "reservice_locked",
    }
}
