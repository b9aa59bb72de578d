//! The way to control and back, from the application's side: the controller sets the state, the application asks and confirms.

use voorrang_units::{Duration, Instant};

use super::event::{ControlLoss, Oddity};
use crate::objects::{ControlState, HandoverCapability, IntersectionControlState};

/// After the controller refused something, or had an error, nothing is asked for this long.
const HOLD_OFF: Duration = Duration::from_seconds(10);
/// The controller has to confirm that control ends within this; else it is released without.
const CONFIRM_LIMIT: Duration = Duration::from_seconds(5);
/// An intersection that does not come under control is asked again after this.
const ASK_INTERSECTION: Duration = Duration::from_seconds(10);

/// How far we are.
#[derive(Debug)]
pub(super) struct ControlSide {
    pub(super) state: ControlState,
    pub(super) intersection: Option<IntersectionControlState>,
    wanted: bool,
    /// The controller is about to stop.
    stopping: bool,
    /// What was asked since the state last changed.
    asked: Option<(ControlState, Instant)>,
    /// We agreed to take over in this hand-over.
    agreed: bool,
    /// The host says that traffic is in its end state.
    end_reached: bool,
    began: Option<Instant>,
    ending: Option<Instant>,
    intersection_asked: Option<Instant>,
    hold_off: Option<Instant>,
    had_control: bool,
    /// The end of control took too long, and was not waited for any more.
    forced: bool,
    end_limit: Duration,
}

/// What is to be asked of the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Of the session.
    State(ControlState),
    /// Of the intersection.
    Intersection(IntersectionControlState),
}

/// What became of control since last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    Gained,
    Lost(ControlLoss),
}

impl ControlSide {
    pub(super) fn new(wanted: bool, end_limit: Duration) -> Self {
        Self {
            state: ControlState::NotConfigured,
            intersection: None,
            wanted,
            stopping: false,
            asked: None,
            agreed: false,
            end_reached: false,
            began: None,
            ending: None,
            intersection_asked: None,
            hold_off: None,
            had_control: false,
            forced: false,
            end_limit,
        }
    }

    /// Whether lamps follow us.
    pub(super) fn has_control(&self) -> bool {
        self.agreed && self.state.drives() && self.intersection == Some(IntersectionControlState::Control)
    }

    pub(super) fn want(&mut self, wanted: bool) {
        if self.wanted != wanted {
            self.wanted = wanted;
            self.asked = None;
        }
    }

    pub(super) fn wanted(&self) -> bool {
        self.wanted && !self.stopping
    }

    /// The controller is about to stop: control is given back.
    pub(super) fn stop(&mut self) {
        self.stopping = true;
        self.asked = None;
    }

    /// Traffic is in its end state.
    pub(super) fn end_reached(&mut self) {
        self.end_reached = true;
    }

    /// Nothing is left to be given back.
    pub(super) fn is_released(&self) -> bool {
        !self.state.drives() && self.state != ControlState::StartControl
    }

    /// Something that we asked was refused.
    pub(super) fn refused(&mut self, now: Instant) {
        if !self.has_control() {
            self.hold_off = Some(now + HOLD_OFF);
            self.asked = None;
        }
    }

    /// The controller set the session's state.
    pub(super) fn told(&mut self, now: Instant, state: ControlState) -> Option<Oddity> {
        let from = self.state;
        if from == state {
            return None;
        }
        self.state = state;
        self.asked = None;
        self.intersection_asked = None;
        match state {
            ControlState::StartControl => {
                self.began = Some(now);
                self.agreed = false;
                self.end_reached = false;
                self.forced = false;
            }
            ControlState::EndControl => {
                self.ending = Some(now);
            }
            ControlState::InControl => {}
            _ => {
                self.agreed = false;
                self.ending = None;
            }
        }
        if state == ControlState::Error {
            self.hold_off = Some(now + HOLD_OFF);
        }
        // That an application may withdraw lacks in the public table, which is a mistake.
        let withdrawn = (from, state) == (ControlState::ReadyToControl, ControlState::Offline);
        if !from.may_become(state) && !withdrawn {
            return Some(Oddity::IllegalTransition { from, to: state });
        }
        let held = self.began.map(|began| now - began);
        match held {
            Some(held) if state == ControlState::EndControl && self.wanted() && held < self.end_limit => {
                Some(Oddity::ShortControl(held))
            }
            _ => None,
        }
    }

