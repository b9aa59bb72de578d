//! JSON-RPC 2.0 as TLC-FI uses it: both peers ask and answer on one stream, each with its own numbers. A message is a request or notification
//! by the presence of `method`, an answer by that of `result` or `error`, whatever the order of its members.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use voorrang_units::Instant;

/// Calls that a peer may have waiting for their answer.
pub const MAX_OUTSTANDING: usize = 256;
/// A text used as an id, and what is kept of an error's message.
const MAX_TEXT: usize = 200;

/// Names of the methods.
pub mod method {
    /// The application introduces itself.
    pub const REGISTER: &str = "Register";
    /// The application leaves.
    pub const DEREGISTER: &str = "Deregister";
    /// What an object is.
    pub const READ_META: &str = "ReadMeta";
    /// What an object's state is, and from then on its changes.
    pub const SUBSCRIBE: &str = "Subscribe";
    /// States changed, or are to be changed.
    pub const UPDATE_STATE: &str = "UpdateState";
    /// Something happened.
    pub const NOTIFY_EVENT: &str = "NotifyEvent";
    /// The stream and its peer live.
    pub const ALIVE: &str = "Alive";
}

/// The number, or whatever else, that ties an answer to its request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// What TLC-FI uses.
    Number(i64),
    /// What JSON-RPC allows as well.
    Text(Box<str>),
    /// Of an answer to what could not be read.
    Null,
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl Visitor<'_> for IdVisitor {
            type Value = Id;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "an id: an integer, a text of up to {MAX_TEXT} octets, or null")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
                Ok(Id::Number(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
                i64::try_from(number)
                    .map(Id::Number)
                    .map_err(|_| E::custom("an id is above 9223372036854775807"))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                if text.len() > MAX_TEXT {
                    Err(E::invalid_length(text.len(), &self))
                } else {
                    Ok(Id::Text(text.into()))
                }
            }
            fn visit_unit<E: de::Error>(self) -> Result<Id, E> {
                Ok(Id::Null)
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// An error as it stands in an answer: the codes of JSON-RPC below zero, those of TLC-FI from zero on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("error {code}: {message}")]
pub struct ErrorAnswer {
    /// What kind of error.
    pub code: i64,
    /// In words; cut off beyond 200 octets.
    pub message: String,
}

impl ErrorAnswer {
    /// An error of the protocol.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code: code as i64, message: message.into() }
    }
}

/// What `error.code` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum ErrorCode {
    /// JSON-RPC: no JSON.
    Parse = -32700,
    /// JSON-RPC: no request.
    InvalidRequest = -32600,
    /// JSON-RPC: a method that is not offered.
    MethodNotFound = -32601,
    /// JSON-RPC: arguments that do not fit the method.
    InvalidParams = -32602,
    /// JSON-RPC: the peer's own fault.
    Internal = -32603,
    /// TLC-FI: any other.
    Error = 0,
    /// User name or password are wrong.
    NotAuthorized = 1,
    /// Not for this user or type of application.
    NoRights = 2,
    /// Versions of the protocol that do not fit.
    InvalidProtocol = 3,
    /// There is a session already.
    AlreadyRegistered = 4,
    /// No such type of object.
    UnknownObjectType = 5,
    /// A member that must be there is not.
    MissingAttribute = 6,
    /// A member is of another type.
    InvalidAttributeType = 7,
    /// A member is out of its range.
    InvalidAttributeValue = 8,
    /// No such object.
    InvalidObjectReference = 9,
}

/// A message, read as far as its kind; arguments and results are texts still.
#[derive(Debug)]
pub enum Message<'a> {
    /// Wants an answer.
    Request {
        /// To be repeated in the answer.
        id: Id,
        /// See [`method`].
        method: Cow<'a, str>,
        /// The method's one argument: an object.
        params: Params<'a>,
    },
    /// Wants none, not even in case of an error.
    Notification {
        /// See [`method`].
        method: Cow<'a, str>,
        /// The method's one argument: an object.
        params: Params<'a>,
    },
    /// A call did what it should.
    Response {
        /// Of the request.
        id: Id,
        /// What the method gives.
        result: &'a RawValue,
    },
    /// A call failed.
    Error {
        /// Of the request; [`Id::Null`] where the peer lost it, which is known of the public library.
        id: Id,
        /// Why.
        error: ErrorAnswer,
    },
}

