//! When what each group shows will end: predictions for SPATEM, made by running a copy of the controller ahead. So they agree with the
//! program and with what is wished at the moment, whatever the program is.
//!
//! - The *earliest* end is what the interlock permits, should everything else happen: nobody can make it earlier.
//! - The *likely* end is what comes if wishes stay as they are, greens last as long as they did of late, and nobody else asks.
//! - The *latest* end is what comes if everybody asks and greens last as long as they may; none where nothing makes it end, as long as
//!   wishes hold a group, and for a group in red that does not ask.
//!
//! A fixed-time program without wishes has one end only. What the likely end is worth depends on the traffic; `tests/forecast.rs` measures
//! it over an hour.

use voorrang_units::{Duration, Instant};

use crate::aspect::Aspect;
use crate::controller::{Controller, LampCommand, Wish};
use crate::id::GroupIndex;
use crate::prediction::Prediction;
use crate::program::actuated::Extension;

/// Nothing is foretold that lies farther ahead.
const HORIZON: Duration = Duration::from_seconds(180);

/// Makes predictions; keeps its memory.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    commands: Vec<LampCommand>,
    likely: Vec<Option<Instant>>,
    latest: Vec<Option<Instant>>,
    predictions: Vec<Prediction>,
}

impl Forecast {
    /// The end of the present aspect of each group, in their order.
    pub fn predict(&mut self, now: Instant, controller: &Controller) -> &[Prediction] {
        let groups = controller.intersection().groups().len();
        self.likely.resize(groups, None);
        self.latest.resize(groups, None);
        run_ahead(now, controller.look_ahead(now, Extension::Usual), &mut self.commands, &mut self.likely);
        let exact = controller.intersection().program().fixed_time(now).is_some();
        if exact {
            self.latest.clone_from(&self.likely);
        } else {
            let crowded = controller.look_ahead(now, Extension::Longest);
            run_ahead(now, crowded, &mut self.commands, &mut self.latest);
        }
        self.predictions.clear();
        for group in controller.intersection().group_indices() {
            let place = group.index();
            let earliest = earliest_end(now, controller, group);
            let likely = self.likely[place].map(|likely| likely.max(earliest));
            let bound = exact || is_bound_to_end(controller, group);
            let latest = self.latest[place].filter(|_| bound).map(|latest| latest.max(earliest));
            let likely = match (likely, latest) {
                (Some(likely), Some(latest)) => Some(likely.min(latest)),
                (likely, _) => likely,
            };
            let certain = exact && controller.wishes().is_none();
            let earliest = likely.filter(|_| certain).unwrap_or(earliest);
            self.predictions.push(Prediction { earliest, latest, likely });
        }
        &self.predictions
    }
}

/// When each group's aspect first changes, if lamps follow at once.
fn run_ahead(
    now: Instant,
    mut ahead: Controller,
    commands: &mut Vec<LampCommand>,
    ends: &mut [Option<Instant>],
) {
    ends.fill(None);
    let mut moment = now;
    let mut left = ends.len();
    while left > 0 && moment <= now + HORIZON {
        ahead.step(moment, commands);
        for command in commands.drain(..) {
            ahead.observe(moment, command.group, command.aspect);
            let end = &mut ends[command.group.index()];
            if end.is_none() {
                *end = Some(moment);
                left -= 1;
            }
        }
        moment = ahead.next_event().max(moment + Duration::from_millis(100));
    }
}

/// Does something make a group's aspect end?
fn is_bound_to_end(controller: &Controller, group: GroupIndex) -> bool {
    match controller.aspect(group) {
        Aspect::Yellow => true,
        Aspect::Green => controller.wishes().wish(group) == Wish::Program && controller.is_waited_for(group),
        Aspect::Red => controller.wishes().is_none() && controller.asks_since(group).is_some(),
    }
}

/// What the interlock permits, whatever anybody wishes.
fn earliest_end(now: Instant, controller: &Controller, group: GroupIndex) -> Instant {
    let interlock = controller.interlock();
    let own = interlock.earliest_end(group).unwrap_or(now).max(now);
    if interlock.shows(group) != Some(Aspect::Red) {
        return own;
    }
    let intersection = controller.intersection();
    let foes = intersection.conflicts().conflicting(group).iter();
    let clearances = foes.filter(|foe| interlock.shows(**foe) == Some(Aspect::Green)).map(|foe| {
        let intergreen = intersection.conflicts().intergreen(*foe, group).unwrap_or(Duration::ZERO);
        interlock.earliest_end(*foe).unwrap_or(now).max(now) + intergreen
    });
    clearances.chain(interlock.earliest_green(group)).fold(own, Instant::max)
}
