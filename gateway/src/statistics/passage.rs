//! One request's life.

use voorrang_messages::StationId;
use voorrang_units::{Duration, Instant};

/// A request at an intersection, from its first message to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Who, by the number that stands in the journal. It leaves this module in no output.
    pub(super) station: StationId,
    /// The intersection's name.
    pub intersection: String,
    /// The approach's name.
    pub approach: String,
    /// When its first message was heard.
    pub from: Instant,
    /// The ETA of its first message.
    pub(super) first_eta: Option<Instant>,
    /// The last ETA that was told before it was granted.
    pub(super) last_eta: Option<Instant>,
    /// When it was granted first.
    pub(super) granted: Option<Instant>,
    /// When its vehicle cancelled it.
    pub(super) cancelled: Option<Instant>,
    /// What a vehicle waits there on average without priority.
    pub(super) usual_wait: Option<Duration>,
}

impl Passage {
    /// Whether it was granted.
    #[must_use]
    pub const fn was_granted(&self) -> bool {
        self.granted.is_some()
    }

    /// From the first message to green.
    #[must_use]
    pub fn time_to_green(&self) -> Option<Duration> {
        Some(self.granted? - self.from)
    }

    /// How long it waited for green.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        Some((self.granted? - self.last_eta?).max(Duration::ZERO))
    }

    /// How much less it waited than it would have without priority, on average; negative where it waited longer.
    #[must_use]
    pub fn avoided(&self) -> Option<Duration> {
        Some(self.usual_wait? - self.wait()?)
    }

    /// How much later it passed than it had expected at first.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.granted?;
        Some(self.cancelled? - self.first_eta?)
    }
}
