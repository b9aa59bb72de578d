//! `run`: the service itself.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tokio::runtime::Builder;

use super::CommandError;
use crate::app::Gateway;
use crate::clock::Clock;
use crate::codec::Outcome;
use crate::config::Config;
use crate::operations::telemetry;
use crate::shutdown::{Asked, Signals};

/// Runs the gateway by a configuration, until it is told to end.
///
/// SIGTERM and Ctrl-C end it in order, within ten seconds: control goes back to the controllers, the journal is flushed. SIGHUP reads the configuration
/// again: where that has a problem the old one goes on, and the log names all of them.
///
/// Exit codes: 0 ended in order, 1 ended, but not all in order, 2 not started: each problem of the configuration is named.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The configuration; `voorrang-gateway check` explains it
    configuration: PathBuf,
    /// What is logged: a level, or levels by module, as `info,voorrang_gateway::area=debug`
    #[arg(long, default_value = "info")]
    log: String,
    /// The form of the log
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    log_format: LogForm,
}

/// The form of the log's lines.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogForm {
    /// For people, and for the journal of systemd
    Text,
    /// One JSON object a line
    Json,
}

impl From<LogForm> for telemetry::LogFormat {
    fn from(form: LogForm) -> Self {
        match form {
            LogForm::Text => Self::Text,
            LogForm::Json => Self::Json,
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    let config = Config::load(&arguments.configuration).map_err(CommandError::new)?;
    telemetry::start(&arguments.log, arguments.log_format.into()).map_err(CommandError::new)?;
    let mut runtime = Builder::new_multi_thread();
    runtime.enable_all().thread_name("gateway").worker_threads(config.limits.threads);
    let runtime =
        runtime.build().map_err(|error| CommandError::new(format!("no threads to run on: {error}")))?;
    let outcome = runtime.block_on(serve(&arguments.configuration, config));
    // What still waits for a disk or a peer does not keep the process.
    runtime.shutdown_background();
    outcome
}

async fn serve(file: &Path, config: Config) -> Result<Outcome, CommandError> {
    let mut signals =
        Signals::listen().map_err(|error| CommandError::new(format!("no signals can be heard: {error}")))?;
    let mut gateway = Gateway::start(config, Clock::start()).await.map_err(CommandError::new)?;
    for line in gateway.describe() {
        tracing::info!("{line}");
    }
    tracing::info!("ready");
    loop {
        match signals.next().await {
            Asked::Reload => reload(file, &mut gateway).await,
            Asked::Stop(signal) => {
                tracing::info!("{signal}: control is handed back");
                break;
            }
        }
    }
    let stopped = gateway.stop().await;
    for area in &stopped.unfinished {
        tracing::warn!(
            area,
            "did not hand control back in order; its controllers take over as the streams break"
        );
    }
    if let Some(unwritten) = &stopped.unwritten {
        tracing::error!("{unwritten}");
    }
    if stopped.journal_hangs {
        tracing::error!("the journal's disk does not answer: what it was given last may be missing");
    }
    tracing::info!("ended after {:.1} s", stopped.took.as_secs_f64());
    Ok(if stopped.is_orderly() { Outcome::Done } else { Outcome::SomeFailed })
}

/// Reads the file again; a problem leaves everything as it is.
async fn reload(file: &Path, gateway: &mut Gateway) {
    // A thousand intersection files take a while, in which messages wait for nobody.
    let path = file.to_owned();
    let loaded = tokio::task::spawn_blocking(move || Config::load(&path)).await;
    let config = match loaded {
        Ok(Ok(config)) => config,
        Ok(Err(problems)) => {
            tracing::error!("reload: the old configuration goes on, for the new one has problems");
            for problem in problems.0 {
                tracing::error!("reload: {problem}");
            }
            return;
        }
        Err(error) => {
            tracing::error!("reload: the old configuration goes on: {error}");
            return;
        }
    };
    match gateway.reload(config).await {
        Ok(reloaded) => {
            for change in reloaded.changed {
                tracing::info!("reload: {change}");
            }
            for failed in reloaded.failed {
                tracing::error!("reload: {failed}");
            }
            for waiting in reloaded.needs_restart {
                tracing::warn!("reload: {waiting} takes a restart");
            }
        }
        Err(refused) => tracing::error!("reload: {refused}"),
    }
}
