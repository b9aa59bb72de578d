# Shortcuts for https://just.systems; the plain commands stand in README.md and CONTRIBUTING.md.

# What there is
default:
    @just --list

# The README's main job; with arguments of `voorrang-sim run`: just run --at-red wait --out out
run *ARGS:
    cargo run --release --bin voorrang-sim -- run scenarios/corridor {{ARGS}}

# Every problem of every scenario
check:
    for scenario in scenarios/*/scenario.toml; do cargo run --quiet --release --bin voorrang-sim -- check "$(dirname "$scenario")"; done

# All tests
test:
    cargo test --workspace

# Format and lints
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Documentation of all crates, in a browser
doc:
    cargo doc --workspace --no-deps --open

# Benchmarks; just bench engine for one file
bench NAME="*":
    cargo bench --package voorrang-benches --bench '{{NAME}}'

# Everything that continuous integration checks
ci:
    .ci/run
