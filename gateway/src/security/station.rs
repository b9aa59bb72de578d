//! What is remembered of one station: how much it sends, where it was, what it said, what it asks. Of bounded size, whatever it sends.

use std::hash::{DefaultHasher, Hash, Hasher};

use voorrang_messages::{PriorityRequest, RequestId, RequestKind};
use voorrang_signals::IntersectionId;
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Speed};

use super::budget::{Bucket, Rate};
use super::entry::Authorised;
use super::refusal::Refusal;
use super::track::Track;

/// So many messages are remembered, against replay.
const REMEMBERED: usize = 16;
/// For so long.
const REPLAY_WINDOW: Duration = Duration::from_seconds(60);
/// So many live requests at one intersection.
const MOST_AT_ONE: usize = 10;
/// So many live requests in all: twice what one SREM can hold.
const MOST_IN_ALL: usize = 64;
/// A position this old says nothing of where a request comes from.
const POSITION_LASTS: Duration = Duration::from_seconds(3);
/// Of two identities that are as good as each other the first speaks for a station until it is silent for so long.
const SPEAKS: Duration = Duration::from_seconds(3);
/// A better one, for so long.
const SPEAKS_SURELY: Duration = Duration::from_seconds(60);
/// After so long, and so many messages, a station that behaved is known to be honest.
const PROBATION: Duration = Duration::from_seconds(5);
const PROBATION_MESSAGES: u32 = 3;

/// Which of a station's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Position,
}

/// Who speaks for a station: how well that is known, and a number for who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Speaker {
    /// Whether cryptography or a broker vouches for it.
    pub(super) sure: bool,
    pub(super) number: u64,
}

/// Where a message says its vehicle is, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) at: Instant,
    pub(super) position: GeodeticPosition,
    pub(super) speed: Option<Speed>,
}

/// One message that was taken: which it was, and what it said.
#[derive(Debug, Clone, Copy)]
struct Said {
    which: u64,
    what: u64,
    at: Instant,
}

/// A live request.
#[derive(Debug, Clone, Copy)]
struct Live {
    junction: IntersectionId,
    request: RequestId,
    heard: Instant,
}

/// What is remembered of one station.
#[derive(Debug)]
pub(super) struct StationState {
    requests: Bucket,
    positions: Bucket,
    quota: Bucket,
    first: Instant,
    /// When something of it was taken last.
    last: Instant,
    taken: u32,
    speaker: Option<(Speaker, Instant)>,
    asked: Option<Track>,
    seen: Option<Track>,
    said: [Option<Said>; REMEMBERED],
    next: usize,
    live: Vec<Live>,
}