impl<'a> Message<'a> {
    /// Reads one JSON text.
    ///
    /// # Errors
    /// When it is no JSON-RPC message.
    pub fn read(text: &'a [u8]) -> Result<Self, NoMessage> {
        let envelope: Envelope<'a> =
            serde_json::from_slice(text).map_err(|error| NoMessage::Json(brief(&error)))?;
        // An answer made from an exception of the public library lacks it.
        if envelope.jsonrpc.as_deref().is_some_and(|version| version != "2.0") {
            return Err(NoMessage::Version(cut(&envelope.jsonrpc.unwrap_or_default())));
        }
        match (envelope.method, envelope.result, envelope.error) {
            (Some(method), None, None) => {
                let params = Params(envelope.params);
                Ok(match envelope.id {
                    Some(id) => Self::Request { id, method, params },
                    None => Self::Notification { method, params },
                })
            }
            (None, Some(result), None) => match envelope.id {
                Some(id) => Ok(Self::Response { id, result }),
                None => Err(NoMessage::Kind),
            },
            (None, _, Some(error)) => {
                let error =
                    ErrorAnswer { code: error.code, message: cut(&error.message.unwrap_or_default()) };
                Ok(Self::Error { id: envelope.id.unwrap_or(Id::Null), error })
            }
            _ => Err(NoMessage::Kind),
        }
    }
}

/// Why a JSON text is no message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoMessage {
    /// Wrong JSON, or a member of the wrong type.
    #[error("it is not JSON-RPC: {0}")]
    Json(String),
    /// Another version.
    #[error("its \"jsonrpc\" is {0:?}, expected \"2.0\"")]
    Version(String),
    /// Neither request nor answer.
    #[error(
        "it has neither \"method\" nor \"result\" nor \"error\", or more than one of them, or an answer without \"id\""
    )]
    Kind,
}

/// A method's argument: one object, as itself or as the only element of an array.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a>(Option<&'a RawValue>);

impl<'a> Params<'a> {
    /// Reads the object.
    ///
    /// # Errors
    /// When it lacks, or is not the method's argument.
    pub fn read<T: Deserialize<'a>>(self) -> Result<T, ErrorAnswer> {
        let text = self.0.map_or("{}", RawValue::get);
        let read = if text.starts_with('[') {
            serde_json::from_str::<Only<T>>(text).map(|only| only.0)
        } else {
            serde_json::from_str(text)
        };
        read.map_err(|error| ErrorAnswer::new(ErrorCode::InvalidParams, brief(&error)))
    }

    /// As it came.
    #[must_use]
    pub fn raw(self) -> Option<&'a RawValue> {
        self.0
    }
}

/// Reads what a call gave.
///
/// # Errors
/// When it is not what the method gives.
pub fn read_result<'a, T: Deserialize<'a>>(result: &'a RawValue) -> Result<T, ErrorAnswer> {
    serde_json::from_str(result.get())
        .map_err(|error| ErrorAnswer::new(ErrorCode::InvalidParams, brief(&error)))
}

/// Writes a call that wants an answer.
pub fn write_request<P: Serialize>(out: &mut Vec<u8>, id: u32, method: &str, params: &P) {
    write(out, &Outgoing { id: Some(id), method: Some(method), params: Some(params), ..Outgoing::default() });
}

/// Writes a call that wants none.
pub fn write_notification<P: Serialize>(out: &mut Vec<u8>, method: &str, params: &P) {
    write(out, &Outgoing::<Id, P> { method: Some(method), params: Some(params), ..Outgoing::default() });
}

/// Writes what a call gave.
pub fn write_response<R: Serialize + ?Sized>(out: &mut Vec<u8>, id: &Id, result: &R) {
    write(out, &Outgoing { id: Some(id), result: Some(result), ..Outgoing::default() });
}

