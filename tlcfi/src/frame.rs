//! Octets to whole JSON texts. TLC-FI has no framing: objects follow each other on the stream, and a message ends where its braces balance.

use thiserror::Error;

/// A message is not longer than this.
pub const MAX_MESSAGE: usize = 1 << 20;
/// Objects and arrays are not nested deeper than this.
pub const MAX_NESTING: usize = 64;
/// Octets in a row that belong to no message, blanks apart: whoever sends more does not speak TLC-FI.
pub const MAX_SKIPPED: usize = 64 * 1024;

/// Above this the buffer is given back once it is empty.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Why a stream can't be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A message that does not end.
    #[error("a message is longer than {MAX_MESSAGE} octets")]
    TooLong,
    /// A message too deep to be read safely.
    #[error("a message is nested deeper than {MAX_NESTING}")]
    TooDeep,
    /// Braces and brackets do not pair.
    #[error("a message closes with {found:?} what was opened with {open:?}")]
    Unbalanced {
        /// What was open.
        open: char,
        /// What came.
        found: char,
    },
    /// Another protocol, or a stream out of step.
    #[error("{MAX_SKIPPED} octets in a row belong to no JSON object: the peer does not speak TLC-FI")]
    NotJson,
}

/// Collects octets and gives whole messages. Each octet is looked at once, however the stream is cut.
///
/// ```
/// use voorrang_tlcfi::frame::Frames;
///
/// let mut frames = Frames::default();
/// frames.push(br#"{"method":"Up"#);
/// assert_eq!(frames.next_text(), Ok(None));
/// frames.push(br#"date"}{"id":"}"}"#);
/// assert_eq!(frames.next_text(), Ok(Some(br#"{"method":"Update"}"#.as_slice())));
/// assert_eq!(frames.next_text(), Ok(Some(br#"{"id":"}"}"#.as_slice())));
/// assert_eq!(frames.next_text(), Ok(None));
/// ```
#[derive(Debug, Default)]
pub struct Frames {
    buffer: Vec<u8>,
    /// Where the message begins that is being read; what lies before was given out.
    start: usize,
    /// How far it was looked at.
    seen: usize,
    /// One bit for each level that is open: set for an object, clear for an array.
    open: u64,
    depth: usize,
    within_string: bool,
    escaped: bool,
    skipped: u64,
    skipped_in_a_row: usize,
    error: Option<FrameError>,
}

impl Frames {
    /// Takes octets in. Draw [`Self::next_text`] until it has none before the next octets, or they pile up.
    pub fn push(&mut self, octets: &[u8]) {
        if self.error.is_some() {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.seen -= self.start;
            self.start = 0;
        }
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_CAPACITY {
            self.buffer = Vec::new();
        }
        self.buffer.extend_from_slice(octets);
    }

    /// The next whole message: from its first brace to its last.
    ///
    /// # Errors
    /// When the stream breaks a limit. It says the same ever after: the stream is to be closed.
    pub fn next_text(&mut self) -> Result<Option<&[u8]>, FrameError> {
        match self.error {
            Some(error) => Err(error),
            None => match self.scan() {
                Ok(Some((start, end))) => Ok(Some(&self.buffer[start..end])),
                Ok(None) => Ok(None),
                Err(error) => {
                    self.error = Some(error);
                    self.buffer = Vec::new();
                    Err(error)
                }
            },
        }
    }

