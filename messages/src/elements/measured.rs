//! A value and how sure it is: they travel together.

use serde::{Deserialize, Serialize};

use super::rounding::nearest;

/// A measured value with its confidence (TS 102 894-2: the interval around it that holds the true value with 95 % probability).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured<T> {
    /// The value.
    pub value: T,
    /// How far from it the true value lies at most; `None` where that is not known or more than the message can say.
    pub within: Option<T>,
}

impl<T> Measured<T> {
    /// A value of which it is known how sure it is.
    #[must_use]
    pub const fn within(value: T, within: T) -> Self {
        Self { value, within: Some(within) }
    }

    /// A value of which it is not known how sure it is.
    #[must_use]
    pub const fn unsure(value: T) -> Self {
        Self { value, within: None }
    }
}

/// A confidence that is counted in steps, from `finest`. `beyond` stands for all coarser ones, the number after it for "unavailable".
pub(crate) struct ConfidenceSteps {
    pub(crate) per_unit: f64,
    pub(crate) finest: u8,
    pub(crate) beyond: u8,
}

impl ConfidenceSteps {
    pub(crate) fn read(&self, wire: u8) -> Option<f64> {
        (wire < self.beyond).then(|| f64::from(wire) / self.per_unit)
    }

    pub(crate) fn write(&self, within: Option<f64>) -> u8 {
        let steps = |within: f64| nearest(within * self.per_unit, self.finest.into(), self.beyond.into());
        within.map_or(self.beyond + 1, |within| u8::try_from(steps(within)).unwrap_or(self.beyond))
    }
}

/// A confidence that is one of some classes.
pub(crate) struct ConfidenceClasses<C: 'static> {
    /// The classes and what they stand for, from the finest.
    pub(crate) classes: &'static [(C, f64)],
    pub(crate) out_of_range: C,
    pub(crate) unavailable: C,
}

impl<C: Copy + PartialEq> ConfidenceClasses<C> {
    pub(crate) fn read(&self, wire: C) -> Option<f64> {
        self.classes.iter().find(|(class, _)| *class == wire).map(|(_, within)| *within)
    }

    /// The finest class that promises no more.
    pub(crate) fn write(&self, within: Option<f64>) -> C {
        let class = |within| self.classes.iter().find(|(_, class)| *class >= within);
        within.map_or(self.unavailable, |within| class(within).map_or(self.out_of_range, |(class, _)| *class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: ConfidenceSteps = ConfidenceSteps { per_unit: 10.0, finest: 1, beyond: 126 };
    const CLASSES: ConfidenceClasses<char> =
        ConfidenceClasses { classes: &[('a', 0.1), ('b', 1.0)], out_of_range: 'o', unavailable: 'u' };

    #[test]
    fn steps_end_in_out_of_range_and_unavailable() {
        for (within, wire) in
            [(Some(0.0), 1), (Some(0.1), 1), (Some(12.5), 125), (Some(12.6), 126), (None, 127)]
        {
            assert_eq!(STEPS.write(within), wire);
        }
        assert_eq!(STEPS.write(Some(f64::INFINITY)), 126);
        assert_eq!([10, 125, 126, 127].map(|wire| STEPS.read(wire)), [Some(1.0), Some(12.5), None, None]);
    }

    #[test]
    fn a_class_promises_no_more_than_is_known() {
        for (within, class) in
            [(Some(0.0), 'a'), (Some(0.1), 'a'), (Some(0.11), 'b'), (Some(1.1), 'o'), (None, 'u')]
        {
            assert_eq!(CLASSES.write(within), class);
        }
        assert_eq!(CLASSES.write(Some(f64::NAN)), 'o');
        assert_eq!(['a', 'b', 'o', 'u'].map(|class| CLASSES.read(class)), [Some(0.1), Some(1.0), None, None]);
    }
}
