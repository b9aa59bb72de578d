//! Types of objects, their ids, and references to them.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::objects::number::numbered;

numbered! {
    /// What an object is.
    ObjectType {
        /// An application's session.
        Session = 0,
        /// The controller as a whole.
        TlcFacilities = 1,
        /// An intersection of it.
        Intersection = 2,
        /// A signal group.
        SignalGroup = 3,
        /// A detector.
        Detector = 4,
        /// An input.
        Input = 5,
        /// An output.
        Output = 6,
        /// What passes on what vehicles tell (KAR, VECOM).
        SpecialVehicleEventGenerator = 7,
        /// A variable.
        Variable = 8,
    }
}

/// The longest id that is taken; the longest seen has 23 characters.
const MAX_ID: usize = 64;

/// An object's id: letters, digits, `_` and `-` by the book, so a peer that stays within them is understood by everybody. Printable ASCII of
/// up to 64 characters is taken. A copy shares the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(Arc<str>);

impl ObjectId {
    /// Takes a text; `None` where it can't be an id.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        is_id(text).then(|| Self(text.into()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it keeps to letters, digits, `_` and `-`.
    #[must_use]
    pub fn is_by_the_book(&self) -> bool {
        self.0.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_' || octet == b'-')
    }
}

fn is_id(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|octet| (b' '..=b'~').contains(&octet))
}

impl Borrow<str> for ObjectId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for ObjectId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ObjectId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ObjectId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ReceivedId::deserialize(deserializer).map(|id| Self(id.0.as_ref().into()))
    }
}

/// An id within a message: not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedId<'a>(Cow<'a, str>);

impl ReceivedId<'_> {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One that outlives the message.
    #[must_use]
    pub fn to_id(&self) -> ObjectId {
        ObjectId(self.as_str().into())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ReceivedId<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for IdVisitor<'a> {
            type Value = ReceivedId<'a>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "an object id: 1 to {MAX_ID} printable ASCII characters")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<ReceivedId<'a>, E> {
                if is_id(text) {
                    Ok(ReceivedId(Cow::Borrowed(text)))
                } else {
                    Err(E::invalid_length(text.len(), &self))
                }
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ReceivedId<'a>, E> {
                if is_id(text) {
                    Ok(ReceivedId(Cow::Owned(text.to_owned())))
                } else {
                    Err(E::invalid_length(text.len(), &self))
                }
            }
        }
        deserializer.deserialize_str(IdVisitor(PhantomData))
    }
}

/// Objects of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectReference {
    /// What they are.
    #[serde(rename = "type")]
    pub object_type: ObjectType,
    /// Which.
    pub ids: Vec<ObjectId>,
}

impl ObjectReference {
    /// Objects of one type.
    #[must_use]
    pub fn new(object_type: ObjectType, ids: Vec<ObjectId>) -> Self {
        Self { object_type, ids }
    }

    /// One object.
    #[must_use]
    pub fn one(object_type: ObjectType, id: ObjectId) -> Self {
        Self { object_type, ids: vec![id] }
    }
}

/// Objects of one type within a message: not copied.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReceivedReference<'a> {
    /// What they are.
    #[serde(rename = "type")]
    pub object_type: ObjectType,
    /// Which.
    #[serde(borrow)]
    pub ids: Vec<ReceivedId<'a>>,
}

impl ReceivedReference<'_> {
    /// One that outlives the message.
    #[must_use]
    pub fn to_reference(&self) -> ObjectReference {
        ObjectReference {
            object_type: self.object_type,
            ids: self.ids.iter().map(ReceivedId::to_id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_borrowed_from_the_message() {
        let reference: ReceivedReference<'_> =
            serde_json::from_str(r#"{"ids":["02","k\u002d1"],"type":3}"#).unwrap();
        assert!(matches!(reference.ids[0].0, Cow::Borrowed("02")));
        assert_eq!(reference.ids[1].as_str(), "k-1");
        assert_eq!(
            serde_json::to_string(&reference.to_reference()).unwrap(),
            r#"{"type":3,"ids":["02","k-1"]}"#
        );
    }

    #[test]
    fn what_can_be_no_id_is_refused() {
        for id in ["", "é", "a\nb", &"x".repeat(65)] {
            assert!(serde_json::from_value::<ObjectId>(id.into()).is_err(), "{id:?}");
        }
    }
}
