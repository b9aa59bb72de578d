//! Commands on their way to lamps: a lamp follows after a time, as on the street.

use voorrang_signals::GroupIndex;
use voorrang_units::{Duration, Instant};

use super::monitor::Lamp;
use super::random::{Purpose, Stream};
use crate::objects::SignalGroupState;

/// From a command to the lamp that shows it and the message that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// The median.
    pub typical: Duration,
    /// Whether it varies from command to command, from 0.8 to 1.9 times the median: with 0.2 s that is what was seen of a real controller,
    /// 0.16 to 0.38 s.
    pub varies: bool,
}

impl Default for Latency {
    fn default() -> Self {
        Self { typical: Duration::from_millis(200), varies: true }
    }
}

/// A change that is on its way to its lamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Underway {
    pub(crate) due: Instant,
    pub(crate) group: GroupIndex,
    pub(crate) lamp: Lamp,
    pub(crate) state: SignalGroupState,
}

/// One command a group may be on its way; a later one takes its place.
#[derive(Debug, Clone)]
pub(crate) struct Wires {
    latency: Latency,
    streams: Vec<Stream>,
    underway: Vec<Option<Underway>>,
    /// The earliest of them.
    due: Option<Instant>,
}

impl Wires {
    pub(crate) fn new(groups: usize, latency: Latency, seed: u64) -> Self {
        let streams = (0_u64..).take(groups).map(|group| Stream::new(seed, Purpose::Latency, group));
        Self { latency, streams: streams.collect(), underway: vec![None; groups], due: None }
    }

    pub(crate) fn underway(&self, group: GroupIndex) -> Option<Underway> {
        self.underway.get(group.index()).copied().flatten()
    }

    /// Sends a command; `later` is added to its latency.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        group: GroupIndex,
        lamp: Lamp,
        state: SignalGroupState,
        later: Duration,
    ) {
        let Some(stream) = self.streams.get_mut(group.index()) else { return };
        let factor = if self.latency.varies {
            // The median of u^2.5 is 0.177, so that of the factor 0.99.
            let uniform = stream.uniform();
            0.8 + 1.1 * uniform * uniform * uniform.sqrt()
        } else {
            1.0
        };
        let latency = Duration::from_seconds_f64(self.latency.typical.seconds() * factor);
        self.underway[group.index()] = Some(Underway { due: now + latency + later, group, lamp, state });
        self.update_due();
    }

    /// A command is taken back before its lamp has followed.
    pub(crate) fn recall(&mut self, group: GroupIndex) {
        if let Some(place) = self.underway.get_mut(group.index()) {
            *place = None;
            self.update_due();
        }
    }

    pub(crate) fn recall_all(&mut self) {
        self.underway.fill(None);
        self.due = None;
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// What arrives by now: in the order of time; of what arrives at the same moment ends before starts.
    pub(crate) fn arrive(&mut self, now: Instant, out: &mut Vec<Underway>) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        for place in &mut self.underway {
            if let Some(command) = place.take_if(|command| command.due <= now) {
                out.push(command);
            }
        }
        out.sort_by_key(|command| (command.due, command.lamp == Lamp::Green, command.group));
        self.update_due();
    }

    fn update_due(&mut self) {
        self.due = self.underway.iter().flatten().map(|command| command.due).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_of_a_real_controller() {
        let mut wires = Wires::new(1, Latency::default(), 7);
        let mut seen: Vec<i64> = Vec::new();
        for _ in 0..2001 {
            let now = Instant::from_unix_millis(0);
            wires.send(
                now,
                GroupIndex(0),
                Lamp::Green,
                SignalGroupState::ProtectedMovementAllowed,
                Duration::ZERO,
            );
            seen.push(wires.due().unwrap().unix_millis());
        }
        seen.sort_unstable();
        assert!(seen[0] >= 160 && seen[2000] <= 380, "{} {}", seen[0], seen[2000]);
        assert!((195..=205).contains(&seen[1000]), "{}", seen[1000]);
        assert!(seen[1900] > 300, "some are slow: {}", seen[1900]);
    }

    #[test]
    fn the_later_command_takes_the_place_of_the_earlier() {
        let latency = Latency { typical: Duration::from_millis(200), varies: false };
        let mut wires = Wires::new(2, latency, 7);
        let at = Instant::from_unix_millis;
        let (green, yellow) =
            (SignalGroupState::ProtectedMovementAllowed, SignalGroupState::ProtectedClearance);
        wires.send(at(0), GroupIndex(0), Lamp::Green, green, Duration::ZERO);
        wires.send(at(0), GroupIndex(1), Lamp::Yellow, yellow, Duration::ZERO);
        let mut arrived = Vec::new();
        wires.arrive(at(199), &mut arrived);
        assert_eq!(arrived, []);
        wires.arrive(at(200), &mut arrived);
        let groups: Vec<_> = arrived.iter().map(|command| command.group.0).collect();
        assert_eq!(groups, [1, 0], "what ends goes before what starts");
        assert_eq!(wires.due(), None);
    }
}
