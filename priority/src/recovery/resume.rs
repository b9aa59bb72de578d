//! Resume: the control program takes over at once, in step. Nothing is wished any more; the controller joins its program where the
//! program is by then, and starts no green that is too far gone.
//!
//! Source: "return to coordination", the exit that keeps progression best (hardware-in-the-loop study of
//! Econolite Cobalt's exit strategies). Fails where an approach
//! waited long and its turn in the program has just passed: it waits almost another cycle.

use voorrang_signals::Wishes;
use voorrang_units::Instant;

use super::Recovery;
use crate::area::{ControlArea, IntersectionIndex};

/// The recovery `resume`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resume;

impl Recovery for Resume {
    fn recover(
        &mut self,
        _now: Instant,
        _ended: Instant,
        _area: &ControlArea,
        _intersection: IntersectionIndex,
        _wishes: &mut Wishes,
    ) -> Option<Instant> {
        None
    }
}
