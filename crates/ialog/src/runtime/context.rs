//! The environment of a command: clock, streams, terminal, account and signals. Tests replace all of them, so they run
//! the program without waiting and without a network.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use ionos_activitylog::ClientBuilder;
use ionos_activitylog::clock::{Clock, SystemClock};
use ionos_activitylog::seam::Transport;
use ionos_activitylog_archive::internal::FailPoints;
use serde_json::json;

use super::interrupt::Interrupt;
use crate::error::CommandError;
use crate::output::messages::{Messages, Verbosity};
use crate::output::progress::ProgressLine;
use crate::output::styled_text::StyledText;
use crate::output::terminal::Terminal;
use crate::output::writer::Content;

/// The environment of a command, and its output.
pub struct Context<'a> {
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// The account to use: a transport, and a token for this transport. If `None`, requests use the network, and the
    /// account is the one that the settings of the environment describe.
    pub account: Option<(Arc<dyn Transport>, String)>,
    /// The stream for data.
    pub stdout: &'a mut dyn Write,
    /// The stream for messages.
    pub stderr: &'a mut dyn Write,
    /// Properties of the terminal that the streams write to.
    pub terminal: Terminal,
    /// Cache folder for limits and contracts of services. `None` if nothing is cached.
    pub cache_dir: Option<PathBuf>,
    /// Asks the command to end when the process has received a signal.
    pub interrupt: Interrupt,
    /// Format and verbosity of the messages.
    pub messages: Messages,
    /// A callback that an export calls at each fail point, for tests.
    pub fail_points: FailPoints,
}

impl<'a> Context<'a> {
    /// The context of the process, with its streams and its environment.
    pub fn machine(stdout: &'a mut io::Stdout, stderr: &'a mut io::Stderr) -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            account: None,
            terminal: Terminal::from_process(),
            stdout,
            stderr,
            cache_dir: cache_dir(),
            interrupt: Interrupt::new(),
            messages: Messages::on_stderr(),
            fail_points: FailPoints::default(),
        }
    }

    /// A builder with the transport and the token of [`Self::account`]. If the account is `None`, a builder with the
    /// settings of the environment.
    pub(crate) fn client_builder(&self) -> ClientBuilder {
        match &self.account {
            Some((transport, token)) => ClientBuilder::default().transport(transport.clone()).token(token),
            None => ClientBuilder::from_env(),
        }
    }

    /// Writes text for people to stdout. A closed pipe is not an error.
    pub(crate) fn print(&mut self, text: impl Into<StyledText>) -> Result<(), CommandError> {
        self.write_stdout(&Content::Text(text.into())).map(drop)
    }

    /// Writes data for programs to stdout. A closed pipe is not an error.
    pub(crate) fn print_data(&mut self, data: impl Into<String>) -> Result<(), CommandError> {
        self.write_stdout(&Content::Data(data.into())).map(drop)
    }

    /// Writes to stdout. Returns `false` if the pipe is closed, so that the command can stop.
    pub(crate) fn write_stdout(&mut self, content: &Content) -> Result<bool, CommandError> {
        let text = content.encode(&self.terminal);
        // If the text does not end with a line break, no status line is drawn from then on: removing a status line
        // would also remove the unfinished line of the text.
        if let Some(line) = self.messages.status_line.take_if(|_| !text.ends_with('\n')) {
            line.end();
        }
        let write = || {
            let written = self.stdout.write_all(text.as_bytes());
            written.and_then(|()| self.stdout.flush())
        };
        match self.messages.write_beside_status_line(write) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(CommandError::unexpected(
                format!("cannot write to standard output ({error})"),
                "write to a place with free space and write permission",
            )),
        }
    }

    /// Writes a message to stderr, unless `--quiet` is set.
    pub(crate) fn info(&mut self, message: impl Display) {
        if self.messages.verbosity > Verbosity::Quiet {
            self.warn(message);
        }
    }

    /// Writes to stderr a message that the user must see: an error, or a warning that the result may be incomplete.
    pub(crate) fn warn(&mut self, message: impl Display) {
        let message = self.messages.format(message);
        self.write_stderr(&message);
    }

    /// Writes an error to stderr, as a sentence or as a JSON object, and returns its exit code.
    pub(crate) fn report(&mut self, error: &CommandError) -> u8 {
        if self.messages.is_json {
            let object = self.messages.format_object(&json!({ "error": error.to_json() }));
            self.write_stderr(&object);
            return error.code();
        }
        for (contract, of_contract) in error.contracts() {
            self.warn(of_contract.describe_for(contract));
        }
        self.warn(format_args!("error: {error}"));
        error.code()
    }

    /// Starts a status line. It is removed when the returned handle is dropped.
    pub(crate) fn start_progress(&mut self) -> ProgressLine {
        ProgressLine::start(&mut self.messages, self.clock.clone(), &self.terminal)
    }

    /// Writes a formatted line to stderr. A closed stderr is not an error.
    fn write_stderr(&mut self, line: &str) {
        let write = || writeln!(self.stderr, "{line}");
        let _ = self.messages.write_beside_status_line(write);
    }
}

/// `$XDG_CACHE_HOME/ialog`, or `~/.cache/ialog`. `None` if neither is an absolute path.
fn cache_dir() -> Option<PathBuf> {
    let variable = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    // The XDG rules say to ignore a relative folder, which would depend on where the program is started.
    let folder = variable.filter(|folder| folder.is_absolute()).or_else(|| {
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        Some(home?.join(".cache"))
    });
    folder.map(|folder| folder.join("ialog"))
}
