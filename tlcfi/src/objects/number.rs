//! Enumerations that stand on the wire as numbers. A number that a list lacks stays visible as what it is.

/// Makes an enumeration of the wire: names for numbers, and `Unlisted` for every other number.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// Another number, which [`Self::from_number`] gives for what has no name here.
            Unlisted(i32),
        }

        impl $name {
            /// Every value that has a name.
            pub const LISTED: &'static [Self] = &[$(Self::$variant),+];

            /// As it stands on the wire.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)+
                    Self::Unlisted(number) => number,
                }
            }

            /// From the wire.
            #[must_use]
            pub const fn from_number(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)+
                    other => Self::Unlisted(other),
                }
            }
        }

        /// Its name here, with the number where there is none.
        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant => formatter.write_str(stringify!($variant)),)+
                    Self::Unlisted(number) => write!(formatter, "unlisted {number}"),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i32(self.number())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                i32::deserialize(deserializer).map(Self::from_number)
            }
        }
    };
}

pub(crate) use numbered;

#[cfg(test)]
mod tests {
    use crate::objects::SignalGroupState;

    #[test]
    fn numbers_without_a_name_are_kept() {
        let read: Vec<SignalGroupState> = serde_json::from_str("[3,12,-1]").unwrap();
        assert_eq!(
            read,
            [SignalGroupState::StopAndRemain, SignalGroupState::Unlisted(12), SignalGroupState::Unlisted(-1)]
        );
        assert_eq!(serde_json::to_string(&read).unwrap(), "[3,12,-1]");
        assert_eq!(read[1].to_string(), "unlisted 12");
    }

    #[test]
    fn every_name_has_its_own_number() {
        for (number, state) in SignalGroupState::LISTED.iter().enumerate() {
            assert_eq!(usize::try_from(state.number()), Ok(number));
        }
    }
}
