//! What both roles share: calls and their answers, Alive both ways, and the clocks of both peers. It knows no state of a session.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;
use voorrang_units::{Duration, Instant};

use super::on_the_tenth;
use crate::frame::FrameError;
use crate::objects::Alive;
use crate::rpc::{
    self, Calls, ErrorAnswer, ErrorCode, Id, MAX_OUTSTANDING, Message, NoMessage, Params, TooManyCalls,
    method,
};
use crate::ticks::{PeerClock, TickClock, TickStep, Ticks};

/// Own Alives in a row that may fail before the session ends.
const ALIVE_FAILURES: u32 = 3;

/// How patient a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkConfig {
    /// How often an Alive is sent. The public client has 2 s; a real application sends one a second, a real controller every 2.1 s.
    pub alive_interval: Duration,
    /// Without an Alive of the peer for this long the session ends.
    pub alive_timeout: Duration,
    /// An answer to an Alive is late after this.
    pub alive_reply: Duration,
    /// An answer to any other call is late after this. The public client waits 1 s; we wait longer, since a slow answer does no harm.
    pub reply_timeout: Duration,
}

impl Default for LinkConfig {
    /// 2 s, 5 s, 1 s and 5 s.
    fn default() -> Self {
        Self {
            alive_interval: Duration::from_seconds(2),
            alive_timeout: Duration::from_seconds(5),
            alive_reply: Duration::from_seconds(1),
            reply_timeout: Duration::from_seconds(5),
        }
    }
}

/// What became of calls and Alives since the stream is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkStatistics {
    /// The longest that an answer to a call took, Alives apart.
    pub slowest_answer: Duration,
    /// The longest that an answer to an Alive took.
    pub slowest_alive: Duration,
    /// The longest between two Alives of the peer.
    pub longest_alive_gap: Duration,
    /// Alives of the peer.
    pub alives_heard: u32,
    /// Own Alives that had the right answer.
    pub alives_answered: u32,
    /// Own Alives that had a wrong answer.
    pub alives_garbled: u32,
    /// Own Alives that had no answer in time.
    pub alives_unanswered: u32,
}

/// A message as the session has to look at it. `C` is what the session's own calls are about.
#[derive(Debug)]
pub enum Incoming<'a, C> {
    /// To be answered with [`Link::answer`] or [`Link::refuse`].
    Request {
        /// For the answer.
        id: Id,
        /// Which method.
        method: Cow<'a, str>,
        /// Its argument.
        params: Params<'a>,
    },
    /// Not to be answered.
    Notification {
        /// Which method.
        method: Cow<'a, str>,
        /// Its argument.
        params: Params<'a>,
    },
    /// A call of ours came back.
    Answered {
        /// What the call was about.
        about: C,
        /// What it gave.
        result: Result<&'a RawValue, ErrorAnswer>,
        /// How long it took.
        took: Duration,
    },
    /// An Alive of the peer; it has its answer.
    PeerAlive {
        /// As it came.
        alive: Alive,
        /// What its ticks tell.
        step: TickStep,
    },
    /// The answer to an Alive of ours.
    AliveAnswered {
        /// Whether it is what we sent.
        intact: bool,
        /// How long it took.
        took: Duration,
    },
}

/// Why a link is over.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkFault<C: fmt::Debug> {
    /// The stream can't be read.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The peer asks and does not read.
    #[error("{MAX_OUTSTANDING} requests of the peer came before it could get an answer")]
    TooManyRequests,
    /// We ask and the peer does not answer.
    #[error(transparent)]
    TooManyCalls(#[from] TooManyCalls),
    /// The peer's Alives lack.
    #[error("no Alive came for {0}")]
    NoAlive(Duration),
    /// The peer's answers to our Alives lack, or are wrong.
    #[error("{ALIVE_FAILURES} Alives in a row had no answer, or a wrong one")]
    AliveUnanswered,
    /// An answer is late.
    #[error("no answer to {about:?} within {within}")]
    Unanswered {
        /// What the call was about.
        about: C,
        /// The time it had.
        within: Duration,
    },
}

/// One stream with a peer.
#[derive(Debug)]
pub struct Link<C> {
    config: LinkConfig,
    calls: Calls<About<C>>,
    out: Vec<u8>,
    own: TickClock,
    peer: PeerClock,
    /// When the next Alive goes out; none before [`Self::start_alive`].
    alive_due: Option<Instant>,
    alive_heard: Instant,
    alive_failures: u32,
    /// Since the octets were last taken.
    answers: usize,
    statistics: LinkStatistics,
}