    /// The controller told how it wants the hand-over.
    pub(super) fn handover(&self, wanted: HandoverCapability, offered: HandoverCapability) -> Option<Oddity> {
        // Who can take over from any state can do so from a better defined one.
        let fits = wanted.number() <= offered.number() || self.state != ControlState::StartControl;
        (!fits).then_some(Oddity::OtherHandover { wanted, offered })
    }

    /// The controller set the intersection's state.
    pub(super) fn intersection(&mut self, now: Instant, state: IntersectionControlState) {
        self.intersection = Some(state);
        if state == IntersectionControlState::Error && self.state.drives() {
            // Nothing can be driven there, and nothing has to be brought to an end.
            self.end_reached = true;
            self.asked = None;
            self.hold_off = Some(now + HOLD_OFF);
        }
    }

    /// Whether control came or went. To be called after each change.
    pub(super) fn turn(&mut self) -> Option<Turn> {
        let has = self.has_control();
        if has == self.had_control {
            return None;
        }
        self.had_control = has;
        if has {
            return Some(Turn::Gained);
        }
        let loss = match self.intersection {
            _ if !self.state.drives() && self.forced => ControlLoss::EndLimit(self.end_limit),
            _ if !self.state.drives() => ControlLoss::State(self.state),
            Some(state) => ControlLoss::Intersection(state),
            None => ControlLoss::State(self.state),
        };
        // What we gave back ourselves was not lost.
        let given = self.end_reached
            && matches!(loss, ControlLoss::State(ControlState::Offline | ControlState::ReadyToControl));
        (!given).then_some(Turn::Lost(loss))
    }

    /// What to ask of the controller now; it counts as asked.
    pub(super) fn ask(&mut self, now: Instant) -> Option<Ask> {
        if let Some(state) = self.next(now)
            && self.asked.is_none_or(|(asked, _)| asked != state)
        {
            match state {
                ControlState::InControl => self.agreed = true,
                ControlState::Offline | ControlState::ReadyToControl
                    if self.state == ControlState::EndControl =>
                {
                    self.forced = self.agreed && !self.end_reached;
                }
                _ => {}
            }
            self.asked = Some((state, now));
            return Some(Ask::State(state));
        }
        let to_be_asked = self.agreed
            && self.state == ControlState::InControl
            && self.wanted()
            && !matches!(
                self.intersection,
                Some(IntersectionControlState::Control | IntersectionControlState::Error)
            )
            && self.intersection_asked.is_none_or(|asked| now - asked >= ASK_INTERSECTION);
        if to_be_asked {
            self.intersection_asked = Some(now);
            return Some(Ask::Intersection(IntersectionControlState::Control));
        }
        None
    }

