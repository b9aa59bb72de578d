//! What a subscriber wants of SPATEM, MAPEM and DENM. One form for all transports: in the configuration, and as JSON from the subscriber.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use voorrang_messages::MessageKind;
use voorrang_signals::IntersectionId;
use voorrang_signals::document::Table;
use voorrang_units::{Duration, GeodeticPosition, Length, LocalPlane};

use super::{Publication, Relevance};

/// What is published.
pub(crate) const KINDS: [(&str, MessageKind); 3] =
    [("spatem", MessageKind::Spatem), ("mapem", MessageKind::Mapem), ("denm", MessageKind::Denm)];
/// A subscription names no more intersections; more is all of them.
const MOST_INTERSECTIONS: usize = 1000;
/// The longest time that one subscription lasts, if it isn't made again; in seconds.
const LONGEST: i64 = 3600;
/// The widest circle.
const WIDEST: Length = Length::from_kilometres(100.0);

/// What a subscriber wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    kinds: Vec<MessageKind>,
    /// Empty: of all.
    intersections: BTreeSet<IntersectionId>,
    /// Only what matters within this circle; none: wherever.
    within: Option<Relevance>,
}

/// Why a text is no subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {what}")]
pub struct SubscriptionError {
    /// Which member.
    pub field: String,
    /// What it should be.
    pub what: String,
}

impl SubscriptionError {
    fn new(field: &str, what: impl Into<String>) -> Self {
        Self { field: field.to_owned(), what: what.into() }
    }
}

impl Subscription {
    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        let kinds = KINDS.iter().map(|(_, kind)| *kind).collect();
        Self { kinds, intersections: BTreeSet::new(), within: None }
    }

    /// Whether a publication is wanted.
    #[must_use]
    pub fn wants(&self, publication: &Publication) -> bool {
        let listed = |id| self.intersections.is_empty() || self.intersections.contains(&id);
        self.kinds.contains(&publication.kind)
            && publication.intersection.is_none_or(listed)
            && self.within.is_none_or(|circle| overlap(&circle, &publication.relevance))
    }

    /// Reads the JSON form: `{"seconds":60,"kinds":["spatem"],"intersections":["528/3107"],"centre":[52.09,5.12],"radius_m":500}`, with the
    /// time for which it is meant. Only `seconds` must be there.
    ///
    /// # Errors
    /// Which member is wrong, and what it should be.
    pub fn from_json(members: &Map<String, Value>) -> Result<(Self, Duration), SubscriptionError> {
        let known = ["seconds", "kinds", "intersections", "centre", "radius_m"];
        if let Some(other) = members.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(SubscriptionError::new(other, format!("unknown; known are {}", known.join(", "))));
        }
        let seconds = members.get("seconds").and_then(Value::as_i64);
        let seconds = seconds.filter(|seconds| (1..=LONGEST).contains(seconds));
        let seconds = seconds.ok_or_else(|| {
            SubscriptionError::new("seconds", format!("give a whole number from 1 to {LONGEST}"))
        })?;
        let mut subscription = Self::everything();
        if let Some(kinds) = texts(members, "kinds")? {
            subscription.kinds =
                kinds.iter().map(|name| kind_of(name)).collect::<Option<_>>().ok_or_else(|| {
                    SubscriptionError::new("kinds", "give some of \"spatem\", \"mapem\", \"denm\"")
                })?;
        }
        if let Some(names) = texts(members, "intersections")? {
            let ids = names.iter().map(|name| intersection_of(name)).collect::<Option<_>>();
            subscription.intersections = ids.ok_or_else(|| {
                SubscriptionError::new(
                    "intersections",
                    "give each as \"528/3107\": road authority, slash, number",
                )
            })?;
        }
        subscription.within = circle(members)?;
        Ok((subscription, Duration::from_seconds(seconds)))
    }

    /// The JSON form.
    #[must_use]
    pub fn to_json(&self, lasts: Duration) -> Value {
        let names = KINDS.iter().filter(|(_, kind)| self.kinds.contains(kind)).map(|(name, _)| *name);
        let mut members = Map::new();
        members.insert("seconds".to_owned(), json!(lasts.millis() / 1000));
        members.insert("kinds".to_owned(), names.collect());
        if !self.intersections.is_empty() {
            let ids = self.intersections.iter().map(ToString::to_string);
            members.insert("intersections".to_owned(), ids.collect());
        }
        if let Some(Relevance { centre, radius }) = self.within {
            let degrees = [centre.latitude_degrees(), centre.longitude_degrees()];
            members.insert("centre".to_owned(), json!(degrees));
            members.insert("radius_m".to_owned(), json!(radius.metres()));
        }
        Value::Object(members)
    }

    /// Reads `kinds`, `intersections`, `centre` and `radius_m` of a row of the configuration.
    pub(crate) fn read(table: &Table<'_>) -> Self {
        let mut subscription = Self::everything();
        if let Some(value) = table.optional("kinds") {
            let choices: Vec<(&str, MessageKind)> = KINDS.to_vec();
            let list = value.list().unwrap_or_default();
            subscription.kinds = list.iter().filter_map(|name| name.one_of(&choices)).collect();
        }
        for value in table.optional("intersections").and_then(|value| value.list()).unwrap_or_default() {
            match value.text().map(|text| (text, intersection_of(text))) {
                Some((_, Some(id))) => {
                    subscription.intersections.insert(id);
                }
                Some((text, None)) => {
                    value.wrong::<()>(
                        format!("\"{text}\" is no intersection"),
                        "write it like \"528/3107\": road authority, slash, number",
                    );
                }
                None => (),
            }
        }
        let centre = table.optional("centre").and_then(|value| value.position());
        let radius = table.optional("radius_m").and_then(|value| value.metres(1.0..=WIDEST.metres()));
        subscription.within = match (centre, radius) {
            (Some(centre), Some(radius)) => Some(Relevance { centre, radius }),
            (None, None) => None,
            _ => {
                table.wrong("a circle has both `centre` and `radius_m`", "give both, or neither");
                None
            }
        };
        subscription
    }
}

