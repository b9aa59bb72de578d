//! Against a real mosquitto, which each test starts for itself on loopback. Where there is none, they say so and pass.

mod overhead;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::sync::mpsc;
use voorrang_messages::Srem;
use voorrang_signals::IntersectionId;
use voorrang_units::{GeodeticPosition, Length};

use super::client::{Client, Endpoint, Happening, QualityOfService, Version};
use super::*;
use crate::messaging::relay::TakeBack;
use crate::messaging::rig::{Rig, granted, problems, srem};
use crate::messaging::tls::tests::Authority;
use crate::messaging::{Identity, Relevance, Undelivered};

const WITHIN: Duration = Duration::from_secs(10);

fn mosquitto() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    let found = folders.map(|folder| folder.join("mosquitto")).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: no mosquitto in PATH or /usr/sbin; install it to test MQTT");
    }
    found
}

/// A broker on a port of its own.
struct Broker {
    program: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
}

impl Broker {
    fn start(settings: &str) -> Option<Self> {
        Self::start_with(settings, |_| ())
    }

    fn start_with(settings: &str, prepare: impl FnOnce(&Path)) -> Option<Self> {
        let program = mosquitto()?;
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder_path = folder.path().display().to_string();
        let text =
            format!("listener {port} 127.0.0.1\npersistence false\n{}", settings.replace("@", &folder_path));
        std::fs::write(folder.path().join("mosquitto.conf"), text).unwrap();
        let mut broker = Self { program, folder, port, process: None };
        broker.run();
        Some(broker)
    }

