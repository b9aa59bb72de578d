//! Who may see what. Passed by every request before its path matters, and by every answer after.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use crate::config::Secret;
use crate::operations::config::HttpConfig;
use crate::operations::metrics::Metrics;

/// What any answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seen by everybody: supervisors and Prometheus come without token.
const OPEN_PATHS: [&str; 2] = ["/healthz", "/metrics"];

/// Said to browsers with each answer: nothing from elsewhere, in no frame, no guessing, no telling where one came from.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// What is known of the connection that a request came on. Whoever outlives the connection, as an event stream does, keeps it: it holds the
/// connection's place among those that there may be.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    certified: bool,
    stop: watch::Receiver<bool>,
    _place: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    pub(super) const fn new(
        certified: bool,
        place: Arc<OwnedSemaphorePermit>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self { certified, stop, _place: place }
    }

    pub(super) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }
}

/// Decides who may see what.
#[derive(Debug)]
pub(super) struct Guard {
    /// By its digest, so that comparing takes the same time for every wrong one.
    token: Option<[u8; 32]>,
    client_certificates: bool,
    /// Only this machine reaches us, and it needs to show nothing.
    local: bool,
    hosts: Vec<String>,
    metrics: Arc<Metrics>,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Method,
    Body,
    Host,
    Origin,
    Unauthorised,
    Late,
}

impl Guard {
    pub(super) fn new(config: &HttpConfig, metrics: Arc<Metrics>) -> Self {
        Self {
            token: config.token.as_ref().map(|token| digest(token.reveal())),
            client_certificates: config.client_certificates,
            local: config.listen.ip().is_loopback(),
            hosts: config.hosts.clone(),
            metrics,
        }
    }

    fn check(&self, request: &Request) -> Result<(), Refused> {
        if request.method() != Method::GET {
            return Err(Refused::Method);
        }
        let headers = request.headers();
        let has_body = headers.contains_key(header::TRANSFER_ENCODING)
            || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
        if has_body {
            return Err(Refused::Body);
        }
        if !self.knows_host(headers) {
            return Err(Refused::Host);
        }
        if !is_same_origin(headers) {
            return Err(Refused::Origin);
        }
        let path = request.uri().path();
        if OPEN_PATHS.contains(&path) || self.may_see_everything(request) {
            return Ok(());
        }
        Err(Refused::Unauthorised)
    }

    /// On this machine a browser could be led here under a stranger's name (DNS rebinding): only names of this machine count.
    fn knows_host(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
        let name = without_port(host);
        if self.hosts.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return true;
        }
        match name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => !self.local || address.is_loopback(),
            Err(_) => {
                (self.local && name.eq_ignore_ascii_case("localhost"))
                    || (!self.local && self.hosts.is_empty())
            }
        }
    }

    fn may_see_everything(&self, request: &Request) -> bool {
        if self.token.is_none() && !self.client_certificates {
            return self.local;
        }
        let certified =
            request.extensions().get::<Connection>().is_some_and(|connection| connection.certified);
        certified || self.token.is_some_and(|token| shows(request.headers(), &token))
    }
}

/// Passes a request on, or refuses it.
pub(super) async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.check(&request) {
        Err(refused) => refused.answer(&guard),
        Ok(()) => match timeout(PATIENCE, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Refused::Late.answer(&guard),
        },
    };
    guard.metrics.http_answered(match response.status().as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    });
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Refused {
    fn answer(self, guard: &Guard) -> Response {
        let (status, name, what) = match self {
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "method", "only GET: nothing here changes anything")
            }
            Self::Body => (StatusCode::PAYLOAD_TOO_LARGE, "body", "requests have no body here"),
            Self::Host => (
                StatusCode::MISDIRECTED_REQUEST,
                "host",
                "this server does not go by that name; see [http] hosts",
            ),
            Self::Origin => (StatusCode::FORBIDDEN, "origin", "another site's page may not read this"),
            Self::Unauthorised => {
                (StatusCode::UNAUTHORIZED, "unauthorised", "a token or a client certificate is needed")
            }
            Self::Late => (StatusCode::GATEWAY_TIMEOUT, "late", "it took too long"),
        };
        guard.metrics.http_answered(name);
        let mut response = error(status, what);
        match self {
            Self::Method => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
            }
            Self::Unauthorised => {
                let headers = response.headers_mut();
                headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                // So that a browser asks for it: any name, the token as password.
                let basic = HeaderValue::from_static(
                    "Basic realm=\"Voorrang: the token as password\", charset=\"UTF-8\"",
                );
                headers.append(header::WWW_AUTHENTICATE, basic);
            }
            _ => {}
        }
        response
    }
}

/// An error as every path tells it.
pub(super) fn error(status: StatusCode, what: &str) -> Response {
    (status, axum::Json(json!({ "error": what }))).into_response()
}

/// A page of another site cannot read answers, but it could open an event stream. Clients that are no browsers say nothing of an origin.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == host
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|octet| octet.is_ascii_digit()) => name,
        _ => host,
    }
}

/// `Bearer TOKEN`, or `Basic` with the token as password.
fn shows(headers: &HeaderMap, token: &[u8; 32]) -> bool {
    let Some(shown) = headers.get(header::AUTHORIZATION).and_then(|shown| shown.to_str().ok()) else {
        return false;
    };
    let Some((scheme, rest)) = shown.split_once(' ') else { return false };
    let secret = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => rest.trim().to_owned(),
        "basic" => match base64(rest.trim()).and_then(|pair| String::from_utf8(pair).ok()) {
            Some(pair) => pair.split_once(':').map_or_else(String::new, |(_, password)| password.to_owned()),
            None => return false,
        },
        _ => return false,
    };
    same(&digest(&secret), token)
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(Secret::new(secret).reveal().as_bytes()).into()
}

/// Takes as long for every difference.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// The standard alphabet of RFC 4648, padded.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let (mut octets, mut gathered, mut bits) = (Vec::new(), 0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        gathered = (gathered << 6 | u32::from(value)) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            octets.push(u8::try_from(gathered >> bits & 0xFF).ok()?);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_what_browsers_write() {
        assert_eq!(base64("b3BlcmF0b3I6c2VjcmV0").unwrap(), b"operator:secret");
        assert_eq!(base64("YTpi").unwrap(), b"a:b");
        assert_eq!(base64("YTo=").unwrap(), b"a:");
        assert_eq!(base64("YQ==").unwrap(), b"a");
        assert_eq!(base64(""), Some(Vec::new()));
        for wrong in ["YQ", "Y===", "YQ=!", "Y Q="] {
            assert_eq!(base64(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn on_this_machine_only_its_own_names_count() {
        let guard = |listen: &str, hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
            let config = HttpConfig { listen: listen.parse().unwrap(), hosts, ..HttpConfig::default() };
            Guard::new(&config, Arc::new(Metrics::new()))
        };
        let knows = |guard: &Guard, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            guard.knows_host(&headers)
        };
        let local = guard("127.0.0.1:8600", &["gateway.example"]);
        for host in ["localhost:8600", "127.0.0.1:8600", "127.0.0.1", "[::1]:8600", "Gateway.example:8600"] {
            assert!(knows(&local, host), "{host}");
        }
        for host in ["evil.example:8600", "192.0.2.1:8600", "localhost.evil.example", ""] {
            assert!(!knows(&local, host), "{host}");
        }
        assert!(!local.knows_host(&HeaderMap::new()));
        let named = guard("0.0.0.0:8600", &["gateway.example"]);
        assert!(knows(&named, "gateway.example") && knows(&named, "192.0.2.1:8600"));
        assert!(!knows(&named, "evil.example"));
    }
}
