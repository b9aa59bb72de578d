//! Sockets and the clock around a served run: a TCP listener for each junction, one UDP socket for all vehicles. Thin: octets in and out, and
//! a step each tenth of a second.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use voorrang_tlcfi::session::controller::ConnectionId;
use voorrang_units::{Duration, Instant};

use super::{ServeError, Served};

/// As much is read at once: the buffers that controllers have.
const READ: usize = 32 * 1024;
/// So many things may wait for the loop; readers wait then.
const EVENTS: usize = 1024;
/// So many writes may wait for a peer that does not read.
const WRITES: usize = 4096;
/// No datagram is larger.
const DATAGRAM: usize = 65_536;
/// A step that comes later than this was late: the machine is too slow for the scenario.
const LATE: Duration = Duration::from_millis(200);

/// Why a run could not be served to its end.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A socket.
    #[error("{what} {address}: {source}")]
    Socket {
        /// What was tried.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The ports from the first on do not suffice.
    #[error(
        "{controllers} controllers from port {first} on: the last port is 65535; begin lower, or with 0 for any free ports"
    )]
    Ports {
        /// The first port.
        first: u16,
        /// How many are wanted.
        controllers: usize,
    },
    /// The run itself.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Listeners that are up, before the run begins.
#[derive(Debug)]
pub struct Hosting {
    listeners: Vec<TcpListener>,
    socket: UdpSocket,
    gateway: SocketAddr,
    /// Where the controllers listen, in the order of junctions.
    pub controllers: Vec<SocketAddr>,
}

enum Event {
    Accepted(usize, TcpStream),
    Octets(usize, ConnectionId, Vec<u8>),
    Gone(usize, ConnectionId),
}