    fn run(&mut self) {
        let config = self.folder.path().join("mosquitto.conf");
        let process = Command::new(&self.program)
            .arg("-c")
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn endpoint(&self, version: Version, client_id: &str) -> Endpoint {
        Endpoint {
            version,
            host: "127.0.0.1".to_owned(),
            port: self.port,
            client_id: client_id.to_owned(),
            credentials: None,
            tls: None,
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A vehicle, or whoever else talks to the broker.
struct Other {
    client: Client,
    heard: mpsc::UnboundedReceiver<(String, Vec<u8>, bool)>,
}

impl Other {
    /// Connected, and subscribed: a message of its own to itself says so.
    async fn new(endpoint: Endpoint, filters: &[&str]) -> Self {
        let (client, mut eventloop) = endpoint.client();
        let (sender, mut heard) = mpsc::unbounded_channel();
        let own = format!("test/{}", endpoint.client_id);
        let filters: Vec<String> =
            filters.iter().map(|&filter| filter.to_owned()).chain([own.clone()]).collect();
        let subscriber = client.clone();
        let to_itself = own.clone();
        tokio::spawn(async move {
            loop {
                match eventloop.next().await {
                    Happening::Up => {
                        for filter in &filters {
                            subscriber
                                .subscribe(filter.clone(), QualityOfService::AtLeastOnce)
                                .await
                                .unwrap();
                        }
                    }
                    Happening::Message { topic, payload, retained } => {
                        let topic = String::from_utf8(topic.to_vec()).unwrap();
                        if sender.send((topic, payload.to_vec(), retained)).is_err() {
                            return;
                        }
                    }
                    Happening::Down(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    Happening::Other => (),
                }
            }
        });
        // A subscription may be overtaken by what is published after it.
        for _ in 0..200 {
            let hello = Publishing::request(to_itself.clone(), Bytes::from_static(b"hello"));
            client.publish(hello).await.unwrap();
            if tokio::time::timeout(Duration::from_millis(50), heard.recv()).await.is_ok() {
                return Self { client, heard };
            }
        }
        panic!("the broker is not there");
    }

    async fn publish(&self, topic: &str, payload: &[u8]) {
        let message = Publishing::request(topic.to_owned(), Bytes::copy_from_slice(payload));
        self.client.publish(message).await.unwrap();
    }

    async fn hear(&mut self) -> (String, Vec<u8>) {
        loop {
            let (topic, payload, _) = tokio::time::timeout(WITHIN, self.heard.recv()).await.unwrap().unwrap();
            if !topic.starts_with("test/") {
                return (topic, payload);
            }
        }
    }
}

async fn is_up(transport: &Arc<dyn Transport>) {
    let up = async {
        while transport.trouble().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(WITHIN, up).await.expect("the broker is reached");
    // Subscriptions follow the connection.
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn table(broker: &Broker, version: &str) -> String {
    format!("[mqtt]\nbroker = \"127.0.0.1:{}\"\nversion = \"{version}\"", broker.port)
}

const VERSIONS: [(Version, &str); 2] = [(Version::Three, "3.1.1"), (Version::Five, "5")];
const OPEN: &str = "allow_anonymous true\n";

#[tokio::test]
async fn a_session_asks_and_is_answered_also_after_the_broker_was_gone() {
    for (version, name) in VERSIONS {
        let Some(mut broker) = Broker::start(OPEN) else { return };
        let rig = Rig::new();
        let transport = rig.start(&table(&broker, name));
        is_up(&transport).await;
        let mut vehicle = Other::new(broker.endpoint(version, "vehicle"), &["voorrang/v1/9fA-1/ssem"]).await;
        vehicle.publish("voorrang/v1/9fA-1/srem", &srem()).await;
        let answer = granted(&Srem::decode(&srem()).unwrap());
        assert_eq!(vehicle.hear().await, ("voorrang/v1/9fA-1/ssem".to_owned(), answer.clone()));
        let taken = rig.intake.all()[0].clone();
        assert_eq!((taken.octets, taken.sender.transport), (srem(), "mqtt"));
        assert_eq!(taken.sender.identity, Identity::Session(Arc::from("9fA-1")));
        assert_eq!(taken.reply.address().as_deref(), Some("mqtt:9fA-1"));

        broker.kill();
        let gone = async {
            while transport.trouble().is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(WITHIN, gone).await.unwrap();
        assert!(transport.trouble().unwrap().contains("is not there"));
        // Nothing waits for a broker that is gone: it would be told too late.
        assert_eq!(taken.reply.send(b"\x02\x0a stale"), Err(Undelivered::Gone));

        broker.run();
        is_up(&transport).await;
        let mut vehicle =
            Other::new(broker.endpoint(version, "vehicle-again"), &["voorrang/v1/9fA-1/ssem"]).await;
        transport.reply_to("mqtt:9fA-1").unwrap().send(b"\x02\x0a fresh").unwrap();
        assert_eq!(vehicle.hear().await.1, b"\x02\x0a fresh");
        vehicle.publish("voorrang/v1/9fA-1/srem", &srem()).await;
        assert_eq!(vehicle.hear().await.1, answer);
    }
}

#[tokio::test]
async fn publications_go_to_their_topics_and_lanes_are_retained() {
    for (version, name) in VERSIONS {
        let Some(broker) = Broker::start(OPEN) else { return };
        let rig = Rig::new();
        let transport = rig.start(&table(&broker, name));
        is_up(&transport).await;
        let filters = ["voorrang/v1/i/528/+/spatem", "voorrang/v1/tile/+/denm"];
        let mut subscriber = Other::new(broker.endpoint(version, "subscriber"), &filters).await;
        let published = |kind, octets: &[u8]| Publication {
            kind,
            intersection: (kind != MessageKind::Denm).then_some(IntersectionId { region: 528, id: 7 }),
            relevance: Relevance {
                centre: GeodeticPosition::from_degrees(52.085, 5.115).unwrap(),
                radius: Length::from_metres(50.0),
            },
            octets: Arc::from(octets),
        };
        let publisher = transport.publisher();
        publisher.publish(&published(MessageKind::Mapem, &[2, 5]));
        publisher.publish(&published(MessageKind::Spatem, &[2, 4]));
        publisher.publish(&published(MessageKind::Denm, &[2, 1]));
        assert_eq!(subscriber.hear().await, ("voorrang/v1/i/528/7/spatem".to_owned(), vec![2, 4]));
        let (topic, payload) = subscriber.hear().await;
        let tile = &tiles::covering(&published(MessageKind::Denm, &[]).relevance)[0];
        assert_eq!((topic, payload), (format!("voorrang/v1/tile/{tile}/denm"), vec![2, 1]));
        let mut late = Other::new(broker.endpoint(version, "late"), &["voorrang/v1/i/528/7/mapem"]).await;
        // It came before the greeting of the client to itself, or comes now.
        if let Ok(heard) = tokio::time::timeout(Duration::from_millis(200), late.hear()).await {
            assert_eq!(heard.1, [2, 5]);
        }
    }
}

#[tokio::test]
async fn a_junction_relays_by_the_broker() {
    let Some(broker) = Broker::start(OPEN) else { return };
    let rig = Rig::new();
    let transport = rig.start(&table(&broker, "5"));
    is_up(&transport).await;
    let (sender, mut back) = mpsc::unbounded_channel();
    let take = TakeBack::new(move |octets: Bytes| sender.send(octets.to_vec()).unwrap());
    let target = crate::messaging::relay::RelayConfig::Mqtt("ris/528/7".to_owned());
    let relay = crate::messaging::relay::start(&target, &[transport], &rig.host, take).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut ris = Other::new(broker.endpoint(Version::Five, "ris"), &["ris/528/7/srem"]).await;
    relay.relay(&Bytes::from(srem())).unwrap();
    assert_eq!(ris.hear().await, ("ris/528/7/srem".to_owned(), srem()));
    ris.publish("ris/528/7/ssem", b"\x02\x0a answer").await;
    assert_eq!(tokio::time::timeout(WITHIN, back.recv()).await.unwrap().unwrap(), b"\x02\x0a answer");
    assert!(rig.intake.all().is_empty());
}

#[tokio::test]
async fn what_the_broker_kept_from_before_and_other_topics_are_not_heard() {
    let Some(broker) = Broker::start(OPEN) else { return };
    let vehicle = Other::new(broker.endpoint(Version::Five, "vehicle"), &[]).await;
    // Retained: whoever subscribes later gets it, however old it is.
    let old = Publishing::topology("voorrang/v1/9f/srem".to_owned(), Bytes::from(srem()));
    vehicle.client.publish(old).await.unwrap();
    vehicle.publish("voorrang/v1/9$f/srem", &srem()).await;
    let rig = Rig::new();
    let transport = rig.start(&table(&broker, "5"));
    is_up(&transport).await;
    vehicle.publish("voorrang/v1/9$f/srem", &srem()).await;
    vehicle.publish("voorrang/v1/8e/srem", &srem()).await;
    let taken = rig.intake.wait_for(1).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].sender.identity, Identity::Session(Arc::from("8e")));
}

#[tokio::test]
async fn by_tls_the_broker_and_its_clients_show_certificates() {
    let authority = Authority::new("brokers and clients");
    let (certificate, key) = authority.issue("127.0.0.1");
    let settings = "allow_anonymous true\ncafile @/ca.pem\ncertfile @/broker.pem\nkeyfile @/broker.key\nrequire_certificate true\n";
    let (own, own_key) = authority.issue("gateway");
    let pems = [
        ("ca.pem", authority.pem()),
        ("broker.pem", certificate),
        ("broker.key", key),
        ("gateway.pem", own),
        ("gateway.key", own_key),
    ];
    let broker = Broker::start_with(settings, |folder| {
        for (name, pem) in &pems {
            std::fs::write(folder.join(name), pem).unwrap();
        }
    });
    let Some(broker) = broker else { return };
    for (version, name) in VERSIONS {
        let rig = Rig::new();
        let tls = "tls = { ca = \"ca.pem\", certificate = \"gateway.pem\", key = \"gateway.key\" }";
        let toml = format!("{}\n{tls}", table(&broker, name));
        let transport = rig.start_in(&toml, broker.folder.path());
        is_up(&transport).await;
        // Two clients of one name would put each other out.
        let mut endpoint = broker.endpoint(version, &format!("vehicle-{name}"));
        endpoint.tls = Some(authority.client("vehicle").client_config().unwrap());
        let mut vehicle = Other::new(endpoint, &["voorrang/v1/9f/ssem"]).await;
        vehicle.publish("voorrang/v1/9f/srem", &srem()).await;
        assert_eq!(vehicle.hear().await.0, "voorrang/v1/9f/ssem");
        let Rig { host, stop, .. } = rig;
        drop((transport, host));
        stop.send(true).unwrap();
        tokio::time::timeout(WITHIN, stop.closed()).await.unwrap();
    }
    // A broker of another authority is none of ours.
    let rig = Rig::new();
    std::fs::write(broker.folder.path().join("ca.pem"), Authority::new("other").pem()).unwrap();
    let toml = format!("{}\ntls = {{ ca = \"ca.pem\" }}", table(&broker, "5"));
    let transport = rig.start_in(&toml, broker.folder.path());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(transport.trouble().is_some());
}

#[test]
fn beyond_loopback_there_is_tls_or_nothing() {
    assert!(problems("[mqtt]\nbroker = \"broker.example:1883\"").contains("without TLS"));
    let told = problems("[mqtt]\nbroker = \"x\"\nversion = \"4\"\nprefix = \"#\"\nusername = \"a\"\n");
    for what in ["no broker", "`version` is \"4\"", "a prefix has no", "go together"] {
        assert!(told.contains(what), "{what}: {told}");
    }
}
