//! Sets of flags: a BIT STRING of up to 16 named bits on the wire. Bits without a name are kept.

/// Gives a set its flags, the set's arithmetic and its way to the wire. `flag = n` is bit n of the standard.
macro_rules! flag_set {
    (
        $(#[$documentation:meta])*
        $set:ident { $($(#[$flag_documentation:meta])* $flag:ident = $bit:literal,)* }
    ) => {
        $(#[$documentation])*
        ///
        /// Serialised as the number in which bit n of the standard counts 2 to the power of n.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $set(u16);

        impl $set {
            /// No flag.
            pub const NONE: Self = Self(0);

            $($(#[$flag_documentation])* pub const $flag: Self = Self(1 << $bit);)*

            /// The flags that have a name, by it.
            pub const NAMED: &[(&'static str, Self)] = &[$((stringify!($flag), Self::$flag)),*];

            /// From bit n of the standard as 2 to the power of n.
            #[must_use]
            pub const fn from_bits(bits: u16) -> Self {
                Self(bits)
            }

            /// Bit n of the standard as 2 to the power of n.
            #[must_use]
            pub const fn bits(self) -> u16 {
                self.0
            }

            /// Whether all of these flags are set.
            #[must_use]
            pub const fn contains(self, flags: Self) -> bool {
                self.0 & flags.0 == flags.0
            }

            /// Whether any of these flags is set.
            #[must_use]
            pub const fn intersects(self, flags: Self) -> bool {
                self.0 & flags.0 != 0
            }

            /// With these flags too.
            #[must_use]
            pub const fn with(self, flags: Self) -> Self {
                Self(self.0 | flags.0)
            }

            /// Without these flags.
            #[must_use]
            pub const fn without(self, flags: Self) -> Self {
                Self(self.0 & !flags.0)
            }

            /// Whether no flag is set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            #[allow(dead_code, reason = "not each set stands in a BIT STRING of fixed size")]
            pub(crate) fn from_wire<const N: u32>(wire: $crate::uper::FixedBits<N>) -> Self {
                Self((0..u16::BITS).filter(|bit| wire.contains(*bit)).fold(0, |bits, bit| bits | 1 << bit))
            }

            /// Bits beyond N are left out.
            #[allow(dead_code, reason = "not each set stands in a BIT STRING of fixed size")]
            pub(crate) fn to_wire<const N: u32>(self) -> $crate::uper::FixedBits<N> {
                let set = (0..u16::BITS).filter(|bit| self.0 >> bit & 1 == 1);
                set.fold($crate::uper::FixedBits::NONE, $crate::uper::FixedBits::with)
            }
        }

        /// The names of the flags, `bit n` for one without.
        impl std::fmt::Debug for $set {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let named = Self::NAMED.iter().filter(|(_, flag)| self.contains(*flag));
                let unnamed = Self::NAMED.iter().fold(*self, |left, (_, flag)| left.without(*flag));
                let unnamed = (0..u16::BITS).filter(|bit| unnamed.0 >> bit & 1 == 1);
                formatter
                    .debug_set()
                    .entries(named.map(|(name, _)| (*name).to_owned()))
                    .entries(unnamed.map(|bit| format!("bit {bit}")))
                    .finish()
            }
        }
    };
}

pub(crate) use flag_set;

#[cfg(test)]
mod tests {
    use crate::road_topology::Maneuvers;
    use crate::uper::FixedBits;

    #[test]
    fn bits_keep_their_number_on_the_wire() {
        let wire: FixedBits<12> = "101000000001".parse().unwrap();
        let flags = Maneuvers::from_wire(wire);
        assert!(flags.contains(Maneuvers::STRAIGHT.with(Maneuvers::RIGHT)));
        assert_eq!(flags.bits(), 0b1000_0000_0101);
        assert_eq!(flags.to_wire::<12>(), wire);
        assert_eq!(flags.to_wire::<2>().to_string(), "10");
    }

    #[test]
    fn flags_are_shown_by_name() {
        assert_eq!(format!("{:?}", Maneuvers::from_bits(0b1000_0000_0001)), r#"{"STRAIGHT", "bit 11"}"#);
        assert_eq!(format!("{:?}", Maneuvers::NONE), "{}");
    }

    #[test]
    fn sets_are_joined_and_parted() {
        let both = Maneuvers::STRAIGHT.with(Maneuvers::LEFT);
        assert!(both.intersects(Maneuvers::LEFT) && !Maneuvers::STRAIGHT.intersects(Maneuvers::LEFT));
        assert_eq!(both.without(Maneuvers::STRAIGHT), Maneuvers::LEFT);
        assert!(both.without(both).is_empty());
    }
}
