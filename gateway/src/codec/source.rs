//! Files of messages: lines of hex or JSON, a message as it is. Read as they come, a line or message at a time; what a line is, and how
//! long it may be.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::CodecError;

/// A file, or stdin for `-`.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) input: BufReader<Box<dyn Read + Send>>,
}

impl Source {
    pub(super) fn open(file: &Path) -> Result<Self, CodecError> {
        let from_stdin = file.as_os_str() == "-";
        let name = if from_stdin { "stdin".to_owned() } else { file.display().to_string() };
        let input: Box<dyn Read + Send> = if from_stdin {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(file).map_err(|source| CodecError::Open { name: name.clone(), source })?)
        };
        Ok(Self { name, input: BufReader::with_capacity(1 << 16, input) })
    }

    /// The first octets, as many as are there at once; they are read again afterwards.
    pub(super) fn first_octets(&mut self) -> Result<&[u8], CodecError> {
        let name = &self.name;
        self.input.fill_buf().map_err(|source| CodecError::Read { name: name.clone(), source })
    }

    pub(super) fn into_lines(self) -> Lines {
        Lines { source: self, line: Vec::new(), number: 0 }
    }

    /// All of it as one message.
    pub(super) fn into_octets(self) -> Result<Result<Vec<u8>, String>, CodecError> {
        let mut octets = Vec::new();
        let read = self.input.take(LONGEST + 1).read_to_end(&mut octets);
        read.map_err(|source| CodecError::Read { name: self.name, source })?;
        if octets.len() as u64 > LONGEST {
            return Ok(Err(format!("longer than {LONGEST} octets, which no message is")));
        }
        Ok(Ok(octets))
    }
}

/// Whether octets are text: lines of hex or JSON. No message begins so: its version, or its zero before a frame's id, is no character.
pub(super) fn is_text(first: &[u8]) -> bool {
    first.iter().all(|octet| octet.is_ascii_graphic() || octet.is_ascii_whitespace() || !octet.is_ascii())
}

/// Octets or characters of the longest message that is read, so that memory stays flat whatever the file holds.
const LONGEST: u64 = 1 << 22;

/// The lines of a file that say something: blank ones and those that begin with # are passed over, and count.
pub(super) struct Lines {
    source: Source,
    line: Vec<u8>,
    number: usize,
}

/// A place in a file, as `messages.hex:12`.
pub(super) struct Place<'a> {
    name: &'a str,
    line: usize,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.name, self.line)
    }
}

/// A line, or what is wrong with it.
pub(super) struct Line<'a> {
    pub(super) text: Result<&'a str, String>,
    pub(super) place: Place<'a>,
    pub(super) number: usize,
    /// Whether the next is not there yet.
    pub(super) waiting: bool,
}

impl Lines {
    /// The next line that says something.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, CodecError> {
        loop {
            if !self.read()? {
                return Ok(None);
            }
            let line = self.line.trim_ascii();
            if !line.is_empty() && !line.starts_with(b"#") {
                break;
            }
        }
        let text = if self.line.len() as u64 > LONGEST {
            Err(format!("longer than {LONGEST} characters"))
        } else {
            str::from_utf8(self.line.trim_ascii()).map_err(|_| "not UTF-8 text".to_owned())
        };
        let place = Place { name: &self.source.name, line: self.number };
        Ok(Some(Line { text, place, number: self.number, waiting: self.source.input.buffer().is_empty() }))
    }

    /// Reads a line; of one that is too long, its beginning. False at the end.
    fn read(&mut self) -> Result<bool, CodecError> {
        self.line.clear();
        let Source { name, input } = &mut self.source;
        let failed = |source| CodecError::Read { name: name.clone(), source };
        let read = input.by_ref().take(LONGEST + 1).read_until(b'\n', &mut self.line).map_err(failed)?;
        if read as u64 > LONGEST && self.line.last() != Some(&b'\n') {
            skip_line(input).map_err(failed)?;
        }
        self.number += 1;
        Ok(read > 0)
    }
}

/// Passes over the rest of a line.
fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, ended) = match buffer.iter().position(|octet| *octet == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if ended {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, Result<String, String>)> {
        let input: Box<dyn Read + Send> = Box::new(io::Cursor::new(text.to_owned()));
        let mut lines = Source { name: "in".to_owned(), input: BufReader::new(input) }.into_lines();
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            assert_eq!(line.place.to_string(), format!("in:{}", line.number));
            all.push((line.number, line.text.map(str::to_owned)));
        }
        all
    }

    #[test]
    fn blank_lines_and_comments_are_passed_over_and_count() {
        assert_eq!(lines("\n# why\n a \r\n\nb"), [(3, Ok("a".to_owned())), (5, Ok("b".to_owned()))]);
        assert_eq!(lines(""), []);
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let text = format!("{}\nb\n", "a".repeat(5_000_000));
        let lines = lines(&text);
        assert_eq!(lines[0], (1, Err("longer than 4194304 characters".to_owned())));
        assert_eq!(lines[1], (2, Ok("b".to_owned())));
    }

    #[test]
    fn octets_of_a_message_are_not_text() {
        assert!(is_text(b"0209001 2\n# h\xc3\xa9\n"));
        assert!(!is_text(&[2, 9, 0x30, 0x30]) && !is_text(&[0, 29, 0x30]) && !is_text(&[0x11, 0x30]));
    }
}
