//! One emulated controller behind TCP. A task owns the emulator; each stream has a task that reads and one that writes. All that waits is
//! bounded: who does not read loses its stream, who writes too fast waits.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use voorrang_tlcfi::emulator::Emulator;
use voorrang_tlcfi::session::controller::ConnectionId;

use super::display::Display;
use crate::clock::Clock;

/// Pieces that may wait for the emulator, from all its streams.
const INBOX: usize = 64;
/// Pieces that may wait for a stream that does not take them.
const OUTBOX: usize = 64;
/// As much is read at once.
const READ: usize = 32 * 1024;
/// A stream that takes nothing for so long is given up.
const STALLED: Duration = Duration::from_secs(10);
/// An emulator without a deadline looks round this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Why an emulator can't listen.
#[derive(Debug, thiserror::Error)]
pub enum EmulateError {
    /// The address.
    #[error("can't listen on {address}: {source}; give another with --listen")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A controller that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    emulator: Emulator,
    display: Display,
    clock: Clock,
}

struct Stream {
    outbox: mpsc::Sender<Vec<u8>>,
    reader: JoinHandle<()>,
}

enum Told {
    Octets(ConnectionId, Bytes),
    Gone(ConnectionId),
}

enum Step {
    Accepted(io::Result<(TcpStream, SocketAddr)>),
    Told(Option<Told>),
    Due,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// When it can't.
    pub async fn bind(
        address: SocketAddr,
        emulator: Emulator,
        display: Display,
        clock: Clock,
    ) -> Result<Self, EmulateError> {
        let listen = |source| EmulateError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, address, emulator, display, clock })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until its future is dropped, or the display has nowhere to write any more.
    pub async fn run(mut self) {
        let mut streams: BTreeMap<ConnectionId, Stream> = BTreeMap::new();
        let (inbox, mut told) = mpsc::channel(INBOX);
        self.display.begin(self.clock.now(), self.address, &self.emulator);
        loop {
            let sleep = self.emulator.next_deadline().map_or(LONGEST_SLEEP, |due| self.clock.until(due));
            let step = tokio::select! {
                told = told.recv() => Step::Told(told),
                accepted = self.listener.accept() => Step::Accepted(accepted),
                () = tokio::time::sleep(sleep) => Step::Due,
            };
            let now = self.clock.now();
            match step {
                Step::Accepted(Ok((stream, peer))) => {
                    // Without it a message waits for the one before to be acknowledged; the stream works all the same.
                    let _ = stream.set_nodelay(true);
                    let connection = self.emulator.connected(now);
                    self.display.connected(now, &self.emulator, connection, peer);
                    streams.insert(connection, Stream::start(stream, connection, inbox.clone()));
                }
                Step::Accepted(Err(error)) => {
                    // Out of file descriptors, most likely: the others go on, this one waits.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Step::Told(Some(Told::Octets(connection, octets))) => {
                    self.emulator.receive(now, connection, &octets);
                }
                Step::Told(Some(Told::Gone(connection))) => {
                    self.emulator.disconnected(now, connection);
                    streams.remove(&connection);
                }
                Step::Told(None) | Step::Due => {}
            }
            if self.emulator.next_deadline().is_some_and(|due| due <= now) {
                self.emulator.advance(now);
            }
            for connection in self.emulator.streams_with_work().collect::<Vec<_>>() {
                self.say(connection, &mut streams);
            }
            while let Some(event) = self.emulator.next_event() {
                self.display.event(&self.emulator, &event);
            }
            if !self.display.flush() {
                return;
            }
        }
    }

    /// Sends what a stream has to say, and closes it where that is wanted.
    fn say(&mut self, connection: ConnectionId, streams: &mut BTreeMap<ConnectionId, Stream>) {
        let now = self.clock.now();
        let mut octets = Vec::new();
        self.emulator.take_octets(now, connection, &mut octets);
        let mut over = self.emulator.wants_disconnect(connection);
        if let Some(stream) = streams.get(&connection)
            && !octets.is_empty()
        {
            over |= stream.outbox.try_send(octets).is_err();
        }
        if over {
            self.emulator.disconnected(now, connection);
            streams.remove(&connection);
        }
    }
}

impl Stream {
    fn start(stream: TcpStream, connection: ConnectionId, inbox: mpsc::Sender<Told>) -> Self {
        let (reader, writer) = stream.into_split();
        let (outbox, pieces) = mpsc::channel(OUTBOX);
        let writing = tokio::spawn(write(writer, pieces));
        let reader = tokio::spawn(async move {
            read(reader, connection, &inbox).await;
            writing.abort();
            // Nobody listens any more where the emulator has ended.
            let _ = inbox.send(Told::Gone(connection)).await;
        });
        Self { outbox, reader }
    }
}

/// The stream is closed: nothing more is read, and what was written leaves.
impl Drop for Stream {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read(mut reader: OwnedReadHalf, connection: ConnectionId, inbox: &mpsc::Sender<Told>) {
    let mut buffer = BytesMut::with_capacity(READ);
    while let Ok(count) = reader.read_buf(&mut buffer).await {
        if count == 0 || inbox.send(Told::Octets(connection, buffer.split().freeze())).await.is_err() {
            return;
        }
        buffer.reserve(READ);
    }
}

async fn write(mut writer: OwnedWriteHalf, mut pieces: mpsc::Receiver<Vec<u8>>) {
    while let Some(piece) = pieces.recv().await {
        let written = tokio::time::timeout(STALLED, writer.write_all(&piece)).await;
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
    }
    // The stream ends here either way.
    let _ = writer.shutdown().await;
}
