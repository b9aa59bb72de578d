//! Streams to controllers. A link carries octets and knows nothing of them: the session lives in `area`.
//!
//! | protocol | folder | stream |
//! |---|---|---|
//! | `tlcfi` | `tlcfi` | TCP to a controller |
//! | emulated | `emulated` | an emulated controller in this process |
//!
//! `orders` is what both have: the way from an area to the task that has its stream.
//!
//! The life of a stream: [`ControllerLink::connect`](crate::journal::ControllerLink::connect) leads to [`ControllerEvents::connected`] or, when that fails, [`ControllerEvents::disconnected`].
//! Whatever ends an open stream, ours or theirs, is told by one `disconnected`. What is sent while there is no stream is dropped.

pub mod emulated;
mod orders;
pub mod tlcfi;

use bytes::Bytes;

use crate::area::AreaInput;
use crate::engine_task::AreaHandle;

pub use orders::Link;

/// Where a link tells what happens: the junction's area. Waits for room there, so that a link stops reading when its area is behind.
#[derive(Debug, Clone)]
pub struct ControllerEvents {
    area: AreaHandle,
    junction: usize,
}

impl ControllerEvents {
    /// Of one of an area's junctions.
    #[must_use]
    pub const fn new(area: AreaHandle, junction: usize) -> Self {
        Self { area, junction }
    }

    /// The stream is open. False when nobody is there any more to hear it, here as below: the link ends then.
    pub async fn connected(&self) -> bool {
        self.area.send(AreaInput::Connected { junction: self.junction }).await.is_ok()
    }

    /// Octets came.
    pub async fn received(&self, octets: Bytes) -> bool {
        self.area.send(AreaInput::FromController { junction: self.junction, octets }).await.is_ok()
    }

    /// The stream is closed, or could not be opened.
    pub async fn disconnected(&self, why: impl Into<String>) -> bool {
        let input = AreaInput::Disconnected { junction: self.junction, why: why.into() };
        self.area.send(input).await.is_ok()
    }
}
