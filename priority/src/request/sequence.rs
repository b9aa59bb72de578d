//! Sequence numbers: what is news, what is a repeat, what comes too late.

use voorrang_messages::SequenceNumber;

/// How a message stands to the last one of the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// It says something new.
    New,
    /// It says again what was said.
    Repeat,
    /// A later one overtook it on the way.
    Outdated,
}

/// Compares modulo 128 (`MsgCount`): up to 63 behind is outdated. A message without a number, or after one without, counts as new.
pub(super) fn freshness(last: Option<SequenceNumber>, message: Option<SequenceNumber>) -> Freshness {
    let (Some(last), Some(message)) = (last, message) else {
        return Freshness::New;
    };
    match message.0.wrapping_sub(last.0) & 127 {
        0 => Freshness::Repeat,
        1..=64 => Freshness::New,
        _ => Freshness::Outdated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_at_128() {
        let check = |last: u8, message: u8, expected| {
            assert_eq!(freshness(Some(SequenceNumber(last)), Some(SequenceNumber(message))), expected);
        };
        check(5, 5, Freshness::Repeat);
        check(5, 6, Freshness::New);
        check(127, 0, Freshness::New);
        check(0, 127, Freshness::Outdated);
        check(10, 74, Freshness::New);
        check(10, 75, Freshness::Outdated);
    }

    #[test]
    fn without_a_number_everything_is_new() {
        assert_eq!(freshness(None, Some(SequenceNumber(3))), Freshness::New);
        assert_eq!(freshness(Some(SequenceNumber(3)), None), Freshness::New);
    }
}
