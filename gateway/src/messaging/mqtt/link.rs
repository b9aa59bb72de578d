//! The connection to the broker: up, down, and up again after a while that grows. Each connection begins a clean session: what was said while we
//! were away is out of date, both ways.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use bytes::Bytes;

use super::NAME;
use super::client::{Client, Endpoint, Happening, Loop, Publishing, QualityOfService};
use super::config::MqttConfig;
use super::session::Peers;
use super::topics::Topics;
use crate::clock::Clock;
use crate::messaging::RelayTarget;
use crate::messaging::queue::{Put, Queue};
use crate::messaging::relay::{RelayTopics, TakeBack};
use crate::messaging::{Host, Received, Undelivered};
use crate::operations::metrics::Metrics;

/// After the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// What hasn't left within this has been overtaken by what is said now.
const PATIENCE: Duration = Duration::from_secs(1);

/// What all ways in and out by one broker share.
#[derive(Debug)]
pub(super) struct Link {
    broker: String,
    topics: Topics,
    queue: Queue<Publishing>,
    up: AtomicBool,
    why_down: Mutex<String>,
    metrics: Arc<Metrics>,
    /// By the topic that answers come back on.
    relays: Mutex<BTreeMap<String, TakeBack>>,
    client: Client,
}

impl Link {
    /// Starts its tasks, on the tokio runtime that this is called from.
    pub(super) fn start(endpoint: Endpoint, config: &MqttConfig, host: &Host) -> Arc<Self> {
        let (client, eventloop) = endpoint.client();
        let link = Arc::new(Self {
            broker: format!("{}:{}", endpoint.host, endpoint.port),
            topics: config.topics.clone(),
            queue: Queue::new(config.queue),
            up: AtomicBool::new(false),
            why_down: Mutex::new("not connected yet".to_owned()),
            metrics: Arc::clone(&host.metrics),
            relays: Mutex::default(),
            client,
        });
        tokio::spawn(listen(Arc::clone(&link), eventloop, host.clone()));
        tokio::spawn(send(Arc::clone(&link)));
        link
    }

    pub(super) fn topics(&self) -> &Topics {
        &self.topics
    }

    /// Lets a message wait for its turn; nothing waits for a broker that is gone.
    pub(super) fn put(&self, message: Publishing) -> Result<(), Undelivered> {
        if !self.up.load(Ordering::Relaxed) {
            return self.lost(Undelivered::Gone);
        }
        match self.queue.put(message) {
            Put::Waits { displaced } => {
                for _ in 0..displaced {
                    let _ = self.lost(Undelivered::Full);
                }
                Ok(())
            }
            Put::Closed => self.lost(Undelivered::Gone),
        }
    }

    /// Counts a publication without a place.
    pub(super) fn unplaced(&self) {
        let _ = self.lost(Undelivered::Gone);
    }

    pub(super) fn trouble(&self) -> Option<String> {
        let why = self.why_down.lock().unwrap_or_else(PoisonError::into_inner);
        let down = !self.up.load(Ordering::Relaxed);
        down.then(|| format!("the MQTT broker {} is not there: {why}", self.broker))
    }

    /// Answers from `topics` go to `take` from now on.
    pub(super) fn relay(self: &Arc<Self>, topics: RelayTopics, take: TakeBack) -> Arc<dyn RelayTarget> {
        let RelayTopics { requests, answers } = topics;
        self.relays.lock().unwrap_or_else(PoisonError::into_inner).insert(answers.clone(), take);
        if self.up.load(Ordering::Relaxed) {
            let client = self.client.clone();
            // Should it be lost, the next connection subscribes anew.
            tokio::spawn(async move { client.subscribe(answers, QualityOfService::AtLeastOnce).await });
        }
        Arc::new(MqttRelay { link: Arc::clone(self), topic: requests })
    }

    fn lost(&self, why: Undelivered) -> Result<(), Undelivered> {
        self.metrics.undelivered(NAME, why.name());
        Err(why)
    }

    fn down(&self, why: String) {
        let mut known = self.why_down.lock().unwrap_or_else(PoisonError::into_inner);
        if self.up.swap(false, Ordering::Relaxed) || *known != why {
            tracing::warn!(broker = self.broker, why, "mqtt: the broker is not there");
        }
        *known = why;
    }

