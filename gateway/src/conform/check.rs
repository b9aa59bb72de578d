//! The checks: what is asked of a controller, where that stands, and how sure it is.

use std::fmt;

/// How sure it is that a controller has to do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// A standard's text.
    Normative,
    /// Seen in a capture of a real controller, or in the public client that real controllers work with.
    Seen,
    /// Our reading: it can only warn.
    Reading,
}

impl fmt::Display for Rank {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Normative => "normative",
            Self::Seen => "seen in practice",
            Self::Reading => "our reading",
        })
    }
}

/// When a check is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Always.
    Reading,
    /// With `--control`.
    Control,
    /// With `--intrusive`.
    Intrusive,
}

/// Makes the enum, with what stands about each.
macro_rules! checks {
    ($($check:ident = $id:literal, $stage:ident, $rank:ident, $text:literal, $source:literal;)*) => {
        /// A check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check {
            $(#[doc = $text] $check,)*
        }

        impl Check {
            /// Every check, in the order of the report.
            pub const ALL: &'static [Self] = &[$(Self::$check,)*];

            /// Its name in reports.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$check => $id,)* }
            }

            /// What is asked of the controller.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$check => $text,)* }
            }

            /// Where that stands.
            #[must_use]
            pub const fn source(self) -> &'static str {
                match self { $(Self::$check => $source,)* }
            }

            /// How sure it is.
            #[must_use]
            pub const fn rank(self) -> Rank {
                match self { $(Self::$check => Rank::$rank,)* }
            }

            /// When it is made.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(Self::$check => Stage::$stage,)* }
            }
        }
    };
}

checks! {
    Stream = "session.stream", Reading, Seen,
        "the stream comes up, and stays until the application closes it", "public client; capture 3031";
    Register = "session.register", Reading, Seen,
        "the registration is taken", "public client (Register)";
    Version = "session.version", Reading, Seen,
        "major and minor version of TLC-FI are those of the application", "public client (ProtocolVersion)";
    Messages = "rpc.messages", Reading, Normative,
        "everything on the stream is JSON-RPC 2.0, and makes sense", "JSON-RPC 2.0, sections 4 and 5";
    Answers = "rpc.answers", Reading, Seen,
        "answers come within 1 s", "public client (limit of 1000 ms); capture 3031: 25 to 50 ms";
    AliveAnswered = "alive.answered", Reading, Seen,
        "every Alive of the application is answered", "public client (three in a row end the session)";
    AliveEchoed = "alive.echoed", Reading, Seen,
        "the answer to an Alive is the same ticks and time", "public client; capture 3031";
    AliveSent = "alive.sent", Reading, Seen,
        "the controller sends an Alive of its own at least every 5 s", "public client (5000 ms); capture 3031: every 2.1 s";
    Ticks = "ticks.onward", Reading, Seen,
        "ticks go on by a millisecond, and wrap at 4294967295 only", "public client; capture 3031";
    Stopping = "session.goes_on", Reading, Seen,
        "the controller does not announce its end during the test", "public client (SessionEvent 1)";
    Legal = "session.transitions", Reading, Seen,
        "control states follow each other as the state machine allows", "public client (TLCFIStateChecker)";
    Subscribed = "state.subscribed", Reading, Seen,
        "meta and present states of all types of objects can be had", "public client; answers of K205195";
    MetaGroups = "meta.groups", Reading, Seen,
        "the signal groups are exactly those of the intersection file", "public client (groups must match exactly)";
    MetaDetectors = "meta.detectors", Reading, Seen,
        "the detectors, inputs and outputs of the intersection file are there", "public client (a missing one is fatal)";
    MetaIntergreen = "meta.intergreen", Reading, Seen,
        "no intergreen of the controller is longer than the file's", "answers of K205195 (tenths of a second); role `control` needs it";
    MetaTimes = "meta.times", Reading, Seen,
        "no minimum green, yellow or red of the controller is longer than the file's", "answers of K205195 (tenths of a second); role `control` needs it";
    MetaLooser = "meta.looser", Reading, Reading,
        "no time of the controller is shorter than the file's: one of them is not what was designed", "the intersection file";
    MetaMore = "meta.more", Reading, Reading,
        "the controller has no more than the file", "the intersection file";
    Conflicts = "lamps.conflicts", Reading, Normative,
        "no two conflicting groups are green together", "EN 12675 (conflicting greens); the intersection file";
    Intergreens = "lamps.intergreen", Reading, Normative,
        "intergreens are not shorter than the file and the controller itself say", "EN 12675 (intergreen times); the intersection file; meta";
    MinimumGreen = "lamps.minimum_green", Reading, Seen,
        "greens are not shorter than the file and the controller itself say", "the intersection file; meta (timing)";
    Yellow = "lamps.yellow", Reading, Seen,
        "yellows are as long as the file and the controller itself say", "the intersection file; meta (timing)";
    MinimumRed = "lamps.minimum_red", Reading, Seen,
        "reds are not shorter than the file and the controller itself say", "the intersection file; meta (timing)";
    Order = "lamps.order", Reading, Seen,
        "green is followed by yellow, yellow by red, red by green", "capture 3031 (3, 6, 8, 3)";
    Moves = "lamps.move", Reading, Reading,
        "every group is green at least once during the observation", "what a junction in use does";
    Intersection = "intersection.state", Reading, Seen,
        "the intersection does not go to Error", "public client (IntersectionControlState 0)";
    Detectors = "detectors.fault", Reading, Reading,
        "no detector reports a fault", "what a junction in order does";
    Granted = "control.granted", Control, Seen,
        "control is given within two minutes, by the steps of the state machine", "public client (StartControl, InControl)";
    Obeyed = "control.obeyed", Control, Seen,
        "every safe command leads to its lamp", "capture 3031 (reqState, then state)";
    Confirmation = "control.confirmation", Control, Seen,
        "commands are confirmed within 1 s", "capture 3031: 0.16 to 0.38 s";
    Uncommanded = "control.uncommanded", Control, Seen,
        "no lamp changes that nobody commanded", "capture 3031; public client";
    Updates = "control.updates", Control, Seen,
        "updates that fit the control state are not refused", "public client (SessionEvent 1000 to 1002)";
    Kept = "control.kept", Control, Reading,
        "control is not ended by the controller sooner than 180 s after it began", "public client (it warns)";
    Ended = "control.ended", Control, Seen,
        "control ends in order once all groups are red, and the controller goes on", "public client (EndControl, 180 s)";
    Unsafe = "intrusive.conflict", Intrusive, Normative,
        "a green in conflict with a running one does not come", "EN 12675 (conflicting greens)";
    UnsafeIntergreen = "intrusive.intergreen", Intrusive, Normative,
        "a green whose intergreen still runs does not come before its time", "EN 12675 (intergreen times)";
    UnsafeGreen = "intrusive.minimum_green", Intrusive, Seen,
        "a green can not be ended before its minimum", "meta (timing); the controller guards what it says";
    UnsafeYellow = "intrusive.yellow", Intrusive, Seen,
        "a yellow can not be left out or cut short", "meta (timing); the controller guards what it says";
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Passed,
    /// Not as we read it.
    Warned,
    /// Not as it should be.
    Failed,
    /// Not made; the findings say why.
    NotMade,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "FAILED",
            Self::NotMade => "not made",
        })
    }
}

