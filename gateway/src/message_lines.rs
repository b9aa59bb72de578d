//! A file of messages, one a line: what lines are, how a bad one is reported, and how a closed pipe ends the work.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use thiserror::Error;

/// How the work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every line was converted, or the reader of the output wants no more.
    Done,
    /// At least one line was not; each was reported.
    LinesFailed,
}

/// Why the lines could not be read, or what they became not be written.
#[derive(Debug, Error)]
pub(crate) enum LinesError {
    #[error("can't open {name}: {source}")]
    Open { name: String, source: io::Error },
    #[error("can't read {name}: {source}")]
    Read { name: String, source: io::Error },
    #[error("can't write to stdout: {0}")]
    Write(#[source] io::Error),
}

/// Converts each line of a file, or of stdin for `-`, and prints what it becomes, or what is wrong with it.
pub(crate) fn convert(
    file: &Path,
    convert_line: impl Fn(&str) -> Result<String, String>,
) -> Result<Outcome, LinesError> {
    let from_stdin = file.as_os_str() == "-";
    let name = if from_stdin { "stdin".to_owned() } else { file.display().to_string() };
    let input: Box<dyn Read> = if from_stdin {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(|source| LinesError::Open { name: name.clone(), source })?)
    };
    convert_lines(&name, input, &mut BufWriter::new(io::stdout().lock()), &mut io::stderr(), convert_line)
}

fn convert_lines(
    name: &str,
    input: impl Read,
    output: &mut impl Write,
    reports: &mut impl Write,
    convert_line: impl Fn(&str) -> Result<String, String>,
) -> Result<Outcome, LinesError> {
    let mut input = BufReader::new(input);
    let mut outcome = Outcome::Done;
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|source| LinesError::Read { name: name.to_owned(), source })? == 0 {
            break;
        }
        let text = str::from_utf8(&line).map(str::trim);
        if matches!(text, Ok(text) if text.is_empty() || text.starts_with('#')) {
            continue;
        }
        let converted = text.map_err(|_| "not UTF-8 text".to_owned()).and_then(&convert_line);
        match converted {
            Ok(converted) => {
                // A person or program at the other end of a pipe sees each message as soon as it came.
                let waiting = input.buffer().is_empty();
                let written = writeln!(output, "{converted}")
                    .and_then(|()| if waiting { output.flush() } else { Ok(()) });
                if closed(written)? {
                    return Ok(outcome);
                }
            }
            Err(problem) => {
                outcome = Outcome::LinesFailed;
                // Without stderr the exit code still tells.
                let _ = writeln!(reports, "{name}:{number}: {problem}");
            }
        }
    }
    closed(output.flush())?;
    Ok(outcome)
}

/// Whether the reader of the output is gone (`| head`): then the work is done.
fn closed(written: io::Result<()>) -> Result<bool, LinesError> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(LinesError::Write(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, outcome: Outcome, output: &str, reports: &str) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let shout =
            |line: &str| if line == "bad" { Err("is bad".to_owned()) } else { Ok(line.to_uppercase()) };
        assert_eq!(convert_lines("in", input.as_bytes(), &mut out, &mut err, shout).unwrap(), outcome);
        assert_eq!((str::from_utf8(&out).unwrap(), str::from_utf8(&err).unwrap()), (output, reports));
    }

    #[test]
    fn blank_lines_and_comments_are_passed_over_and_count() {
        check("\n# why\n a \r\n\nbad", Outcome::LinesFailed, "A\n", "in:5: is bad\n");
    }

    #[test]
    fn the_other_lines_go_on() {
        check("a\nbad\nb\n", Outcome::LinesFailed, "A\nB\n", "in:2: is bad\n");
        check("", Outcome::Done, "", "");
    }

    #[test]
    fn a_closed_pipe_ends_the_work_quietly() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(ErrorKind::BrokenPipe.into())
            }
        }
        let mut err = Vec::new();
        let ended =
            convert_lines("in", "a\nb\n".as_bytes(), &mut Closed, &mut err, |line| Ok(line.to_owned()));
        assert_eq!((ended.unwrap(), err.is_empty()), (Outcome::Done, true));
    }
}
