//! The parameters of the engine, from a file: each part's own, and their defaults.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

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
    /// When to intervene, and for what. `strategy = "eta"`, or `[strategy.eta]` with keys.
    #[serde(deserialize_with = "by_name_or_table")]
    pub strategy: StrategyConfig,
    /// How to find back; written likewise.
    #[serde(default, deserialize_with = "by_name_or_table")]
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

/// A choice that has a name, and parameters with defaults.
trait Choice: for<'de> Deserialize<'de> {
    const NAMES: &'static [&'static str];

    fn from_name(name: &str) -> Option<Self>;
}

impl Choice for StrategyConfig {
    const NAMES: &'static [&'static str] = Self::NAMES;

    fn from_name(name: &str) -> Option<Self> {
        Self::from_name(name)
    }
}

impl Choice for RecoveryConfig {
    const NAMES: &'static [&'static str] = Self::NAMES;

    fn from_name(name: &str) -> Option<Self> {
        Self::from_name(name)
    }
}

/// Reads a choice by its name alone, with the default parameters, or as a table with some of them.
fn by_name_or_table<'de, T: Choice, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Either<T>(PhantomData<T>);

    impl<'de, T: Choice> Visitor<'de> for Either<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "one of {}, or a table of that name", T::NAMES.join(", "))
        }

        fn visit_str<E: Error>(self, name: &str) -> Result<T, E> {
            T::from_name(name).ok_or_else(|| E::unknown_variant(name, T::NAMES))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Either(PhantomData))
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
    fn a_name_alone_takes_the_default_parameters_and_what_is_written_reads_back() {
        for name in StrategyConfig::NAMES {
            let config: EngineConfig = toml::from_str(&format!("strategy = \"{name}\"")).unwrap();
            assert_eq!(Some(&config.strategy), StrategyConfig::from_name(name).as_ref());
            let text = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<EngineConfig>(&text).unwrap(), config);
        }
        let config: EngineConfig = toml::from_str("strategy = \"eta\"\nrecovery = \"longest_wait\"").unwrap();
        assert_eq!(Some(config.recovery), RecoveryConfig::from_name("longest_wait"));
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
