//! The parameters of the engine, from a file: each part's own, and their defaults.

use serde::{Deserialize, Serialize};

use crate::area::PartialConflicts;
use crate::eva::EvaConfig;
use crate::queue::QueueConfig;
use crate::recovery::RecoveryConfig;
use crate::request::RequestConfig;
use crate::strategy::StrategyConfig;
use crate::transit::TransitConfig;

/// Parameters of the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineConfig {
    /// When to intervene, and for what.
    pub strategy: StrategyConfig,
    /// How to find back.
    #[serde(default)]
    pub recovery: RecoveryConfig,
    /// The rules of a request's life.
    #[serde(default)]
    pub request: RequestConfig,
    /// What public transport and goods get, where they may ask.
    #[serde(default)]
    pub transit: TransitConfig,
    /// How traffic leaves and stands.
    #[serde(default)]
    pub queue: QueueConfig,
    /// What becomes of groups in partial conflict with the vehicle's possible turns.
    #[serde(default)]
    pub partial_conflicts: PartialConflicts,
    /// Warnings of the vehicles under light bar and siren whose positions the engine is told; without it there are none. Engines of several
    /// areas need a station each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eva: Option<EvaConfig>,
}

impl EngineConfig {
    /// A strategy, and the defaults for the rest.
    #[must_use]
    pub fn with_strategy(strategy: StrategyConfig) -> Self {
        Self {
            strategy,
            recovery: RecoveryConfig::default(),
            request: RequestConfig::default(),
            transit: TransitConfig::default(),
            queue: QueueConfig::default(),
            partial_conflicts: PartialConflicts::default(),
            eva: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::AbsoluteConfig;
    use voorrang_units::{Duration, Length};

    #[test]
    fn the_configuration_reads_from_a_file_with_units_in_its_keys() {
        let text =
            "recovery = \"resume\"\n[strategy.absolute]\ndistance_m = 250\n[request]\nexpiry_s = 7.5\n";
        let config: EngineConfig = toml::from_str(text).unwrap();
        let absolute = AbsoluteConfig { distance: Length::from_metres(250.0), ..AbsoluteConfig::default() };
        assert_eq!(config.strategy, StrategyConfig::Absolute(absolute));
        let expiry = Duration::from_millis(7500);
        assert_eq!(config.request, RequestConfig { expiry, ..RequestConfig::default() });
        let least: EngineConfig = toml::from_str("strategy = \"none\"").unwrap();
        assert_eq!(least, EngineConfig::with_strategy(StrategyConfig::None));
    }

    #[test]
    fn unknown_keys_and_negative_times_are_refused() {
        for text in [
            "strategy = \"none\"\n[request]\nexpiry = 5",
            "strategy = \"none\"\n[request]\nexpiry_s = -5",
            "[strategy.absolute]\ndistance = 5",
            "strategy = \"absolut\"",
        ] {
            assert!(toml::from_str::<EngineConfig>(text).is_err(), "{text}");
        }
    }
}
