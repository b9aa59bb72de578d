//! What this machine itself takes: datagrams to a thread that sends them back, at the same pace and measured in the same way. A round trip can't be
//! shorter than that, and on a busy or a virtual machine it is most of it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as Monotonic};

use super::report::RoundTrip;
use super::times::Times;

/// So long it is measured.
const FOR: Duration = Duration::from_secs(2);
/// As long as a request.
const LENGTH: usize = 52;
/// How long a thread waits before it looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Round trips over loopback at so many datagrams a second, without any gateway.
///
/// # Errors
/// When there is no socket or no thread.
pub(super) fn measure(rate: u32) -> io::Result<RoundTrip> {
    let done = Arc::new(AtomicBool::new(false));
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    client.connect(server.local_addr()?)?;
    let echoing = listen(&server, &done, |socket, octets, from| {
        let _ = socket.send_to(octets, from);
    })?;
    let began = Monotonic::now();
    let (sender, heard) = std::sync::mpsc::channel();
    let hearing = listen(&client, &done, move |_, octets, _| {
        let here = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if let Some(due) = octets.first_chunk() {
            let _ = sender.send(here.saturating_sub(u64::from_be_bytes(*due)));
        }
    })?;
    let mut datagram = [0; LENGTH];
    let apart = Duration::from_secs(1) / rate.max(1);
    let mut due = began.elapsed() + Duration::from_millis(20);
    let end = due + FOR;
    while due < end {
        thread::sleep(due.saturating_sub(began.elapsed()));
        let nanos = u64::try_from(due.as_nanos()).unwrap_or(u64::MAX);
        datagram[..8].copy_from_slice(&nanos.to_be_bytes());
        client.send(&datagram)?;
        due += apart;
    }
    thread::sleep(LOOK);
    done.store(true, Ordering::Relaxed);
    for thread in [echoing, hearing] {
        // It has nothing to fail at.
        let _ = thread.join();
    }
    let mut times = Times::new();
    heard.iter().for_each(|nanos| times.record(nanos));
    Ok(times.round_trip())
}

/// Hands what a socket receives to `take`, until that is no longer wanted.
fn listen(
    socket: &UdpSocket,
    done: &Arc<AtomicBool>,
    take: impl Fn(&UdpSocket, &[u8], SocketAddr) + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let (socket, done) = (socket.try_clone()?, Arc::clone(done));
    socket.set_read_timeout(Some(LOOK))?;
    thread::Builder::new().name("echo".to_owned()).spawn(move || {
        let mut buffer = [0; LENGTH];
        while !done.load(Ordering::Relaxed) {
            if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                take(&socket, &buffer[..length], from);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_back_is_measured() {
        let RoundTrip { p50, p99, max } = measure(500).unwrap();
        assert!(p50 > 0 && p50 <= p99 && p99 <= max.max(1), "{p50} {p99} {max}");
    }
}
