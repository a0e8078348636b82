//! The command line for the audit trail of an IONOS Cloud contract.
//!
//! Data goes to stdout and talk to stderr. Bad input gets one sentence that says what was understood and what to
//! do, and the exit codes of [`failure`] are the same for every command.

mod account;
mod cli;
mod commands;
mod failure;
mod progress;
mod signals;
mod times;

use std::process::ExitCode;

use cli::{Cli, Command};
use failure::Failure;

/// Runs the program with the arguments and the environment of the process.
#[must_use]
pub fn run() -> ExitCode {
    let command = match Cli::read() {
        Ok(command) => command,
        Err(code) => return code,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run_command(command)),
        Err(error) => Err(Failure::unexpected(format!(
            "the program cannot start: {error}"
        ))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Runs a command until it is done or a signal ends it. Dropping the command takes back what is half done.
async fn run_command(command: Command) -> Result<(), Failure> {
    // A server has no other end than this one.
    let serves = matches!(command, Command::Sim(_));
    let work = async {
        // Before anything is begun, so that signals are listened to from the start.
        tokio::task::yield_now().await;
        match command {
            Command::Contracts(arguments) => commands::contracts::run(arguments).await,
            Command::Export(arguments) => commands::export::run(arguments).await,
            Command::Sim(arguments) => commands::sim::run(arguments).await,
        }
    };
    tokio::select! {
        // What is done stays done, also when the signal comes at the last moment.
        biased;
        done = work => done,
        code = signals::next() => if serves { Ok(()) } else { Err(Failure::interrupted(code)) },
    }
}
