//! Names for people: `DescriptiveName` on the wire.

use crate::dsrc::DescriptiveName;
use crate::view_error::ViewError;

pub(crate) fn name_from_wire(wire: Option<&DescriptiveName>) -> Option<String> {
    wire.map(|name| name.0.clone())
}

/// # Errors
/// When the name is empty, longer than 63 characters or not ASCII.
pub(crate) fn name_to_wire(name: Option<&str>) -> Result<Option<DescriptiveName>, ViewError> {
    let on_the_wire = |name: &str| {
        if name.is_ascii() && (1..=LONGEST).contains(&name.len()) {
            Ok(DescriptiveName(name.to_owned()))
        } else {
            Err(ViewError::Name(name.to_owned()))
        }
    };
    name.map(on_the_wire).transpose()
}

/// Characters: SIZE (1..63).
const LONGEST: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_the_wire_cannot_say_is_refused() {
        assert_eq!(name_to_wire(Some("N470 Delft")), Ok(Some(DescriptiveName("N470 Delft".to_owned()))));
        assert_eq!(name_to_wire(None), Ok(None));
        for name in ["", "Curaçao", &"x".repeat(64)] {
            assert_eq!(name_to_wire(Some(name)), Err(ViewError::Name(name.to_owned())));
        }
    }
}
