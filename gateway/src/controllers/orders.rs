//! The way from an area to the task that has its stream: bounded, and never waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use crate::journal::ControllerLink;

/// So many orders may wait for a task that waits for its area.
const ORDERS: usize = 256;

/// What a link's task is to do.
#[derive(Debug)]
pub(super) enum Order {
    Connect,
    Send(Vec<u8>),
    Disconnect,
}

/// A link to a controller. Its task ends with it, and its stream.
#[derive(Debug)]
pub struct Link {
    orders: mpsc::Sender<Order>,
    overflowed: Arc<AtomicBool>,
}

/// The task's end of it.
#[derive(Debug)]
pub(super) struct Orders {
    orders: mpsc::Receiver<Order>,
    overflowed: Arc<AtomicBool>,
}

impl Link {
    pub(super) fn new() -> (Self, Orders) {
        let (sender, orders) = mpsc::channel(ORDERS);
        let overflowed = Arc::new(AtomicBool::new(false));
        (Self { orders: sender, overflowed: Arc::clone(&overflowed) }, Orders { orders, overflowed })
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            // The stream has a hole now: it can only be closed.
            self.overflowed.store(true, Ordering::Release);
        }
    }
}

impl ControllerLink for Link {
    fn connect(&self) {
        self.order(Order::Connect);
    }

    fn send(&self, octets: Vec<u8>) {
        self.order(Order::Send(octets));
    }

    fn disconnect(&self) {
        self.order(Order::Disconnect);
    }
}

impl Orders {
    /// The next; none once the link is gone.
    pub(super) async fn next(&mut self) -> Option<Order> {
        self.orders.recv().await
    }

    /// A stream begins: what found no room before doesn't matter to it.
    pub(super) fn begin(&self) {
        self.overflowed.store(false, Ordering::Release);
    }

    /// Something found no room since then.
    pub(super) fn have_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Acquire)
    }
}
