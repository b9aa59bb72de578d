//! The JSON form for service providers: a request in, a status out, in units that people write. `docs/messaging.md` has its schema.

use serde_json::{Map, Value, json};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, RequestStatus,
    SequenceNumber, StationId, VehicleRole,
};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Speed};

/// What is wrong with a JSON request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {what}; {remedy}")]
pub struct FieldError {
    /// The member, with those that it stands in: `intersection.id`.
    pub field: String,
    /// What is wrong with it.
    pub what: String,
    /// How to mend it.
    pub remedy: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { field: field.into(), what: what.into(), remedy: remedy.into() }
    }

    /// `{"error":{"field":"eta","what":"...","remedy":"..."}}`.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "error": { "field": self.field, "what": self.what, "remedy": self.remedy } })
    }
}

const MEMBERS: [&str; 15] = [
    "station",
    "intersection",
    "request",
    "sequence",
    "kind",
    "inbound",
    "outbound",
    "eta",
    "service_window_s",
    "role",
    "subrole",
    "importance",
    "position",
    "heading_deg",
    "speed_m_s",
];

const KINDS: [(&str, RequestKind); 3] =
    [("new", RequestKind::New), ("update", RequestKind::Update), ("cancellation", RequestKind::Cancellation)];

/// Reads a request.
pub(crate) fn request_from_json(members: &Map<String, Value>) -> Result<PriorityRequest, FieldError> {
    let reader = Reader { members, within: "" };
    reader.only(&MEMBERS)?;
    let intersection = reader.required("intersection", Reader::intersection)?;
    Ok(PriorityRequest {
        station: StationId(reader.required("station", |reader, key| reader.whole(key, 0, u32::MAX.into()))?),
        intersection,
        request: RequestId(reader.required("request", |reader, key| reader.whole(key, 0, 255))?),
        sequence: reader.whole("sequence", 0, 127)?.map(SequenceNumber),
        kind: reader.required("kind", Reader::kind)?,
        inbound: reader.required("inbound", Reader::access)?,
        outbound: reader.access("outbound")?,
        eta: reader.moment("eta")?,
        service_window: reader.number("service_window_s", 0.0, 65.534)?.map(Duration::from_seconds_f64),
        role: reader.role("role")?,
        subrole: reader.whole("subrole", 0, 15)?,
        importance: reader.whole("importance", 0, 15)?,
        position: reader.position("position")?,
        heading: reader.number("heading_deg", 0.0, 360.0)?.map(Angle::from_degrees),
        speed: reader.number("speed_m_s", -163.0, 163.0)?.map(Speed::from_metres_per_second),
    })
}

/// Writes a request, without what it doesn't say.
#[must_use]
pub fn request_to_json(request: &PriorityRequest) -> Value {
    let kind = KINDS.iter().find(|(_, kind)| *kind == request.kind).map(|(name, _)| *name);
    let mut value = json!({
        "station": request.station,
        "intersection": intersection(request.intersection),
        "request": request.request,
        "kind": kind,
        "inbound": request.inbound,
    });
    let optional = [
        ("sequence", request.sequence.map(|sequence| json!(sequence))),
        ("outbound", request.outbound.map(|access| json!(access))),
        ("eta", request.eta.map(|eta| json!(eta.to_string()))),
        ("service_window_s", request.service_window.map(|window| json!(window.seconds()))),
        ("role", request.role.map(|role| json!(role))),
        ("subrole", request.subrole.map(|subrole| json!(subrole))),
        ("importance", request.importance.map(|importance| json!(importance))),
        ("position", request.position.map(position)),
        ("heading_deg", request.heading.map(|heading| json!(heading.degrees()))),
        ("speed_m_s", request.speed.map(|speed| json!(speed.metres_per_second()))),
    ];
    for (key, member) in optional {
        if let Some(member) = member {
            value[key] = member;
        }
    }
    value
}

