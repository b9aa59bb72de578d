//! The program `voorrang-gateway`; all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    voorrang_gateway::run()
}