#[derive(Debug, Clone, Copy)]
enum About<C> {
    Alive(Alive),
    Call(C),
}

impl<C: fmt::Debug> Link<C> {
    /// A link whose own clock shows 0 now.
    #[must_use]
    pub fn new(config: LinkConfig, now: Instant) -> Self {
        Self {
            config,
            calls: Calls::default(),
            out: Vec::new(),
            own: TickClock::new(now, Ticks(0)),
            peer: PeerClock::default(),
            alive_due: None,
            alive_heard: now,
            alive_failures: 0,
            answers: 0,
            statistics: LinkStatistics::default(),
        }
    }

    /// A new stream: nothing of the one before counts, but our clock goes on.
    pub fn open(&mut self, now: Instant) {
        self.calls.forget();
        self.out.clear();
        self.peer.forget();
        self.alive_due = None;
        self.alive_heard = now;
        self.alive_failures = 0;
        self.answers = 0;
        self.statistics = LinkStatistics::default();
    }

    /// From now on Alives go out, and the peer's must come.
    pub fn start_alive(&mut self, now: Instant) {
        self.alive_due = Some(now);
        self.alive_heard = now;
    }

    /// Sends our Alives at another interval: tests of a peer do.
    pub fn set_alive_interval(&mut self, interval: Duration) {
        self.config.alive_interval = interval;
    }

    /// Shows other ticks from now on: an emulated controller that starts anew does.
    pub fn set_ticks(&mut self, now: Instant, ticks: Ticks) {
        self.own = TickClock::new(now, ticks);
    }

    /// Calls a method.
    ///
    /// # Errors
    /// When too many calls wait already: the session is over.
    pub fn call<P: Serialize>(
        &mut self,
        now: Instant,
        about: C,
        method: &str,
        params: &P,
    ) -> Result<(), LinkFault<C>> {
        let id = self.calls.begin(About::Call(about), now, now + self.config.reply_timeout)?;
        rpc::write_request(&mut self.out, id, method, params);
        Ok(())
    }

    /// Tells something that has no answer.
    pub fn notify<P: Serialize>(&mut self, method: &str, params: &P) {
        rpc::write_notification(&mut self.out, method, params);
    }

    /// Answers a request.
    pub fn answer<R: Serialize + ?Sized>(&mut self, id: &Id, result: &R) {
        rpc::write_response(&mut self.out, id, result);
    }

    /// Answers that a request failed.
    pub fn refuse(&mut self, id: &Id, error: &ErrorAnswer) {
        rpc::write_error(&mut self.out, id, error);
    }

