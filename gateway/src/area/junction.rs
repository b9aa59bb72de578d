//! One junction of an area: its file, who asks there, its controller's session, and its lamps.

use std::collections::BTreeSet;
use std::sync::Arc;

use voorrang_priority::area::IntersectionIndex;
use voorrang_priority::etsi::Operation;
use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_signals::{Aspect, GroupIndex, Intersection, Prediction, Wish, Wishes};
use voorrang_tlcfi::objects::IntersectionControlState;
use voorrang_units::{Duration, Instant};

use super::config::{JunctionConfig, Role};
use super::control::{Control, Fault};
use super::lamp_watch::LampWatch;
use super::ledger::Ledger;
use super::log::Log;
use super::observation::Observer;
use super::publication::Broadcast;
use super::session::{Session, Stream};

/// So many different things are told once; what comes then is not told.
const MOST_TOLD: usize = 64;

/// One junction.
#[derive(Debug)]
pub(super) struct Junction {
    pub(super) layout: Arc<Intersection>,
    /// Its place in the engine's area; none where another of the area has the same identity.
    pub(super) at: Option<IntersectionIndex>,
    pub(super) role: Role,
    pub(super) ledger: Ledger,
    /// What the engine wishes.
    pub(super) wishes: Wishes,
    pub(super) session: Option<Session>,
    /// The lamps, while they are ours.
    pub(super) control: Option<Control>,
    /// Control is on its way back.
    pub(super) ending: bool,
    /// Whether file and controller agree well enough; none before the controller said what it has.
    pub(super) agreed: Option<bool>,
    /// Why we don't take control any more.
    pub(super) fault: Option<Fault>,
    pub(super) state: Option<IntersectionControlState>,
    pub(super) lamps: Vec<Option<Aspect>>,
    pub(super) occupied: Vec<bool>,
    /// By the file's inputs that rank above requests.
    pub(super) overridden: Vec<bool>,
    /// By the file's emergency lamps.
    pub(super) lit: Vec<bool>,
    pub(super) watch: LampWatch,
    pub(super) observer: Observer,
    pub(super) broadcast: Option<Broadcast>,
    pub(super) log: Option<Log>,
    /// What it has to do may have changed since it was served.
    pub(super) stirred: bool,
    told: BTreeSet<String>,
}

impl Junction {
    /// Nothing is known of it. What can't be made of it (a MAPEM, a V-Log) comes back in sentences.
    pub(super) fn new(
        config: &JunctionConfig,
        at: Option<IntersectionIndex>,
        keep: Duration,
        vlog: bool,
        now: Instant,
        faults: &mut Vec<String>,
    ) -> Self {
        let layout = &config.intersection;
        let groups = layout.groups().len();
        // What no message reaches tells nothing either.
        let broadcast = (config.publish && at.is_some()).then(|| Broadcast::new(layout, now));
        let broadcast = broadcast
            .and_then(|made| made.map_err(|error| faults.push(format!("no SPATEM and MAPEM: {error}"))).ok());
        let log = vlog.then(|| Log::new(layout, now));
        let log = log.and_then(|made| made.map_err(|error| faults.push(format!("no V-Log: {error}"))).ok());
        Self {
            at,
            role: config.role,
            ledger: Ledger::new(keep),
            wishes: Wishes::none(groups),
            session: config.session.as_ref().map(|session| Session::new(config, session, now)),
            control: None,
            ending: false,
            agreed: None,
            fault: None,
            state: None,
            lamps: vec![None; groups],
            occupied: vec![false; layout.detectors().len()],
            overridden: vec![false; layout.overrides().len()],
            lit: vec![false; layout.emergency_lamps().len()],
            watch: LampWatch::new(groups),
            observer: Observer::new(groups),
            broadcast,
            log,
            stirred: true,
            told: BTreeSet::new(),
            layout: Arc::clone(layout),
        }
    }

    /// True the first time that this is to be told.
    pub(super) fn is_news(&mut self, what: &str) -> bool {
        self.told.len() < MOST_TOLD && self.told.insert(what.to_owned())
    }

    /// Whether any input of a kind is active.
    pub(super) fn is_overridden(&self, kind: OverrideKind) -> bool {
        self.layout
            .overrides()
            .iter()
            .zip(&self.overridden)
            .any(|(input, active)| input.kind == kind && *active)
    }

    /// All groups red: the state in which control goes back.
    pub(super) fn all_red(&self) -> Wishes {
        let mut wishes = Wishes::none(self.layout.groups().len());
        for group in self.layout.group_indices() {
            wishes.set(group, Wish::Red);
        }
        wishes
    }

    /// How the controller works, for SPATEM.
    pub(super) fn operation(&self, now: Instant) -> Operation {
        match self.state {
            Some(IntersectionControlState::Standby | IntersectionControlState::AlternativeStandby) => {
                Operation::Standby
            }
            Some(IntersectionControlState::Dark) => Operation::Off,
            Some(IntersectionControlState::Error) => Operation::Failure,
            _ if self.control.is_some() && self.layout.program().fixed_time(now).is_some() => {
                Operation::FixedTime
            }
            _ => Operation::TrafficDependent,
        }
    }

    /// When aspects end, as far as that is known: by our own program while lamps are ours,
    /// else by the controller's word.
    pub(super) fn predictions(&self) -> Vec<Option<Prediction>> {
        let one = |group: GroupIndex| match (&self.control, &self.session) {
            (Some(control), _) => control.predicted().get(group.index()).copied(),
            (None, Some(session)) => session.prediction(group),
            (None, None) => None,
        };
        self.layout.group_indices().map(one).collect()
    }

    /// The session in a word or two.
    pub(super) fn session_word(&self) -> &'static str {
        let Some(session) = &self.session else { return "no link" };
        match (session.stream, session.ready) {
            (Stream::Open, true) => match (&self.control, self.ending, self.role) {
                (Some(_), true, _) => "giving control back",
                (Some(_), false, _) => "in control",
                (None, _, Role::Control) if self.fault.is_some() => {
                    "registered, control given up after a fault"
                }
                (None, _, Role::Control) if self.agreed == Some(false) => "registered, control refused",
                (None, _, Role::Control) => "registered, waiting for control",
                (None, _, _) => "registered",
            },
            (Stream::Open, false) => "registering",
            (Stream::Opening, _) => "connecting",
            (Stream::Closing, _) => "closing",
            (Stream::Closed, _) => "disconnected",
        }
    }

    /// When something of it is due.
    pub(super) fn next_deadline(&self, subscribed: bool) -> Option<Instant> {
        let session = self.session.as_ref().and_then(Session::next_deadline);
        let control = self.control.as_ref().map(Control::next_deadline);
        let broadcast = self.broadcast.as_ref().filter(|_| subscribed).map(Broadcast::next_deadline);
        let log = self.log.as_ref().map(Log::next_deadline);
        [session, control, broadcast, log].into_iter().flatten().min()
    }
}
