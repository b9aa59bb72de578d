//! The priority engine: what one message costs, alone and in a control area of a hundred intersections.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use voorrang_benches::{crossing, start};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    SequenceNumber, StationId, VehicleRole,
};
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, StrategyConfig, etsi};
use voorrang_signals::Aspect;
use voorrang_units::Duration;

/// An ambulance asks for the eastern approach of the first intersection; it is due at once.
fn request(kind: RequestKind, sequence: u8) -> PriorityRequest {
    PriorityRequest {
        station: StationId(4711),
        intersection: IntersectionReference { region: Some(528), id: 1 },
        request: RequestId(1),
        sequence: Some(SequenceNumber(sequence)),
        kind,
        inbound: IntersectionAccess::Approach(2),
        outbound: None,
        eta: Some(start() + Duration::from_seconds(15)),
        service_window: None,
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: None,
        heading: None,
        speed: None,
    }
}

/// An engine with the strategy `absolute`, all lamps red.
fn engine(intersections: u16) -> PriorityEngine {
    let area: Vec<_> = (1..=intersections).map(crossing).collect();
    let strategy = StrategyConfig::from_name("absolute").expect("a strategy of that name");
    let mut engine = PriorityEngine::new(area.clone(), EngineConfig::with_strategy(strategy), start());
    let mut outputs = Vec::new();
    for intersection in &area {
        for group in intersection.group_indices() {
            let lamp = Input::Signal { intersection: intersection.id(), group, aspect: Aspect::Red };
            engine.handle(start(), lamp, &mut outputs);
        }
    }
    engine
}

/// Does the engine tell a vehicle that it has its green?
fn is_granted(output: &Output) -> bool {
    matches!(output, Output::Status(status) if status.status == PrioritizationStatus::Granted)
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("engine");
    let mut octets = Vec::new();
    PriorityRequest::to_srem(&[request(RequestKind::New, 0)], start())
        .expect("one request")
        .encode(&mut octets)
        .expect("all in range");

    for intersections in [1, 100] {
        let area = format!("of {intersections}");
        group.bench_function(format!("a new request, {area}: octets to wishes"), |bencher| {
            bencher.iter_batched_ref(
                || (engine(intersections), Vec::with_capacity(8)),
                |(engine, outputs)| {
                    let asked = etsi::requests_from_srem(black_box(&octets), start()).expect("an SREM");
                    for request in asked.readable {
                        engine.handle(start(), Input::Request(request), outputs);
                    }
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function(
            format!("a request's life, {area}: asked, updated, green, cancelled"),
            |bencher| {
                let mut engine = engine(intersections);
                let id = crossing(1).id();
                let east = crossing(1).group_named("05").expect("a group of that name");
                let (mut now, mut sequence, mut outputs) = (start(), 0, Vec::with_capacity(16));
                let mut next = |kind| {
                    sequence = (sequence + 1) % 128;
                    Input::Request(PriorityRequest { eta: None, ..request(kind, sequence) })
                };
                bencher.iter(|| {
                    outputs.clear();
                    let lamp = |aspect| Input::Signal { intersection: id, group: east, aspect };
                    let course = [
                        next(RequestKind::New),
                        next(RequestKind::Update),
                        lamp(Aspect::Green),
                        next(RequestKind::Cancellation),
                        lamp(Aspect::Yellow),
                        lamp(Aspect::Red),
                    ];
                    for input in course {
                        engine.handle(now, input, &mut outputs);
                        now += Duration::from_seconds(1);
                    }
                    assert!(outputs.iter().any(is_granted), "{outputs:?}");
                });
            },
        );
    }

    group.bench_function("nothing due, of 100", |bencher| {
        let (mut engine, mut outputs) = (engine(100), Vec::new());
        bencher.iter(|| engine.advance(black_box(start()), &mut outputs));
    });

    group.finish();
    criterion.final_summary();
}
