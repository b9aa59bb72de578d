//! Every message: octets to value and value to octets, side by side with the codecs of `voorrang-peers`; from an SREM's octets to what
//! the engine takes; and the message that is slowest for its length.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use voorrang_benches::messages::{realistic, slowest_for_its_length};
use voorrang_messages::{Cam, Denm, ItsMessage, Mapem, MessageKind, PriorityRequest, Spatem, Srem, Ssem};
use voorrang_peers::{Peer, asn1rs_stock, c_its, rasn_compiled};
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
        peer::<rasn_compiled::$message>(&mut group, "rasn", &octets);
        peer::<c_its::$message>(&mut group, "c-its-parser", &octets);
        peer::<asn1rs_stock::$message>(&mut group, "asn1rs", &octets);
        group.finish();
    })*};
}

/// Another codec with the same octets. It has no buffer of the caller's to write to.
fn peer<T: Peer>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, octets: &[u8]) {
    let message = T::decode(octets).expect("the tests compare it with ours");
    assert_eq!(message.encode().as_deref(), Ok(octets), "{name} writes something else");
    group.bench_function(format!("decode/{name}"), |bencher| bencher.iter(|| T::decode(black_box(octets))));
    group.bench_function(format!("encode/{name}"), |bencher| bencher.iter(|| black_box(&message).encode()));
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

    let (id, octets) = slowest_for_its_length();
    let mut group = criterion.benchmark_group("slowest for its length");
    group.throughput(Throughput::Bytes(octets.len() as u64));
    group.bench_function(id, |bencher| bencher.iter(|| ItsMessage::decode(black_box(&octets))));
    group.finish();
    criterion.final_summary();
}
