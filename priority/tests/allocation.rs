//! In the steady state the engine allocates nothing: repeats, updates, positions, lamps and status repeats of running interventions.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]
#![expect(unsafe_code, reason = "counting what is allocated takes an allocator of one's own")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use support::{Bench, EAST, ambulance, before, cam, id, next};
use voorrang_messages::{PriorityRequest, RequestKind, StationId};
use voorrang_priority::{EngineConfig, EvaConfig, Input, Output, StrategyConfig, VehiclePosition};
use voorrang_signals::Aspect;
use voorrang_units::Duration;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is handed to the system's allocator as it comes.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_steady_state_allocates_nothing_with_any_strategy() {
    for strategy in StrategyConfig::NAMES {
        serve_ten_vehicles(strategy);
    }
}

#[test]
fn a_position_that_is_no_news_to_those_who_are_warned_allocates_nothing() {
    let mut config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
    config.eva = Some(EvaConfig::with_station(StationId(900_001)));
    let mut bench = Bench::with(&[1], config);
    let mut outputs: Vec<Output> = Vec::with_capacity(8);
    let lit = |seconds: i32| cam(7, before(1, 250.0 - 14.0 * f64::from(seconds)), 14.0, Some(180.0));
    for second in 0..3 {
        bench.engine.handle(bench.now, Input::Vehicle(lit(second)), &mut outputs);
        bench.now += Duration::from_seconds(1);
    }
    let warned =
        |outputs: &[Output]| outputs.iter().filter(|output| matches!(output, Output::Warning(_))).count();
    assert_eq!(warned(&outputs), 3);
    outputs.clear();
    let before_it = ALLOCATED.with(Cell::get);
    for tenths in 1..8 {
        let now = bench.now + Duration::from_millis(tenths * 100);
        bench.engine.handle(now, Input::Vehicle(lit(2)), &mut outputs);
        let other = VehiclePosition { light_bar: false, siren: false, station: StationId(8), ..lit(1) };
        bench.engine.handle(now, Input::Vehicle(other), &mut outputs);
    }
    assert_eq!((ALLOCATED.with(Cell::get) - before_it, warned(&outputs)), (0, 0));
}

fn serve_ten_vehicles(strategy: &str) {
    let config = EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap());
    let mut bench = Bench::with(&[1, 2, 3], config);
    let mut vehicles: Vec<PriorityRequest> = (0..10)
        .map(|station| {
            let approach = if station < 5 { 2 } else { 1 };
            PriorityRequest { position: Some(before(approach, 250.0)), ..ambulance(station, approach) }
        })
        .collect();
    let mut outputs: Vec<Output> = Vec::with_capacity(64);
    let (mut now, mut statuses) = (bench.now, 0);
    let engine = &mut bench.engine;
    for second in 0..70 {
        let before_round = ALLOCATED.with(Cell::get);
        for vehicle in &mut vehicles {
            // Who stands for long is taken to have stopped for good.
            let approach = if vehicle.station.0 < 5 { 2 } else { 1 };
            let position = Some(before(approach, 290.0 - 3.0 * f64::from(second)));
            *vehicle = PriorityRequest { position, ..next(vehicle, RequestKind::Update) };
            engine.handle(now, Input::Request(vehicle.clone()), &mut outputs);
            engine.handle(now, Input::Request(vehicle.clone()), &mut outputs);
        }
        let here = VehiclePosition {
            station: StationId(3),
            position: before(2, 240.0),
            speed: None,
            heading: None,
            light_bar: true,
            siren: true,
        };
        engine.handle(now, Input::Vehicle(here), &mut outputs);
        let aspect = if second < 5 { Aspect::Red } else { Aspect::Green };
        engine.handle(now, Input::Signal { intersection: id(1), group: EAST, aspect }, &mut outputs);
        now += Duration::from_seconds(1);
        engine.advance(now, &mut outputs);
        let allocated = ALLOCATED.with(Cell::get) - before_round;
        // Wishes that change are given away as a list of their own.
        let changes = outputs.iter().filter(|output| matches!(output, Output::Wishes { .. })).count();
        statuses += outputs.len() - changes;
        outputs.clear();
        assert!(
            second < 45 || allocated <= changes,
            "{strategy}: {allocated} allocations in second {second}"
        );
    }
    assert!(statuses >= 700);
}