/// Writes why a call failed.
pub fn write_error(out: &mut Vec<u8>, id: &Id, error: &ErrorAnswer) {
    let error = OutgoingError { code: error.code, message: &error.message };
    write(out, &Outgoing::<_, ()> { id: Some(id), error: Some(error), ..Outgoing::default() });
}

fn write<I: Serialize, P: Serialize + ?Sized>(out: &mut Vec<u8>, message: &Outgoing<'_, I, P>) {
    serde_json::to_writer(out, message)
        .expect("a vector takes every octet, and these types have no maps with keys that are not texts");
}

/// Our calls that wait for their answer, each with what it is about.
#[derive(Debug)]
pub struct Calls<C> {
    next: u32,
    waiting: BTreeMap<u32, Call<C>>,
}

/// A call that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<C> {
    /// What it is about.
    pub about: C,
    /// When it was sent.
    pub sent: Instant,
    /// When its answer is late.
    pub due: Instant,
}

/// There are 256 calls waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{MAX_OUTSTANDING} calls wait for their answer")]
pub struct TooManyCalls;

impl<C> Default for Calls<C> {
    fn default() -> Self {
        Self { next: 0, waiting: BTreeMap::new() }
    }
}

impl<C> Calls<C> {
    /// Gives a call its number.
    ///
    /// # Errors
    /// When too many wait already.
    pub fn begin(&mut self, about: C, sent: Instant, due: Instant) -> Result<u32, TooManyCalls> {
        if self.waiting.len() >= MAX_OUTSTANDING {
            return Err(TooManyCalls);
        }
        let id = self.next;
        self.next = self.next.wrapping_add(1) & 0x7fff_ffff;
        self.waiting.insert(id, Call { about, sent, due });
        Ok(id)
    }

    /// The call that an answer belongs to. An answer without id belongs to the only call there is, if so.
    pub fn answered(&mut self, id: &Id) -> Option<Call<C>> {
        match id {
            Id::Number(number) => self.waiting.remove(&u32::try_from(*number).ok()?),
            Id::Text(text) => self.waiting.remove(&text.parse().ok()?),
            Id::Null if self.waiting.len() == 1 => self.waiting.pop_first().map(|(_, call)| call),
            Id::Null => None,
        }
    }

    /// A call whose answer is late; it waits no longer.
    pub fn expired(&mut self, now: Instant) -> Option<Call<C>> {
        let id = *self.waiting.iter().find(|(_, call)| call.due <= now)?.0;
        self.waiting.remove(&id)
    }

    /// When the next answer will be late.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.waiting.values().map(|call| call.due).min()
    }

    /// How many wait.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets every call: the stream is gone. Numbers begin at 0 again.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Id>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<IncomingError<'a>>,
}

#[derive(Deserialize)]
struct IncomingError<'a> {
    code: i64,
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
}

/// A member that is there, be it null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Serialize)]
struct Outgoing<'a, I, P: ?Sized> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<I>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a P>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a P>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<OutgoingError<'a>>,
}

#[derive(Serialize)]
struct OutgoingError<'a> {
    code: i64,
    message: &'a str,
}

impl<I, P: ?Sized> Default for Outgoing<'_, I, P> {
    fn default() -> Self {
        Self { jsonrpc: "2.0", id: None, method: None, params: None, result: None, error: None }
    }
}

/// An array of one element.
struct Only<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyVisitor<T> {
            type Value = Only<T>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array of one element")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Only<T>, A::Error> {
                let only = elements.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
                match elements.next_element::<IgnoredAny>()? {
                    None => Ok(Only(only)),
                    Some(_) => Err(de::Error::invalid_length(2, &self)),
                }
            }
        }
        deserializer.deserialize_seq(OnlyVisitor(std::marker::PhantomData))
    }
}

fn brief(error: &serde_json::Error) -> String {
    cut(&error.to_string())
}

