//! The configuration: `gateway.toml` as it is written, and as it is valid. Each part has a file that reads its table; every problem is told at once.
