//! What is told of the areas and of the gateway: these members and no others, so that nothing that a view may hold one day gets out unseen. Times
//! are milliseconds of UTC since 1970.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use voorrang_signals::Aspect;

use super::Sources;
use crate::area::AreaView;
use crate::area::view::{AlarmView, GroupView, JunctionView, RequestView};
use crate::condition::Condition;
use crate::operations::areas::AreaSource;
use crate::operations::health::Reason;
use crate::operations::metrics::{LatencySummary, Totals, status_name};

/// Areas make views when somebody looks; for so long they are waited for.
const VIEW_PATIENCE: Duration = Duration::from_millis(300);

/// The gateway itself.
#[derive(Debug, Serialize)]
pub(super) struct Gateway {
    name: String,
    version: &'static str,
    ready: bool,
    reasons: Vec<Reason>,
    clock: Clock,
    answers: LatencySummary,
    totals: Totals,
}

#[derive(Debug, Serialize)]
struct Clock {
    source: &'static str,
    trusted: bool,
    offset_s: Option<f64>,
    why: String,
}

impl Gateway {
    pub(super) fn of(sources: &Sources) -> Self {
        let readiness = sources.health.readiness();
        let clock = sources.health.clock();
        Self {
            name: sources.name.to_string(),
            version: env!("CARGO_PKG_VERSION"),
            ready: readiness.ready,
            reasons: readiness.reasons,
            clock: Clock {
                source: clock.source,
                trusted: clock.trusted,
                offset_s: clock.offset_s,
                why: clock.why,
            },
            answers: sources.metrics.recent_answers(),
            totals: sources.metrics.totals(),
        }
    }
}

/// How an area stands, in numbers.
#[derive(Debug, Serialize)]
pub(super) struct AreaSummary {
    name: String,
    junctions: Vec<JunctionName>,
    registered: u32,
    to_control: u32,
    in_control: u32,
    ended: bool,
}

#[derive(Debug, Serialize)]
struct JunctionName {
    id: String,
    name: String,
}

impl AreaSummary {
    pub(super) fn of(area: &dyn AreaSource) -> Self {
        let Condition { registered, to_control, in_control, ended, .. } = area.condition();
        let junctions = area
            .intersections()
            .iter()
            .map(|junction| JunctionName { id: junction.id().to_string(), name: junction.name().to_owned() })
            .collect();
        Self { name: area.name().to_owned(), junctions, registered, to_control, in_control, ended }
    }
}

/// One area.
#[derive(Debug, Serialize)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) junctions: Vec<Junction>,
}

#[derive(Debug, Serialize)]
pub(super) struct Junction {
    pub(super) id: String,
    pub(super) name: String,
    role: &'static str,
    session: &'static str,
    in_control: bool,
    groups: Vec<Group>,
    pub(super) requests: Vec<Request>,
    pub(super) alarms: Vec<Alarm>,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    aspect: Option<Aspect>,
    since_ms: Option<i64>,
    wish: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Request {
    number: u64,
    approach: String,
    groups: Vec<String>,
    status: &'static str,
    eta_ms: Option<i64>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Alarm {
    pub(super) at_ms: i64,
    what: String,
}

impl From<&AreaView> for Area {
    fn from(view: &AreaView) -> Self {
        Self { name: view.name.clone(), junctions: view.junctions.iter().map(Junction::from).collect() }
    }
}

impl From<&JunctionView> for Junction {
    fn from(view: &JunctionView) -> Self {
        Self {
            id: view.id.clone(),
            name: view.name.clone(),
            role: view.role,
            session: view.session,
            in_control: view.in_control,
            groups: view.groups.iter().map(Group::from).collect(),
            requests: view.requests.iter().map(Request::from).collect(),
            alarms: view.alarms.iter().map(Alarm::from).collect(),
        }
    }
}

impl From<&GroupView> for Group {
    fn from(view: &GroupView) -> Self {
        let since_ms = view.since.map(|since| since.unix_millis());
        Self { name: view.name.clone(), aspect: view.aspect, since_ms, wish: view.wish }
    }
}

impl From<&RequestView> for Request {
    fn from(view: &RequestView) -> Self {
        Self {
            number: view.number,
            approach: view.approach.clone(),
            groups: view.groups.clone(),
            status: status_name(view.status),
            eta_ms: view.eta.map(|eta| eta.unix_millis()),
        }
    }
}

impl From<&AlarmView> for Alarm {
    fn from(view: &AlarmView) -> Self {
        Self { at_ms: view.at.unix_millis(), what: view.what.clone() }
    }
}

/// Something of a junction, and which one it is.
#[derive(Debug, Serialize)]
pub(super) struct Placed<T> {
    pub(super) area: String,
    pub(super) junction: String,
    #[serde(flatten)]
    pub(super) what: T,
}

/// What these areas show now. One that does not answer in time is left out; `name` is empty in what was never shown.
pub(super) async fn look(areas: &[Arc<dyn AreaSource>]) -> Vec<Area> {
    let mut looking: Vec<watch::Receiver<Arc<AreaView>>> = areas.iter().map(|area| area.look()).collect();
    let deadline = Instant::now() + VIEW_PATIENCE;
    let mut shown = Vec::new();
    for receiver in &mut looking {
        // Somebody else may be looking already: then the view is fresh though it does not change.
        let _ = timeout_at(deadline, receiver.changed()).await;
        let view = receiver.borrow();
        if !view.name.is_empty() {
            shown.push(Area::from(&**view));
        }
    }
    shown
}