    /// How many octets were passed over so far because they belong to no message; blanks do not count.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn scan(&mut self) -> Result<Option<(usize, usize)>, FrameError> {
        while let Some(&octet) = self.buffer.get(self.seen) {
            self.seen += 1;
            if self.depth == 0 {
                self.between(octet)?;
                continue;
            }
            if self.seen - self.start > MAX_MESSAGE {
                return Err(FrameError::TooLong);
            }
            if self.within_string {
                match octet {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.within_string = false,
                    _ => {}
                }
                continue;
            }
            match octet {
                b'"' => self.within_string = true,
                b'{' | b'[' => self.enter(octet == b'{')?,
                b'}' | b']' => {
                    self.leave(octet)?;
                    if self.depth == 0 {
                        let message = (self.start, self.seen);
                        self.start = self.seen;
                        return Ok(Some(message));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// An octet outside every message.
    fn between(&mut self, octet: u8) -> Result<(), FrameError> {
        if octet == b'{' {
            self.start = self.seen - 1;
            self.skipped_in_a_row = 0;
            return self.enter(true);
        }
        self.start = self.seen;
        if !octet.is_ascii_whitespace() {
            self.skipped += 1;
            self.skipped_in_a_row += 1;
            if self.skipped_in_a_row > MAX_SKIPPED {
                return Err(FrameError::NotJson);
            }
        }
        Ok(())
    }

    fn enter(&mut self, object: bool) -> Result<(), FrameError> {
        if self.depth == MAX_NESTING {
            return Err(FrameError::TooDeep);
        }
        self.open = self.open << 1 | u64::from(object);
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self, octet: u8) -> Result<(), FrameError> {
        let object = self.open & 1 == 1;
        if object != (octet == b'}') {
            let open = if object { '{' } else { '[' };
            return Err(FrameError::Unbalanced { open, found: char::from(octet) });
        }
        self.open >>= 1;
        self.depth -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every message of a stream that comes in pieces of a length, what was skipped, and how it ended.
    fn read(octets: &[u8], pieces: impl Iterator<Item = usize>) -> (Vec<Vec<u8>>, u64, Option<FrameError>) {
        let mut frames = Frames::default();
        let mut messages = Vec::new();
        let mut rest = octets;
        for length in pieces.chain(std::iter::repeat(usize::MAX)) {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(length.min(rest.len()));
            rest = after;
            frames.push(piece);
            loop {
                match frames.next_text() {
                    Ok(Some(text)) => messages.push(text.to_vec()),
                    Ok(None) => break,
                    Err(error) => return (messages, frames.skipped(), Some(error)),
                }
            }
        }
        (messages, frames.skipped(), None)
    }

    fn whole(octets: &[u8]) -> (Vec<Vec<u8>>, u64, Option<FrameError>) {
        read(octets, std::iter::empty())
    }

    #[test]
    fn braces_within_strings_do_not_count() {
        let text = br#"{"a":"}{\"}","b":["\\"]}"#;
        assert_eq!(whole(text), (vec![text.to_vec()], 0, None));
    }

    #[test]
    fn what_stands_between_messages_is_skipped_and_counted() {
        let (messages, skipped, error) = whole(b"xy{} \r\n{\"a\":1},");
        assert_eq!(messages, [b"{}".to_vec(), b"{\"a\":1}".to_vec()]);
        assert_eq!((skipped, error), (3, None));
    }

    #[test]
    fn limits_end_the_stream_with_their_reason() {
        let check = |octets: &[u8], expected| {
            let (messages, _, error) = whole(octets);
            assert_eq!((messages.len(), error), (0, Some(expected)));
        };
        let mut long = b"{\"a\":\"".to_vec();
        long.resize(MAX_MESSAGE + 1, b'x');
        check(&long, FrameError::TooLong);
        check(&b"{\"a\":".repeat(MAX_NESTING + 1), FrameError::TooDeep);
        check(b"{\"a\":[}", FrameError::Unbalanced { open: '[', found: '}' });
        check(&vec![b'x'; MAX_SKIPPED + 1], FrameError::NotJson);
    }

    #[test]
    fn a_message_at_the_limits_is_read() {
        let mut long = b"{\"a\":\"".to_vec();
        long.resize(MAX_MESSAGE - 2, b'x');
        long.extend_from_slice(b"\"}");
        assert_eq!(whole(&long).0.len(), 1);
        let deep =
            [b"{\"a\":".repeat(MAX_NESTING - 1), b"{}".to_vec(), b"}".repeat(MAX_NESTING - 1)].concat();
        assert_eq!(whole(&deep).0.len(), 1);
    }

    #[test]
    fn after_an_error_nothing_is_kept() {
        let mut frames = Frames::default();
        frames.push(b"{]");
        assert!(frames.next_text().is_err());
        frames.push(b"{}");
        assert!(frames.next_text().is_err());
        assert_eq!(frames.buffer.capacity(), 0);
    }

    proptest! {
        #[test]
        fn any_cutting_of_any_octets_gives_the_same_messages(
            octets in proptest::collection::vec(
                prop_oneof![4 => proptest::sample::select(br#"{}[]"\ a,:1"#.as_slice()), 1 => any::<u8>()], 0..300),
            pieces in proptest::collection::vec(1_usize..20, 0..100),
        ) {
            prop_assert_eq!(read(&octets, pieces.into_iter()), whole(&octets));
        }
    }
}
