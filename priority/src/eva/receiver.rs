//! The warnings that are held: which of them is the latest word, and whether it still counts. Whom one concerns is said by
//! [`Relevance`](super::Relevance).

use voorrang_messages::emergency_vehicle_approaching::{ActionId, DenmKind, RelevanceDistance};
use voorrang_messages::{EmergencyVehicleApproaching, PathPoint};
use voorrang_units::{Angle, GeodeticPosition, Instant, Length, LocalPlane, LocalPosition, Speed};

use super::ReceiverConfig;
use super::way::{Way, turn_between};

/// Holds the warnings that came in: one of each action, with those that ended, so that nothing old can bring them back. One receiver serves
/// as many drivers as hear the same messages; each has a [`Relevance`](super::Relevance) of its own.
#[derive(Debug, Clone)]
pub struct EvaReceiver {
    config: ReceiverConfig,
    held: Vec<Held>,
    now: Instant,
}

/// What became of a warning that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// A warning of an action that was not known.
    Raised,
    /// A later word on a known one.
    Updated,
    /// The action is ended: by its station, or negated by another.
    Ended,
    /// It is not later than what is known (a repetition or a replay), has expired, comes from the future, or ends what has ended.
    Ignored,
    /// It is told by a station that may not: only the originating one updates and cancels.
    Refused,
}

/// The last word on an action.
#[derive(Debug, Clone)]
struct Held {
    action: ActionId,
    reference_time: Instant,
    /// Until then it holds.
    expires: Instant,
    /// Until then it is remembered: no word on the action that was heard so far holds for longer.
    remembered: Instant,
    /// `None` once it has ended, or where it has no place.
    approach: Option<Approaching>,
}

/// A vehicle that approaches, ready to be compared with places.
#[derive(Debug, Clone)]
pub(super) struct Approaching {
    /// It touches the earth at the vehicle.
    pub(super) plane: LocalPlane,
    /// The road ahead of it, each way from the vehicle on; none where the sender told none.
    pub(super) ways: Vec<Way>,
    /// How far ahead the ways part.
    pub(super) crossing: Option<Length>,
    /// Whereto it moves, if that can be told.
    pub(super) course: Option<Angle>,
    pub(super) speed: Option<Speed>,
    /// How near drivers are that it concerns, says the sender.
    pub(super) distance: Option<Length>,
    position: GeodeticPosition,
    /// Since when it stands, and where.
    standing: Option<(Instant, GeodeticPosition)>,
}

impl EvaReceiver {
    /// Without any warning.
    #[must_use]
    pub fn new(config: ReceiverConfig) -> Self {
        Self { config, held: Vec::new(), now: Instant::from_unix_millis(i64::MIN) }
    }

    /// Takes a warning in, its update or its end. A `now` before that of the last call counts as that.
    pub fn receive(&mut self, now: Instant, warning: &EmergencyVehicleApproaching) -> Reception {
        self.advance(now);
        let now = self.now;
        let own = warning.sender == warning.action.originating_station;
        if own == (warning.kind == DenmKind::Negation) {
            return Reception::Refused;
        }
        let expires = warning.expires_at().min(warning.detection_time + self.config.longest_validity);
        let earliest_future = now + self.config.clock_tolerance;
        let sane = warning.detection_time <= earliest_future && warning.reference_time <= earliest_future;
        if !sane || expires <= now {
            return Reception::Ignored;
        }
        let known = self.held.iter_mut().find(|held| held.action == warning.action);
        match (warning.kind, known) {
            (DenmKind::Negation, Some(held)) => held.negate(warning),
            (DenmKind::Negation, None) => Reception::Ignored,
            (_, Some(held)) => held.follow(now, warning, expires),
            (kind, None) => {
                self.make_room();
                // The end of what is not known is kept too: the warning itself may come after it.
                let approach = Approaching::of(now, warning, None);
                let reception = if approach.is_some() { Reception::Raised } else { Reception::ended(kind) };
                let (action, reference_time) = (warning.action, warning.reference_time);
                self.held.push(Held { action, reference_time, expires, remembered: expires, approach });
                reception
            }
        }
    }

    /// Forgets what has expired.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        let now = self.now;
        self.held.retain(|held| held.remembered > now);
    }

    /// When the next warning expires, or a vehicle has stood for so long that it warns nobody.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let stands = |held: &Held| Some(held.approach.as_ref()?.standing?.0 + self.config.standing);
        let deadlines = |held: &Held| [stands(held), Some(held.expires), Some(held.remembered)];
        let deadlines = self.held.iter().flat_map(deadlines).flatten();
        deadlines.filter(|deadline| *deadline > self.now).min()
    }

    /// The actions that hold and move, or have not yet stood for long.
    pub fn live(&self) -> impl Iterator<Item = ActionId> {
        self.approaching(self.now).map(|(action, _)| action)
    }

    /// How many actions are remembered, those that ended included; never more than the configured capacity.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.held.len()
    }

    pub(super) fn approaching(&self, now: Instant) -> impl Iterator<Item = (ActionId, &Approaching)> {
        let now = now.max(self.now);
        let stands_long = move |approach: &Approaching| {
            approach.standing.is_some_and(|(since, _)| since + self.config.standing <= now)
        };
        let held = self.held.iter().filter(move |held| held.expires > now);
        let held = held.filter_map(|held| Some((held.action, held.approach.as_ref()?)));
        held.filter(move |(_, approach)| !stands_long(approach))
    }

    /// Those that ended go first, then those that expire first.
    fn make_room(&mut self) {
        while self.held.len() >= self.config.capacity.max(1) {
            let worth = |held: &Held| (held.approach.is_some(), held.expires);
            let held = self.held.iter().map(worth).enumerate();
            let Some((place, _)) = held.min_by_key(|(_, worth)| *worth) else { return };
            self.held.remove(place);
        }
    }
}

