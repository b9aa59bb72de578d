//! `voorrang-sim`: the simulator's command line.

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    voorrang_sim::cli::main(Instant::now())
}