/// So many findings of one check are kept; the rest is counted.
const KEPT: usize = 20;

/// What was found, check by check.
#[derive(Debug, Clone)]
pub struct Findings {
    made: Vec<bool>,
    against: Vec<Vec<String>>,
    more: Vec<usize>,
    notes: Vec<Option<String>>,
}

impl Default for Findings {
    fn default() -> Self {
        let count = Check::ALL.len();
        Self {
            made: vec![false; count],
            against: vec![Vec::new(); count],
            more: vec![0; count],
            notes: vec![None; count],
        }
    }
}

impl Findings {
    /// A check is being made.
    pub fn make(&mut self, check: Check) {
        self.made[check as usize] = true;
    }

    /// Something speaks against the controller.
    pub fn against(&mut self, check: Check, what: impl Into<String>) {
        self.make(check);
        let (list, what) = (&mut self.against[check as usize], what.into());
        if list.len() < KEPT && !list.contains(&what) {
            list.push(what);
        } else {
            self.more[check as usize] += 1;
        }
    }

    /// What was measured, or why it was not made.
    pub fn note(&mut self, check: Check, what: impl Into<String>) {
        self.notes[check as usize] = Some(what.into());
    }

    /// What became of a check.
    #[must_use]
    pub fn verdict(&self, check: Check) -> Verdict {
        match (self.against[check as usize].is_empty(), check.rank()) {
            (false, Rank::Reading) => Verdict::Warned,
            (false, _) => Verdict::Failed,
            (true, _) if self.made[check as usize] => Verdict::Passed,
            (true, _) => Verdict::NotMade,
        }
    }

    /// What speaks against the controller, then what was measured.
    #[must_use]
    pub fn lines(&self, check: Check) -> Vec<String> {
        let mut lines = self.against[check as usize].clone();
        if self.more[check as usize] > 0 {
            lines.push(format!("and {} more", self.more[check as usize]));
        }
        lines.extend(self.notes[check as usize].clone());
        lines
    }

    /// How many checks came out so.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        Check::ALL.iter().filter(|check| self.verdict(**check) == verdict).count()
    }

    /// Whether no check failed, and some passed.
    #[must_use]
    pub fn is_pass(&self) -> bool {
        self.count(Verdict::Failed) == 0 && self.count(Verdict::Passed) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sources_told() {
        let ids: std::collections::BTreeSet<_> = Check::ALL.iter().map(|check| check.id()).collect();
        assert_eq!(ids.len(), Check::ALL.len());
        assert!(Check::ALL.iter().all(|check| !check.source().is_empty()));
        assert!(Check::ALL.iter().enumerate().all(|(place, check)| *check as usize == place));
    }

    #[test]
    fn our_reading_can_only_warn() {
        let mut findings = Findings::default();
        assert_eq!(findings.verdict(Check::Moves), Verdict::NotMade);
        findings.against(Check::Moves, "02");
        findings.make(Check::Order);
        assert_eq!(findings.verdict(Check::Moves), Verdict::Warned);
        assert!(findings.is_pass());
        findings.against(Check::Conflicts, "02 and 05");
        assert_eq!(findings.verdict(Check::Conflicts), Verdict::Failed);
        assert!(!findings.is_pass());
    }
}
