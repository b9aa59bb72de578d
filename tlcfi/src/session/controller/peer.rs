//! One stream to an application, and its session once it has registered.

use std::collections::VecDeque;

use serde::Serialize;
use voorrang_units::{Duration, Instant};

use super::control::Control;
use super::states::Subscription;
use crate::frame::{FrameError, Frames};
use crate::objects::{ApplicationType, ObjectId};
use crate::rpc::{self, Calls, ErrorAnswer, Id, MAX_OUTSTANDING};
use crate::ticks::PeerClock;

/// Octets that a stream has not taken: beyond this it is closed.
const MAX_UNSENT: usize = 4 << 20;

/// Why a stream is closed, or was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The application went.
    #[error("the application has closed the stream")]
    Gone,
    /// It deregistered.
    #[error("the application has deregistered")]
    Deregistered,
    /// It did not register.
    #[error("nobody has registered in time")]
    Unregistered,
    /// Registrations were refused too often.
    #[error("five registrations were refused")]
    Refused,
    /// It did not say that it lives.
    #[error("the application has not sent Alive in time")]
    Silent,
    /// It did not answer.
    #[error("three Alive requests in a row were not answered as they should")]
    Unanswered,
    /// It does not speak TLC-FI.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// It takes nothing.
    #[error("the application does not read: {MAX_UNSENT} octets wait")]
    NotReading,
    /// It asks faster than it is answered.
    #[error("more than {MAX_OUTSTANDING} calls wait for their answer")]
    TooManyCalls,
    /// There are too many streams.
    #[error("there are too many streams already")]
    TooMany,
    /// The controller starts anew, or a fault on request.
    #[error("the controller has closed the stream")]
    Controller,
}

/// A registered application.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: ObjectId,
    pub(super) username: String,
    pub(super) kind: ApplicationType,
    /// Of one that may control.
    pub(super) control: Option<Control>,
    /// Whether it has subscribed to its own session.
    pub(super) subscribed: bool,
    pub(super) ask_at: Instant,
    pub(super) heard: Instant,
    /// Alive requests in a row that were not answered as they should.
    pub(super) failures: u8,
}

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) frames: Frames,
    pub(super) opened: Instant,
    pub(super) session: Option<Session>,
    pub(super) subscription: Subscription,
    pub(super) clock: PeerClock,
    pub(super) calls: Calls<crate::objects::Alive>,
    pub(super) refused_registrations: u8,
    pub(super) closing: Option<CloseReason>,
    out: Vec<u8>,
    /// Answers that are held back: when they leave.
    late: VecDeque<(Instant, Vec<u8>)>,
}

impl Peer {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            frames: Frames::default(),
            opened: now,
            session: None,
            subscription: Subscription::default(),
            clock: PeerClock::default(),
            calls: Calls::default(),
            refused_registrations: 0,
            closing: None,
            out: Vec::new(),
            late: VecDeque::new(),
        }
    }

    pub(super) fn close(&mut self, why: CloseReason) {
        if self.closing.is_none() {
            self.closing = Some(why);
        }
    }

    pub(super) fn notify<P: Serialize>(&mut self, method: &str, params: &P) {
        if self.closing.is_none() {
            rpc::write_notification(&mut self.out, method, params);
            self.check_unsent();
        }
    }

    pub(super) fn request<P: Serialize>(&mut self, id: u32, method: &str, params: &P) {
        if self.closing.is_none() {
            rpc::write_request(&mut self.out, id, method, params);
            self.check_unsent();
        }
    }

    /// Answers a call, now or later.
    pub(super) fn answer<R: Serialize>(
        &mut self,
        id: &Id,
        answer: &Result<R, ErrorAnswer>,
        at: Option<Instant>,
    ) {
        if self.closing.is_some() {
            return;
        }
        let mut held = Vec::new();
        let out = if at.is_some() { &mut held } else { &mut self.out };
        match answer {
            Ok(result) => rpc::write_response(out, id, result),
            Err(error) => rpc::write_error(out, id, error),
        }
        if let Some(at) = at {
            if self.late.len() >= MAX_OUTSTANDING {
                return self.close(CloseReason::TooManyCalls);
            }
            self.late.push_back((at, held));
        }
        self.check_unsent();
    }

    pub(super) fn raw(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    /// Lets go what was held back until now.
    pub(super) fn release_late(&mut self, now: Instant) {
        while self.late.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, octets)) = self.late.pop_front() {
                self.out.extend_from_slice(&octets);
            }
        }
    }

    pub(super) fn late_due(&self) -> Option<Instant> {
        self.late.front().map(|(at, _)| *at)
    }

    pub(super) fn has_octets(&self) -> bool {
        !self.out.is_empty()
    }

    pub(super) fn take_octets(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.out);
    }

    pub(super) fn discard_octets(&mut self) {
        self.out.clear();
        self.late.clear();
    }

    /// When something is due.
    pub(super) fn due(
        &self,
        alive_timeout: Duration,
        registration_limit: Duration,
        asks: bool,
    ) -> Option<Instant> {
        if self.closing.is_some() {
            return None;
        }
        let session = match &self.session {
            None => Some(self.opened + registration_limit),
            Some(session) => [
                asks.then_some(session.ask_at),
                Some(session.heard + alive_timeout),
                session.control.as_ref().and_then(Control::due),
            ]
            .into_iter()
            .flatten()
            .min(),
        };
        [session, self.calls.next_due(), self.late_due()].into_iter().flatten().min()
    }

    fn check_unsent(&mut self) {
        if self.out.len() > MAX_UNSENT {
            self.out = Vec::new();
            self.close(CloseReason::NotReading);
        }
    }
}