impl Reception {
    /// Of a word on an action of which nothing counts.
    fn ended(kind: DenmKind) -> Self {
        if kind == DenmKind::NewOrUpdate { Self::Ignored } else { Self::Ended }
    }
}

impl Held {
    /// A later word of the station counts, also after an end: a station that began anew has the same numbers again.
    fn follow(&mut self, now: Instant, warning: &EmergencyVehicleApproaching, expires: Instant) -> Reception {
        if warning.reference_time <= self.reference_time {
            return Reception::Ignored;
        }
        let before = self.approach.take().filter(|_| self.expires > now);
        self.approach = Approaching::of(now, warning, before.as_ref());
        self.reference_time = warning.reference_time;
        self.expires = expires;
        self.remembered = self.remembered.max(expires);
        match (&before, &self.approach) {
            (Some(_), Some(_)) => Reception::Updated,
            (None, Some(_)) => Reception::Raised,
            (Some(_), None) => Reception::Ended,
            (None, None) => Reception::Ignored,
        }
    }

    /// A negation has the reference time of what it negates; the station's next word brings the warning back.
    fn negate(&mut self, warning: &EmergencyVehicleApproaching) -> Reception {
        if warning.reference_time < self.reference_time || self.approach.is_none() {
            return Reception::Ignored;
        }
        self.approach = None;
        Reception::Ended
    }
}

/// A vehicle that is slower stands (judgement: satellite receivers show some tenths of a metre per second at rest).
const STANDING: Speed = Speed::from_metres_per_second(0.5);
/// A vehicle of unknown speed that has moved less stands; one that has moved more shows its course (judgement: satellite error).
const STIRRED: Length = Length::from_metres(10.0);
/// A way that begins more against the course than this is what the vehicle has driven, which some senders tell (judgement: more than any bend
/// onto a crossing arm).
const DRIVEN: Angle = Angle::from_degrees(120.0);

impl Approaching {
    /// `None` where the warning ends, or has no place.
    fn of(now: Instant, warning: &EmergencyVehicleApproaching, before: Option<&Self>) -> Option<Self> {
        if warning.kind != DenmKind::NewOrUpdate {
            return None;
        }
        let position = warning.event_position.geodetic?;
        let plane = LocalPlane::at(position);
        let heading = warning.event_heading.map(|heading| heading.value);
        let way = |trace: &Vec<PathPoint>| {
            let places = trace.iter().map(|point| plane.to_local(point.position));
            Way::new([LocalPosition::default()].into_iter().chain(places).collect())
        };
        let ahead = |way: &Way| match (way.first_heading(), heading) {
            (Some(first), Some(heading)) => turn_between(first, heading) <= DRIVEN,
            (first, None) => first.is_some(),
            (None, Some(_)) => false,
        };
        let ways: Vec<_> = warning.traces.iter().filter_map(way).filter(ahead).collect();
        let crossing = ways.split_first().and_then(|(own, others)| {
            let shared = others.iter().map(|other| own.shared_with(other));
            shared.min_by(|a, b| a.metres().total_cmp(&b.metres()))
        });
        let speed = warning.event_speed.map(|speed| speed.value);
        Some(Self {
            course: heading.or_else(|| ways.first()?.first_heading()).or_else(|| before?.course_to(&plane)),
            standing: Self::standing(now, position, speed, before),
            distance: warning.relevance_distance.and_then(RelevanceDistance::upper_bound),
            plane,
            ways,
            crossing,
            speed,
            position,
        })
    }

    /// The way from where it was before to the origin of `plane`, where it is now; the old course while that is too short to tell.
    fn course_to(&self, plane: &LocalPlane) -> Option<Angle> {
        let (was, is) = (plane.to_local(self.position), LocalPosition::default());
        if was.distance_to(is) >= STIRRED { Some(was.heading_to(is)) } else { self.course }
    }

    fn standing(
        now: Instant,
        position: GeodeticPosition,
        speed: Option<Speed>,
        before: Option<&Self>,
    ) -> Option<(Instant, GeodeticPosition)> {
        let before = before.and_then(|before| before.standing);
        let begins = Some((now, position));
        match speed {
            Some(speed) if speed >= STANDING => None,
            Some(_) => before.or(begins),
            None => before
                .filter(|(_, place)| {
                    let plane = LocalPlane::at(*place);
                    plane.to_local(*place).distance_to(plane.to_local(position)) < STIRRED
                })
                .or(begins),
        }
    }
}