impl StationState {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            requests: Bucket::FULL,
            positions: Bucket::FULL,
            quota: Bucket::FULL,
            first: now,
            last: now,
            taken: 0,
            speaker: None,
            asked: None,
            seen: None,
            said: [None; REMEMBERED],
            next: 0,
            live: Vec::new(),
        }
    }

    /// When something of it was taken last.
    pub(super) const fn last(&self) -> Instant {
        self.last
    }

    /// Whether it has behaved for some time.
    pub(super) fn is_established(&self) -> bool {
        self.taken >= PROBATION_MESSAGES && self.last - self.first >= PROBATION
    }

    /// Whether this identity may speak for it now.
    pub(super) fn may_speak(&self, now: Instant, speaker: Speaker) -> Result<(), Refusal> {
        let Some((present, heard)) = self.speaker else { return Ok(()) };
        if present == speaker || (speaker.sure && !present.sure) {
            return Ok(());
        }
        let lasts = if present.sure && !speaker.sure { SPEAKS_SURELY } else { SPEAKS };
        if now < heard + lasts { Err(Refusal::StationInUse) } else { Ok(()) }
    }

    /// One more message of it.
    pub(super) fn take_message(
        &mut self,
        now: Instant,
        kind: Kind,
        entry: &Authorised,
    ) -> Result<(), Refusal> {
        let taken = match kind {
            Kind::Request => self.requests.take(entry.messages, now),
            Kind::Position => self.positions.take(entry.positions, now),
        };
        if taken { Ok(()) } else { Err(Refusal::StationFlood) }
    }

    /// Whether it told lately where it is.
    pub(super) fn has_position(&self, now: Instant) -> bool {
        let lately = |track: &Track| now - track.at() <= POSITION_LASTS;
        self.seen.as_ref().is_some_and(lately) || self.asked.as_ref().is_some_and(lately)
    }

    /// Where it was last, if it told lately.
    pub(super) fn last_position(&self, now: Instant) -> Option<GeodeticPosition> {
        let tracks = [self.seen, self.asked].into_iter().flatten();
        let newest = tracks.max_by_key(Track::at).filter(|track| now - track.at() <= POSITION_LASTS);
        newest.map(|track| track.position())
    }

    /// Whether it can be where it says.
    pub(super) fn can_be(&self, kind: Kind, sighting: &Sighting) -> Result<(), Refusal> {
        let (same, other) = match kind {
            Kind::Request => (&self.asked, &self.seen),
            Kind::Position => (&self.seen, &self.asked),
        };
        if let Some(track) = same {
            track.leads_to(sighting.at, sighting.position, sighting.speed)?;
        }
        other.as_ref().map_or(Ok(()), |track| track.agrees_with(sighting.at, sighting.position))
    }

    /// Whether the same numbers and the same time have said something else within a minute. Saying the same again is honest.
    pub(super) fn is_replay(&self, now: Instant, which: u64, what: u64) -> bool {
        let mut lately = self.said.iter().flatten().filter(|said| now < said.at + REPLAY_WINDOW);
        lately.any(|said| said.which == which && said.what != what)
    }

    /// Whether it has a live request.
    pub(super) fn asks(
        &self,
        now: Instant,
        junction: IntersectionId,
        request: RequestId,
        expiry: Duration,
    ) -> bool {
        let known = self.live.iter().find(|live| (live.junction, live.request) == (junction, request));
        known.is_some_and(|live| now < live.heard + expiry)
    }

    /// Whether it may have one more live request there, and one more within this hour.
    pub(super) fn may_add(
        &mut self,
        now: Instant,
        junction: IntersectionId,
        expiry: Duration,
        quota: Rate,
    ) -> Result<(), Refusal> {
        self.live.retain(|live| now < live.heard + expiry);
        let here = self.live.iter().filter(|live| live.junction == junction).count();
        if here >= MOST_AT_ONE || self.live.len() >= MOST_IN_ALL {
            return Err(Refusal::TooManyRequests);
        }
        if self.quota.has(quota, now) { Ok(()) } else { Err(Refusal::HourlyQuota) }
    }

    /// Takes down a message that was found good.
    pub(super) fn remember(
        &mut self,
        now: Instant,
        speaker: Speaker,
        kind: Kind,
        sighting: Option<Sighting>,
    ) {
        self.last = now;
        self.taken = self.taken.saturating_add(1);
        self.speaker = Some((speaker, now));
        let Some(Sighting { at, position, speed }) = sighting else { return };
        let track = match kind {
            Kind::Request => &mut self.asked,
            Kind::Position => &mut self.seen,
        };
        *track = Some(Track::followed_by(*track, at, position, speed));
    }

    /// Takes down what it said, by which numbers.
    pub(super) fn remember_said(&mut self, now: Instant, which: u64, what: u64) {
        if self.said.iter().flatten().any(|said| (said.which, said.what) == (which, what)) {
            return;
        }
        self.said[self.next] = Some(Said { which, what, at: now });
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// Takes down that a request lives; a new one counts against the hour's quota.
    pub(super) fn remember_live(
        &mut self,
        now: Instant,
        junction: IntersectionId,
        request: RequestId,
        quota: Rate,
    ) {
        match self.live.iter_mut().find(|live| (live.junction, live.request) == (junction, request)) {
            Some(live) => live.heard = now,
            None => {
                self.quota.take(quota, now);
                self.live.push(Live { junction, request, heard: now });
            }
        }
    }

    /// Takes down that a request has ended.
    pub(super) fn forget_live(&mut self, junction: IntersectionId, request: RequestId) {
        self.live.retain(|live| (live.junction, live.request) != (junction, request));
    }
}

/// A number for which message it is, and one for what it says.
pub(super) fn numbers(request: &PriorityRequest, generated: Option<Instant>) -> (u64, u64) {
    let mut which = DefaultHasher::new();
    let PriorityRequest { intersection, request: id, sequence, kind, .. } = request;
    (intersection, id, sequence, generated).hash(&mut which);
    let mut what = DefaultHasher::new();
    let of = |value: Option<f64>| value.map(f64::to_bits);
    let position = request.position;
    (
        *kind == RequestKind::Cancellation,
        request.inbound,
        request.outbound,
        request.eta,
        request.role,
        request.subrole,
        request.importance,
        of(position.map(GeodeticPosition::latitude_degrees)),
        of(position.map(GeodeticPosition::longitude_degrees)),
        of(request.heading.map(Angle::degrees)),
        of(request.speed.map(Speed::metres_per_second)),
    )
        .hash(&mut what);
    (which.finish(), what.finish())
}
