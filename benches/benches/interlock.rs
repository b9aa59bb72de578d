//! The interlock and the controller above it, on the crossing of the tests.

use std::hint::black_box;

use criterion::Criterion;
use voorrang_benches::{CONTROL_STEP, crossing, start};
use voorrang_signals::{Aspect, Controller, Interlock};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("interlock");
    let crossing = crossing(1);
    let begin = start();

    // Everything red and all times over: what a command costs that is allowed, and one that is not.
    let mut interlock = Interlock::new(&crossing, begin);
    for group in crossing.group_indices() {
        interlock.observe(begin, group, Aspect::Red);
    }
    let later = begin + crossing.program().cycle().expect("it is fixed time");
    let first = crossing.group_indices().next().expect("a group");
    let foe = crossing.conflicts().conflicting(first)[0];
    group.bench_function("check a green that may start", |bencher| {
        bencher.iter(|| interlock.check(black_box(later), black_box(first), Aspect::Green));
    });
    interlock.command(later, first, Aspect::Green).expect("all is red");
    group.bench_function("refuse a conflicting green", |bencher| {
        bencher.iter(|| interlock.check(black_box(later), black_box(foe), Aspect::Green));
    });

    // A group's way through green, yellow and red, each commanded and confirmed; 20 s each satisfy any length in the file.
    group.bench_function("command and confirm three changes of a lamp", |bencher| {
        let mut interlock = interlock.clone();
        interlock.observe(later, first, Aspect::Green);
        let mut now = later;
        bencher.iter(|| {
            for aspect in [Aspect::Yellow, Aspect::Red, Aspect::Green] {
                now += CONTROL_STEP * if aspect == Aspect::Red { 35 } else { 200 };
                interlock.command(now, first, aspect).expect("long enough");
                interlock.observe(now, first, aspect);
            }
        });
    });

    group.bench_function("controller: nothing due", |bencher| {
        let mut controller = Controller::started(crossing.clone(), begin);
        let mut commands = Vec::new();
        controller.step(begin, &mut commands);
        bencher.iter(|| controller.step(black_box(begin + CONTROL_STEP), &mut commands));
    });

    group.bench_function("controller: a cycle of the program in control steps", |bencher| {
        let mut controller = Controller::started(crossing.clone(), begin);
        let mut commands = Vec::new();
        let mut now = begin;
        bencher.iter(|| {
            let end = now + crossing.program().cycle().expect("it is fixed time");
            while now < end {
                controller.step(now, &mut commands);
                for command in commands.drain(..) {
                    controller.observe(now, command.group, command.aspect);
                }
                now += CONTROL_STEP;
            }
        });
    });

    group.finish();
    criterion.final_summary();
}
