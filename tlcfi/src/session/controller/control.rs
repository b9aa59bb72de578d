//! How far an application is on its way to control and back: the controller sets the state, the application asks and confirms.

use voorrang_units::{Duration, Instant};

use crate::objects::{ControlState, HandoverCapability, SessionUpdate};

/// An application that is given control has to take it within this; our reading.
const TAKE_LIMIT: Duration = Duration::from_seconds(30);
/// An application whose control ends has to give it back within this.
pub const END_LIMIT: Duration = Duration::from_seconds(180);

/// The control state of one session.
#[derive(Debug, Clone)]
pub(super) struct Control {
    pub(super) state: ControlState,
    /// When it came into that state.
    pub(super) since: Instant,
    pub(super) start_capability: HandoverCapability,
    pub(super) end_capability: HandoverCapability,
    pub(super) handover: Option<HandoverCapability>,
    /// It has said that it wants our intersection.
    configured: bool,
}

/// What an application's wish does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Nothing,
    /// The state changes, nobody's control does.
    Moved,
    /// It wants control.
    Wants,
    /// It has taken control.
    Takes,
    /// It has begun to give control back.
    Ends,
    /// It controls no more, or called the hand-over off.
    Releases,
    /// The wish does not fit the state.
    WrongState,
    /// The intersection is not ours.
    WrongIntersection,
}

impl Control {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            state: ControlState::NotConfigured,
            since: now,
            start_capability: HandoverCapability::Cleared,
            end_capability: HandoverCapability::Cleared,
            handover: None,
            configured: false,
        }
    }

    /// The application's update; each state it goes through is told in `passed`.
    pub(super) fn update(
        &mut self,
        now: Instant,
        update: &SessionUpdate,
        ours: &str,
        passed: &mut Vec<ControlState>,
    ) -> Outcome {
        self.start_capability = update.start_capability.unwrap_or(self.start_capability);
        self.end_capability = update.end_capability.unwrap_or(self.end_capability);
        if let Some(intersection) = &update.request_intersection {
            if intersection.as_str() != ours {
                return Outcome::WrongIntersection;
            }
            self.configured = true;
        }
        let Some(wanted) = update.request_control_state else { return Outcome::Nothing };
        use ControlState as S;
        match (self.state, wanted) {
            (S::NotConfigured, S::Offline | S::ReadyToControl) if !self.configured => {
                Outcome::WrongIntersection
            }
            (S::NotConfigured, S::Offline)
            | (S::ReadyToControl, S::Offline)
            | (S::Error, S::NotConfigured) => {
                self.go(now, wanted, passed);
                Outcome::Moved
            }
            (S::NotConfigured, S::ReadyToControl) => {
                self.go(now, S::Offline, passed);
                self.go(now, S::ReadyToControl, passed);
                Outcome::Wants
            }
            (S::Offline, S::ReadyToControl) => {
                self.go(now, wanted, passed);
                Outcome::Wants
            }
            (S::StartControl, S::InControl) => {
                self.go(now, wanted, passed);
                Outcome::Takes
            }
            (S::InControl, S::EndControl) => {
                self.go(now, wanted, passed);
                Outcome::Ends
            }
            (S::StartControl, S::Offline)
            | (S::InControl | S::EndControl, S::ReadyToControl | S::Offline) => {
                self.go(now, wanted, passed);
                Outcome::Releases
            }
            // Said before the controller's latest step, or said again.
            (state, wanted) if state == wanted => Outcome::Nothing,
            (S::StartControl, S::ReadyToControl) | (S::EndControl, S::InControl) => Outcome::Nothing,
            _ => Outcome::WrongState,
        }
    }

    /// The controller's own step.
    pub(super) fn go(&mut self, now: Instant, state: ControlState, passed: &mut Vec<ControlState>) {
        self.state = state;
        self.since = now;
        if state != ControlState::StartControl {
            self.handover = None;
        }
        passed.push(state);
    }

    /// When the application has kept the controller waiting too long.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.state {
            ControlState::StartControl => Some(self.since + TAKE_LIMIT),
            ControlState::EndControl => Some(self.since + END_LIMIT),
            _ => None,
        }
    }

    /// Whether the application controls, or is being handed control.
    pub(super) fn holds(&self) -> bool {
        self.state == ControlState::StartControl || self.state.drives()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ControlState as S;

    const NOW: Instant = Instant::from_unix_millis(0);

    fn control(state: S) -> Control {
        Control { state, configured: true, ..Control::new(NOW) }
    }

    fn ask(control: &mut Control, wanted: S) -> (Outcome, Vec<S>) {
        let mut passed = Vec::new();
        let update = SessionUpdate { request_control_state: Some(wanted), ..SessionUpdate::default() };
        let outcome = control.update(NOW, &update, "K1", &mut passed);
        (outcome, passed)
    }

    #[test]
    fn a_life_passes_legal_steps_only() {
        for from in S::LISTED {
            for wanted in S::LISTED {
                let mut control = control(*from);
                let mut before = *from;
                for passed in ask(&mut control, *wanted).1 {
                    // An application may withdraw, which the public table of transitions lacks.
                    let withdraws = (before, passed) == (S::ReadyToControl, S::Offline);
                    assert!(withdraws || before.may_become(passed), "{before} to {passed}");
                    before = passed;
                }
            }
        }
    }

    #[test]
    fn control_is_taken_only_when_it_is_given() {
        for from in [S::Error, S::NotConfigured, S::Offline, S::ReadyToControl] {
            let (outcome, passed) = ask(&mut control(from), S::InControl);
            assert_eq!((outcome, passed), (Outcome::WrongState, vec![]), "{from}");
        }
        assert_eq!(ask(&mut control(S::StartControl), S::InControl), (Outcome::Takes, vec![S::InControl]));
    }

    #[test]
    fn nothing_is_configured_without_the_intersection() {
        let mut control = Control::new(NOW);
        assert_eq!(ask(&mut control, S::Offline), (Outcome::WrongIntersection, vec![]));
        let mut passed = Vec::new();
        let update = SessionUpdate {
            request_intersection: crate::objects::ObjectId::new("K1"),
            request_control_state: Some(S::ReadyToControl),
            ..SessionUpdate::default()
        };
        assert_eq!(control.update(NOW, &update, "K1", &mut passed), Outcome::Wants);
        assert_eq!(passed, [S::Offline, S::ReadyToControl]);
    }
}
