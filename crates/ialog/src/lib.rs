//! The command line for the audit trail of an IONOS Cloud contract.
//!
//! Data goes to stdout and talk to stderr. Bad input gets one sentence that says what was understood and what to
//! do, and the exit codes of [`failure`] are the same for every command.

mod account;
mod ago;
mod chart;
mod cli;
mod commands;
mod drawn;
mod failure;
mod gaps;
mod host;
mod interrupt;
mod kept;
mod missed;
mod progress;
mod resume;
mod shell;
mod signals;
mod source;
mod table;
mod talk;
mod terminal;
mod times;
mod topics;
mod trace;
mod view;
mod watch;
mod zone;

use std::ffi::OsString;
use std::io;
use std::pin::pin;
use std::process::ExitCode;
use std::thread;

use tokio::runtime::Runtime;

pub use host::Host;
pub use interrupt::Interrupt;
pub use kept::Cache;
pub use talk::Talk;
pub use terminal::Terminal;

use cli::{Cli, Command, Read};
use failure::Failure;
use resume::Resume;

/// Threads that share the work at the most. The service sends no faster than two of them understand it.
const MOST_THREADS: usize = 4;

/// Runs the program with the arguments, the environment and the streams of the process.
#[must_use]
pub fn run() -> ExitCode {
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut host = Host::machine(&mut stdout, &mut stderr);
    ExitCode::from(run_on(&mut host))
}

/// Runs the program with the arguments of the process on a host, with a runtime of its own and listening to signals, and
/// returns its exit code.
#[must_use]
pub fn run_on(host: &mut Host<'_>) -> u8 {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    match tokio::runtime::Builder::new_multi_thread().worker_threads(threads.min(MOST_THREADS)).enable_all().build() {
        Ok(runtime) => to_its_end(runtime, run_until_signal(std::env::args_os(), host)),
        Err(error) => Failure::unexpected(
            format!("the program cannot start ({error})"),
            "see to it that there are threads and memory left",
        )
        .report(host),
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
pub async fn run_with(arguments: impl IntoIterator<Item = OsString>, host: &mut Host<'_>) -> u8 {
    run_noting(arguments, host, &Resume::default()).await
}

async fn run_noting(arguments: impl IntoIterator<Item = OsString>, host: &mut Host<'_>, resume: &Resume) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    host.talk.json = cli::asks_for_json(&arguments);
    let done = match Cli::read(arguments) {
        Ok(Read::Command(command, level)) => {
            host.talk.level = level;
            run_command(command, host, resume).await
        }
        Ok(Read::Help(text)) => host.print(&text),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => failure.report(host),
    }
}

async fn run_until_signal(arguments: impl IntoIterator<Item = OsString>, host: &mut Host<'_>) -> u8 {
    let resume = Resume::default();
    let interrupt = host.interrupt.clone();
    tokio::spawn(signals::end_at_the_third());
    let ended = {
        let mut signals = signals::Signals::listen();
        let mut work = pin!(run_noting(arguments, host, &resume));
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
    if let Some(drawn) = host.talk.drawn.take() {
        drawn.end();
    }
    Failure::interrupted(ended, resume.told()).report(host)
}

async fn run_command(command: Command, host: &mut Host<'_>, resume: &Resume) -> Result<(), Failure> {
    // Before anything is begun, so that signals are listened to from the start.
    tokio::task::yield_now().await;
    match command {
        Command::Contracts(arguments) => commands::contracts::run(arguments, host).await,
        Command::Query(arguments) => commands::query::run(&arguments, host).await,
        Command::Show(arguments) => commands::show::run(&arguments, host).await,
        Command::Trace(arguments) => commands::trace::run(&arguments, host).await,
        Command::Stats(arguments) => commands::stats::run(&arguments, host).await,
        Command::Export(arguments) => commands::export::run(*arguments, host, resume).await,
        Command::Verify(arguments) => commands::verify::run(arguments, host).await,
        Command::Cat(arguments) => commands::cat::run(arguments, host).await,
        Command::Convert(arguments) => commands::convert::run(arguments, host, resume).await,
        Command::State(arguments) => commands::state::run(arguments, host).await,
        Command::Whoami(arguments) => commands::whoami::run(&arguments, host),
        Command::Doctor(arguments) => commands::doctor::run(&arguments, host).await,
        Command::Schema(arguments) => commands::schema::run(&arguments, host),
        Command::Completion(arguments) => commands::completion::run(&arguments, host),
        Command::Man(arguments) => commands::man::run(&arguments, host),
        Command::Complete(arguments) => commands::completion::candidates(&arguments, host),
        Command::Sim(arguments) => commands::sim::run(*arguments, host).await,
        Command::Help(help) => host.print(&help.text(host.terminal.columns)?),
    }
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
