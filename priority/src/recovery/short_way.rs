//! The short way: after an intervention the fixed-time program goes on from the wished green, so that whoever waited comes next, and longer
//! or shorter cycles, whichever is sooner, bring it back in step with the cycle. An actuated program goes on where it was interrupted.
//!
//! The controller does it (`voorrang_signals::program::transition`); sources are told there. Fails where the next emergency vehicle comes
//! before it is back in step: coordination is lost for as long.

use voorrang_signals::program::transition::ShortWay as Shares;
use voorrang_signals::{Rejoin, Wishes};
use voorrang_units::Instant;

use super::Recovery;
use crate::area::{ControlArea, IntersectionIndex};

/// The recovery `short_way`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ShortWay {
    shares: Shares,
}

impl ShortWay {
    /// With the shares by which cycles may change.
    #[must_use]
    pub const fn new(shares: Shares) -> Self {
        Self { shares }
    }
}

impl Recovery for ShortWay {
    fn rejoin(&self) -> Rejoin {
        Rejoin::ShortWay(self.shares)
    }

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
