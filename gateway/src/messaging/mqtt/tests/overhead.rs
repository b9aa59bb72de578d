//! What the gateway adds to the broker's own time: requests and their answers by mosquitto, in turn with messages that another client only echoes.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant as Monotonic;

use hdrhistogram::Histogram;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, RequestStatus,
    SequenceNumber, Ssem, StationId, VehicleRole,
};
use voorrang_signals::Intersection;
use voorrang_units::{Angle, Duration as Span, LocalPlane, LocalPosition, Speed};

use super::*;
use crate::app::Gateway;
use crate::clock::Clock;
use crate::config::Config;
use crate::lab::folder;

const JUNCTIONS: u16 = 100;
/// Each asks twice or three times a second.
const VEHICLES: usize = 200;
/// Pairs of messages, one each way.
const PAIRS: usize = 5_000;
/// Between one message and the next: 500 requests a second, and as many echoes.
const APART: Duration = Duration::from_millis(1);

/// An ambulance that stays far out, so that no signal changes because of it.
fn ambulance(number: usize, junctions: &[Arc<Intersection>]) -> PriorityRequest {
    let layout = &junctions[number % junctions.len()];
    let out = LocalPosition::from_metres(294.0, 4.9);
    PriorityRequest {
        station: StationId(112_000 + u32::try_from(number).unwrap()),
        intersection: IntersectionReference { region: Some(layout.id().region), id: layout.id().id },
        request: RequestId(1),
        sequence: None,
        kind: RequestKind::New,
        inbound: IntersectionAccess::Approach(1),
        outbound: None,
        eta: None,
        service_window: None,
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: Some(LocalPlane::at(layout.reference()).to_geodetic(out)),
        heading: Some(Angle::from_degrees(270.0)),
        speed: Some(Speed::from_metres_per_second(3.0)),
    }
}

/// A gateway in control of emulated junctions, whose vehicles come by the broker.
async fn gateway(broker: &Broker, folder: &Path) -> (Gateway, Vec<Arc<Intersection>>) {
    folder::write(folder, JUNCTIONS).unwrap();
    let file = folder.join(folder::CONFIGURATION);
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("127.0.0.1:4711", "127.0.0.1:0").replace("127.0.0.1:8080", "127.0.0.1:0");
    let text = text.replace("network = \"127.0.0.0/8\"", "session = \"measure\"");
    std::fs::write(&file, format!("{text}\n{}", table(broker, "5"))).unwrap();
    let config = Config::load(&file).unwrap();
    let junctions = config.junctions().map(|(_, junction)| Arc::clone(&junction.intersection)).collect();
    let names: Vec<String> = config.areas.iter().map(|area| area.name.clone()).collect();
    let gateway = Gateway::start(config, Clock::start()).await.unwrap();
    let uncontrolled = || names.iter().any(|name| gateway.area(name).unwrap().condition().in_control == 0);
    while uncontrolled() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (gateway, junctions)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, half a minute; in release"]
async fn what_the_gateway_adds_to_the_brokers_own_time() {
    let Some(broker) = Broker::start(OPEN) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (gateway, junctions) = gateway(&broker, folder.path()).await;
    let mut echo = Other::new(broker.endpoint(Version::Five, "echo"), &["echo/there"]).await;
    let echoing = tokio::spawn(async move {
        while let Some((topic, payload, _)) = echo.heard.recv().await {
            if topic == "echo/there" {
                let back = Publishing::answer("echo/back".to_owned(), payload.into());
                echo.client.publish(back).await.unwrap();
            }
        }
    });
    let filters = ["echo/back", "voorrang/v1/measure/ssem"];
    let Other { client, mut heard } = Other::new(broker.endpoint(Version::Five, "vehicles"), &filters).await;
    // By station and number; echoes have stations of their own.
    let under_way: Arc<Mutex<HashMap<(u32, u8), Monotonic>>> = Arc::default();
    let waiting = Arc::clone(&under_way);
    let hearing = tokio::spawn(async move {
        let new = || Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).unwrap();
        let (mut echoed, mut answered) = (new(), new());
        while echoed.len() + answered.len() < 2 * PAIRS as u64 {
            let next = tokio::time::timeout(WITHIN, heard.recv()).await;
            let Ok(Some((topic, payload, _))) = next else { break };
            let here = Monotonic::now();
            let (keys, times) = if topic == "echo/back" {
                let number = u32::from_be_bytes(payload[..4].try_into().unwrap());
                (vec![(number, 0)], &mut echoed)
            } else if let Ok(ssem) = Ssem::decode(&payload) {
                let all = RequestStatus::all_from_ssem(&ssem, Clock::start().now()).unwrap();
                (all.iter().map(|one| (one.station.0, one.sequence.0)).collect(), &mut answered)
            } else {
                continue;
            };
            for key in keys {
                if let Some(left) = waiting.lock().unwrap().remove(&key) {
                    times.record(u64::try_from((here - left).as_micros()).unwrap()).unwrap();
                }
            }
        }
        (echoed, answered)
    });
    let clock = Clock::start();
    let mut vehicles: Vec<_> = (0..VEHICLES).map(|number| ambulance(number, &junctions)).collect();
    for pair in 0..PAIRS {
        let now = clock.now();
        let number = u8::try_from(pair / VEHICLES % 128).unwrap();
        let vehicle = &mut vehicles[pair % VEHICLES];
        vehicle.sequence = Some(SequenceNumber(number));
        vehicle.eta = Some(now + Span::from_seconds(90));
        let mut octets = Vec::new();
        PriorityRequest::to_srem(std::slice::from_ref(vehicle), now).unwrap().encode(&mut octets).unwrap();
        vehicle.kind = RequestKind::Update;
        let mut as_long = u32::try_from(pair).unwrap().to_be_bytes().to_vec();
        as_long.resize(octets.len(), 0);
        for (topic, key, octets) in [
            ("voorrang/v1/measure/srem", (vehicle.station.0, number), octets),
            ("echo/there", (u32::try_from(pair).unwrap(), 0), as_long),
        ] {
            tokio::time::sleep(APART).await;
            under_way.lock().unwrap().insert(key, Monotonic::now());
            client.publish(Publishing::request(topic.to_owned(), octets.into())).await.unwrap();
        }
    }
    let (echoed, answered) = hearing.await.unwrap();
    echoing.abort();
    println!("\n              p50        p99        max");
    for (name, times) in [("echo", &echoed), ("gateway", &answered)] {
        let [half, most] = [0.5, 0.99].map(|share| times.value_at_quantile(share));
        println!("{name:<8} {half:>6} us  {most:>6} us  {:>6} us", times.max());
    }
    assert_eq!((echoed.len(), answered.len()), (PAIRS as u64, PAIRS as u64));
    assert!(gateway.stop().await.is_orderly());
}
