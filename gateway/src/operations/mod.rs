//! What those need who run the gateway: metrics, health, the live page, logs.

pub mod metrics;
