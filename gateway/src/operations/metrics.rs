//! Counters and times for Prometheus. Label values are of our own making: never a station id, never text from the wire.

/// All of the gateway's metrics. Shared by `Arc`; every method may be called from any task.
#[derive(Debug, Default)]
pub struct Metrics {}

impl Metrics {
    /// A message came in by a transport: `kind` is the message's name, or `unreadable`.
    pub fn received(&self, _transport: &'static str, _kind: &'static str) {}

    /// A message was refused.
    pub fn refused(&self, _reason: &'static str) {}

    /// Something was dropped because we were overloaded: `kind` says what.
    pub fn shed(&self, _kind: &'static str) {}

    /// An answer left, so long after the octets that it answers arrived.
    pub fn answered(&self, _after: std::time::Duration) {}

    /// Something could not be delivered: `transport`, and whether it was `full` or `gone`.
    pub fn undelivered(&self, _transport: &'static str, _why: &'static str) {}
}
