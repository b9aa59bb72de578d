//! `[priority]`: the engine's own parameters, which serde reads, as in a journal's header. Its faults get their line and column here.

use serde::Deserialize;
use voorrang_priority::EngineConfig;
use voorrang_signals::document::Problem;

/// The one table; serde passes over the others.
#[derive(Deserialize)]
struct Whole {
    priority: EngineConfig,
}

/// Reads it from the text of the whole file. `None` where the file is no TOML at all: whoever reads the rest reports that.
pub(super) fn read(text: &str, file: &str) -> Option<Result<EngineConfig, Problem>> {
    match toml::from_str::<Whole>(text) {
        Ok(whole) => Some(Ok(whole.priority)),
        Err(error) => {
            if text.parse::<toml::Table>().is_err() {
                return None;
            }
            let (line, column) = error.span().map_or((0, 0), |span| line_and_column(text, span.start));
            let what = format!("[priority]: {}", error.message().trim_end());
            let remedy = "docs/how-to/configure.md lists the keys of [priority]".to_owned();
            Some(Err(Problem { file: file.to_owned(), line, column, what, remedy }))
        }
    }
}

/// Both counted from 1; columns in characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
