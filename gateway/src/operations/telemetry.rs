//! Logs on stderr, for people or for machines, and for the systemd journal where that listens. One event is one line: whatever came from a wire
//! cannot write lines of its own, nor move a terminal's cursor.

use std::fmt;
use std::io::{self, Write};

use thiserror::Error;
use tracing::{Level, Metadata, Span};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{FmtSpan, Writer};
use tracing_subscriber::fmt::time::FormatTime;

/// What [`request_span`] goes by: `--log info,voorrang::request=debug` shows each request from its octets to its lamp.
pub const REQUEST_TARGET: &str = "voorrang::request";

/// Why there are no logs.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The filter is none.
    #[error(
        "--log \"{filter}\" is no filter: {why}; write a level as info, or parts as info,voorrang_gateway=debug"
    )]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        why: String,
    },
    /// Logs were set up before.
    #[error("logs were set up before: {0}")]
    Twice(String),
}

/// The form of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Sets logs up for the process.
///
/// # Errors
/// When the filter can't be read, or logs were set up before.
pub fn start(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    let unreadable = |why: String| TelemetryError::Filter { filter: filter.to_owned(), why };
    let filter = EnvFilter::builder().parse(filter).map_err(|error| unreadable(error.to_string()))?;
    // Set by systemd where stderr is the journal: that stamps the time itself, and reads the priority off the line.
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let lines = Lines { open: io::stderr, priorities: journal && format == LogFormat::Text };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines)
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE);
    let outcome = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text if journal => builder.with_timer(NoTime).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    outcome.map_err(|error| TelemetryError::Twice(error.to_string()))
}

/// The span of one request, from its octets to its lamp. It closes with the last that holds it, and its line tells the time between. What is not
/// known yet is recorded later: `status`, `groups`.
#[must_use]
pub fn request_span(transport: &'static str, area: &str, intersection: u16, permit: &str) -> Span {
    tracing::debug_span!(
        target: REQUEST_TARGET,
        "request",
        transport,
        area,
        intersection,
        permit,
        status = tracing::field::Empty,
        groups = tracing::field::Empty,
    )
}

/// Lines without a time; spans still tell how long they took.
#[derive(Debug, Clone, Copy)]
struct NoTime;

impl FormatTime for NoTime {
    fn format_time(&self, _: &mut Writer<'_>) -> fmt::Result {
        Ok(())
    }
}

/// Makes a writer for each event.
#[derive(Debug, Clone, Copy)]
struct Lines<F> {
    open: F,
    priorities: bool,
}

impl<'w, W: Write, F: Fn() -> W> MakeWriter<'w> for Lines<F> {
    type Writer = Line<W>;

    fn make_writer(&'w self) -> Line<W> {
        Line { to: (self.open)(), priority: "" }
    }

    fn make_writer_for(&'w self, meta: &Metadata<'_>) -> Line<W> {
        let priority = match *meta.level() {
            _ if !self.priorities => "",
            Level::ERROR => "<3>",
            Level::WARN => "<4>",
            Level::INFO => "<6>",
            Level::DEBUG | Level::TRACE => "<7>",
        };
        Line { to: (self.open)(), priority }
    }
}

/// Writes one event, which comes in one piece, as one line.
#[derive(Debug)]
struct Line<W> {
    to: W,
    priority: &'static str,
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = String::with_capacity(text.len() + 8);
        line.push_str(self.priority);
        for letter in text.trim_end_matches('\n').trim_start_matches(' ').chars() {
            match letter {
                // Also those that turn the direction of writing or break lines.
                '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    line.extend(letter.escape_unicode());
                }
                control if control.is_control() => line.extend(control.escape_default()),
                letter => line.push(letter),
            }
        }
        line.push('\n');
        self.to.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(priorities: bool, log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let open = {
            let kept = kept.clone();
            move || kept.clone()
        };
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::DEBUG)
            .with_writer(Lines { open, priorities })
            .with_ansi(false)
            .with_timer(NoTime)
            .with_span_events(FmtSpan::CLOSE)
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        let octets = kept.0.lock().unwrap().clone();
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn what_came_from_a_wire_writes_no_lines_of_its_own() {
        let hostile = "north\nERROR all is lost\u{1b}[2J\r\u{202e}x";
        let text = logged(false, || tracing::info!(approach = %hostile, "a request: {hostile}"));
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text}");
        assert!(text.contains("north\\nERROR"), "{text}");
    }

    #[test]
    fn the_journal_hears_how_grave_it_is() {
        let text = logged(true, || {
            tracing::error!("a");
            tracing::warn!("b");
            tracing::info!("c");
        });
        let priorities: Vec<&str> = text.lines().map(|line| &line[..3]).collect();
        assert_eq!(priorities, ["<3>", "<4>", "<6>"]);
    }

    #[test]
    fn a_request_has_one_span_that_tells_what_became_of_it() {
        let text = logged(false, || {
            let span = request_span("udp", "centre", 3107, "ambulances");
            span.in_scope(|| tracing::debug!("heard"));
            span.record("status", "granted");
            drop(span);
        });
        assert!(text.contains("transport=\"udp\" area=\"centre\" intersection=3107"), "{text}");
        let last = text.lines().last().unwrap();
        assert!(last.contains("status=\"granted\"") && last.contains("time.idle"), "{text}");
    }

    #[test]
    fn a_filter_that_is_none_is_refused_with_a_way_out() {
        let error = start("info,=,", LogFormat::Text).unwrap_err().to_string();
        assert!(error.contains("write a level as info"), "{error}");
    }
}
