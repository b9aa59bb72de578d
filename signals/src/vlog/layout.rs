//! How many bits of a line each state takes. Reader and writer are one function each over this table.

use crate::vlog::state::{
    DetectorState, InstructionState, PhaseState, PriorityEvents, ProgramState, SignalState, ThermometerState,
};

/// Most changes in a line: their number is one digit.
pub(super) const MOST_CHANGES: usize = 0xF;

/// Most states in a full status: their number is three digits.
pub(super) const MOST_STATES: usize = 0xFFF;

/// The digits of so many states in a full status, without the digit that fills up the last octet.
pub(super) const fn status_digits<T: Layout>(count: usize) -> usize {
    (count * T::STATUS_BITS as usize).div_ceil(4)
}

/// The digits of a change.
pub(super) const fn change_digits<T: Layout>() -> usize {
    (T::INDEX_BITS + T::CHANGE_BITS) as usize / 4
}

/// A state and its bits. A change is its index and then its state, whole octets together.
pub(super) trait Layout: Copy {
    /// Bits of a state in a full status: 1, or whole digits.
    const STATUS_BITS: u32;
    /// Bits of the element's number in a change.
    const INDEX_BITS: u32;
    /// Bits of the state in a change.
    const CHANGE_BITS: u32;

    /// From its bits, no more than the wider of both forms.
    fn from_bits(bits: u16) -> Self;

    /// Its bits.
    fn bits(self) -> u16;
}

macro_rules! layout {
    ($($state:ty: $number:ty, status $status:literal, change $index:literal + $change:literal;)*) => {$(
        impl Layout for $state {
            const STATUS_BITS: u32 = $status;
            const INDEX_BITS: u32 = $index;
            const CHANGE_BITS: u32 = $change;

            fn from_bits(bits: u16) -> Self {
                // No wider than the number, so nothing is cut.
                Self::from_code(<$number>::try_from(bits).unwrap_or(<$number>::MAX))
            }

            fn bits(self) -> u16 {
                self.code().into()
            }
        }
        const _: () = assert!($index + $change <= 24 && ($index + $change) % 8 == 0);
        const _: () = assert!($status <= <$number>::BITS && $change <= <$number>::BITS);
    )*};
}

layout! {
    DetectorState: u8, status 4, change 8 + 8;
    PhaseState: u16, status 12, change 8 + 16;
    SignalState: u8, status 4, change 8 + 8;
    ProgramState: u8, status 4, change 4 + 4;
    ThermometerState: u8, status 4, change 8 + 8;
    InstructionState: u8, status 8, change 8 + 8;
    PriorityEvents: u16, status 16, change 8 + 16;
}

impl Layout for bool {
    const STATUS_BITS: u32 = 1;
    const INDEX_BITS: u32 = 7;
    const CHANGE_BITS: u32 = 1;

    fn from_bits(bits: u16) -> Self {
        bits == 1
    }

    fn bits(self) -> u16 {
        self.into()
    }
}
