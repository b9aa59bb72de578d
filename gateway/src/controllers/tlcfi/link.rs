//! The TCP stream to one controller: octets both ways, and nothing else. That the other end has gone without a word shows in the session, whose
//! Alive is not answered.

use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::controllers::ControllerEvents;
use crate::controllers::orders::{Link, Order, Orders};

/// A controller that doesn't answer the call within this is tried again later.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// After a farewell the rest has so long to leave.
const LINGER: Duration = Duration::from_secs(1);
/// So many octets may wait for a controller that doesn't read: minutes of a session.
const MOST_WAITING: usize = 1 << 20;
/// As much is read at once: the buffers that controllers have.
const READ: usize = 32 * 1024;

/// A link over TCP to an address, closed as yet; its task runs on the present runtime.
#[must_use]
pub fn open(address: String, events: ControllerEvents) -> Link {
    let (link, orders) = Link::new();
    tokio::spawn(Task { address, events, orders }.run());
    link
}

struct Task {
    address: String,
    events: ControllerEvents,
    orders: Orders,
}

/// How a stream ended.
enum End {
    /// Something to tell.
    Told(String),
    /// Nobody is there to be told, or to give orders.
    Orphaned,
}

impl Task {
    async fn run(mut self) {
        while let Some(order) = self.orders.next().await {
            if !matches!(order, Order::Connect) {
                continue;
            }
            let why = match timeout(CONNECT_WITHIN, TcpStream::connect(&self.address)).await {
                Ok(Ok(stream)) => match self.carry(stream).await {
                    End::Told(why) => why,
                    End::Orphaned => return,
                },
                Ok(Err(error)) => format!("{} can't be reached: {error}", self.address),
                Err(_) => format!("{} did not answer within {CONNECT_WITHIN:?}", self.address),
            };
            if !self.events.disconnected(why).await {
                return;
            }
        }
    }

    async fn carry(&mut self, stream: TcpStream) -> End {
        // Each message waits for nothing.
        if let Err(error) = stream.set_nodelay(true) {
            return End::Told(lost(&error));
        }
        self.orders.begin();
        if !self.events.connected().await {
            return End::Orphaned;
        }
        let (mut reader, mut writer) = stream.into_split();
        let (mut inbound, mut outbound) = (BytesMut::with_capacity(READ), BytesMut::new());
        let mut farewell: Option<Instant> = None;
        loop {
            if self.orders.have_overflowed() || outbound.len() > MOST_WAITING {
                return End::Told("the controller takes less than it is sent".to_owned());
            }
            if farewell.is_some() && outbound.is_empty() {
                return End::Told("closed by us".to_owned());
            }
            let until = farewell.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
            let step = async {
                tokio::select! {
                    order = self.orders.next(), if farewell.is_none() => Step::Order(order),
                    written = writer.write(&outbound), if !outbound.is_empty() => Step::Written(written),
                    read = reader.read_buf(&mut inbound) => Step::Read(read),
                }
            };
            match timeout_at(until, step).await {
                Err(_) => return End::Told("closed by us".to_owned()),
                Ok(Step::Order(None)) => return End::Orphaned,
                Ok(Step::Order(Some(Order::Send(octets)))) => outbound.extend_from_slice(&octets),
                Ok(Step::Order(Some(Order::Disconnect))) => farewell = Some(Instant::now() + LINGER),
                Ok(Step::Order(Some(Order::Connect))) => {}
                Ok(Step::Written(Ok(count))) => outbound.advance(count),
                Ok(Step::Read(Ok(0))) => return End::Told("closed by the controller".to_owned()),
                Ok(Step::Read(Ok(_))) => {
                    if !self.events.received(inbound.split().freeze()).await {
                        return End::Orphaned;
                    }
                    inbound.reserve(READ);
                }
                Ok(Step::Written(Err(error)) | Step::Read(Err(error))) => return End::Told(lost(&error)),
            }
        }
    }
}

enum Step {
    Order(Option<Order>),
    Written(io::Result<usize>),
    Read(io::Result<usize>),
}

fn lost(error: &io::Error) -> String {
    format!("the connection is lost: {error}")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;
    use crate::area::AreaInput;
    use crate::engine_task::AreaHandle;
    use crate::journal::ControllerLink;

    async fn listening() -> (TcpListener, Link, mpsc::Receiver<AreaInput>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (area, told) = AreaHandle::to_a_test();
        (listener, open(address, ControllerEvents::new(area, 7)), told)
    }

    async fn why(told: &mut mpsc::Receiver<AreaInput>) -> String {
        loop {
            if let AreaInput::Disconnected { junction: 7, why } = told.recv().await.unwrap() {
                return why;
            }
        }
    }

    #[tokio::test]
    async fn octets_pass_both_ways_and_what_was_said_before_the_farewell_arrives() {
        let (listener, link, mut told) = listening().await;
        // Without a stream nothing is sent, now or later.
        link.send(b"lost".to_vec());
        link.disconnect();
        link.connect();
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(matches!(told.recv().await, Some(AreaInput::Connected { junction: 7 })));
        stream.write_all(b"{}").await.unwrap();
        let Some(AreaInput::FromController { junction: 7, octets }) = told.recv().await else { panic!() };
        assert_eq!(&octets[..], b"{}");
        link.send(vec![b'x'; 300_000]);
        link.send(b"Deregister".to_vec());
        link.disconnect();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard.len(), 300_010);
        assert_eq!(why(&mut told).await, "closed by us");
        // It can be opened again.
        link.connect();
        listener.accept().await.unwrap();
        assert!(matches!(told.recv().await, Some(AreaInput::Connected { junction: 7 })));
    }

    #[tokio::test]
    async fn each_end_is_told_once_with_its_reason() {
        let (listener, link, mut told) = listening().await;
        link.connect();
        let (stream, _) = listener.accept().await.unwrap();
        drop(stream);
        assert_eq!(why(&mut told).await, "closed by the controller");
        drop(listener);
        link.connect();
        assert!(why(&mut told).await.contains("can't be reached"));
        assert!(told.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_controller_that_does_not_read_loses_the_stream_and_memory_stays_bounded() {
        let (listener, link, mut told) = listening().await;
        link.connect();
        let (_stream, _) = listener.accept().await.unwrap();
        assert!(matches!(told.recv().await, Some(AreaInput::Connected { .. })));
        for _ in 0..64 {
            link.send(vec![b'x'; 512 * 1024]);
            tokio::task::yield_now().await;
        }
        assert_eq!(why(&mut told).await, "the controller takes less than it is sent");
    }
}
