//! What a vehicle's positions say of its request: that it comes, that it has left the way to the stop line, or that it stands still. It judges
//! positions as they come; what follows from them is the request's life's.

use voorrang_signals::ApproachIndex;
use voorrang_units::{Angle, GeodeticPosition, Instant, Length, Speed};

use super::{End, RequestConfig};
use crate::approach::{Approaches, Whereabouts};

/// From here on a position says something of the direction in which a vehicle has moved, where it doesn't tell its heading.
const MARK_EVERY: Length = Length::from_metres(5.0);
/// Farther from the stop line than it has been by this: it moves away.
const MOVED_AWAY: Length = Length::from_metres(5.0);
/// Nearer than the last position by this: it comes.
const CAME_NEARER: Length = Length::from_metres(1.0);
/// Whoever was within this of the stop line and is elsewhere now has passed it, and not turned off before.
const AT_STOP_LINE: Length = Length::from_metres(20.0);
/// Below this a vehicle stands (judgement: satellite speeds are good to about 0.2 m/s).
const STANDS: Speed = Speed::from_metres_per_second(0.5);
/// Above this it moves again.
const MOVES: Speed = Speed::from_metres_per_second(1.0);

/// Where a vehicle says it is, and how it moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fix {
    pub(super) position: GeodeticPosition,
    pub(super) speed: Option<Speed>,
    pub(super) heading: Option<Angle>,
}

/// What the positions said so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Course {
    /// It has been seen on its approach.
    on_approach: bool,
    /// In a straight line to the stop line, at the last position.
    last: Option<Length>,
    /// The nearest since it was last seen coming.
    nearest: Option<Length>,
    mark: Option<GeodeticPosition>,
    /// Whereto it has moved since the mark before.
    moved: Option<Angle>,
    /// Since when it is seen elsewhere, or moving away.
    away: Option<Instant>,
    /// Since when it stands.
    pub(super) still: Option<Instant>,
}

impl Course {
    /// Takes a position in, and says where that is.
    pub(super) fn note(
        &mut self,
        now: Instant,
        fix: Fix,
        approach: ApproachIndex,
        approaches: &Approaches,
    ) -> Whereabouts {
        let heading = self.heading(fix, approaches);
        let place = approaches.whereabouts(approach, fix.position, heading);
        let straight = approaches.straight_to_stop_line(approach, fix.position);
        let coming = match place {
            Whereabouts::Coming => Some(true),
            Whereabouts::Elsewhere => Some(false),
            Whereabouts::Unmatched => self.nearer(straight),
        };
        self.on_approach |= place == Whereabouts::Coming;
        self.last = straight;
        match coming {
            Some(true) => (self.away, self.nearest) = (None, straight),
            Some(false) => self.away = self.away.or(Some(now)),
            None => {}
        }
        match fix.speed.map(Speed::abs) {
            Some(speed) if speed < STANDS => self.still = self.still.or(Some(now)),
            Some(speed) if speed >= MOVES => self.still = None,
            _ => {}
        }
        place
    }

    /// Forgets what it knew of another approach.
    pub(super) fn begin_anew(&mut self) {
        *self = Self { mark: self.mark, moved: self.moved, still: self.still, ..Self::default() };
    }

    /// When its request is to end because the vehicle has left, should it be seen no more.
    pub(super) fn left_at(&self, config: &RequestConfig) -> Option<Instant> {
        self.away.map(|away| away + config.left_after)
    }

    /// How it ends then.
    pub(super) fn end(&self) -> End {
        let at_stop_line = self.nearest.is_some_and(|nearest| nearest <= AT_STOP_LINE);
        if self.on_approach && at_stop_line { End::Passed } else { End::LeftRoute }
    }

    /// Whether it has been at the stop line and isn't any more.
    pub(super) fn has_passed(&self) -> bool {
        self.away.is_some() && self.end() == End::Passed
    }

    /// Off the lanes only the distance tells, and only of a vehicle that was on them: before, its road may lead anywhere.
    fn nearer(&self, straight: Option<Length>) -> Option<bool> {
        let (straight, last, nearest) = (straight?, self.last?, self.nearest?);
        if !self.on_approach {
            None
        } else if straight < last - CAME_NEARER {
            Some(true)
        } else {
            (straight > nearest + MOVED_AWAY).then_some(false)
        }
    }

    /// Its word, or else whereto it has moved. One that stands or drives backwards heads nowhere.
    fn heading(&mut self, fix: Fix, approaches: &Approaches) -> Option<Angle> {
        let mark = *self.mark.get_or_insert(fix.position);
        if let Some(moved) = approaches.heading_between(mark, fix.position, MARK_EVERY) {
            (self.mark, self.moved) = (Some(fix.position), Some(moved));
        }
        if fix.speed.is_some_and(|speed| speed < STANDS) {
            return None;
        }
        fix.heading.or(self.moved)
    }
}
