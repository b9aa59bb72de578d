//! Control and strategies at a junction of 16 groups: a step of the controller, a prediction, a step of the engine with ten live requests,
//! the service order of five vehicles, and a city of 10,000 intersections.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion};
use voorrang_benches::start;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
    StationId, VehicleRole,
};
use voorrang_priority::strategy::service_order::{Candidate, best};
use voorrang_priority::{EngineConfig, Input, PriorityEngine, StrategyConfig};
use voorrang_signals::{Aspect, Controller, DetectorIndex, Forecast, Intersection};
use voorrang_units::{Duration, Instant};

/// Four approaches of four groups each, with two loops a group; groups of different approaches conflict.
fn junction(number: u16) -> Arc<Intersection> {
    let mut text = format!(
        "schema = 1\nname = \"Sixteen\"\nregion = 528\nid = {number}\nreference = [52.09, 5.12]\ngroups = [\n"
    );
    let names = || (0..16_usize).map(|group| (group, format!("{:02}", group + 1), group / 4 + 1));
    for (group, name, _) in names() {
        let _ = writeln!(
            text,
            "{{ name = \"{name}\", signal_group = {}, type = \"motor\", min_green_s = 4, yellow_s = 3.5, min_red_s = 2 }},",
            group + 1
        );
    }
    text += "]\napproaches = [{ approach = 1 }, { approach = 2 }, { approach = 3 }, { approach = 4 }]\nlanes = [\n";
    for (group, _, approach) in names() {
        let side = [0.0003, 0.00033, 0.00036, 0.00039][group % 4];
        let (north, east) = [(side, 0.001), (0.001, -side), (-side, -0.001), (-0.001, side)][group / 4];
        let _ = writeln!(
            text,
            "{{ lane = {}, direction = \"ingress\", approach = {approach}, width_m = 3, nodes = [[{}, {}], [{}, {}]] }},",
            group + 1,
            52.09 + north * 0.2,
            5.12 + east * 0.2,
            52.09 + north * 3.0,
            5.12 + east * 3.0
        );
    }
    text += "]\nconnections = [\n";
    for (group, name, _) in names() {
        let _ = writeln!(text, "{{ connection = {group}, from = {}, group = \"{name}\" }},", group + 1);
    }
    text += "]\ndetectors = [\n";
    for (group, name, _) in names() {
        for (letter, kind, distance) in [('a', "stop_line_loop", 1), ('b', "far_loop", 70)] {
            let lane = group + 1;
            let _ = writeln!(
                text,
                "{{ name = \"{name}{letter}\", type = \"{kind}\", lane = {lane}, group = \"{name}\", distance_m = {distance}, length_m = 1.5 }},"
            );
        }
    }
    text += "]\n[intergreen_s]\n";
    for (_, name, approach) in names() {
        let foes = names().filter(|(_, _, other)| *other != approach);
        let cells: Vec<String> = foes.map(|(_, foe, _)| format!("\"{foe}\" = 5")).collect();
        let _ = writeln!(text, "\"{name}\" = {{ {} }}", cells.join(", "));
    }
    text += "[program.actuated]\nmodules = [\n";
    for approach in 1..=4 {
        let primary: Vec<String> =
            names().filter(|one| one.2 == approach).map(|one| format!("\"{}\"", one.1)).collect();
        let _ = writeln!(text, "{{ name = \"ML{approach}\", primary = [{}] }},", primary.join(", "));
    }
    text += "]\n";
    Arc::new(Intersection::from_toml(&text, "sixteen.toml").expect("a valid file"))
}

fn request(number: u8, sequence: u8, eta: Instant) -> PriorityRequest {
    PriorityRequest {
        station: StationId(4711 + u32::from(number)),
        intersection: IntersectionReference { region: Some(528), id: 1 },
        request: RequestId(1),
        sequence: Some(SequenceNumber(sequence)),
        kind: if sequence == 0 { RequestKind::New } else { RequestKind::Update },
        inbound: IntersectionAccess::Approach(number % 4 + 1),
        outbound: None,
        eta: Some(eta),
        service_window: None,
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: None,
        heading: None,
        speed: None,
    }
}

fn engine(area: Vec<Arc<Intersection>>, strategy: &str) -> PriorityEngine {
    let strategy = StrategyConfig::from_name(strategy).expect("a strategy of that name");
    let mut engine = PriorityEngine::new(area.clone(), EngineConfig::with_strategy(strategy), start());
    let mut outputs = Vec::new();
    for intersection in area {
        for group in intersection.group_indices() {
            let lamp = Input::Signal { intersection: intersection.id(), group, aspect: Aspect::Red };
            engine.handle(start(), lamp, &mut outputs);
        }
    }
    engine
}