/// The beginning of a text that may be long.
pub(crate) fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}...", &text[..end])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> String {
        match Message::read(text.as_bytes()) {
            Ok(Message::Request { id, method, params }) => {
                format!("request {id:?} {method} {:?}", params.read::<Value>().map_err(|error| error.code))
            }
            Ok(Message::Notification { method, params }) => {
                format!("notification {method} {:?}", params.read::<Value>().map_err(|error| error.code))
            }
            Ok(Message::Response { id, result }) => format!("response {id:?} {}", result.get()),
            Ok(Message::Error { id, error }) => format!("{id:?} {error}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn members_may_stand_in_any_order() {
        let check = |text: &str, expected: &str| assert_eq!(read(text), expected);
        check(r#"{"method":"A","jsonrpc":"2.0","params":{}}"#, "notification A Ok(Object {})");
        check(r#"{"id":7,"params":{},"jsonrpc":"2.0","method":"A"}"#, "request Number(7) A Ok(Object {})");
        check(r#"{"result":null,"id":0,"jsonrpc":"2.0"}"#, "response Number(0) null");
        check(r#"{"more":[1],"id":"x","method":"A"}"#, "request Text(\"x\") A Ok(Object {})");
    }

    #[test]
    fn params_may_be_an_array_of_the_one_object() {
        let check = |params: &str, expected: &str| {
            assert_eq!(
                read(&format!(r#"{{"method":"A","params":{params}}}"#)),
                format!("notification A {expected}")
            );
        };
        check("[{}]", "Ok(Object {})");
        check("[]", "Err(-32602)");
        check("[{},{}]", "Err(-32602)");
        check("null", "Ok(Object {})");
    }

    #[test]
    fn errors_may_lack_version_and_id() {
        let check = |text: &str, expected: &str| assert_eq!(read(text), expected);
        check(
            r#"{"id":null,"error":{"code":9,"message":"no such object","data":1}}"#,
            "Null error 9: no such object",
        );
        check(r#"{"error":{"code":0}}"#, "Null error 0: ");
        check(
            r#"{"jsonrpc":"2.0","id":3,"result":null,"error":{"code":-32601}}"#,
            "Number(3) error -32601: ",
        );
    }

    #[test]
    fn what_is_no_message_is_told() {
        for text in [
            "{}",
            r#"{"id":1}"#,
            r#"{"result":1}"#,
            r#"{"jsonrpc":"1.0","method":"A"}"#,
            r#"{"method":1}"#,
            r#"{"id":1.5}"#,
            "{\"method\":\"\\ud800\"}",
        ] {
            assert!(Message::read(text.as_bytes()).is_err(), "{text}");
        }
        let long = format!(r#"{{"jsonrpc":"{}","method":"A"}}"#, "é".repeat(5000));
        assert!(read(&long).len() < 300);
    }

    #[test]
    fn what_is_written_is_read() {
        let mut out = Vec::new();
        write_request(&mut out, 5, method::ALIVE, &json!({"ticks": 1}));
        assert_eq!(out, br#"{"jsonrpc":"2.0","id":5,"method":"Alive","params":{"ticks":1}}"#);
        out.clear();
        write_error(&mut out, &Id::Null, &ErrorAnswer::new(ErrorCode::NoRights, "not for a consumer"));
        assert_eq!(out, br#"{"jsonrpc":"2.0","id":null,"error":{"code":2,"message":"not for a consumer"}}"#);
        out.clear();
        write_response(&mut out, &Id::Number(1), &json!({}));
        assert_eq!(out, br#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    }

    #[test]
    fn no_more_than_256_calls_wait() {
        let at = |millis| Instant::from_unix_millis(millis);
        let mut calls = Calls::default();
        for number in 0..256 {
            assert_eq!(calls.begin(number, at(0), at(1000 - i64::from(number))), Ok(number));
        }
        assert_eq!(calls.begin(256, at(0), at(1000)), Err(TooManyCalls));
        assert_eq!(calls.answered(&Id::Number(7)).map(|call| call.about), Some(7));
        assert_eq!(calls.answered(&Id::Number(7)), None);
        assert_eq!(calls.answered(&Id::Null), None);
        assert_eq!(calls.begin(256, at(0), at(1000)), Ok(256));
        assert_eq!(calls.next_due(), Some(at(745)));
        assert_eq!(calls.expired(at(744)), None);
        assert_eq!(calls.expired(at(745)).map(|call| call.about), Some(255));
    }
}
