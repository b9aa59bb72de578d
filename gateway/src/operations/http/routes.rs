//! Paths, and what they answer. `openapi.json` describes all but the page; a test holds it against [`PATHS`] and against real answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::{self, Snapshot};
use super::guard::{Connection, Guard, error, guard};
use super::scheme::{JunctionScheme, Scheme};
use super::shown::{AreaSummary, Gateway, Placed, look};
use super::{Sources, shown};
use crate::operations::metrics::CONTENT_TYPE;

/// Makes the handler of a path.
type Route = fn() -> MethodRouter<Sources>;

/// Every path that is no part of the page.
pub(super) const PATHS: [(&str, Route); 12] = [
    ("/healthz", || get(healthz)),
    ("/readyz", || get(readyz)),
    ("/metrics", || get(metrics)),
    ("/api/v1/snapshot", || get(snapshot)),
    ("/api/v1/areas", || get(areas)),
    ("/api/v1/areas/{name}", || get(area)),
    ("/api/v1/areas/{name}/scheme", || get(scheme)),
    ("/api/v1/requests", || get(requests)),
    ("/api/v1/alarms", || get(alarms)),
    ("/api/v1/observations", || get(observations)),
    ("/api/v1/events", || get(event_stream)),
    ("/api/v1/openapi.json", || get(openapi)),
];

const PAGE: [(&str, &str, &str); 3] = [
    ("/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/page.css", "text/css; charset=utf-8", include_str!("page/page.css")),
    ("/page.js", "text/javascript; charset=utf-8", include_str!("page/page.js")),
];

/// More observations are not told at once.
const MOST_OBSERVATIONS: usize = 1000;

pub(super) fn router(sources: Sources, guarding: Guard) -> Router {
    let mut router = Router::new();
    for (path, route) in PATHS {
        router = router.route(path, route());
    }
    for (path, kind, text) in PAGE {
        let answer = move || async move {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
        };
        router = router.route(path, get(answer));
    }
    router
        .fallback(|| async {
            error(StatusCode::NOT_FOUND, "there is nothing here; /api/v1/openapi.json says what there is")
        })
        .with_state(sources)
        .layer(from_fn_with_state(Arc::new(guarding), guard))
}

async fn healthz() -> Json<Value> {
    Json(json!({ "alive": true }))
}

async fn readyz(State(sources): State<Sources>) -> Response {
    let readiness = sources.health.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn metrics(State(sources): State<Sources>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], sources.metrics.encode())
}

async fn snapshot(State(sources): State<Sources>) -> Json<Snapshot> {
    let areas = look(&sources.areas.list()).await;
    Json(Snapshot { at_ms: sources.clock.now().unix_millis(), gateway: Gateway::of(&sources), areas })
}

async fn areas(State(sources): State<Sources>) -> Json<Value> {
    let list = sources.areas.list();
    let areas: Vec<AreaSummary> = list.iter().map(|area| AreaSummary::of(&**area)).collect();
    Json(json!({ "at_ms": sources.clock.now().unix_millis(), "areas": areas }))
}

async fn area(State(sources): State<Sources>, Path(name): Path<String>) -> Response {
    let Some(area) = sources.areas.named(&name) else { return no_such_area() };
    match look(&[area]).await.pop() {
        Some(shown) => {
            Json(json!({ "at_ms": sources.clock.now().unix_millis(), "area": shown })).into_response()
        }
        None => error(StatusCode::SERVICE_UNAVAILABLE, "the area shows nothing at present"),
    }
}

async fn scheme(State(sources): State<Sources>, Path(name): Path<String>) -> Response {
    let Some(area) = sources.areas.named(&name) else { return no_such_area() };
    let junctions = area.intersections().iter().map(|junction| JunctionScheme::from(&**junction)).collect();
    Json(Scheme { area: name, junctions }).into_response()
}

async fn requests(State(sources): State<Sources>) -> Json<Value> {
    let requests = placed(look(&sources.areas.list()).await, |junction| junction.requests);
    Json(json!({ "at_ms": sources.clock.now().unix_millis(), "requests": requests }))
}

async fn alarms(State(sources): State<Sources>) -> Json<Value> {
    let mut alarms = placed(look(&sources.areas.list()).await, |junction| junction.alarms);
    alarms.sort_by_key(|alarm| alarm.what.at_ms);
    Json(json!({ "at_ms": sources.clock.now().unix_millis(), "alarms": alarms }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    limit: Option<usize>,
}

async fn observations(State(sources): State<Sources>, Query(Limit { limit }): Query<Limit>) -> Json<Value> {
    let limit = limit.unwrap_or(MOST_OBSERVATIONS).min(MOST_OBSERVATIONS);
    let kept =
        sources.observations.as_ref().map(|observations| observations.latest(limit)).unwrap_or_default();
    Json(json!({ "at_ms": sources.clock.now().unix_millis(), "observations": kept }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfArea {
    area: Option<String>,
}

async fn event_stream(
    State(sources): State<Sources>,
    Query(OfArea { area }): Query<OfArea>,
    Extension(connection): Extension<Connection>,
    upgrade: axum::extract::WebSocketUpgrade,
) -> Response {
    if area.as_ref().is_some_and(|name| sources.areas.named(name).is_none()) {
        return no_such_area();
    }
    events::upgrade(sources, area, connection, upgrade)
}

async fn openapi() -> impl IntoResponse {
    let text = include_str!("openapi.json").replace("GATEWAY_VERSION", env!("CARGO_PKG_VERSION"));
    ([(header::CONTENT_TYPE, "application/json")], text)
}

fn no_such_area() -> Response {
    error(StatusCode::NOT_FOUND, "there is no area of that name")
}

fn placed<T>(areas: Vec<shown::Area>, take: impl Fn(shown::Junction) -> Vec<T>) -> Vec<Placed<T>> {
    let mut all = Vec::new();
    for area in areas {
        for junction in area.junctions {
            let id = junction.id.clone();
            all.extend(take(junction).into_iter().map(|what| Placed {
                area: area.name.clone(),
                junction: id.clone(),
                what,
            }));
        }
    }
    all
}
