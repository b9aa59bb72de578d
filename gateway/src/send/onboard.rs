//! The on-board unit: asks every stop line ahead that is reached within five minutes, says so again each second or when the ETA has moved by two
//! seconds, cancels what lies behind, and asks anew where it was refused. The same rules as in the simulator's `onboard/`.

use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, SequenceNumber, Ssem, StationId, VehicleRole,
};
use voorrang_units::{Duration, Instant, Speed};

use super::SendError;
use super::route::{DrivingState, StopLine};

/// What Dutch intersections accept since April 2021.
const HORIZON: Duration = Duration::from_seconds(300);
const REFRESH: Duration = Duration::from_seconds(1);
const ETA_CHANGE: Duration = Duration::from_seconds(2);
/// A cancellation is said this often, since messages get lost.
const CANCELLATIONS: u8 = 3;
/// Who was rejected asks again no sooner than this.
const ASK_AGAIN: Duration = Duration::from_seconds(5);
/// An SREM holds this many requests.
const MOST: usize = 32;

/// The unit.
#[derive(Debug)]
pub(super) struct OnboardUnit {
    station: StationId,
    sequence: SequenceNumber,
    last_id: u8,
    next_refresh: Option<Instant>,
    urgent: bool,
    asked: Vec<Asked>,
    cancellations: Vec<Cancellation>,
}

/// What it knows of one stop line on its way.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) line: StopLine,
    /// The request's id; another one each time that it asks anew.
    pub(super) id: RequestId,
    /// When it first asked.
    pub(super) since: Option<Instant>,
    /// When the first answer came.
    pub(super) answered: Option<Instant>,
    /// When it first heard `granted`, and how many metres and seconds before the stop line.
    pub(super) granted: Option<(Instant, f64, Duration)>,
    /// What it heard last.
    pub(super) status: Option<PrioritizationStatus>,
    /// When it passed, and what it had heard last by then.
    pub(super) passed: Option<(Instant, Option<PrioritizationStatus>)>,
    /// How often it asked anew.
    pub(super) anew: u32,
    eta: Option<Instant>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// Too far ahead.
    Ahead,
    /// It is to be asked.
    Untold,
    /// It was asked.
    Told,
    /// The request ended; it is to be asked anew from then on.
    Ended(Instant),
    /// It lies behind.
    Left,
}

#[derive(Debug, Clone)]
struct Cancellation {
    line: StopLine,
    id: RequestId,
    left: u8,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Heard<'u> {
    pub(super) asked: &'u Asked,
    pub(super) answer: RequestStatus,
    /// Whether it says something else than the one before.
    pub(super) news: bool,
    /// How far the stop line is, in metres.
    pub(super) distance_m: Option<f64>,
}

impl Asked {
    /// Whether it heard `granted` before it passed, and nothing else since.
    pub(super) fn was_granted_in_time(&self) -> bool {
        matches!(self.passed, Some((_, Some(PrioritizationStatus::Granted))))
    }
}

impl OnboardUnit {
    pub(super) fn new(station: StationId, lines: &[StopLine]) -> Self {
        let asked = lines.iter().map(|line| Asked {
            line: line.clone(),
            id: RequestId(0),
            since: None,
            answered: None,
            granted: None,
            status: None,
            passed: None,
            anew: 0,
            eta: None,
            stage: Stage::Ahead,
        });
        Self {
            station,
            sequence: SequenceNumber(0),
            last_id: 0,
            next_refresh: None,
            urgent: false,
            asked: asked.collect(),
            cancellations: Vec::new(),
        }
    }

    pub(super) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Has it nothing to say any more, unless it drives on?
    pub(super) fn is_silent(&self) -> bool {
        self.cancellations.is_empty() && self.asked.iter().all(|one| one.stage == Stage::Left)
    }

    /// The vehicle is there now, or has arrived; gives the stop lines that it has just passed.
    pub(super) fn drive(&mut self, now: Instant, state: Option<&DrivingState>) -> Vec<Asked> {
        let mut passed = Vec::new();
        for one in &mut self.asked {
            if one.stage == Stage::Left {
                continue;
            }
            let behind = state.is_none_or(|state| state.along_m >= one.line.at_m);
            if behind {
                if one.stage == Stage::Told {
                    let line = one.line.clone();
                    self.cancellations.push(Cancellation { line, id: one.id, left: CANCELLATIONS });
                }
                one.stage = Stage::Left;
                one.passed = Some((now, one.status));
                self.urgent = true;
                passed.push(one.clone());
                continue;
            }
            let Some(state) = state else { continue };
            let eta = now + state.until(&one.line);
            let moved = one.eta.is_none_or(|before| (eta - before).millis().abs() >= ETA_CHANGE.millis());
            match one.stage {
                Stage::Ahead if eta - now <= HORIZON => {}
                Stage::Ended(again) if now >= again => one.anew += 1,
                Stage::Told if moved => {
                    one.eta = Some(eta);
                    self.urgent = true;
                    continue;
                }
                _ => continue,
            }
            self.last_id = self.last_id.wrapping_add(1);
            one.id = RequestId(self.last_id);
            one.eta = Some(eta);
            one.stage = Stage::Untold;
            self.urgent = true;
        }
        passed
    }

