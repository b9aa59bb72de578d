//! The TLC-FI session with one junction's controller, in the words of the intersection file: its ids become indices once, when the controller's meta
//! is read.

use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, Intersection, IntersectionId, Prediction};
use voorrang_tlcfi::objects::ApplicationType;
use voorrang_tlcfi::session::application::{
    Application, ApplicationConfig, DetectorNumber, Facilities, Foretold, GroupNumber, InputNumber,
};
use voorrang_units::{Duration, Instant};

use super::agreement::Vocabulary;
use super::config::{JunctionConfig, Role, SessionConfig};

/// All that is asked of groups is repeated this often. Applications on the street do it every second or so; TCP loses nothing, and equal requests
/// change nothing.
const REPEAT: Duration = Duration::from_seconds(10);
/// When we end, control has so long to be given back in order: whoever stops us waits 10 s.
const CLOSE_WITHIN: Duration = Duration::from_seconds(8);

/// The session, and the stream under it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) application: Application,
    pub(super) stream: Stream,
    /// Everything was read since the stream came up.
    pub(super) ready: bool,
    names: Names,
}

/// The stream to the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// There is none, and nobody wants one yet.
    Closed,
    /// It is being opened.
    Opening,
    /// Octets pass.
    Open,
    /// It is being closed.
    Closing,
}

/// What the controller's numbers stand for.
#[derive(Debug, Default)]
struct Names {
    groups: Vec<Option<GroupIndex>>,
    detectors: Vec<Option<DetectorIndex>>,
    /// Places among the file's inputs that rank above requests.
    inputs: Vec<Option<usize>>,
    /// By group of the file.
    numbers: Vec<Option<GroupNumber>>,
    vocabulary: Vec<Vocabulary>,
}

/// How much later than usual a junction's session is begun. After a start or a broken network a thousand streams come up in one moment; were their
/// sessions begun in one moment too, all their Alives would for ever be due together, and a request would have to wait for all of them. Twenty
/// groups are few enough to be served together, which costs less than each by itself.
fn turn(junction: IntersectionId) -> Duration {
    Duration::from_millis(i64::from(junction.id % 20) * 100)
}

impl Session {
    /// A session that is to be opened.
    pub(super) fn new(junction: &JunctionConfig, config: &SessionConfig, now: Instant) -> Self {
        let kind = match junction.role {
            Role::Control => ApplicationType::Control,
            Role::Observe | Role::Relay => ApplicationType::Consumer,
        };
        let usual = ApplicationConfig::new(kind, config.username.clone(), config.password.clone());
        let application = ApplicationConfig {
            uri: config.uri.clone(),
            intersection: config.intersection.clone(),
            registered: junction.registered,
            register_delay: usual.register_delay + turn(junction.intersection.id()),
            repeat_interval: REPEAT,
            close_limit: CLOSE_WITHIN,
            ..usual
        };
        Self {
            application: Application::new(application, now),
            stream: Stream::Closed,
            ready: false,
            names: Names::default(),
        }
    }

    /// The controller said what it has.
    pub(super) fn learn(&mut self, layout: &Intersection, facilities: &Facilities) {
        let inputs = layout.overrides();
        let numbers: Vec<_> = layout.groups().iter().map(|group| facilities.group(&group.name)).collect();
        let vocabulary = layout.group_indices().zip(&numbers).map(|(group, number)| {
            let meta = number.and_then(|number| facilities.groups.get(number.index()));
            Vocabulary::of(layout, group, meta)
        });
        self.ready = true;
        self.names = Names {
            groups: facilities.groups.iter().map(|meta| layout.group_named(meta.id.as_str())).collect(),
            detectors: facilities
                .detectors
                .iter()
                .map(|meta| layout.detector_named(meta.id.as_str()))
                .collect(),
            inputs: facilities
                .inputs
                .iter()
                .map(|meta| inputs.iter().position(|input| input.name == meta.id.as_str()))
                .collect(),
            vocabulary: vocabulary.collect(),
            numbers,
        };
    }

    /// The group of a number.
    pub(super) fn group(&self, number: GroupNumber) -> Option<GroupIndex> {
        self.names.groups.get(number.index()).copied().flatten()
    }

    /// The detector of a number.
    pub(super) fn detector(&self, number: DetectorNumber) -> Option<DetectorIndex> {
        self.names.detectors.get(number.index()).copied().flatten()
    }

    /// Which of the file's inputs that rank above requests a number is.
    pub(super) fn override_input(&self, number: InputNumber) -> Option<usize> {
        self.names.inputs.get(number.index()).copied().flatten()
    }

    /// Asks groups to show something, and tells when each will show something else.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        requests: &[(GroupIndex, Aspect)],
        predictions: Option<(&[Aspect], &[Prediction])>,
    ) {
        let names = &self.names;
        let number = |group: GroupIndex| names.numbers.get(group.index()).copied().flatten();
        let word = |group: GroupIndex, aspect| Some(names.vocabulary.get(group.index())?.state(aspect));
        let states: Vec<_> = requests
            .iter()
            .filter_map(|(group, aspect)| Some((number(*group)?, word(*group, *aspect)?)))
            .collect();
        let (aspects, predictions) = predictions.unwrap_or_default();
        let foretold: Vec<_> = (0..)
            .map(GroupIndex)
            .zip(aspects.iter().zip(predictions))
            .filter_map(|(group, (aspect, prediction))| {
                let one = Foretold {
                    state: word(group, *aspect)?,
                    start: None,
                    min_end: prediction.earliest,
                    max_end: prediction.latest,
                    likely_end: prediction.likely,
                    confidence: None,
                };
                Some((number(group)?, [one]))
            })
            .collect();
        let lists: Vec<_> = foretold.iter().map(|(number, list)| (*number, &list[..])).collect();
        if let Err(error) = self.application.set_signal_groups(now, &states, &lists) {
            // Control ended within this very call; its end is seen next.
            tracing::debug!(%error, "not asked");
        }
    }

    /// Lights an emergency lamp or puts it out; false where that can't be.
    pub(super) fn light(&mut self, now: Instant, output: &str, on: bool) -> bool {
        self.application.set_output(now, output, i16::from(on)).is_ok()
    }

    /// When a group's aspect ends by the controller's own word.
    pub(super) fn prediction(&self, group: GroupIndex) -> Option<Prediction> {
        let number = self.names.numbers.get(group.index()).copied().flatten()?;
        let (state, _) = self.application.signal_group(number)?;
        let first = self.application.predictions(number).next()?;
        (first.state == state).then_some(Prediction {
            earliest: first.min_end,
            latest: first.max_end,
            likely: first.likely_end,
        })
    }

    /// Whether something of the session is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.application.next_deadline().is_some_and(|deadline| deadline <= now)
    }

    /// When something is due: of the session, or the next call.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let connect = self.application.connect_at().filter(|_| self.stream == Stream::Closed);
        self.application.next_deadline().into_iter().chain(connect).min()
    }
}
