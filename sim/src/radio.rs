//! The radio channel between vehicles and intersections: latency, jitter and loss, from seeded streams. It carries bytes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bevy_ecs::prelude::Resource;
use voorrang_units::{Duration, Instant};

use crate::random::Stream;
use crate::scenario::{RadioConfig, Scenario};

/// The radio channel, both ways.
#[derive(Resource, Debug)]
pub struct Air {
    /// From vehicles to intersections.
    pub uplink: Channel,
    /// CAMs from vehicles to intersections: counted apart.
    pub awareness: Channel,
    /// From intersections to vehicles.
    pub downlink: Channel,
    /// Warnings to all vehicles: whether one is lost is drawn by each that hears it.
    pub warnings: Channel,
    /// What intersections tell everybody: nobody in the simulation listens, but a capture may.
    broadcasts: Option<Vec<Captured>>,
}

/// A message as it was sent, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// When.
    pub sent: Instant,
    /// What.
    pub bytes: Vec<u8>,
}

impl Air {
    /// A quiet channel.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let channel = || Channel::new(scenario.radio);
        let warnings = Channel::new(RadioConfig { loss: 0.0, ..scenario.radio });
        Self { uplink: channel(), awareness: channel(), downlink: channel(), warnings, broadcasts: None }
    }

    /// Keeps all that is sent from now on.
    pub fn capture(&mut self) {
        self.broadcasts = Some(Vec::new());
        for channel in [&mut self.uplink, &mut self.awareness, &mut self.downlink, &mut self.warnings] {
            channel.captured = Some(Vec::new());
        }
    }

    /// An intersection tells everybody.
    pub fn broadcast(&mut self, now: Instant, bytes: Vec<u8>) {
        if let Some(captured) = &mut self.broadcasts {
            captured.push(Captured { sent: now, bytes });
        }
    }

    /// All that was sent, what was lost too, in the order of sending; `None` where it was not kept.
    pub fn captured(&mut self) -> Option<Vec<Captured>> {
        let channels = [&mut self.uplink, &mut self.awareness, &mut self.downlink, &mut self.warnings];
        let channels = channels.into_iter().filter_map(|channel| channel.captured.take()).flatten();
        let mut captured: Vec<_> = channels.chain(self.broadcasts.take()?).collect();
        captured.sort_by_key(|message| message.sent);
        Some(captured)
    }
}

/// One direction of the channel.
#[derive(Debug)]
pub struct Channel {
    config: RadioConfig,
    on_the_way: BinaryHeap<Reverse<Message>>,
    sent: u64,
    lost: u64,
    captured: Option<Vec<Captured>>,
}

/// A message on its way; ordered by arrival, then by sending.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    arrives: Instant,
    number: u64,
    bytes: Vec<u8>,
}

impl Channel {
    /// A channel with nothing on its way.
    #[must_use]
    pub fn new(config: RadioConfig) -> Self {
        Self { config, on_the_way: BinaryHeap::new(), sent: 0, lost: 0, captured: None }
    }

    /// Sends bytes; `stream` is the sender's, which draws loss and then jitter for each message, whatever happens to it. `None` where
    /// the message is lost, else when it arrives.
    pub fn send(&mut self, now: Instant, bytes: Vec<u8>, stream: &mut Stream) -> Option<Instant> {
        if let Some(captured) = &mut self.captured {
            captured.push(Captured { sent: now, bytes: bytes.clone() });
        }
        let (loss, jitter) = (stream.uniform(), stream.uniform());
        if loss < self.config.loss {
            self.lost += 1;
            return None;
        }
        let delay = self.config.latency + Duration::from_seconds_f64(self.config.jitter.seconds() * jitter);
        let arrives = now + delay;
        self.on_the_way.push(Reverse(Message { arrives, number: self.sent, bytes }));
        self.sent += 1;
        Some(arrives)
    }

    /// The next message that has arrived by `now`, with its arrival.
    pub fn receive(&mut self, now: Instant) -> Option<(Instant, Vec<u8>)> {
        self.on_the_way.peek().filter(|Reverse(message)| message.arrives <= now)?;
        self.on_the_way.pop().map(|Reverse(message)| (message.arrives, message.bytes))
    }

    /// When the next message arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Instant> {
        self.on_the_way.peek().map(|Reverse(message)| message.arrives)
    }

    /// Messages sent so far, lost ones too.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent + self.lost
    }

    /// Messages lost so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn channel(loss: f64) -> (Channel, Stream) {
        let config =
            RadioConfig { latency: Duration::from_millis(50), jitter: Duration::from_millis(30), loss };
        (Channel::new(config), Stream::new(1, 0, Purpose::Uplink, 0))
    }

    const START: Instant = Instant::from_unix_millis(1000);

    #[test]
    fn messages_arrive_within_latency_and_jitter() {
        let (mut channel, mut stream) = channel(0.0);
        for number in 0..100 {
            let arrives = channel.send(START, vec![number], &mut stream).unwrap();
            let delay = (arrives - START).millis();
            assert!((50..=80).contains(&delay), "{delay}");
        }
        let mut last = START;
        let mut received = 0;
        while let Some((arrived, _)) = channel.receive(START + Duration::from_millis(80)) {
            assert!(arrived >= last);
            last = arrived;
            received += 1;
        }
        assert_eq!(received, 100);
    }

    #[test]
    fn nothing_arrives_early() {
        let (mut channel, mut stream) = channel(0.0);
        let arrives = channel.send(START, vec![7], &mut stream).unwrap();
        assert_eq!(channel.receive(arrives - Duration::from_millis(1)), None);
        assert_eq!(channel.next_arrival(), Some(arrives));
        assert_eq!(channel.receive(arrives), Some((arrives, vec![7])));
    }

    #[test]
    fn as_many_get_lost_as_configured() {
        let (mut channel, mut stream) = channel(0.2);
        for _ in 0..10_000 {
            channel.send(START, Vec::new(), &mut stream);
        }
        assert!((1800..2200).contains(&channel.lost()), "{}", channel.lost());
    }
}