/// Runs a controller for a while with vehicles on its loops.
fn busy_controller() -> (Controller, Instant) {
    let mut controller = Controller::started(junction(1), start());
    let (mut now, mut commands) = (start(), Vec::new());
    for tick in 0..600_usize {
        let detector = DetectorIndex::at(tick * 7 % 32).expect("there are 32");
        controller.detect(now, detector, tick % 3 != 0);
        controller.step(now, &mut commands);
        for command in commands.drain(..) {
            controller.observe(now, command.group, command.aspect);
        }
        now += Duration::from_millis(100);
    }
    (controller, now)
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("control");

    let (controller, now) = busy_controller();
    group.bench_function("controller: a step with nothing due", |bencher| {
        let (mut controller, mut commands) = (controller.clone(), Vec::new());
        while controller.next_event() <= now {
            controller.step(now, &mut commands);
            for command in commands.drain(..) {
                controller.observe(now, command.group, command.aspect);
            }
        }
        bencher.iter(|| controller.step(black_box(now), &mut commands));
    });
    group.bench_function("controller: a detector's change and the step after it", |bencher| {
        let (mut controller, mut commands) = (controller.clone(), Vec::with_capacity(16));
        let detector = DetectorIndex::at(9).expect("there are 32");
        let mut occupied = false;
        bencher.iter(|| {
            occupied = !occupied;
            controller.detect(now, detector, occupied);
            controller.step(black_box(now), &mut commands);
            commands.clear();
        });
    });
    group.bench_function("predictions of 16 groups", |bencher| {
        let mut forecast = Forecast::default();
        bencher.iter(|| forecast.predict(black_box(now), &controller).len());
    });

    for strategy in ["absolute", "eta", "corridor", "optimal", "conditional"] {
        group.bench_function(format!("engine: an update among ten requests, {strategy}"), |bencher| {
            let mut engine = engine(vec![junction(1)], strategy);
            let (mut now, mut outputs) = (start(), Vec::with_capacity(64));
            for number in 0..10 {
                // All due within a minute of each other, each of a vehicle that is five minutes away at most.
                let soon = now + Duration::from_seconds(20 + 7 * i64::from(number));
                engine.handle(now, Input::Request(request(number, 0, soon)), &mut outputs);
            }
            let (mut number, mut sequence) = (0_u8, 1_u8);
            bencher.iter(|| {
                number = (number + 1) % 10;
                sequence = sequence % 127 + 1;
                now += Duration::from_millis(1);
                let soon = now + Duration::from_seconds(20 + 7 * i64::from(number));
                outputs.clear();
                engine.handle(black_box(now), Input::Request(request(number, sequence, soon)), &mut outputs);
            });
        });
    }

    group.bench_function("service order of five vehicles", |bencher| {
        let candidates: Vec<Candidate> = (0..5)
            .map(|number| Candidate {
                eta: start() + Duration::from_seconds(20 + 3 * number),
                useful: start() + Duration::from_seconds(10 + 2 * number),
                ready: start() + Duration::from_seconds(9 - number),
                clearance: Duration::from_seconds(4 + number),
                pass: Duration::from_seconds(1),
                weight: 1.0,
                running: false,
            })
            .collect();
        let switch = |one: usize, other: usize| (one % 4 != other % 4).then(|| Duration::from_seconds(5));
        bencher.iter(|| best(black_box(&candidates), &switch, false));
    });

    group.sample_size(10);
    group.bench_function(
        "10,000 intersections: a second of lamps, detectors and ten requests a hundred",
        |bencher| {
            let area: Vec<Arc<Intersection>> = (0..10_000).map(junction).collect();
            let ids: Vec<_> = area.iter().map(|one| one.id()).collect();
            bencher.iter_batched_ref(
                || (engine(area.clone(), "eta"), Vec::with_capacity(1024)),
                |(engine, outputs)| {
                    for (tick, elapsed) in (0..1000_i64).step_by(100).enumerate() {
                        let now = start() + Duration::from_millis(elapsed);
                        for (place, intersection) in ids.iter().enumerate() {
                            if place % 10 == tick {
                                let detector = DetectorIndex::at(place % 32).expect("there are 32");
                                let input =
                                    Input::Detector { intersection: *intersection, detector, occupied: true };
                                engine.handle(now, input, outputs);
                            }
                            if place % 100 == tick {
                                let mut asked = request(0, 0, now + Duration::from_seconds(60));
                                asked.intersection.id = intersection.id;
                                asked.station = StationId(u32::try_from(place).expect("few"));
                                engine.handle(now, Input::Request(asked), outputs);
                            }
                        }
                        engine.advance(now, outputs);
                        outputs.clear();
                    }
                },
                BatchSize::PerIteration,
            );
        },
    );
    group.finish();
    criterion.final_summary();
    // `cargo test --bench` only tries whether it runs.
    if std::env::args().any(|argument| argument == "--bench") {
        optimal_tail();
    }
}

/// How long an engine step takes with `optimal` and five vehicles, in all the situations that five vehicles go through: Criterion gives means,
/// a deadline is kept by the slowest.
#[expect(clippy::print_stderr, reason = "it is what this is for")]
fn optimal_tail() {
    const STEPS: usize = 100_000;
    let mut times: Vec<std::time::Duration> = Vec::with_capacity(STEPS);
    let mut outputs = Vec::with_capacity(64);
    let mut engine = engine(vec![junction(1)], "optimal");
    let mut now = start();
    for step in 0..STEPS {
        // Each vehicle asks, updates its ETA, which wanders, and cancels after 120 steps; approaches and times differ.
        let number = u8::try_from(step % 5).expect("below five");
        let age = step / 5 % 120;
        let eta = now + Duration::from_millis(((120 - age) * 400 + step * 7919 % 9000) as i64);
        let mut asked = request(number, u8::try_from(age).expect("below 120"), eta);
        if age == 119 {
            asked.kind = RequestKind::Cancellation;
        }
        now += Duration::from_millis(100);
        let began = std::time::Instant::now();
        engine.handle(black_box(now), Input::Request(asked), &mut outputs);
        times.push(began.elapsed());
        for output in outputs.drain(..) {
            black_box(output);
        }
    }
    times.sort_unstable();
    let share = |per_mille: usize| times[(STEPS - 1) * per_mille / 1000];
    eprintln!(
        "engine step with five vehicles, optimal: p50 {:?}, p99 {:?}, p99.9 {:?}, longest {:?} of {STEPS}",
        share(500),
        share(990),
        share(999),
        share(1000)
    );
}
