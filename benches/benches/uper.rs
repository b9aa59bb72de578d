//! SREM and SSEM: octets to message, message to octets, and from octets to what the engine takes.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use voorrang_messages::{PriorityRequest, Srem, Ssem};
use voorrang_units::Instant;

/// Realistic messages of the test vectors: a request with all usual fields, and its answer.
fn octets(file: &str, id: &str) -> Vec<u8> {
    let path = format!("{}/../messages/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the test vectors lie in the repository");
    let records =
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON Lines"));
    let record = records.into_iter().find(|record| record["id"] == id).expect("a record of that id");
    voorrang_messages::hex::octets(record["uper"].as_str().expect("hex")).expect("hex")
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("uper");
    let received = Instant::parse_rfc3339("2026-10-14T00:00:12Z").expect("a time");
    let mut buffer = Vec::with_capacity(256);

    let srem_octets = octets("srem.jsonl", "dev-srem-000");
    let srem = Srem::decode(&srem_octets).expect("a vector");
    group.throughput(Throughput::Bytes(srem_octets.len() as u64));
    group.bench_function("decode SREM", |bencher| bencher.iter(|| Srem::decode(black_box(&srem_octets))));
    group.bench_function("encode SREM", |bencher| {
        bencher.iter(|| {
            buffer.clear();
            black_box(&srem).encode(&mut buffer).expect("it was decoded");
            black_box(buffer.len())
        });
    });
    group.bench_function("decode SREM to requests in units", |bencher| {
        bencher.iter(|| {
            let srem = Srem::decode(black_box(&srem_octets)).expect("a vector");
            PriorityRequest::all_from_srem(&srem, received)
        });
    });

    let ssem_octets = octets("ssem.jsonl", "dev-ssem-007");
    let ssem = Ssem::decode(&ssem_octets).expect("a vector");
    group.throughput(Throughput::Bytes(ssem_octets.len() as u64));
    group.bench_function("decode SSEM", |bencher| bencher.iter(|| Ssem::decode(black_box(&ssem_octets))));
    group.bench_function("encode SSEM", |bencher| {
        bencher.iter(|| {
            buffer.clear();
            black_box(&ssem).encode(&mut buffer).expect("it was decoded");
            black_box(buffer.len())
        });
    });

    group.finish();
    criterion.final_summary();
}
