//! What an area shows of itself: for the live page, `/readyz` and metrics. No station id stands here.

use serde::Serialize;
use voorrang_messages::PrioritizationStatus;
use voorrang_signals::{Aspect, Wish};
use voorrang_units::Instant;

use super::junction::Junction;
use super::{Alarm, Area};

/// One control area as it is now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AreaView {
    /// Its name in the configuration.
    pub name: String,
    /// Its junctions, in the order of the configuration.
    pub junctions: Vec<JunctionView>,
}

/// One junction as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct JunctionView {
    /// What people call it.
    pub name: String,
    /// Road authority and number.
    pub id: String,
    /// `observe`, `relay` or `control`.
    pub role: &'static str,
    /// The session with its controller in a word or two: `connecting`, `registered`, `in control`.
    pub session: &'static str,
    /// Whether the lamps are ours at present.
    pub in_control: bool,
    /// Every group and what it shows.
    pub groups: Vec<GroupView>,
    /// Who asks.
    pub requests: Vec<RequestView>,
    /// What somebody should look at, newest last.
    pub alarms: Vec<AlarmView>,
}

/// One signal group as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// `02`.
    pub name: String,
    /// What it shows; none before it was seen.
    pub aspect: Option<Aspect>,
    /// Since when.
    pub since: Option<Instant>,
    /// Whether the strategy wishes it green or held red.
    pub wish: &'static str,
}

/// One request as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct RequestView {
    /// Its number on this page: nothing that leads back to a vehicle.
    pub number: u64,
    /// From which approach.
    pub approach: String,
    /// The groups that serve it.
    pub groups: Vec<String>,
    /// What became of it.
    pub status: PrioritizationStatus,
    /// When it is expected at the stop line.
    pub eta: Option<Instant>,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, Serialize)]
pub struct AlarmView {
    /// When.
    pub at: Instant,
    /// What, in a sentence.
    pub what: String,
}

impl Area {
    /// What it shows of itself.
    #[must_use]
    pub fn view(&self) -> AreaView {
        let junctions = self.junctions.iter().enumerate().map(|(place, junction)| {
            let of_this = |alarm: &&Alarm| alarm.junction.is_none_or(|other| other == place);
            let alarms = self.alarms.iter().filter(of_this);
            JunctionView {
                name: junction.layout.name().to_owned(),
                id: junction.layout.id().to_string(),
                role: junction.role.name(),
                session: junction.session_word(),
                in_control: junction.control.is_some(),
                groups: self.groups_of(junction),
                requests: self.requests_of(junction),
                alarms: alarms.map(|alarm| AlarmView { at: alarm.at, what: alarm.what.clone() }).collect(),
            }
        });
        AreaView { name: self.config.name.to_string(), junctions: junctions.collect() }
    }

    fn groups_of(&self, junction: &Junction) -> Vec<GroupView> {
        let known = junction.at.map(|at| self.engine.area().intersection(at).signals());
        let groups = junction.layout.group_indices().zip(junction.layout.groups());
        let view = groups.map(|(index, group)| {
            let signal = known.and_then(|signals| signals.get(index.index()));
            let aspect = signal.and_then(|signal| signal.aspect());
            GroupView {
                name: group.name.clone(),
                aspect,
                since: signal.filter(|_| aspect.is_some()).map(|signal| signal.since()),
                wish: match junction.wishes.wish(index) {
                    Wish::Program => "program",
                    Wish::Green => "green",
                    Wish::Red => "red",
                    Wish::Hold => "hold",
                },
            }
        });
        view.collect()
    }

    fn requests_of(&self, junction: &Junction) -> Vec<RequestView> {
        let Some(at) = junction.at else { return Vec::new() };
        let live = self.engine.area().intersection(at).requests().live().iter();
        let layout = &junction.layout;
        let view = live.map(|live| {
            let service = live.service();
            let approach = layout.approaches().get(service.approach.index());
            let groups = service.groups.iter().filter_map(|group| layout.groups().get(group.index()));
            let (station, request) = (live.latest().station, live.latest().request);
            RequestView {
                number: junction.ledger.number(station, request).unwrap_or(0),
                approach: approach.map_or_else(String::new, |approach| approach.name.clone()),
                groups: groups.map(|group| group.name.clone()).collect(),
                status: live.status(),
                eta: live.expected(),
            }
        });
        view.collect()
    }
}
