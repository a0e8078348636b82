//! A program that takes its time, its connection and its streams from outside can be run in a test a thousand times
//! a second, and never waits.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use ionos_activitylog::ClientBuilder;
use ionos_activitylog::clock::{Clock, SystemClock};
use ionos_activitylog::seam::Transport;
use ionos_activitylog_archive::internal::FailPoints;

use crate::error::CommandError;
use crate::output::messages::{Messages, Verbosity};
use crate::output::terminal::Terminal;
use crate::runtime::interrupt::Interrupt;
use crate::service::cache::Cache;

/// Where the program gets what it does not compute, and where it says what it has to say.
pub struct Context<'a> {
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
    /// What carries requests to the service, with the token to send, instead of a connection and the settings of the
    /// environment.
    pub account: Option<(Arc<dyn Transport>, String)>,
    /// Where data goes.
    pub stdout: &'a mut dyn Write,
    /// Where talk goes.
    pub stderr: &'a mut dyn Write,
    /// Whether somebody watches both streams.
    pub interactive: bool,
    /// What shows the data.
    pub terminal: Terminal,
    /// Where what was learned of a service is kept.
    pub cache: Cache,
    /// How a command is asked to end.
    pub interrupt: Interrupt,
    /// How much is said, and who says what is done.
    pub messages: Messages,
    /// Who is told each step of an export.
    pub steps: FailPoints,
}

impl<'a> Context<'a> {
    /// The machine that the program runs on, with the streams of the process.
    pub fn machine(stdout: &'a mut io::Stdout, stderr: &'a mut io::Stderr) -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            account: None,
            interactive: stdout.is_terminal() && stderr.is_terminal(),
            terminal: Terminal::of_process(),
            stdout,
            stderr,
            cache: Cache::of_process(),
            interrupt: Interrupt::new(),
            messages: Messages::of_process(),
            steps: FailPoints::default(),
        }
    }

    /// A client for the account: the one given, or that of the environment.
    pub(crate) fn client(&self) -> ClientBuilder {
        match &self.account {
            Some((transport, token)) => ClientBuilder::default().transport(transport.clone()).token(token),
            None => ClientBuilder::from_env(),
        }
    }

    /// Writes data. A reader that has seen enough is no failure.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), CommandError> {
        self.write_stdout(text).map(drop)
    }

    /// The same, and says whether the reader wants more.
    pub(crate) fn write_stdout(&mut self, text: &str) -> Result<bool, CommandError> {
        // Behind half a line nothing can be drawn, as taking it away takes the half away as well.
        if let Some(drawn) = self.messages.drawn.take_if(|_| !text.ends_with('\n')) {
            drawn.end();
        }
        let write = || {
            let written = self.stdout.write_all(text.as_bytes());
            written.and_then(|()| self.stdout.flush())
        };
        match self.messages.beside_drawn(write) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(CommandError::unexpected(
                format!("standard output cannot be written ({error})"),
                "send it to a place that has room and may be written to",
            )),
        }
    }

    /// Writes a line of talk, unless nobody wants any.
    pub(crate) fn info(&mut self, text: impl Display) {
        if self.messages.level > Verbosity::Quiet {
            self.warn(text);
        }
    }

    /// Writes a line that has to be said: an error, or a doubt whether something is all.
    pub(crate) fn warn(&mut self, text: impl Display) {
        let line = self.messages.line(text);
        self.write_stderr(line);
    }

    /// Reports an error as a sentence, or to a program as an object, and returns its exit code.
    pub(crate) fn report(&mut self, error: &CommandError) -> u8 {
        if self.messages.json {
            self.write_stderr(serde_json::json!({ "error": error.members() }));
            return error.code();
        }
        for (contract, of_contract) in error.contracts() {
            self.warn(of_contract.of(contract));
        }
        self.warn(format_args!("error: {error}"));
        error.code()
    }

    /// Writes a line as it is. Where standard error is closed nobody is listening.
    pub(crate) fn write_stderr(&mut self, line: impl Display) {
        let write = || writeln!(self.stderr, "{line}");
        let _ = self.messages.beside_drawn(write);
    }
}
