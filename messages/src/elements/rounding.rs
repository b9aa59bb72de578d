//! From a quantity to whole steps of the wire.

/// The whole number nearest to a value; the end of the range where the value lies beyond it. Not-a-number is 0, or the end nearest
/// to that.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and not-a-number becomes 0")]
pub(crate) fn nearest(value: f64, minimum: i32, maximum: i32) -> i32 {
    (value.round() as i32).clamp(minimum, maximum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_becomes_the_end() {
        assert_eq!(nearest(1.5, 0, 10), 2);
        assert_eq!(nearest(-1.5, -2, 10), -2);
        assert_eq!(nearest(f64::INFINITY, 0, 10), 10);
        assert_eq!(nearest(-1e30, 0, 10), 0);
        assert_eq!(nearest(f64::NAN, 3, 10), 3);
    }
}
