//! The `ociam` command: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ociam::cli::run(std::env::args_os())
}
