//! Relaying by TCP: frames over a connection that is opened anew when it breaks. What waits when it breaks is dropped: it would come too late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::TakeBack;
use crate::messaging::RelayTarget;
use crate::messaging::queue::{Put, Queue};
use crate::messaging::{Host, Undelivered};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// For a connection to stand, and for a write.
const PATIENCE: Duration = Duration::from_secs(5);
/// An empty frame goes out this often; the target answers each with one.
const ALIVE_EACH: Duration = Duration::from_secs(10);
/// Whoever says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest message.
const LONGEST: usize = 64 << 10;
const QUEUE: usize = 256 << 10;

#[derive(Debug)]
struct TcpRelay {
    queue: Queue<Bytes>,
    up: AtomicBool,
}

/// Starts to connect.
pub(super) fn start(target: String, host: &Host, take: TakeBack) -> Arc<dyn RelayTarget> {
    let relay = Arc::new(TcpRelay { queue: Queue::new(QUEUE), up: AtomicBool::new(false) });
    let (shared, host) = (Arc::clone(&relay), host.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = run(&shared, &target, &take) => (),
            () = host.stopped() => (),
        }
        shared.up.store(false, Ordering::Relaxed);
        shared.queue.close();
    });
    relay
}

impl RelayTarget for TcpRelay {
    fn relay(&self, octets: &Bytes) -> Result<(), Undelivered> {
        if !self.up.load(Ordering::Relaxed) {
            return Err(Undelivered::Gone);
        }
        match self.queue.put(octets.clone()) {
            Put::Waits { displaced: 0 } => Ok(()),
            Put::Waits { .. } => Err(Undelivered::Full),
            Put::Closed => Err(Undelivered::Gone),
        }
    }
}

async fn run(relay: &TcpRelay, target: &str, take: &TakeBack) {
    let mut pause = FIRST_PAUSE;
    loop {
        match timeout(PATIENCE, TcpStream::connect(target)).await {
            Ok(Ok(stream)) => {
                pause = FIRST_PAUSE;
                relay.up.store(true, Ordering::Relaxed);
                tracing::info!(target, "relay: connected");
                converse(relay, stream, take).await;
                relay.up.store(false, Ordering::Relaxed);
                tracing::warn!(target, "relay: the connection ended");
            }
            Ok(Err(error)) => tracing::debug!(target, %error, "relay: nobody is there"),
            Err(_) => tracing::debug!(target, "relay: no answer"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn converse(relay: &TcpRelay, stream: TcpStream, take: &TakeBack) {
    let _ = stream.set_nodelay(true);
    let (mut reader, mut writer) = stream.into_split();
    let reading = async {
        let mut buffer = BytesMut::with_capacity(LONGEST);
        loop {
            let read = timeout(SILENCE, reader.read_buf(&mut buffer)).await;
            if !matches!(read, Ok(Ok(1..))) {
                return;
            }
            while let Some(head) = buffer.first_chunk::<4>() {
                let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
                if length > LONGEST {
                    return;
                }
                if buffer.len() < 4 + length {
                    break;
                }
                buffer.advance(4);
                let message = buffer.split_to(length).freeze();
                if !message.is_empty() {
                    take.take(message);
                }
            }
        }
    };
    let writing = async {
        let mut waiting = Vec::new();
        loop {
            // Empty where it is only to stay alive.
            let there = timeout(ALIVE_EACH, relay.queue.take(&mut waiting)).await;
            match there {
                Ok(true) => (),
                Ok(false) => return,
                Err(_) => waiting.push(Bytes::new()),
            }
            let mut octets = BytesMut::new();
            for message in waiting.drain(..) {
                let Ok(length) = u32::try_from(message.len()) else { continue };
                octets.put_u32(length);
                octets.put_slice(&message);
            }
            if !matches!(timeout(PATIENCE, writer.write_all(&octets)).await, Ok(Ok(()))) {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => (),
        () = writing => (),
    }
    // What waits is out of date by the time that a connection stands again.
    let mut late = Vec::new();
    let _ = timeout(Duration::ZERO, relay.queue.take(&mut late)).await;
}