/// Writes what became of a request.
#[must_use]
pub fn status_to_json(status: &RequestStatus) -> Value {
    let mut value = json!({
        "station": status.station,
        "intersection": intersection(status.intersection),
        "request": status.request,
        "sequence": status.sequence,
        "status": status.status,
        "inbound": status.inbound,
    });
    let optional = [
        ("outbound", status.outbound.map(|access| json!(access))),
        ("eta", status.eta.map(|eta| json!(eta.to_string()))),
        ("service_window_s", status.service_window.map(|window| json!(window.seconds()))),
        ("role", status.role.map(|role| json!(role))),
    ];
    for (key, member) in optional {
        if let Some(member) = member {
            value[key] = member;
        }
    }
    value
}

fn intersection(reference: IntersectionReference) -> Value {
    match reference.region {
        Some(region) => json!({ "region": region, "id": reference.id }),
        None => json!({ "id": reference.id }),
    }
}

fn position(position: GeodeticPosition) -> Value {
    json!({ "latitude": position.latitude_degrees(), "longitude": position.longitude_degrees() })
}

/// Members of one object, and the path to it.
#[derive(Clone, Copy)]
struct Reader<'m> {
    members: &'m Map<String, Value>,
    within: &'m str,
}

type Read<T> = Result<Option<T>, FieldError>;

impl<'m> Reader<'m> {
    fn path(&self, key: &str) -> String {
        if self.within.is_empty() { key.to_owned() } else { format!("{}.{key}", self.within) }
    }

    fn wrong<T>(&self, key: &str, remedy: impl Into<String>) -> Result<T, FieldError> {
        let found = self.members.get(key).map_or_else(|| "missing".to_owned(), shortened);
        Err(FieldError::new(self.path(key), format!("is {found}"), remedy))
    }

    fn only(&self, known: &[&str]) -> Result<(), FieldError> {
        let unknown = self.members.keys().find(|key| !known.contains(&key.as_str()));
        unknown.map_or(Ok(()), |key| {
            let key: String = key.chars().take(40).collect();
            Err(FieldError::new(self.path(&key), "is unknown", format!("known are {}", known.join(", "))))
        })
    }

    fn required<T>(&self, key: &str, read: impl FnOnce(&Self, &str) -> Read<T>) -> Result<T, FieldError> {
        match read(self, key)? {
            Some(value) => Ok(value),
            None => Err(FieldError::new(self.path(key), "is missing", "give it")),
        }
    }

    /// `null` is the same as nothing.
    fn given(&self, key: &str) -> Option<&'m Value> {
        self.members.get(key).filter(|value| !value.is_null())
    }

    fn whole<T: TryFrom<u64>>(&self, key: &str, least: u64, most: u64) -> Read<T> {
        let Some(value) = self.given(key) else { return Ok(None) };
        let number = value.as_u64().filter(|number| (least..=most).contains(number));
        match number.and_then(|number| T::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => self.wrong(key, format!("give a whole number from {least} to {most}")),
        }
    }

    fn number(&self, key: &str, least: f64, most: f64) -> Read<f64> {
        let Some(value) = self.given(key) else { return Ok(None) };
        match value.as_f64().filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => self.wrong(key, format!("give a number from {least} to {most}")),
        }
    }

    fn object(&self, key: &'m str) -> Read<Self> {
        let Some(value) = self.given(key) else { return Ok(None) };
        match value.as_object() {
            Some(members) => Ok(Some(Reader { members, within: key })),
            None => self.wrong(key, "give an object"),
        }
    }

    fn intersection(&self, _: &str) -> Read<IntersectionReference> {
        let Some(inner) = self.object("intersection")? else { return Ok(None) };
        inner.only(&["region", "id"])?;
        let region = inner.whole("region", 0, u16::MAX.into())?;
        let id = inner.required("id", |inner, key| inner.whole(key, 0, u16::MAX.into()))?;
        Ok(Some(IntersectionReference { region, id }))
    }

    fn kind(&self, key: &str) -> Read<RequestKind> {
        let Some(value) = self.given(key) else { return Ok(None) };
        match KINDS.iter().find(|(name, _)| value.as_str() == Some(name)) {
            Some((_, kind)) => Ok(Some(*kind)),
            None => self.wrong(key, "give \"new\", \"update\" or \"cancellation\""),
        }
    }

    fn access(&self, key: &str) -> Read<IntersectionAccess> {
        let Some(value) = self.given(key) else { return Ok(None) };
        let access = serde_json::from_value(value.clone()).ok();
        match access {
            Some(IntersectionAccess::Approach(number)) if number > 15 => {
                self.wrong(key, "an approach is 0 to 15")
            }
            Some(access) => Ok(Some(access)),
            None => self.wrong(key, "give {\"approach\": n}, {\"lane\": n} or {\"connection\": n}"),
        }
    }

    fn moment(&self, key: &str) -> Read<Instant> {
        let Some(value) = self.given(key) else { return Ok(None) };
        match value.as_str().and_then(Instant::parse_rfc3339) {
            Some(moment) => Ok(Some(moment)),
            None => self.wrong(key, "give UTC like \"2026-10-14T00:00:30.500Z\""),
        }
    }

    fn role(&self, key: &str) -> Read<VehicleRole> {
        let Some(value) = self.given(key) else { return Ok(None) };
        match serde_json::from_value(value.clone()) {
            Ok(role) if !matches!(role, VehicleRole::Unknown(_)) => Ok(Some(role)),
            _ => self.wrong(key, "give a role of ISO TS 19091 like \"emergency\""),
        }
    }

    fn position(&self, _: &str) -> Read<GeodeticPosition> {
        let Some(inner) = self.object("position")? else { return Ok(None) };
        inner.only(&["latitude", "longitude"])?;
        let degrees = |key, most: f64| inner.required(key, |inner, key| inner.number(key, -most, most));
        Ok(GeodeticPosition::from_degrees(degrees("latitude", 90.0)?, degrees("longitude", 180.0)?))
    }
}

