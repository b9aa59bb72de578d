//! The Voorrang simulator: emergency vehicles on their routes through signalised networks, with the same priority engine and
//! the same intersection files as the gateway.

#![forbid(unsafe_code)]

pub mod cam;
pub mod cam_plugin;
pub mod capture_file;
pub mod cli;
pub mod demand;
pub mod demand_plugin;
pub mod detector_plugin;
pub mod detectors;
pub mod diagram;
pub mod drive_plugin;
pub mod estimate_plugin;
pub mod import;
pub mod journal_file;
pub mod measure_plugin;
pub mod measures;
pub mod network;
pub mod onboard;
pub mod onboard_plugin;
pub mod override_plugin;
pub mod priority_plugin;
pub mod public_transport_plugin;
pub mod publication_plugin;
pub mod radio;
pub mod random;
pub mod replications;
pub mod report;
pub mod run_options;
pub mod scenario;
pub mod schedule;
pub mod serve;
pub mod signal_plugin;
pub mod simulation;
pub mod slow_traffic;
pub mod slow_traffic_plugin;
pub mod traffic;
pub mod vehicle;
pub mod vlog_plugin;
pub mod warning_plugin;
