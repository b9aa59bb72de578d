//! SUMO's XML files as a stream of elements: plain or gzip (told apart by content), with the line of each element and clear
//! errors for what is cut off or malformed. What the elements mean is their readers' business.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::import::{Findings, ImportError};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// One XML file, read element by element.
pub(super) struct XmlFile {
    path: PathBuf,
    reader: Reader<LineCounter>,
    buffer: Vec<u8>,
    open: Vec<String>,
}

/// What the next step in a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// An element begins.
    Open,
    /// The element that was opened last and not closed yet ends.
    Close,
    /// The file ends.
    End,
}

impl XmlFile {
    /// Opens a file and checks that its outermost element is one of `roots`.
    pub(super) fn open(path: &Path, roots: &[&str]) -> Result<Self, ImportError> {
        let source = decompressed(path).map_err(|error| unreadable(path, 1, &error))?;
        let mut reader = Reader::from_reader(LineCounter { source, line: 1 });
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.trim_text(true);
        let mut file = Self { path: path.to_owned(), reader, buffer: Vec::new(), open: Vec::new() };
        let mut root = Element::default();
        if file.next(&mut root)? == Step::End || !roots.contains(&root.name.as_str()) {
            return Err(ImportError::OtherContent {
                path: path.to_owned(),
                expected: roots.iter().map(|root| format!("<{root}>")).collect::<Vec<_>>().join(" or "),
                found: if root.name.is_empty() { "nothing".to_owned() } else { format!("<{}>", root.name) },
            });
        }
        Ok(file)
    }

    /// Goes on to the next begin or end of an element; `element` is overwritten when one begins.
    pub(super) fn next(&mut self, element: &mut Element) -> Result<Step, ImportError> {
        loop {
            self.buffer.clear();
            let line = self.reader.get_ref().line;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(quick_xml::Error::Io(error)) => return Err(unreadable(&self.path, line, &error)),
                Err(error) => {
                    return Err(malformed(&self.path, self.reader.get_ref().line, error.to_string()));
                }
            };
            match event {
                Event::Start(start) => {
                    element
                        .read(&start, line)
                        .map_err(|what| malformed(&self.path, self.reader.get_ref().line, what))?;
                    self.open.push(element.name.clone());
                    return Ok(Step::Open);
                }
                Event::End(_) => {
                    self.open.pop();
                    return Ok(Step::Close);
                }
                Event::Eof => {
                    return match self.open.last() {
                        Some(name) => Err(ImportError::Truncated {
                            path: self.path.clone(),
                            line,
                            what: format!("<{name}> is not closed"),
                        }),
                        None => Ok(Step::End),
                    };
                }
                _ => {}
            }
        }
    }

    /// How many elements are open, the one that was just opened included.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Reads over everything inside the element that was just opened, its end included.
    pub(super) fn skip_inside(&mut self, scratch: &mut Element) -> Result<(), ImportError> {
        let outside = self.depth() - 1;
        while self.depth() > outside {
            self.next(scratch)?;
        }
        Ok(())
    }

    /// The file's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// An element's name and attributes; one value is used again and again so that reading does not allocate.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Its name.
    pub(super) name: String,
    /// The line on which it begins.
    pub(super) line: usize,
    text: String,
    attributes: Vec<(Range<usize>, Range<usize>)>,
}

impl Element {
    fn read(&mut self, start: &BytesStart<'_>, line: usize) -> Result<(), String> {
        self.name.clear();
        self.name.push_str(start.name().0);
        self.line = line;
        self.text.clear();
        self.attributes.clear();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| format!("in <{}>: {error}", self.name))?;
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| format!("in <{}>: {error}", self.name))?;
            let key = self.append(attribute.key.0);
            let value = self.append(&value);
            self.attributes.push((key, value));
        }
        Ok(())
    }

    fn append(&mut self, part: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(part);
        start..self.text.len()
    }

    /// The value of an attribute, if the element has it.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(name, _)| &self.text[name.clone()] == key)?;
        Some(&self.text[value.clone()])
    }

    /// Does any attribute's name begin like that?
    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.attributes.iter().any(|(name, _)| self.text[name.clone()].starts_with(prefix))
    }

    /// The value of an attribute that must be there; its absence is noted.
    pub(super) fn required(&self, key: &str, path: &Path, findings: &mut Findings) -> Option<&str> {
        let value = self.get(key);
        if value.is_none() {
            findings.wrong(
                path,
                self.line,
                format!("<{}>{} has no `{key}`", self.name, self.title()),
                format!("add the attribute `{key}` (SUMO requires it)"),
            );
        }
        value
    }

    /// A number that must be there.
    pub(super) fn number(&self, key: &str, path: &Path, findings: &mut Findings) -> Option<f64> {
        let value = self.required(key, path, findings)?;
        self.as_number(key, value, path, findings)
    }

    /// A number that may be there; a value that is no number is noted.
    pub(super) fn optional_number(&self, key: &str, path: &Path, findings: &mut Findings) -> Option<f64> {
        let value = self.get(key)?;
        self.as_number(key, value, path, findings)
    }

    /// A whole number from 0 that must be there.
    pub(super) fn index(&self, key: &str, path: &Path, findings: &mut Findings) -> Option<usize> {
        let value = self.required(key, path, findings)?;
        let number = value.trim().parse().ok();
        if number.is_none() {
            self.note_wrong_value(key, value, "a whole number from 0", path, findings);
        }
        number
    }

    fn as_number(&self, key: &str, value: &str, path: &Path, findings: &mut Findings) -> Option<f64> {
        let number = value.trim().parse().ok().filter(|number: &f64| number.is_finite());
        if number.is_none() {
            self.note_wrong_value(key, value, "a number", path, findings);
        }
        number
    }

    /// Notes an attribute whose value is not what it has to be.
    pub(super) fn note_wrong_value(
        &self,
        key: &str,
        value: &str,
        expected: &str,
        path: &Path,
        findings: &mut Findings,
    ) {
        findings.wrong(
            path,
            self.line,
            format!("<{}>{} has {key}=\"{value}\"", self.name, self.title()),
            format!("expected {expected}"),
        );
    }

    /// ` "ID"` where the element has an id.
    fn title(&self) -> String {
        self.get("id").map_or_else(String::new, |id| format!(" \"{id}\""))
    }
}

/// Counts lines as they are consumed.
struct LineCounter {
    source: Box<dyn BufRead>,
    line: usize,
}

impl Read for LineCounter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.line += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        Ok(read)
    }
}

impl BufRead for LineCounter {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(buffered) = self.source.fill_buf() {
            self.line += buffered.iter().take(amount).filter(|byte| **byte == b'\n').count();
        }
        self.source.consume(amount);
    }
}

fn decompressed(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    if file.fill_buf()?.starts_with(&GZIP_MAGIC) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

fn unreadable(path: &Path, line: usize, error: &io::Error) -> ImportError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            ImportError::Truncated { path, line, what: "the compressed data are cut off".to_owned() }
        }
        kind => ImportError::Unreadable { path, source: io::Error::new(kind, error.to_string()) },
    }
}

fn malformed(path: &Path, line: usize, what: String) -> ImportError {
    ImportError::Malformed { path: path.to_owned(), line, what }
}
