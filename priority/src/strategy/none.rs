//! No priority: every request is rejected and the control program runs on. The baseline that every other strategy is measured
//! against.
//!
//! Source: a control program without a configured priority option answers `rejected` (TLCGen's
//! `extra_func_ris.c`). Fails in nothing but its
//! purpose: the vehicle meets the lamps as they come.

use voorrang_units::Instant;

use super::{Plan, Strategy};
use crate::area::{ControlArea, IntersectionIndex};
use crate::request::Decision;

/// The strategy `none`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPriority;

impl Strategy for NoPriority {
    fn plan(&mut self, _: Instant, area: &ControlArea, busy: &[IntersectionIndex], plan: &mut Plan) {
        for intersection in busy {
            for request in 0..area.intersection(*intersection).requests().live().len() {
                plan.decide(*intersection, request, Decision::Refuse);
            }
        }
    }
}
