//! Every message: octets to value and value to octets, and from an SREM's octets to what the engine takes.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use voorrang_benches::messages::realistic;
use voorrang_messages::{Cam, Denm, Mapem, MessageKind, PriorityRequest, Spatem, Srem, Ssem};
use voorrang_units::Instant;

macro_rules! measure {
    ($criterion:expr, $($message:ident),*) => {$({
        let octets = realistic(MessageKind::$message);
        let message = $message::decode(&octets).expect("a realistic message");
        let mut group = $criterion.benchmark_group(MessageKind::$message.name());
        group.throughput(Throughput::Bytes(octets.len() as u64));
        group.bench_function("decode/voorrang", |bencher| bencher.iter(|| $message::decode(black_box(&octets))));
        let mut buffer = Vec::with_capacity(octets.len() + 8);
        group.bench_function("encode/voorrang", |bencher| {
            bencher.iter(|| {
                buffer.clear();
                black_box(&message).encode(&mut buffer).expect("it was decoded");
                black_box(buffer.len())
            });
        });
        group.finish();
    })*};
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    measure!(&mut criterion, Srem, Ssem, Spatem, Mapem, Cam, Denm);

    let octets = realistic(MessageKind::Srem);
    let received = Instant::parse_rfc3339("2026-10-14T00:00:12Z").expect("a time");
    criterion.bench_function("SREM/to requests in units", |bencher| {
        bencher.iter(|| {
            let srem = Srem::decode(black_box(&octets)).expect("a vector");
            PriorityRequest::all_from_srem(&srem, received)
        });
    });
    criterion.final_summary();
}
