//! One peer. Two loops in one task: one reads and hands over, the other writes what waits. Whichever ends ends the other.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant as Monotonic;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant as Deadline, timeout, timeout_at};
use voorrang_units::Instant;

use super::config::Limits;
use super::{NAME, frames, lines};
use crate::clock::Clock;
use crate::messaging::queue::{Put, Queue};
use crate::messaging::subscription::Subscription;
use crate::messaging::{Host, Publication, Received, Reply, ReplyTo, Sender, Undelivered};
use crate::operations::metrics::Metrics;

/// What is read in one go.
const READ: usize = 16 << 10;
/// Written in one go, however much waits.
const WRITE: usize = 64 << 10;

/// In which form a peer talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Frames,
    Lines,
}

/// Why a connection ends, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The peer went.
    Gone,
    /// It did something that it mayn't.
    Refused(&'static str),
}

/// One peer: the way back to it, and what it subscribed to.
#[derive(Debug)]
pub(super) struct Connection {
    sender: Sender,
    queue: Queue<Bytes>,
    metrics: Arc<Metrics>,
    clock: Clock,
    form: OnceLock<Form>,
    subscription: Mutex<Option<(Subscription, Instant)>>,
}

impl Connection {
    pub(super) fn new(sender: Sender, limits: Limits, host: &Host) -> Self {
        Self {
            sender,
            queue: Queue::new(limits.queue),
            metrics: Arc::clone(&host.metrics),
            clock: host.clock.clone(),
            form: OnceLock::new(),
            subscription: Mutex::default(),
        }
    }

    /// Lets octets wait to be written: a message in UPER, a text that begins with a brace, or nothing, which keeps the connection alive.
    pub(super) fn put(&self, octets: Bytes) -> Result<(), Undelivered> {
        match self.queue.put(octets) {
            Put::Waits { displaced } => {
                for _ in 0..displaced {
                    self.metrics.undelivered(NAME, Undelivered::Full.name());
                }
                Ok(())
            }
            Put::Closed => {
                self.metrics.undelivered(NAME, Undelivered::Gone.name());
                Err(Undelivered::Gone)
            }
        }
    }

    /// Counts something of it that wasn't taken.
    pub(super) fn refused(&self) {
        self.metrics.refused("json_malformed");
    }

    pub(super) fn subscribe(&self, subscription: Subscription, until: Instant) {
        *self.subscription.lock().unwrap_or_else(PoisonError::into_inner) = Some((subscription, until));
    }

    pub(super) fn is_subscribed(&self, now: Instant) -> bool {
        let subscription = self.subscription.lock().unwrap_or_else(PoisonError::into_inner);
        subscription.as_ref().is_some_and(|(_, until)| *until > now)
    }

    pub(super) fn wants(&self, now: Instant, publication: &Publication) -> bool {
        let subscription = self.subscription.lock().unwrap_or_else(PoisonError::into_inner);
        subscription
            .as_ref()
            .is_some_and(|(subscription, until)| *until > now && subscription.wants(publication))
    }
}

impl Reply for Connection {
    fn send(&self, octets: &[u8]) -> Result<(), Undelivered> {
        self.put(Bytes::copy_from_slice(octets))
    }

    fn address(&self) -> Option<String> {
        None
    }
}

/// Runs a connection to its end.
pub(super) async fn run<S: AsyncRead + AsyncWrite>(
    stream: S,
    connection: &Arc<Connection>,
    limits: Limits,
    host: &Host,
) {
    let (reader, writer) = tokio::io::split(stream);
    let reading = read(reader, connection, limits, host);
    let writing = write(writer, connection, limits);
    tokio::pin!(writing);
    let end = tokio::select! {
        end = reading => end,
        () = &mut writing => return connection.queue.close(),
        () = host.stopped() => End::Gone,
    };
    if let End::Refused(reason) = end {
        host.metrics.refused(reason);
    }
    // What waits may still leave: the peer may have closed its half only, or is to read why it was refused.
    connection.queue.close();
    let _ = timeout(limits.patience.min(std::time::Duration::from_secs(1)), writing).await;
}

async fn read(
    mut reader: impl AsyncRead + Unpin,
    connection: &Arc<Connection>,
    limits: Limits,
    host: &Host,
) -> End {
    let reply: ReplyTo = Arc::<Connection>::clone(connection);
    let mut buffer = BytesMut::with_capacity(READ);
    // By when the peer has to be through with what it began; before its first octet too.
    let mut begun = Some(Deadline::now() + limits.patience);
    loop {
        let deadline = begun.unwrap_or_else(|| Deadline::now() + limits.idle);
        buffer.reserve(READ);
        match timeout_at(deadline, reader.read_buf(&mut buffer)).await {
            Err(_) => return End::Refused(if begun.is_some() { "too_slow" } else { "idle" }),
            Ok(Err(_) | Ok(0)) => return End::Gone,
            Ok(Ok(_)) => (),
        }
        let (at, arrived) = (host.clock.now(), Monotonic::now());
        let form = match connection.form.get() {
            Some(form) => *form,
            None => match buffer.first() {
                Some(0) => *connection.form.get_or_init(|| Form::Frames),
                Some(b'{' | b'\n' | b'\r') => *connection.form.get_or_init(|| Form::Lines),
                _ => return End::Refused("neither_frames_nor_json"),
            },
        };
        let before = buffer.len();
        let take = |octets: &[u8]| {
            host.intake.take(Received {
                octets,
                at,
                arrived,
                generated: None,
                sender: &connection.sender,
                reply: &reply,
            });
        };
        let outcome = match form {
            Form::Frames => frames::take(&mut buffer, connection, at, take),
            Form::Lines => lines::take(&mut buffer, connection, at, take),
        };
        if let Err(reason) = outcome {
            return End::Refused(reason);
        }
        begun = match (buffer.is_empty(), begun) {
            (true, _) => None,
            // The first of this one, or the one before it was finished.
            (false, None) => Some(Deadline::now() + limits.patience),
            (false, Some(_)) if buffer.len() < before => Some(Deadline::now() + limits.patience),
            (false, Some(deadline)) => Some(deadline),
        };
    }
}

async fn write(mut writer: impl AsyncWrite + Unpin, connection: &Connection, limits: Limits) {
    let mut taken = Vec::new();
    let mut octets = BytesMut::new();
    while connection.queue.take(&mut taken).await {
        // Who has said nothing yet gets nothing: its form isn't known.
        let Some(form) = connection.form.get() else {
            taken.clear();
            continue;
        };
        for message in taken.drain(..) {
            match form {
                Form::Frames => frames::put(&message, &mut octets),
                Form::Lines => lines::put(&message, connection.clock.now(), &mut octets),
            }
        }
        while octets.has_remaining() {
            let part = octets.len().min(WRITE);
            let written = timeout(limits.patience, writer.write(&octets[..part])).await;
            let Ok(Ok(written @ 1..)) = written else { return };
            octets.advance(written);
        }
        if !matches!(timeout(limits.patience, writer.flush()).await, Ok(Ok(()))) {
            return;
        }
    }
    let _ = timeout(limits.patience, writer.shutdown()).await;
}
