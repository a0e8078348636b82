//! The command line for the audit trail of an IONOS Cloud contract.
//!
//! Data goes to stdout and talk to stderr. Bad input gets one sentence that says what was understood and what to
//! do, and the exit codes of [`failure`] are the same for every command.

mod args;
mod commands;
mod error;
mod events;
mod output;
mod runtime;
mod service;

use std::ffi::OsString;
use std::pin::pin;
use std::process::ExitCode;
use std::{io, thread};

use tokio::runtime::Runtime;

use commands::{Cli, ParsedCommandLine};
use error::CommandError;
use runtime::resume::ResumeHint;
use runtime::signals;

pub use output::messages::Messages;
pub use output::terminal::Terminal;
pub use runtime::context::Context;
pub use runtime::interrupt::Interrupt;
pub use service::cache::Cache;

/// Threads that share the work at the most. The service sends no faster than two of them understand it.
const MOST_THREADS: usize = 4;

/// Runs the program with the arguments, the environment and the streams of the process.
#[must_use]
pub fn run() -> ExitCode {
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut context = Context::machine(&mut stdout, &mut stderr);
    ExitCode::from(run_on(&mut context))
}

/// Runs the program with the arguments of the process on a host, with a runtime of its own and listening to signals, and
/// returns its exit code.
#[must_use]
pub fn run_on(context: &mut Context<'_>) -> u8 {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    match tokio::runtime::Builder::new_multi_thread().worker_threads(threads.min(MOST_THREADS)).enable_all().build() {
        Ok(runtime) => to_its_end(runtime, run_until_signal(std::env::args_os(), context)),
        Err(error) => context.report(&CommandError::unexpected(
            format!("the program cannot start ({error})"),
            "see to it that there are threads and memory left",
        )),
    }
}

/// Runs a future to its end, and waits for nothing that it left behind on other threads: dropping a runtime would wait
/// for all that it computes there, long after the program was asked to end.
fn to_its_end<T>(runtime: Runtime, future: impl Future<Output = T>) -> T {
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    done
}

/// Runs the program with the given arguments, the first of which is its name, and returns its exit code. Signals are
/// the caller's affair: dropping the future takes back what is half done.
pub async fn run_with(arguments: impl IntoIterator<Item = OsString>, context: &mut Context<'_>) -> u8 {
    run_noting(arguments, context, &ResumeHint::default()).await
}

async fn run_noting(
    arguments: impl IntoIterator<Item = OsString>,
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    context.messages.json = args::output::asks_for_json(&arguments);
    let done = match Cli::read(arguments) {
        Ok(ParsedCommandLine::Command(command, level)) => {
            context.messages.level = level;
            commands::run_command(command, context, resume).await
        }
        Ok(ParsedCommandLine::Help(text)) => context.print(&text),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => context.report(&failure),
    }
}

async fn run_until_signal(arguments: impl IntoIterator<Item = OsString>, context: &mut Context<'_>) -> u8 {
    let resume = ResumeHint::default();
    let interrupt = context.interrupt.clone();
    tokio::spawn(signals::end_at_the_third());
    let ended = {
        let mut signals = signals::Signals::listen();
        let mut work = pin!(run_noting(arguments, context, &resume));
        loop {
            tokio::select! {
                // What is done stays done, also when the signal comes at the last moment.
                biased;
                code = &mut work => return code,
                code = signals.next() => {
                    // A command that ends by itself when it is asked to is asked once.
                    if !interrupt.ask(code) {
                        break code;
                    }
                }
            }
        }
    };
    // What computes on another thread still draws how far it is.
    if let Some(drawn) = context.messages.drawn.take() {
        drawn.end();
    }
    context.report(&CommandError::interrupted(ended, resume.told()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// It would wait forever, were the end of the program to wait for it.
    #[test]
    fn what_is_computed_on_another_thread_does_not_keep_the_program() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (finish, finished) = mpsc::channel::<()>();
        let done = to_its_end(runtime, async {
            let (begin, begun) = tokio::sync::oneshot::channel();
            tokio::task::spawn_blocking(move || {
                begin.send(()).unwrap();
                let _ = finished.recv();
            });
            begun.await.unwrap();
            7
        });
        assert_eq!(done, 7);
        drop(finish);
    }
}