    /// Reads a message, and does what is the link's own.
    ///
    /// # Errors
    /// Outside: the session is over. Inside: nobody knows what the message is; the session goes on.
    pub fn sort<'a>(
        &mut self,
        now: Instant,
        text: &'a [u8],
    ) -> Result<Result<Incoming<'a, C>, Unexplained>, LinkFault<C>> {
        let message = match Message::read(text) {
            Ok(message) => message,
            Err(error) => return Ok(Err(error.into())),
        };
        match message {
            Message::Request { id, method, params } => {
                self.answers += 1;
                if self.answers > MAX_OUTSTANDING {
                    return Err(LinkFault::TooManyRequests);
                }
                if method == method::ALIVE {
                    return Ok(self.peer_alive(now, &id, params));
                }
                Ok(Ok(Incoming::Request { id, method, params }))
            }
            Message::Notification { method, params } => Ok(Ok(Incoming::Notification { method, params })),
            Message::Response { id, result } => self.answered(now, &id, Ok(result)),
            Message::Error { id, error } => self.answered(now, &id, Err(error)),
        }
    }

    /// Does what time asks for. A late answer or missing Alives end the session.
    ///
    /// # Errors
    /// When the session is over.
    pub fn advance(&mut self, now: Instant) -> Result<(), LinkFault<C>> {
        while let Some(call) = self.calls.expired(now) {
            match call.about {
                About::Alive(_) => {
                    self.statistics.alives_unanswered += 1;
                    self.alive_failed()?;
                }
                About::Call(about) => {
                    return Err(LinkFault::Unanswered { about, within: call.due - call.sent });
                }
            }
        }
        let Some(due) = self.alive_due else { return Ok(()) };
        if now - self.alive_heard >= self.config.alive_timeout {
            return Err(LinkFault::NoAlive(now - self.alive_heard));
        }
        if due <= now {
            let alive =
                Alive { ticks: self.own.at(now), time: u64::try_from(now.unix_millis()).unwrap_or(0) };
            let id = self.calls.begin(About::Alive(alive), now, now + self.config.alive_reply)?;
            rpc::write_request(&mut self.out, id, method::ALIVE, &alive);
            // Kept to a grid, unless it was missed altogether.
            let next = on_the_tenth(due + self.config.alive_interval);
            let missed = next <= now;
            self.alive_due = Some(if missed { on_the_tenth(now + self.config.alive_interval) } else { next });
        }
        Ok(())
    }

    /// When [`Self::advance`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let alive = self.alive_due.map(|due| due.min(self.alive_heard + self.config.alive_timeout));
        [alive, self.calls.next_due()].into_iter().flatten().min()
    }

    /// Moves what is to be sent to the end of `out`.
    pub fn take_octets(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.out);
        self.answers = 0;
    }

    /// Whether there is anything to be sent.
    #[must_use]
    pub fn has_octets(&self) -> bool {
        !self.out.is_empty()
    }

    /// What became of calls and Alives since the stream is up.
    #[must_use]
    pub fn statistics(&self) -> LinkStatistics {
        self.statistics
    }

    /// What our clock shows.
    #[must_use]
    pub fn ticks(&self, now: Instant) -> Ticks {
        self.own.at(now)
    }

    /// Our clock.
    #[must_use]
    pub fn own_clock(&self) -> &TickClock {
        &self.own
    }

    /// A message of the peer had these ticks.
    pub fn observe(&mut self, now: Instant, ticks: Ticks) -> TickStep {
        self.peer.observe(now, ticks)
    }

    /// The peer's clock.
    #[must_use]
    pub fn peer_clock(&self) -> &PeerClock {
        &self.peer
    }

    /// The peer's Alive is echoed as it came, whatever is in it.
    fn peer_alive<'a>(
        &mut self,
        now: Instant,
        id: &Id,
        params: Params<'a>,
    ) -> Result<Incoming<'a, C>, Unexplained> {
        match params.read::<Alive>() {
            Ok(alive) => {
                match params.raw() {
                    Some(raw) if !raw.get().starts_with('[') => self.answer(id, raw),
                    _ => self.answer(id, &alive),
                }
                let gap = self.statistics.longest_alive_gap.max(now - self.alive_heard);
                self.statistics.longest_alive_gap = gap;
                self.statistics.alives_heard += 1;
                self.alive_heard = now;
                Ok(Incoming::PeerAlive { alive, step: self.peer.observe(now, alive.ticks) })
            }
            Err(error) => {
                self.refuse(id, &error);
                Err(Unexplained(format!("an Alive whose argument is wrong: {}", error.message)))
            }
        }
    }

    fn answered<'a>(
        &mut self,
        now: Instant,
        id: &Id,
        result: Result<&'a RawValue, ErrorAnswer>,
    ) -> Result<Result<Incoming<'a, C>, Unexplained>, LinkFault<C>> {
        let Some(call) = self.calls.answered(id) else {
            let what = match result {
                Ok(_) => "an answer".to_owned(),
                Err(error) => format!("an answer ({error})"),
            };
            return Ok(Err(Unexplained(format!("{what} to no call of ours, or one that came too late"))));
        };
        let took = now - call.sent;
        Ok(Ok(match call.about {
            About::Call(about) => {
                self.statistics.slowest_answer = self.statistics.slowest_answer.max(took);
                Incoming::Answered { about, result, took }
            }
            About::Alive(sent) => {
                let intact =
                    result.is_ok_and(|raw| rpc::read_result(raw).is_ok_and(|alive: Alive| alive == sent));
                self.statistics.slowest_alive = self.statistics.slowest_alive.max(took);
                if intact {
                    self.statistics.alives_answered += 1;
                    self.alive_failures = 0;
                } else {
                    self.statistics.alives_garbled += 1;
                    self.alive_failed()?;
                }
                Incoming::AliveAnswered { intact, took }
            }
        }))
    }

    fn alive_failed(&mut self) -> Result<(), LinkFault<C>> {
        self.alive_failures += 1;
        if self.alive_failures >= ALIVE_FAILURES { Err(LinkFault::AliveUnanswered) } else { Ok(()) }
    }
}

