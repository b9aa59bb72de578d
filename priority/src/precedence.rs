//! What ranks above every request for priority at an intersection: whether anybody controls it, and the inputs of level crossings, bridges and
//! people at the switches. It says that no intervention may be, and why; what becomes of requests then is the engine's.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use voorrang_signals::intersection::overrides::OverrideKind;

use crate::request::Rejection;

/// What ranks above requests at one intersection at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Precedence {
    no_control: bool,
    overrides: [bool; OverrideKind::NAMES.len()],
}

impl Precedence {
    /// Why the intersection takes no requests; `None` while it does.
    #[must_use]
    pub fn refusal(self) -> Option<Rejection> {
        if self.no_control {
            Some(Rejection::NoControl)
        } else {
            self.overrides.contains(&true).then_some(Rejection::Overridden)
        }
    }

    /// Whether an input of that kind is active.
    #[must_use]
    pub const fn is_active(self, kind: OverrideKind) -> bool {
        self.overrides[kind as usize]
    }

    pub(crate) const fn set_control(&mut self, available: bool) {
        self.no_control = !available;
    }

    pub(crate) const fn set_override(&mut self, kind: OverrideKind, active: bool) {
        self.overrides[kind as usize] = active;
    }
}

/// A kind of override by its name in files. For `#[serde(with = "crate::precedence::by_name")]`.
pub(crate) mod by_name {
    use super::{Deserialize, Deserializer, Error, OverrideKind, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(crate) fn serialize<S: Serializer>(kind: &OverrideKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OverrideKind, D::Error> {
        let written = String::deserialize(deserializer)?;
        let known = OverrideKind::NAMES.into_iter().find(|(name, _)| *name == written);
        known.map(|(_, kind)| kind).ok_or_else(|| {
            D::Error::custom(format_args!("expected level_crossing, bridge or manual_control, got {written}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_has_to_end() {
        let mut precedence = Precedence::default();
        assert_eq!(precedence.refusal(), None);
        precedence.set_override(OverrideKind::Bridge, true);
        precedence.set_override(OverrideKind::ManualControl, true);
        precedence.set_override(OverrideKind::Bridge, false);
        assert_eq!(precedence.refusal(), Some(Rejection::Overridden));
        precedence.set_control(false);
        assert_eq!(precedence.refusal(), Some(Rejection::NoControl));
        precedence.set_control(true);
        precedence.set_override(OverrideKind::ManualControl, false);
        assert_eq!(precedence.refusal(), None);
    }
}
