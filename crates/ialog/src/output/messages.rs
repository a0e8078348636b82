//! Some want to hear nothing, some what is done, and some every byte of it. How much is said is settled here once: talk
//! that can be left out goes by [`Level`], and what concerns the promise of completeness is said in any case.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::output::status_line::StatusLine;

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors, and what is not proven to be complete.
    Quiet,
    #[default]
    Usual,
    /// What is done: requests, retries and waits.
    Steps,
    /// Each request and each answer with its headers.
    Headers,
}

/// Says a line.
type Aside = Arc<dyn Fn(&str) + Send + Sync>;

/// What is said besides data, by whom it may be said who does not have the program's streams at hand.
#[derive(Clone, Default)]
pub struct Messages {
    pub(crate) level: Verbosity,
    /// Whether a program reads it, to which each line is an object of JSON.
    pub(crate) json: bool,
    /// Says a line while the program is at something else.
    aside: Option<Aside>,
    traffic: Arc<RequestCounts>,
    /// A line that is drawn anew all the time, and has to be out of the way of everything else.
    pub(crate) drawn: Option<StatusLine>,
}

/// What went over the wire so far.
#[derive(Debug, Default)]
pub(crate) struct RequestCounts {
    requests: AtomicU64,
    throttled: AtomicU64,
}

impl RequestCounts {
    /// A request is sent, for the first time or again.
    pub(crate) fn sent(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// The service asked to slow down (429).
    pub(crate) fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests so far, and how many of them were answered with 429.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.throttled.load(Ordering::Relaxed))
    }
}

impl Messages {
    /// That of the process, at standard error.
    pub(crate) fn of_process() -> Self {
        Self {
            // Where it is closed nobody is listening.
            aside: Some(Arc::new(|line| {
                let _ = writeln!(io::stderr(), "{line}");
            })),
            ..Self::default()
        }
    }

    /// One that says everything to somebody.
    #[cfg(test)]
    pub(crate) fn to(somebody: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { level: Verbosity::Headers, aside: Some(Arc::new(somebody)), ..Self::default() }
    }

    /// Says what is being done, where it is wanted so exactly.
    pub(crate) fn step(&self, level: Verbosity, line: impl Display) {
        if let Some(aside) = self.aside.as_ref().filter(|_| self.level >= level) {
            aside(&self.line(line));
        }
    }

    /// A line for whoever reads it.
    pub(crate) fn line(&self, text: impl Display) -> String {
        let text = text.to_string();
        match self.json {
            true => serde_json::json!({ "note": text }).to_string(),
            false => text,
        }
    }

    /// Writes to a terminal on which a line may be drawn: it is taken away before, and drawn again behind.
    pub(crate) fn beside_drawn<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.drawn {
            Some(drawn) => drawn.beside(write),
            None => write(),
        }
    }

    pub(crate) fn traffic(&self) -> &Arc<RequestCounts> {
        &self.traffic
    }
}