    async fn subscribe(&self) {
        let relays =
            self.relays.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect::<Vec<_>>();
        for filter in self.topics.incoming().into_iter().chain(relays) {
            // What isn't taken now is asked again with the next connection.
            let _ = self.client.subscribe(filter, QualityOfService::AtLeastOnce).await;
        }
    }

    /// Hands over what came.
    fn take(
        &self,
        host: &Host,
        clock: &Clock,
        peers: &mut Peers,
        topic: &[u8],
        payload: &Bytes,
        retained: bool,
    ) {
        let (at, arrived) = (clock.now(), Monotonic::now());
        let Ok(topic) = str::from_utf8(topic) else { return self.metrics.refused("mqtt_topic") };
        let relay = self.relays.lock().unwrap_or_else(PoisonError::into_inner).get(topic).cloned();
        match (relay, self.topics.session(topic)) {
            // Who knows how old it is.
            _ if retained => self.metrics.refused("mqtt_retained"),
            (Some(take), _) => take.take(payload.clone()),
            (None, Some(session)) => {
                let peer = peers.at(session);
                host.intake.take(Received {
                    octets: payload,
                    at,
                    arrived,
                    generated: None,
                    sender: &peer.sender,
                    reply: &peer.reply,
                });
            }
            (None, None) => self.metrics.refused("mqtt_topic"),
        }
    }
}

/// Requests of one junction, to the broker.
#[derive(Debug)]
struct MqttRelay {
    link: Arc<Link>,
    topic: String,
}

impl RelayTarget for MqttRelay {
    fn relay(&self, octets: &Bytes) -> Result<(), Undelivered> {
        self.link.put(Publishing::request(self.topic.clone(), octets.clone()))
    }
}

async fn listen(link: Arc<Link>, mut eventloop: Loop, host: Host) {
    let mut peers = Peers::new(Arc::clone(&link));
    let mut pause = FIRST_PAUSE;
    let stopped = host.stopped();
    tokio::pin!(stopped);
    loop {
        let happening = tokio::select! {
            happening = eventloop.next() => happening,
            () = &mut stopped => break,
        };
        match happening {
            Happening::Up => {
                tracing::info!(broker = link.broker, "mqtt: connected");
                pause = FIRST_PAUSE;
                link.up.store(true, Ordering::Relaxed);
                // Not here: this task has to go on for it to leave.
                let link = Arc::clone(&link);
                tokio::spawn(async move { link.subscribe().await });
            }
            Happening::Message { topic, payload, retained } => {
                link.take(&host, &host.clock, &mut peers, &topic, &payload, retained);
            }
            Happening::Other => (),
            Happening::Down(why) => {
                link.down(why);
                tokio::select! {
                    () = tokio::time::sleep(jittered(pause)) => (),
                    () = &mut stopped => break,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
    finish(&link, eventloop).await;
}

/// What waits leaves, then we say farewell; all of it within two seconds.
async fn finish(link: &Link, mut eventloop: Loop) {
    link.queue.close();
    if !link.up.load(Ordering::Relaxed) {
        return;
    }
    let farewell = async {
        // The other task needs this one to go on for what waits to leave.
        tokio::time::sleep(Duration::from_millis(50)).await;
        link.client.disconnect().await;
        std::future::pending::<()>().await;
    };
    let leaving = async {
        tokio::pin!(farewell);
        loop {
            tokio::select! {
                () = &mut farewell => (),
                happening = eventloop.next() => if let Happening::Down(_) = happening { break },
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE * 2, leaving).await;
    link.up.store(false, Ordering::Relaxed);
}

async fn send(link: Arc<Link>) {
    let mut taken = Vec::new();
    while link.queue.take(&mut taken).await {
        for message in taken.drain(..) {
            let up = link.up.load(Ordering::Relaxed);
            if !up
                || !matches!(tokio::time::timeout(PATIENCE, link.client.publish(message)).await, Ok(Ok(())))
            {
                let _ = link.lost(Undelivered::Gone);
            }
        }
    }
}

/// Half of it to all of it: a thousand clients of a broker that comes back don't all come at once.
fn jittered(pause: Duration) -> Duration {
    let mut octets = [0; 4];
    // Without chance it's all of it.
    let fraction = getrandom::fill(&mut octets)
        .map_or(1.0, |()| f64::from(u32::from_be_bytes(octets)) / f64::from(u32::MAX));
    pause.mul_f64(0.5 + fraction / 2.0)
}