    /// What it says now: the octets of an SREM, if anything is due.
    pub(super) fn message(
        &mut self,
        now: Instant,
        state: Option<&DrivingState>,
    ) -> Result<Option<Vec<u8>>, SendError> {
        if !self.urgent && self.next_refresh.is_some_and(|next| now < next) {
            return Ok(None);
        }
        let sequence = self.sequence.next();
        let requests = self.requests(now, state, sequence);
        self.urgent = false;
        if requests.is_empty() {
            return Ok(None);
        }
        self.sequence = sequence;
        self.next_refresh = Some(now + REFRESH);
        let failed = |why: String| SendError::Message { what: "an SREM", why };
        let mut octets = Vec::with_capacity(64);
        let srem = PriorityRequest::to_srem(&requests, now).map_err(|error| failed(error.to_string()))?;
        srem.encode(&mut octets).map_err(|error| failed(error.to_string()))?;
        Ok(Some(octets))
    }

    /// Takes in what came; gives the answers to its own requests.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        state: Option<&DrivingState>,
        octets: &[u8],
    ) -> Vec<Heard<'_>> {
        let Ok(ssem) = Ssem::decode(octets) else { return Vec::new() };
        let mut places = Vec::new();
        for answer in RequestStatus::all_from_ssem(&ssem, now).unwrap_or_default() {
            let own = |one: &Asked| {
                one.stage == Stage::Told
                    && one.id == answer.request
                    && reference(&one.line) == answer.intersection
            };
            let Some(place) = self.asked.iter().position(own).filter(|_| answer.station == self.station)
            else {
                continue;
            };
            let one = &mut self.asked[place];
            let distance_m = state.map(|state| one.line.at_m - state.along_m);
            let news = one.status != Some(answer.status);
            one.status = Some(answer.status);
            one.answered.get_or_insert(now);
            match answer.status {
                PrioritizationStatus::Granted => {
                    let until = state.map_or(Duration::ZERO, |state| state.until(&one.line));
                    one.granted.get_or_insert((now, distance_m.unwrap_or(0.0), until));
                }
                PrioritizationStatus::Rejected | PrioritizationStatus::ReserviceLocked => {
                    one.stage = Stage::Ended(now + ASK_AGAIN);
                }
                PrioritizationStatus::MaxPresence => one.stage = Stage::Ended(now),
                _ => {}
            }
            if let Stage::Ended(_) = one.stage {
                let line = one.line.clone();
                self.cancellations.push(Cancellation { line, id: one.id, left: CANCELLATIONS });
                self.urgent = true;
            }
            places.push((place, answer, news, distance_m));
        }
        let asked = &self.asked;
        let heard = places.into_iter();
        heard
            .map(|(place, answer, news, distance_m)| Heard { asked: &asked[place], answer, news, distance_m })
            .collect()
    }

    /// Cancellations that have not been said often enough, then live requests.
    fn requests(
        &mut self,
        now: Instant,
        state: Option<&DrivingState>,
        sequence: SequenceNumber,
    ) -> Vec<PriorityRequest> {
        let station = self.station;
        let request = |line: &StopLine, id, kind, eta| PriorityRequest {
            station,
            intersection: reference(line),
            request: id,
            sequence: Some(sequence),
            kind,
            inbound: IntersectionAccess::Approach(line.approach),
            outbound: None,
            eta,
            service_window: None,
            // Dutch practice for blue light and siren: role emergency, subrole 5, importance 14 (absolute).
            role: Some(VehicleRole::Emergency),
            subrole: Some(5),
            importance: Some(14),
            position: state.map(|state| state.position),
            heading: state.map(|state| state.heading),
            speed: state.map(|state| Speed::from_metres_per_second(state.speed_m_s)),
        };
        let mut requests = Vec::new();
        for cancellation in self.cancellations.iter_mut().take(MOST) {
            cancellation.left -= 1;
            let Cancellation { line, id, .. } = cancellation;
            requests.push(request(line, *id, RequestKind::Cancellation, None));
        }
        self.cancellations.retain(|cancellation| cancellation.left > 0);
        for one in &mut self.asked {
            if requests.len() == MOST {
                // The farthest wait until nearer ones have been passed.
                break;
            }
            let kind = match one.stage {
                Stage::Untold => RequestKind::New,
                Stage::Told => RequestKind::Update,
                Stage::Ahead | Stage::Ended(_) | Stage::Left => continue,
            };
            one.stage = Stage::Told;
            one.since.get_or_insert(now);
            let eta = state.map(|state| now + state.until(&one.line));
            one.eta = eta.or(one.eta);
            requests.push(request(&one.line, one.id, kind, one.eta));
        }
        requests
    }
}

fn reference(line: &StopLine) -> IntersectionReference {
    IntersectionReference { region: Some(line.id.region), id: line.id.id }
}
