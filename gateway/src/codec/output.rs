//! Where results and reports go: results to stdout, what is wrong to stderr with its place; a closed pipe ends the work quietly.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};
use std::ops::ControlFlow;

use super::{CodecError, Outcome};

/// Results and reports of a run.
pub(super) struct Output<R, W> {
    results: R,
    reports: W,
    outcome: Outcome,
}

/// Of a program at work.
pub(super) type Standard = Output<BufWriter<StdoutLock<'static>>, io::Stderr>;

impl Standard {
    pub(super) fn standard() -> Self {
        Self::new(BufWriter::new(io::stdout().lock()), io::stderr())
    }
}

impl<R: Write, W: Write> Output<R, W> {
    pub(super) const fn new(results: R, reports: W) -> Self {
        Self { results, reports, outcome: Outcome::Done }
    }

    /// Writes a result; `Break` when nobody reads on (`| head`). `waiting` tells that the next input is not there yet: then a person
    /// or program at the other end sees the result at once.
    pub(super) fn result(
        &mut self,
        waiting: bool,
        write: impl FnOnce(&mut R) -> io::Result<()>,
    ) -> Result<ControlFlow<()>, CodecError> {
        let written =
            write(&mut self.results).and_then(|()| if waiting { self.results.flush() } else { Ok(()) });
        closed(written)
    }

    /// Reports what is wrong with a message; the others go on.
    pub(super) fn report(&mut self, place: impl fmt::Display, problem: impl fmt::Display) {
        self.outcome = Outcome::SomeFailed;
        self.note(format_args!("{place}: {problem}"));
    }

    /// Says something that is no failure.
    pub(super) fn note(&mut self, text: impl fmt::Display) {
        // Without stderr the exit code still tells.
        let _ = writeln!(self.reports, "{text}");
    }

    /// Ends the run.
    pub(super) fn finish(mut self) -> Result<Outcome, CodecError> {
        closed(self.results.flush()).map(|_| self.outcome)
    }
}

fn closed(written: io::Result<()>) -> Result<ControlFlow<()>, CodecError> {
    match written {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(CodecError::Write(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_closed_pipe_ends_the_work_quietly() {
        let mut output = Output::new(Closed, Vec::new());
        assert_eq!(output.result(false, |out| writeln!(out, "a")).unwrap(), ControlFlow::Break(()));
        assert!(output.reports.is_empty());
        assert_eq!(output.finish().unwrap(), Outcome::Done);
    }

    #[test]
    fn a_report_names_its_place_and_is_remembered() {
        let mut output = Output::new(Vec::new(), Vec::new());
        output.report("in:5", "is bad");
        assert_eq!(output.reports, b"in:5: is bad\n");
        assert_eq!(output.finish().unwrap(), Outcome::SomeFailed);
    }
}