/// A message that nobody can make sense of, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unexplained(pub String);

impl From<NoMessage> for Unexplained {
    fn from(error: NoMessage) -> Self {
        Self(error.to_string())
    }
}

/// The answer to a method that a role does not offer.
#[must_use]
pub fn not_offered(method: &str) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::MethodNotFound, format!("{} is not offered here", rpc::cut(method)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frames;

    const START: Instant = Instant::from_unix_millis(1_795_000_000_000);

    fn after(millis: i64) -> Instant {
        START + Duration::from_millis(millis)
    }

    fn link() -> Link<&'static str> {
        let mut link = Link::new(LinkConfig::default(), START);
        link.open(START);
        link.start_alive(START);
        link
    }

    fn sent(link: &mut Link<&'static str>) -> String {
        let mut out = Vec::new();
        link.take_octets(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// Passes what one wrote to the other.
    fn carry(now: Instant, from: &mut Link<&'static str>, to: &mut Link<&'static str>) {
        let mut frames = Frames::default();
        frames.push(sent(from).as_bytes());
        while let Some(text) = frames.next_text().unwrap() {
            to.sort(now, text).unwrap().unwrap();
        }
    }

    #[test]
    fn two_links_keep_each_other_alive() {
        let (mut one, mut other) = (link(), link());
        for step in 0..1000 {
            let now = after(step * 100);
            one.advance(now).unwrap();
            other.advance(now).unwrap();
            carry(now, &mut one, &mut other);
            carry(now, &mut other, &mut one);
            carry(now, &mut one, &mut other);
        }
        assert_eq!(one.calls.outstanding(), 0);
        assert_eq!(one.alive_failures, 0);
    }

    #[test]
    fn silence_of_five_seconds_ends_it() {
        let mut link = link();
        link.config.alive_reply = Duration::from_seconds(100);
        assert_eq!(link.advance(after(4999)), Ok(()));
        assert_eq!(link.advance(after(5000)), Err(LinkFault::NoAlive(Duration::from_seconds(5))));
    }

    #[test]
    fn three_wrong_answers_in_a_row_end_it() {
        let mut link = link();
        let wrong = |id| format!(r#"{{"id":{id},"result":{{"ticks":1,"time":1}}}}"#);
        for id in 0..3 {
            let now = after(id * 2000);
            link.sort(now, br#"{"id":1,"method":"Alive","params":{"ticks":1,"time":1}}"#).unwrap().unwrap();
            link.advance(now).unwrap();
            let text = wrong(id);
            let outcome = link.sort(now, text.as_bytes());
            assert_eq!(outcome.is_err(), id == 2, "{id}");
        }
    }

    #[test]
    fn an_alive_is_echoed_as_it_came() {
        let mut link = link();
        link.sort(START, br#"{"id":"x","method":"Alive","params":{"time":2,"ticks":1,"new":[ ]}}"#)
            .unwrap()
            .unwrap();
        assert_eq!(sent(&mut link), r#"{"jsonrpc":"2.0","id":"x","result":{"time":2,"ticks":1,"new":[ ]}}"#);
    }

    #[test]
    fn a_flood_of_requests_ends_it() {
        let mut link = link();
        let request = br#"{"id":1,"method":"Alive","params":{"ticks":1,"time":1}}"#;
        for _ in 0..256 {
            assert!(link.sort(START, request).is_ok());
        }
        assert_eq!(link.sort(START, request).unwrap_err(), LinkFault::TooManyRequests);
    }

    #[test]
    fn answers_to_nothing_are_told() {
        let mut link = link();
        let outcome = link.sort(START, br#"{"id":77,"result":{}}"#).unwrap();
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "an answer to no call of ours, or one that came too late"
        );
    }

    #[test]
    fn a_late_answer_is_told_with_its_call() {
        let mut link: Link<&'static str> = Link::new(LinkConfig::default(), START);
        link.call(START, "register", method::REGISTER, &()).unwrap();
        assert_eq!(link.next_deadline(), Some(after(5000)));
        let fault = link.advance(after(5000)).unwrap_err();
        assert_eq!(fault.to_string(), "no answer to \"register\" within 5 s");
    }
}
