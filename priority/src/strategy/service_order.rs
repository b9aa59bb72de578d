//! In which order several vehicles are served at one junction: least weighted delay, exact for up to five.
//!
//! With an order given each vehicle's green starts as late as is useful to it, but not before it can, nor before everybody in conflict that
//! is ahead in the order has passed and the intergreen is over; compatible vehicles don't wait for each other. What that costs is the sum of
//! weighted delays, and a little for each second that the others are held. With up to [`MOST`] vehicles all orders are tried (120),
//! given up as soon as they cost more than the best; beyond that the first five to come are ordered so and the others follow as they come.
//!
//! Sources: Das, Altekar, Head and Saleem (MMITSS, 2022) and He, Head and Ding (PAMSCOD, 2011) for priority as a problem of weighted delays
//! over service orders; enumeration is exact and quicker than their integer programs for as few vehicles as come at once.

use voorrang_units::{Duration, Instant};

/// So many vehicles are ordered exactly.
pub const MOST: usize = 5;

/// A vehicle that is to be served.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// When it is expected at the stop line.
    pub eta: Instant,
    /// Its green is of no use before.
    pub useful: Instant,
    /// Its green can't start before, as the lamps are now.
    pub ready: Instant,
    /// How long the queue in front of it takes to leave from the start of its green, and how far it follows.
    pub clearance: Duration,
    /// How long it takes to pass the junction.
    pub pass: Duration,
    /// What a second of its delay weighs; 1 is usual.
    pub weight: f64,
    /// Its intervention runs.
    pub running: bool,
}

/// An order, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceOrder {
    /// The places of the candidates, first served first; those beyond [`ServiceOrder::len`] mean nothing.
    pub places: [usize; MOST],
    /// How many.
    pub len: usize,
    /// When the green of each candidate is to start, by its place.
    pub starts: [Instant; MOST],
    /// What it costs, weighted seconds.
    pub cost: f64,
}

/// What a second of green that holds the others costs beside a second of delay of a vehicle. Small: it only decides between orders of equal
/// delay.
const HELD: f64 = 0.01;

/// The order of least cost; of equal ones that in which candidates came. `switch(a, b)` is the time from the end of one's green to the start
/// of the other's, `None` where they can be green together. At most the first [`MOST`] candidates count. With `keep` nobody goes before
/// a running intervention that is in its way.
pub fn best(
    candidates: &[Candidate],
    switch: &impl Fn(usize, usize) -> Option<Duration>,
    keep: bool,
) -> ServiceOrder {
    let candidates = &candidates[..candidates.len().min(MOST)];
    let mut search = Search {
        candidates,
        switch,
        keep,
        trial: ServiceOrder {
            places: [0; MOST],
            len: 0,
            starts: [Instant::from_unix_millis(0); MOST],
            cost: 0.0,
        },
        best: None,
    };
    search.extend(0);
    search.best.unwrap_or(search.trial)
}

struct Search<'a, F> {
    candidates: &'a [Candidate],
    switch: &'a F,
    keep: bool,
    trial: ServiceOrder,
    best: Option<ServiceOrder>,
}

impl<F: Fn(usize, usize) -> Option<Duration>> Search<'_, F> {
    /// Tries everybody who is not in the trial yet as the next; `used` has a bit for each who is.
    fn extend(&mut self, used: u8) {
        if self.trial.len == self.candidates.len() {
            if self.best.is_none_or(|best| self.trial.cost < best.cost - 1e-9) {
                self.best = Some(self.trial);
            }
            return;
        }
        for place in (0..self.candidates.len()).filter(|place| used >> place & 1 == 0) {
            if self.keep && self.overtakes_running(place, used) {
                continue;
            }
            let before = self.trial;
            self.append(place);
            if self.best.is_none_or(|best| self.trial.cost < best.cost - 1e-9) {
                self.extend(used | 1 << place);
            }
            self.trial = before;
        }
    }

    /// Is a running intervention in the way of this candidate, which does not run itself?
    fn overtakes_running(&self, place: usize, used: u8) -> bool {
        !self.candidates[place].running
            && (0..self.candidates.len()).any(|other| {
                used >> other & 1 == 0
                    && self.candidates[other].running
                    && (self.switch)(other, place).is_some()
            })
    }

    fn append(&mut self, place: usize) {
        let own = self.candidates[place];
        let mut start = own.useful.max(own.ready);
        for ahead in &self.trial.places[..self.trial.len] {
            if let Some(switch) = (self.switch)(*ahead, place) {
                start = start.max(end(&self.candidates[*ahead], self.trial.starts[*ahead]) + switch);
            }
        }
        let delay = (start + own.clearance - own.eta).max(Duration::ZERO).seconds();
        let held = (end(&own, start) - start).seconds();
        self.trial.places[self.trial.len] = place;
        self.trial.len += 1;
        self.trial.starts[place] = start;
        self.trial.cost += own.weight * delay + HELD * held;
    }
}

/// When a candidate has passed if its green starts so.
fn end(candidate: &Candidate, start: Instant) -> Instant {
    candidate.eta.max(start + candidate.clearance) + candidate.pass
}
