//! The same program as `crates/ialog/src/main.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ialog::run()
}