    /// When control has been ending for longer than it may.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.ending.is_some_and(|since| now - since >= self.end_limit)
    }

    fn next(&self, now: Instant) -> Option<ControlState> {
        use ControlState as S;
        let held_off = self.hold_off.is_some_and(|until| now < until);
        let wanted = self.wanted();
        let released = if wanted && !held_off { S::ReadyToControl } else { S::Offline };
        match self.state {
            S::Error if held_off => None,
            S::Error => Some(S::NotConfigured),
            S::NotConfigured if held_off => None,
            S::NotConfigured => Some(S::Offline),
            S::Offline if wanted && !held_off => Some(S::ReadyToControl),
            S::ReadyToControl if !wanted => Some(S::Offline),
            S::StartControl => Some(if wanted { S::InControl } else { S::Offline }),
            // Control that nobody asked for is not taken.
            S::InControl if !self.agreed => Some(S::Offline),
            S::InControl if !wanted || self.intersection == Some(IntersectionControlState::Error) => {
                let asked_to_end =
                    self.asked.filter(|(asked, _)| *asked == S::EndControl || *asked == released);
                match asked_to_end {
                    Some((_, at)) if self.end_reached && now - at >= CONFIRM_LIMIT => Some(released),
                    Some((asked, _)) => Some(asked),
                    None => Some(S::EndControl),
                }
            }
            S::EndControl if self.end_reached || !self.agreed || self.is_overdue(now) => Some(released),
            S::EndControl if self.asked.is_none() => Some(S::EndControl),
            _ => None,
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let ending =
            self.ending.map(|since| since + self.end_limit).filter(|_| self.asked_less_than_released());
        let confirm = match self.asked {
            Some((ControlState::EndControl, at))
                if self.state == ControlState::InControl && self.end_reached =>
            {
                Some(at + CONFIRM_LIMIT)
            }
            _ => None,
        };
        let waits =
            matches!(self.state, ControlState::Error | ControlState::NotConfigured | ControlState::Offline)
                && self.asked.is_none();
        // Whoever is offline and wants nothing waits for nothing.
        let idle = self.state == ControlState::Offline && !self.wanted();
        let hold_off = self.hold_off.filter(|_| waits && !idle);
        let driving = self.agreed && self.state == ControlState::InControl && self.wanted();
        let open = !matches!(
            self.intersection,
            Some(IntersectionControlState::Control | IntersectionControlState::Error)
        );
        let intersection =
            self.intersection_asked.filter(|_| driving && open).map(|asked| asked + ASK_INTERSECTION);
        [ending, confirm, hold_off, intersection].into_iter().flatten().min()
    }

    fn asked_less_than_released(&self) -> bool {
        !matches!(self.asked, Some((ControlState::Offline | ControlState::ReadyToControl, _)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ControlState as S;

    const START: Instant = Instant::from_unix_millis(1_795_000_000_000);

    fn at(seconds: i64) -> Instant {
        START + Duration::from_seconds(seconds)
    }

    fn side(wanted: bool) -> ControlSide {
        ControlSide::new(wanted, Duration::from_seconds(180))
    }

    /// What is asked after each state that the controller sets.
    fn talk(side: &mut ControlSide, second: i64, state: S) -> Vec<Ask> {
        side.told(at(second), state);
        asks(side, second)
    }

    fn asks(side: &mut ControlSide, second: i64) -> Vec<Ask> {
        std::iter::from_fn(|| side.ask(at(second))).collect()
    }

    fn in_control() -> ControlSide {
        let mut side = side(true);
        for state in [S::Offline, S::ReadyToControl, S::StartControl, S::InControl] {
            talk(&mut side, 0, state);
        }
        side.intersection(at(0), IntersectionControlState::Control);
        assert_eq!(side.turn(), Some(Turn::Gained));
        side
    }

    #[test]
    fn control_is_asked_for_step_by_step() {
        let mut side = side(true);
        assert_eq!(asks(&mut side, 0), [Ask::State(S::Offline)]);
        assert_eq!(asks(&mut side, 0), []);
        assert_eq!(talk(&mut side, 1, S::Offline), [Ask::State(S::ReadyToControl)]);
        assert_eq!(talk(&mut side, 2, S::ReadyToControl), []);
        assert_eq!(talk(&mut side, 3, S::StartControl), [Ask::State(S::InControl)]);
        side.intersection(at(3), IntersectionControlState::Standby);
        let control = Ask::Intersection(IntersectionControlState::Control);
        assert_eq!(talk(&mut side, 4, S::InControl), [control]);
        assert!(!side.has_control());
        assert_eq!(asks(&mut side, 13), []);
        assert_eq!(asks(&mut side, 14), [control]);
        side.intersection(at(15), IntersectionControlState::Control);
        assert_eq!(side.turn(), Some(Turn::Gained));
        assert!(side.has_control());
    }

    #[test]
    fn control_is_given_back_once_the_end_state_is_reached() {
        let mut side = in_control();
        side.want(false);
        assert_eq!(asks(&mut side, 1), [Ask::State(S::EndControl)]);
        assert_eq!(talk(&mut side, 2, S::EndControl), [Ask::State(S::EndControl)]);
        assert!(side.has_control());
        side.end_reached();
        assert_eq!(asks(&mut side, 20), [Ask::State(S::Offline)]);
        assert_eq!(talk(&mut side, 21, S::Offline), []);
        assert_eq!(side.turn(), None);
        assert!(side.is_released());
    }

    #[test]
    fn a_controller_that_ends_control_gets_it_back_and_is_asked_again() {
        let mut side = in_control();
        assert_eq!(side.told(at(60), S::EndControl), Some(Oddity::ShortControl(Duration::from_seconds(60))));
        assert_eq!(asks(&mut side, 60), [Ask::State(S::EndControl)]);
        side.end_reached();
        assert_eq!(asks(&mut side, 70), [Ask::State(S::ReadyToControl)]);
        assert_eq!(talk(&mut side, 71, S::ReadyToControl), []);
        assert_eq!(talk(&mut side, 90, S::StartControl), [Ask::State(S::InControl)]);
    }

    #[test]
    fn control_is_released_after_180_seconds_whatever_happens() {
        let mut side = in_control();
        talk(&mut side, 1000, S::EndControl);
        assert_eq!(side.next_deadline(), Some(at(1180)));
        assert_eq!(asks(&mut side, 1179), []);
        assert_eq!(asks(&mut side, 1180), [Ask::State(S::ReadyToControl)]);
        talk(&mut side, 1181, S::ReadyToControl);
        assert_eq!(side.turn(), Some(Turn::Lost(ControlLoss::EndLimit(Duration::from_seconds(180)))));
    }

    #[test]
    fn a_controller_that_does_not_confirm_the_end_is_left_nevertheless() {
        let mut side = in_control();
        side.want(false);
        assert_eq!(asks(&mut side, 0), [Ask::State(S::EndControl)]);
        side.end_reached();
        assert_eq!(side.next_deadline(), Some(at(5)));
        assert_eq!(asks(&mut side, 4), []);
        assert_eq!(asks(&mut side, 5), [Ask::State(S::Offline)]);
        assert_eq!(asks(&mut side, 6), []);
    }

    #[test]
    fn illegal_steps_are_told_and_survived() {
        let mut side = side(true);
        let oddity = side.told(at(0), S::InControl);
        assert_eq!(oddity, Some(Oddity::IllegalTransition { from: S::NotConfigured, to: S::InControl }));
        side.intersection(at(0), IntersectionControlState::Control);
        assert!(!side.has_control());
        assert_eq!(asks(&mut side, 0), [Ask::State(S::Offline)]);
        assert_eq!(talk(&mut side, 1, S::Offline), [Ask::State(S::ReadyToControl)]);
    }

    #[test]
    fn an_error_of_the_intersection_gives_control_back_and_waits() {
        let mut side = in_control();
        side.intersection(at(10), IntersectionControlState::Error);
        assert_eq!(side.turn(), Some(Turn::Lost(ControlLoss::Intersection(IntersectionControlState::Error))));
        assert_eq!(asks(&mut side, 10), [Ask::State(S::EndControl)]);
        assert_eq!(talk(&mut side, 11, S::EndControl), [Ask::State(S::Offline)]);
        assert_eq!(talk(&mut side, 12, S::Offline), []);
        assert_eq!(side.next_deadline(), Some(at(20)));
        assert_eq!(asks(&mut side, 20), [Ask::State(S::ReadyToControl)]);
    }

    #[test]
    fn control_taken_away_is_lost() {
        let mut side = in_control();
        talk(&mut side, 10, S::Error);
        assert_eq!(side.turn(), Some(Turn::Lost(ControlLoss::State(S::Error))));
        assert_eq!(asks(&mut side, 20), [Ask::State(S::NotConfigured)]);
        assert_eq!(talk(&mut side, 21, S::NotConfigured), [Ask::State(S::Offline)]);
    }

    #[test]
    fn whoever_does_not_want_control_stays_offline() {
        let mut side = side(false);
        assert_eq!(asks(&mut side, 0), [Ask::State(S::Offline)]);
        assert_eq!(talk(&mut side, 1, S::Offline), []);
        assert_eq!(talk(&mut side, 2, S::ReadyToControl), [Ask::State(S::Offline)]);
        assert_eq!(talk(&mut side, 3, S::StartControl), [Ask::State(S::Offline)]);
    }
}
