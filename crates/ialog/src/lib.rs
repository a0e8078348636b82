//! The command line for the audit trail of an IONOS Cloud contract.
//!
//! Data goes to stdout, messages to stderr. Errors are one sentence with a next step, and the exit codes of [`error`]
//! are the same for every command. The modules form layers, from the top down: commands, events, service, args,
//! runtime, output, limits, error. A module does not use the layers above it.
//!
//! This library is not an API: it exists so that the program `ialog` and the tests of the workspace run the same code
//! with different streams, clocks and transports. Any item may change or go away in a patch release. The API is in the
//! crates `ionos-activitylog`, `ionos-activitylog-archive` and `ionos-activitylog-sim`.

#![doc(hidden)]

mod args;
mod commands;
mod error;
mod events;
mod limits;
mod output;
mod runtime;
mod service;

use std::convert::identity;
use std::ffi::OsString;
use std::io;
use std::pin::pin;
use std::process::ExitCode;
use std::thread;

use tokio::runtime::Runtime;

pub use output::messages::Messages;
pub use output::terminal::Terminal;
pub use runtime::context::Context;
pub use runtime::interrupt::Interrupt;

use args::output::requests_json;
use commands::{Cli, ParsedArguments, run_command};
use error::CommandError;
use runtime::blocking::run_blocking;
use runtime::resume::ResumeHint;
use runtime::signals::{Signals, exit_after_two_signals, refuse_writes_beyond_size_limit};

/// Maximum number of worker threads. Two threads already parse as fast as the service sends, so more than 4 would not
/// help.
const MAX_THREADS: usize = 4;

/// Runs the program with the arguments, the environment and the streams of the process.
#[must_use]
pub fn run() -> ExitCode {
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut context = Context::machine(&mut stdout, &mut stderr);
    ExitCode::from(run_on(&mut context))
}

/// Runs the program with the arguments of the process in the given context. Starts a runtime and handles signals.
/// Returns the exit code.
#[must_use]
pub fn run_on(context: &mut Context<'_>) -> u8 {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    match tokio::runtime::Builder::new_multi_thread().worker_threads(threads.min(MAX_THREADS)).enable_all().build() {
        Ok(runtime) => run_to_end(runtime, run_until_signal(std::env::args_os(), context)),
        Err(error) => context
            .report(&CommandError::unexpected(format!("ialog cannot start ({error})"), "free some memory or threads")),
    }
}

/// Runs a future to its end, without waiting for its tasks on other threads. Dropping the runtime would wait for
/// blocking work, even long after the program was asked to end.
fn run_to_end<T>(runtime: Runtime, future: impl Future<Output = T>) -> T {
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}

/// Runs the program with the given arguments, the first of which is the name of the program. Returns the exit code.
/// Signals are not handled: to interrupt the program, the caller drops the future.
pub async fn run_with(arguments: impl IntoIterator<Item = OsString>, context: &mut Context<'_>) -> u8 {
    parse_and_run(arguments, context, &ResumeHint::default()).await
}

async fn parse_and_run(
    arguments: impl IntoIterator<Item = OsString>,
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    context.messages.is_json = requests_json(&arguments);
    // An argument may name a pipe to read. So a separate thread parses the arguments, and a signal can end the program
    // while that thread waits.
    let parsed = run_blocking(move || Cli::parse_arguments(arguments)).await;
    let result = match parsed.and_then(identity) {
        Ok(ParsedArguments::Command(command, verbosity)) => {
            context.messages.verbosity = verbosity;
            run_command(command, context, resume).await
        }
        Ok(ParsedArguments::Help(text)) => context.print(text),
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => 0,
        Err(error) => context.report(&error),
    }
}

async fn run_until_signal(arguments: impl IntoIterator<Item = OsString>, context: &mut Context<'_>) -> u8 {
    let resume = ResumeHint::default();
    let interrupt = context.interrupt.clone();
    tokio::spawn(exit_after_two_signals());
    refuse_writes_beyond_size_limit();
    let signal_code = {
        let mut signals = Signals::listen();
        let mut program = pin!(parse_and_run(arguments, context, &resume));
        loop {
            tokio::select! {
                // If the program ends at the moment of the signal, it counts as ended, not as interrupted.
                biased;
                code = &mut program => return code,
                code = signals.next() => {
                    if !interrupt.ask(code) {
                        break code;
                    }
                }
            }
        }
    };
    // Work on another thread may still try to update the status line, so the line is removed for good.
    if let Some(line) = context.messages.status_line.take() {
        line.end();
    }
    context.report(&CommandError::interrupted(signal_code, resume.get()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    // The test would not end if the runtime waited for the thread.
    #[test]
    fn the_program_does_not_wait_for_work_on_other_threads() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (finish, finished) = mpsc::channel::<()>();
        let result = run_to_end(runtime, async {
            let (started, is_started) = tokio::sync::oneshot::channel();
            tokio::task::spawn_blocking(move || {
                started.send(()).unwrap();
                let _ = finished.recv();
            });
            is_started.await.unwrap();
            7
        });
        assert_eq!(result, 7);
        drop(finish);
    }
}
