//! Strategies: when an intervention starts, and which groups it wants green. One file each.
//!
//! | name | idea | file |
//! |---|---|---|
//! | `none` | no priority: the baseline of every comparison | `none.rs` |
//! | `absolute` | from a fixed distance on, first come first served | `absolute.rs` |
//!
//! To add one: a file here with its config, one variant in [`StrategyConfig`]; `tests/strategy_contract.rs` picks it up.
//!
//! A strategy sees the whole [`ControlArea`] and the time, nothing else. It touches no lamp: its wishes go to the controller of each
//! intersection, which realises them as far as the interlock allows. Expiry, green guard and the confirmation of green are not its
//! business but the request's life.

mod absolute;
mod none;
mod plan;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use voorrang_units::Instant;

pub use absolute::{Absolute, AbsoluteConfig};
pub use none::NoPriority;
pub use plan::Plan;

use crate::area::{ControlArea, IntersectionIndex};

/// Plans interventions for a control area.
///
/// The contract, which `tests/strategy_contract.rs` checks of every strategy in [`StrategyConfig::NAMES`]: two groups in full conflict
/// are never wished green together; all groups of a request that is served are wished green; once no request lives, nothing is wished; the
/// same calls give the same plans; a call at a time that the strategy didn't ask for, without anything new in the area, gives the same plan
/// again.
pub trait Strategy: Debug + Send + Sync {
    /// Plans anew. Called when something in the area changed that has to do with a request, and at the time that the last plan asked for.
    /// `busy` are the intersections with live requests, in order; `plan` comes empty.
    fn plan(&mut self, now: Instant, area: &ControlArea, busy: &[IntersectionIndex], plan: &mut Plan);
}

/// Which strategy, with its parameters. In a file: `strategy = "none"`, or `[strategy.absolute]` with keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrategyConfig {
    /// [`NoPriority`].
    None,
    /// [`Absolute`].
    Absolute(AbsoluteConfig),
}

impl StrategyConfig {
    /// The names of all strategies, the baseline first.
    pub const NAMES: &[&str] = &["none", "absolute"];

    /// The strategy of a name with its default parameters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "absolute" => Some(Self::Absolute(AbsoluteConfig::default())),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Absolute(_) => "absolute",
        }
    }

    /// Makes the strategy.
    #[must_use]
    pub fn build(&self) -> Box<dyn Strategy> {
        match self {
            Self::None => Box::new(NoPriority),
            Self::Absolute(config) => Box::new(Absolute::new(config.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_makes_the_strategy_of_that_name() {
        for name in StrategyConfig::NAMES {
            assert_eq!(StrategyConfig::from_name(name).unwrap().name(), *name);
        }
        assert_eq!(StrategyConfig::from_name("absolut"), None);
    }
}
