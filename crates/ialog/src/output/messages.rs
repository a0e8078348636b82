//! Messages to the user on standard error, and their verbosity. With `-o json` or `-o ndjson`, each message is a JSON
//! object on one line, so that programs can parse the messages.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::sanitize::{escape_data, single_line};
use super::status_line::StatusLine;

/// The verbosity of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// `--quiet`: errors and incomplete results.
    Quiet,
    #[default]
    Normal,
    /// `-v`: each request, retry and wait.
    Requests,
    /// `-vv`: also the headers of each request and response.
    Headers,
}

/// A function that writes a formatted message.
type LineWriter = Arc<dyn Fn(&str) + Send + Sync>;

/// Format and verbosity of messages. Code that has no access to the streams of the program writes its messages with a
/// clone of this value. Clones share the request counts.
#[derive(Clone, Default)]
pub struct Messages {
    pub(crate) verbosity: Verbosity,
    /// Whether each message is a JSON object.
    pub(crate) is_json: bool,
    /// Writes the messages of [`Messages::step`]. `None` if these messages are dropped.
    step_writer: Option<LineWriter>,
    request_counts: Arc<RequestCounts>,
    /// The status line, which is removed while a message is written. `None` if there is no status line.
    pub(crate) status_line: Option<StatusLine>,
}

/// Numbers of sent requests and of responses with status 429. The code that sends requests and the code that shows the
/// numbers share one instance.
#[derive(Debug, Default)]
pub(crate) struct RequestCounts {
    sent: AtomicU64,
    throttled: AtomicU64,
}

impl RequestCounts {
    /// Counts a sent request. Each retry counts as another request.
    pub(crate) fn add_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a response with status 429.
    pub(crate) fn add_throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of sent requests, and the number of responses with status 429.
    pub(crate) fn totals(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.throttled.load(Ordering::Relaxed))
    }
}

impl Messages {
    /// Messages on standard error of the process.
    pub(crate) fn on_stderr() -> Self {
        Self {
            // A closed stderr is not an error.
            step_writer: Some(Arc::new(|line| {
                let _ = writeln!(io::stderr(), "{line}");
            })),
            ..Self::default()
        }
    }

    /// Messages with the highest verbosity, which are passed to a function.
    #[cfg(test)]
    pub(crate) fn to_function(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { verbosity: Verbosity::Headers, step_writer: Some(Arc::new(write)), ..Self::default() }
    }

    /// Whether messages of this verbosity are written.
    pub(crate) fn shows(&self, verbosity: Verbosity) -> bool {
        self.step_writer.is_some() && self.verbosity >= verbosity
    }

    /// Writes a message about a step of the work. Writes nothing if the verbosity of the messages is below `verbosity`.
    pub(crate) fn step(&self, verbosity: Verbosity, message: impl Display) {
        if let Some(write) = self.step_writer.as_ref().filter(|_| self.shows(verbosity)) {
            write(&self.format(message));
        }
    }

    /// A message as one line of text or, if [`Self::is_json`] is set, as a JSON object. Line breaks and control
    /// sequences for a terminal are escaped: with a line break, text from the log could look like a message of its own.
    /// The member of the object is called `note`, so its value does not begin with this word.
    pub(crate) fn format(&self, message: impl Display) -> String {
        let message = message.to_string();
        match self.is_json {
            true => {
                let text = message.trim_start();
                self.format_object(&json!({ "note": text.strip_prefix("note: ").unwrap_or(text) }))
            }
            false => single_line(&message),
        }
    }

    /// A JSON object on one line. Control sequences for a terminal are escaped.
    pub(crate) fn format_object(&self, object: &Value) -> String {
        escape_data(&object.to_string()).into_owned()
    }

    /// Runs a function that writes to the terminal. The status line is removed while the function runs.
    pub(crate) fn write_beside_status_line<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.status_line {
            Some(line) => line.write_beside(write),
            None => write(),
        }
    }

    pub(crate) fn request_counts(&self) -> &Arc<RequestCounts> {
        &self.request_counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_the_log_cannot_look_like_another_message() {
        let message = "no event has the user \"x\"; the events have: jane\nerror: the archive is damaged";
        let line = r#"no event has the user "x"; the events have: jane\nerror: the archive is damaged"#;
        assert_eq!(Messages::on_stderr().format(message), line);
        let json = Messages { is_json: true, ..Messages::on_stderr() };
        assert_eq!(json.format(message).lines().count(), 1);
    }

    #[test]
    fn a_json_note_does_not_begin_with_the_name_of_its_member() {
        let text = Messages::on_stderr();
        let json = Messages { is_json: true, ..Messages::on_stderr() };
        for (message, note) in [
            ("note: 1 of 5 events", r#"{"note":"1 of 5 events"}"#),
            ("  note: 1 of 5 events", r#"{"note":"1 of 5 events"}"#),
            ("warning: note: x", r#"{"note":"warning: note: x"}"#),
            ("5 events, note: x", r#"{"note":"5 events, note: x"}"#),
        ] {
            assert_eq!(text.format(message), message);
            assert_eq!(json.format(message), note);
        }
    }
}