/// What was found, for an error; no longer than a line.
fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<PriorityRequest, FieldError> {
        request_from_json(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap())
    }

    const WHOLE: &str = r#"{"station":4711,"intersection":{"region":528,"id":3107},"request":1,"sequence":7,"kind":"new",
        "inbound":{"approach":3},"outbound":{"lane":12},"eta":"2026-10-14T00:00:30.500Z","service_window_s":5.5,"role":"emergency",
        "subrole":5,"importance":14,"position":{"latitude":52.09,"longitude":5.12},"heading_deg":90.0,"speed_m_s":13.9}"#;

    #[test]
    fn a_request_is_read_and_written_alike() {
        let request = read(WHOLE).unwrap();
        assert_eq!(request.intersection, IntersectionReference { region: Some(528), id: 3107 });
        assert_eq!((request.kind, request.inbound), (RequestKind::New, IntersectionAccess::Approach(3)));
        assert_eq!(request.service_window, Some(Duration::from_millis(5500)));
        assert_eq!(request_to_json(&request), serde_json::from_str::<Value>(WHOLE).unwrap());
    }

    #[test]
    fn an_error_names_the_member_and_the_remedy() {
        let error = |change: &str, to: &str| read(&WHOLE.replace(change, to)).unwrap_err();
        assert_eq!(
            error("\"region\":528,\"id\":3107", "\"region\":528").to_string(),
            "`intersection.id` is missing; give it"
        );
        assert_eq!(
            error("\"subrole\":5", "\"subrole\":16").to_string(),
            "`subrole` is 16; give a whole number from 0 to 15"
        );
        assert_eq!(
            error("2026-10-14T00:00:30.500Z", "soon").to_string(),
            "`eta` is \"soon\"; give UTC like \"2026-10-14T00:00:30.500Z\""
        );
        for (change, to, field) in [
            ("\"new\"", "\"old\"", "kind"),
            ("{\"approach\":3}", "{\"approach\":16}", "inbound"),
            ("{\"lane\":12}", "{\"path\":12}", "outbound"),
            ("\"emergency\"", "\"king\"", "role"),
            ("52.09", "95.0", "position.latitude"),
            ("\"speed_m_s\"", "\"speed_kmh\"", "speed_kmh"),
            ("4711", "-1", "station"),
            ("4711", "4294967296", "station"),
            ("5.5", "65.535", "service_window_s"),
        ] {
            assert_eq!(error(change, to).field, field);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            if let Ok(Value::Object(members)) = serde_json::from_str(&text) {
                let _ = request_from_json(&members);
            }
        }
    }
}
