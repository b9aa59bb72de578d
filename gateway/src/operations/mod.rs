//! What those need who run the gateway: metrics, health, the live page, logs.
//!
//! | file | what |
//! |---|---|
//! | [`areas`] | what is shown: the control areas and their geometry |
//! | [`clock_watch`] | whether engine time is true time |
//! | [`config`] | the tables `[clock]` and `[http]` |
//! | [`day_files`] | V-Log and observations: a file each UTC day |
//! | [`health`] | whether all is well, and if not, why |
//! | [`http`] | everything over HTTP: it shows, and changes nothing |
//! | [`metrics`] | counters and times for Prometheus |
//! | [`telemetry`] | logs |

pub mod areas;
pub mod clock_watch;
pub mod config;
pub mod day_files;
pub mod health;
pub mod http;
pub mod metrics;
pub mod telemetry;
