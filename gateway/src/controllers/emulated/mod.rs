//! The emulated controller in this process: the same octets as over TCP, through channels. Each has a task of its own, which sleeps until the
//! emulator has something to do; a thousand of them with their applications, in control and idle, take
//! 2 % of a core (the ignored test measures it).

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use voorrang_signals::Intersection;
use voorrang_tlcfi::emulator::{Emulator, EmulatorConfig};
use voorrang_tlcfi::session::controller::{ConnectionId, EquipmentError};
use voorrang_units::Instant;

use crate::clock::Clock;
use crate::controllers::ControllerEvents;
use crate::controllers::orders::{Link, Order, Orders};

/// An emulator without a deadline looks round this often.
const LONGEST_SLEEP: std::time::Duration = std::time::Duration::from_secs(3600);

/// Starts the controller of an intersection on the present runtime; the link to it is closed as yet. The controller ends with it.
///
/// # Errors
/// A name in the intersection file that TLC-FI does not take.
pub fn start(
    intersection: Arc<Intersection>,
    config: EmulatorConfig,
    clock: Clock,
    events: ControllerEvents,
) -> Result<Link, EquipmentError> {
    start_for(intersection, config, clock, events)
}

fn start_for(
    intersection: Arc<Intersection>,
    config: EmulatorConfig,
    clock: Clock,
    events: impl Hearer,
) -> Result<Link, EquipmentError> {
    // Nobody asks for what happened.
    let config = EmulatorConfig { kept_events: 0, ..config };
    let emulator = Emulator::new(intersection, config, clock.now())?;
    let (link, orders) = Link::new();
    tokio::spawn(Task { emulator, clock, events, orders, stream: None }.run());
    Ok(link)
}

/// Who hears what comes from the controller; false where nobody is there any more.
trait Hearer: Send + Sync + 'static {
    fn connected(&self) -> impl Future<Output = bool> + Send;
    fn received(&self, octets: Bytes) -> impl Future<Output = bool> + Send;
    fn disconnected(&self, why: &'static str) -> impl Future<Output = bool> + Send;
}

impl Hearer for ControllerEvents {
    async fn connected(&self) -> bool {
        Self::connected(self).await
    }

    async fn received(&self, octets: Bytes) -> bool {
        Self::received(self, octets).await
    }

    async fn disconnected(&self, why: &'static str) -> bool {
        Self::disconnected(self, why).await
    }
}

struct Task<H> {
    emulator: Emulator,
    clock: Clock,
    events: H,
    orders: Orders,
    stream: Option<ConnectionId>,
}

/// Nobody is there any more to be told.
struct Orphaned;

impl<H: Hearer> Task<H> {
    async fn run(mut self) {
        loop {
            let until = self.emulator.next_deadline();
            let sleep = until.map_or(LONGEST_SLEEP, |until| self.clock.until(until));
            let order = tokio::time::timeout(sleep, self.orders.next()).await;
            let outcome = match order {
                // The link is gone, and the controller with it.
                Ok(None) => return,
                Ok(Some(order)) => self.obey(order).await,
                Err(_) => Ok(()),
            };
            if outcome.is_err() || self.work().await.is_err() {
                return;
            }
        }
    }

    async fn obey(&mut self, order: Order) -> Result<(), Orphaned> {
        let now = self.clock.now();
        match (order, self.stream) {
            (Order::Connect, None) => {
                self.orders.begin();
                self.stream = Some(self.emulator.connected(now));
                heard(self.events.connected().await)
            }
            (Order::Send(octets), Some(stream)) => {
                self.emulator.receive(now, stream, &octets);
                Ok(())
            }
            (Order::Disconnect, Some(_)) => self.close("closed by us").await,
            (Order::Connect, Some(_)) | (Order::Send(_) | Order::Disconnect, None) => Ok(()),
        }
    }

    /// What is due, and what is to be said.
    async fn work(&mut self) -> Result<(), Orphaned> {
        let now = self.clock.now();
        if self.emulator.next_deadline().is_some_and(|due| due <= now) {
            self.emulator.advance(now);
        }
        let Some(stream) = self.stream else { return Ok(()) };
        if self.orders.have_overflowed() {
            return self.close("the controller takes less than it is sent").await;
        }
        self.say(now, stream).await?;
        if self.emulator.wants_disconnect(stream) {
            return self.close("closed by the controller").await;
        }
        Ok(())
    }

    async fn say(&mut self, now: Instant, stream: ConnectionId) -> Result<(), Orphaned> {
        let mut octets = Vec::new();
        self.emulator.take_octets(now, stream, &mut octets);
        if octets.is_empty() { Ok(()) } else { heard(self.events.received(Bytes::from(octets)).await) }
    }

    async fn close(&mut self, why: &'static str) -> Result<(), Orphaned> {
        if let Some(stream) = self.stream.take() {
            self.emulator.disconnected(self.clock.now(), stream);
        }
        heard(self.events.disconnected(why).await)
    }
}

fn heard(heard: bool) -> Result<(), Orphaned> {
    if heard { Ok(()) } else { Err(Orphaned) }
}

#[cfg(test)]
mod tests;