impl Hosting {
    /// Listens for so many controllers: at consecutive ports from `first` on, or at whatever ports are free where that is 0. Vehicles send to
    /// `gateway`.
    ///
    /// # Errors
    /// An address that can't be had.
    pub async fn listen(
        ip: IpAddr,
        first: u16,
        controllers: usize,
        gateway: SocketAddr,
    ) -> Result<Self, HostError> {
        let mut listeners = Vec::new();
        for place in 0..controllers {
            let port = if first == 0 {
                Some(0)
            } else {
                u16::try_from(place).ok().and_then(|place| first.checked_add(place))
            };
            let Some(port) = port else {
                return Err(HostError::Ports { first, controllers });
            };
            let address = SocketAddr::new(ip, port);
            let listener = TcpListener::bind(address).await;
            listeners.push(listener.map_err(|source| HostError::Socket {
                what: "cannot listen at",
                address,
                source,
            })?);
        }
        // Towards this machine from this machine alone; towards another by whatever way leads there.
        let from: IpAddr = match gateway.ip() {
            address if address.is_loopback() => address,
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let own = SocketAddr::new(from, 0);
        let socket = UdpSocket::bind(own).await;
        let socket =
            socket.map_err(|source| HostError::Socket { what: "cannot send from", address: own, source })?;
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>();
        let controllers = addresses.map_err(|source| HostError::Socket {
            what: "cannot listen at",
            address: own,
            source,
        })?;
        Ok(Self { listeners, socket, gateway, controllers })
    }
}

/// Now, as the gateway has it.
#[must_use]
pub fn wall_clock() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Serves a run to its end, or until `stop` is there. Gives how many steps came late.
///
/// # Errors
/// What goes wrong in the run. Peers that go or come are no error.
pub async fn host(
    served: &mut Served,
    hosting: Hosting,
    stop: impl Future<Output = ()>,
) -> Result<u64, HostError> {
    let (events, mut received) = mpsc::channel(EVENTS);
    let Hosting { listeners, socket, gateway, .. } = hosting;
    for (junction, listener) in listeners.into_iter().enumerate() {
        tokio::spawn(accept(junction, listener, events.clone()));
    }
    let mut links: BTreeMap<(usize, ConnectionId), mpsc::Sender<Vec<u8>>> = BTreeMap::new();
    let (mut datagrams, mut octets) = (Vec::new(), vec![0; DATAGRAM]);
    let (mut late, mut stop) = (0, std::pin::pin!(stop));
    while !served.is_over() {
        let due = served.next_deadline().map_or(served.next_step(), |due| due.min(served.next_step()));
        let wait = (due - wall_clock()).millis().max(0).unsigned_abs();
        let happened = tokio::select! {
            biased;
            () = &mut stop => break,
            Some(event) = received.recv() => Some(event),
            heard = socket.recv_from(&mut octets) => {
                if let Ok((length, from)) = heard && from == gateway {
                    served.hear(&octets[..length]);
                }
                None
            }
            () = tokio::time::sleep(std::time::Duration::from_millis(wait)) => None,
        };
        // Whatever came in comes after the steps that are due by now: time never runs back for a controller.
        let now = wall_clock();
        while served.next_step() <= now && !served.is_over() {
            late += u64::from(now - served.next_step() > LATE);
            served.step(&mut datagrams)?;
        }
        served.advance(now);
        if let Some(event) = happened {
            take(served, now, &mut links, &events, event);
        }
        for datagram in datagrams.drain(..) {
            // A gateway that isn't there yet hears nothing; the vehicles ask again.
            let _ = socket.try_send_to(&datagram, gateway);
        }
        flush(served, &mut links);
    }
    Ok(late)
}

fn take(
    served: &mut Served,
    now: Instant,
    links: &mut BTreeMap<(usize, ConnectionId), mpsc::Sender<Vec<u8>>>,
    events: &mpsc::Sender<Event>,
    event: Event,
) {
    match event {
        Event::Accepted(junction, stream) => {
            // Each message waits for nothing; a stream that can't do that still works.
            let _ = stream.set_nodelay(true);
            let connection = served.emulator(junction).connected(now);
            let (reader, writer) = stream.into_split();
            let (outgoing, waiting) = mpsc::channel(WRITES);
            links.insert((junction, connection), outgoing);
            tokio::spawn(read(junction, connection, reader, events.clone()));
            tokio::spawn(write(writer, waiting));
        }
        Event::Octets(junction, connection, octets) => {
            if links.contains_key(&(junction, connection)) {
                served.emulator(junction).receive(now, connection, &octets);
            }
        }
        Event::Gone(junction, connection) => {
            if links.remove(&(junction, connection)).is_some() {
                served.emulator(junction).disconnected(now, connection);
            }
        }
    }
}

/// Sends what controllers have to say, and hangs up where they want that. A peer that doesn't read is hung up on.
fn flush(served: &mut Served, links: &mut BTreeMap<(usize, ConnectionId), mpsc::Sender<Vec<u8>>>) {
    let now = wall_clock();
    for junction in 0..served.junctions().len() {
        let emulator = served.emulator(junction);
        let busy: Vec<_> = emulator.streams_with_work().collect();
        for connection in busy {
            let mut out = Vec::new();
            emulator.take_octets(now, connection, &mut out);
            let sent = links
                .get(&(junction, connection))
                .is_none_or(|link| out.is_empty() || link.try_send(out).is_ok());
            if (!sent || emulator.wants_disconnect(connection))
                && links.remove(&(junction, connection)).is_some()
            {
                emulator.disconnected(now, connection);
            }
        }
    }
}

async fn accept(junction: usize, listener: TcpListener, events: mpsc::Sender<Event>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if events.send(Event::Accepted(junction, stream)).await.is_err() {
                    return;
                }
            }
            // Too many open files, say: the next may be better.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
}

async fn read(
    junction: usize,
    connection: ConnectionId,
    mut reader: OwnedReadHalf,
    events: mpsc::Sender<Event>,
) {
    let mut buffer = vec![0; READ];
    loop {
        let event = match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => Event::Gone(junction, connection),
            Ok(count) => Event::Octets(junction, connection, buffer[..count].to_vec()),
        };
        let gone = matches!(event, Event::Gone(..));
        if events.send(event).await.is_err() || gone {
            return;
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, mut waiting: mpsc::Receiver<Vec<u8>>) {
    while let Some(octets) = waiting.recv().await {
        if writer.write_all(&octets).await.is_err() {
            return;
        }
    }
    // The farewell; a peer that has gone before doesn't hear it.
    let _ = writer.shutdown().await;
}
