//! Strategies: when an intervention starts, and which groups it wants green. One file each.
//!
//! | name | idea | file |
//! |---|---|---|
//! | `none` | no priority: the baseline of every comparison | `none.rs` |
//! | `absolute` | from a fixed distance on, first come first served: today's Dutch practice | `absolute.rs` |
//! | `eta` | green as late as the queue in front of the vehicle allows | `eta.rs` |
//! | `optimal` | several vehicles in the order of least weighted delay | `optimal.rs` |
//! | `corridor` | all signals of a vehicle's route together | `corridor.rs` |
//! | `conditional` | as `eta`, while it costs the others less than a bound | `conditional.rs` |
//!
//! What they share: `service_order.rs` (who goes first of several), `timing.rs` (when green has to start), `discharge.rs` (queues that leave), `opening.rs` (what has to end when),
//! `fairness.rs` (who is served although emergency vehicles come).
//!
//! To add one: a file here with its config, one variant in [`StrategyConfig`]; `tests/strategy_contract.rs` picks it up.
//!
//! A strategy sees the whole [`ControlArea`] and the time, nothing else. It touches no lamp: its wishes go to the controller of each
//! intersection, which realises them as far as the interlock allows. Expiry, green guard and the confirmation of green are not its
//! business but the request's life.

mod absolute;
mod conditional;
mod corridor;
mod discharge;
mod eta;
mod fairness;
mod none;
pub(crate) mod opening;
mod optimal;
mod plan;
pub mod service_order;
pub(crate) mod timing;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use voorrang_units::Instant;

pub use absolute::{Absolute, AbsoluteConfig};
pub use conditional::{Conditional, ConditionalConfig};
pub use corridor::{Corridor, CorridorConfig};
pub use eta::{Eta, EtaConfig};
pub use fairness::FairnessConfig;
pub use none::NoPriority;
pub use optimal::{Optimal, OptimalConfig};
pub use plan::Plan;
pub use timing::TimingConfig;

use crate::area::{ControlArea, IntersectionIndex};

/// Plans interventions for a control area.
///
/// The contract, which `tests/strategy_contract.rs` checks of every strategy in [`StrategyConfig::NAMES`]: two groups in full conflict
/// are never wished green together; the groups of a request that is served are wished green together, or none of them yet while those in
/// their way are told to end; wishes are for requests that are served or wait; once no request lives, nothing is wished; the same calls give
/// the same plans; a call at a time that the strategy didn't ask for, without anything new in the area, gives the same plan again.
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
    /// [`Eta`].
    Eta(EtaConfig),
    /// [`Optimal`].
    Optimal(OptimalConfig),
    /// [`Corridor`].
    Corridor(CorridorConfig),
    /// [`Conditional`].
    Conditional(ConditionalConfig),
}

impl StrategyConfig {
    /// The names of all strategies, the baseline first.
    pub const NAMES: &[&str] = &["none", "absolute", "eta", "corridor", "optimal", "conditional"];

    /// The strategy of a name with its default parameters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "absolute" => Some(Self::Absolute(AbsoluteConfig::default())),
            "eta" => Some(Self::Eta(EtaConfig::default())),
            "optimal" => Some(Self::Optimal(OptimalConfig::default())),
            "corridor" => Some(Self::Corridor(CorridorConfig::default())),
            "conditional" => Some(Self::Conditional(ConditionalConfig::default())),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Absolute(_) => "absolute",
            Self::Eta(_) => "eta",
            Self::Optimal(_) => "optimal",
            Self::Corridor(_) => "corridor",
            Self::Conditional(_) => "conditional",
        }
    }

    /// Makes the strategy.
    #[must_use]
    pub fn build(&self) -> Box<dyn Strategy> {
        match self {
            Self::None => Box::new(NoPriority),
            Self::Absolute(config) => Box::new(Absolute::new(config.clone())),
            Self::Eta(config) => Box::new(Eta::new(config.clone())),
            Self::Optimal(config) => Box::new(Optimal::new(config.clone())),
            Self::Corridor(config) => Box::new(Corridor::new(config.clone())),
            Self::Conditional(config) => Box::new(Conditional::new(config.clone())),
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
