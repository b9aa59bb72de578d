//! One application over one TCP stream, from its beginning to its end: what `discover` and `conform` do. There is no second try.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use voorrang_tlcfi::session::application::Application;
use voorrang_units::Instant;

use crate::clock::Clock;

/// A controller that doesn't answer the call within this is not there.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A controller that takes no octets for this long is gone.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// So often the client is asked whether there is anything to do.
const TICK: Duration = Duration::from_millis(50);

/// What drives an application.
pub(crate) trait Client {
    /// The application.
    fn application(&mut self) -> &mut Application;

    /// Looks at what happened, and does what is due.
    fn step(&mut self, now: Instant);

    /// Nothing is left to be done.
    fn is_done(&self) -> bool;
}

/// Connects, and lets the client work until it is done or the stream ends.
///
/// # Errors
/// When nobody is there.
pub(crate) async fn run(address: &str, clock: &Clock, client: &mut impl Client) -> io::Result<()> {
    let connecting = timeout(CONNECT_WITHIN, TcpStream::connect(address)).await;
    let mut stream = connecting.map_err(|_| io::Error::from(io::ErrorKind::TimedOut)).flatten()?;
    stream.set_nodelay(true)?;
    client.application().connected(clock.now());
    let mut octets = vec![0; 32 * 1024];
    let mut out = Vec::new();
    loop {
        let read = timeout(TICK, stream.read(&mut octets)).await;
        let now = clock.now();
        let ended = match read {
            Err(_) => false,
            Ok(Ok(0) | Err(_)) => true,
            Ok(Ok(length)) => {
                client.application().receive(now, &octets[..length]);
                false
            }
        };
        if ended {
            client.application().disconnected(now);
        } else {
            client.application().advance(now);
        }
        client.step(now);
        out.clear();
        client.application().take_octets(&mut out);
        let lost = !ended && !matches!(timeout(WRITE_WITHIN, stream.write_all(&out)).await, Ok(Ok(())));
        if lost {
            client.application().disconnected(now);
            client.step(now);
        }
        if ended || lost || client.is_done() || client.application().wants_disconnect() {
            return Ok(());
        }
    }
}