fn texts<'m>(members: &'m Map<String, Value>, key: &str) -> Result<Option<Vec<&'m str>>, SubscriptionError> {
    let Some(value) = members.get(key) else { return Ok(None) };
    let texts = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    match texts {
        Some(texts) if (1..=MOST_INTERSECTIONS).contains(&texts.len()) => Ok(Some(texts)),
        _ => Err(SubscriptionError::new(key, format!("give a list of 1 to {MOST_INTERSECTIONS} texts"))),
    }
}

fn circle(members: &Map<String, Value>) -> Result<Option<Relevance>, SubscriptionError> {
    let (centre, radius) = match (members.get("centre"), members.get("radius_m")) {
        (None, None) => return Ok(None),
        (Some(centre), Some(radius)) => (centre, radius),
        _ => return Err(SubscriptionError::new("radius_m", "a circle has both `centre` and `radius_m`")),
    };
    let degrees = centre.as_array().map(|list| list.iter().map(Value::as_f64).collect::<Vec<_>>());
    let centre = match degrees.as_deref() {
        Some([Some(latitude), Some(longitude)]) => GeodeticPosition::from_degrees(*latitude, *longitude),
        _ => None,
    };
    let centre = centre
        .ok_or_else(|| SubscriptionError::new("centre", "give [latitude, longitude] in degrees (WGS84)"))?;
    let radius = radius.as_f64().filter(|metres| (1.0..=WIDEST.metres()).contains(metres));
    let radius =
        radius.ok_or_else(|| SubscriptionError::new("radius_m", format!("give 1 to {}", WIDEST.metres())))?;
    Ok(Some(Relevance { centre, radius: Length::from_metres(radius) }))
}

fn kind_of(name: &str) -> Option<MessageKind> {
    KINDS.iter().find(|(other, _)| *other == name).map(|(_, kind)| *kind)
}

/// `528/3107`.
pub(crate) fn intersection_of(text: &str) -> Option<IntersectionId> {
    let (region, id) = text.split_once('/')?;
    Some(IntersectionId { region: region.parse().ok()?, id: id.parse().ok()? })
}

fn overlap(one: &Relevance, other: &Relevance) -> bool {
    let plane = LocalPlane::at(one.centre);
    let apart = plane.to_local(one.centre).distance_to(plane.to_local(other.centre));
    apart.metres() <= one.radius.metres() + other.radius.metres()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn published(kind: MessageKind, intersection: Option<u16>, latitude: f64) -> Publication {
        Publication {
            kind,
            intersection: intersection.map(|id| IntersectionId { region: 528, id }),
            relevance: Relevance {
                centre: GeodeticPosition::from_degrees(latitude, 5.12).unwrap(),
                radius: Length::from_metres(300.0),
            },
            octets: Arc::from([2, 4]),
        }
    }

    fn read(text: &str) -> Result<(Subscription, Duration), SubscriptionError> {
        Subscription::from_json(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap())
    }

    #[test]
    fn a_subscriber_gets_what_it_named() {
        let text = r#"{"seconds":60,"kinds":["spatem","denm"],"intersections":["528/7"],"centre":[52.09,5.12],"radius_m":500}"#;
        let (subscription, lasts) = read(text).unwrap();
        assert_eq!(lasts, Duration::from_seconds(60));
        assert!(subscription.wants(&published(MessageKind::Spatem, Some(7), 52.09)));
        assert!(!subscription.wants(&published(MessageKind::Mapem, Some(7), 52.09)));
        assert!(!subscription.wants(&published(MessageKind::Spatem, Some(8), 52.09)));
        // A hundredth of a degree is 1.1 km: beyond both radii.
        assert!(!subscription.wants(&published(MessageKind::Denm, None, 52.10)));
        assert!(subscription.wants(&published(MessageKind::Denm, None, 52.095)));
        let again = subscription.to_json(lasts);
        assert_eq!(Subscription::from_json(again.as_object().unwrap()), Ok((subscription, lasts)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let field = |text| read(text).unwrap_err().field;
        assert_eq!(field("{}"), "seconds");
        assert_eq!(field(r#"{"seconds":3601}"#), "seconds");
        assert_eq!(field(r#"{"seconds":1,"kinds":["srem"]}"#), "kinds");
        assert_eq!(field(r#"{"seconds":1,"kinds":[]}"#), "kinds");
        assert_eq!(field(r#"{"seconds":1,"intersections":["7"]}"#), "intersections");
        assert_eq!(field(r#"{"seconds":1,"centre":[52,5]}"#), "radius_m");
        assert_eq!(field(r#"{"seconds":1,"centre":[99,5],"radius_m":5}"#), "centre");
        assert_eq!(field(r#"{"seconds":1,"kind":["spatem"]}"#), "kind");
    }
}
