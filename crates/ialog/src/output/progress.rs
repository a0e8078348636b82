//! Progress on the status line, if stdout and stderr are terminals. The width of the terminal may change at any time,
//! and a wrapped line could not be removed again, so [`ProgressText`] fits each update into the width.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use ionos_activitylog::clock::Clock;
use ionos_activitylog::{ContractNumber, DateRange};

use super::messages::{Messages, RequestCounts, Verbosity};
use super::plural::format_count;
use super::progress_text::ProgressText;
use super::status_line::StatusLine;
use super::terminal::Terminal;

/// Assumed width in columns if the terminal does not report its width.
const DEFAULT_COLUMNS: usize = 80;

/// Number of bytes in a megabyte.
const MEGABYTE: f64 = 1e6;

/// A status line, and a clock that measures the time since the start of the line. The line is removed when the last
/// clone of this value is dropped.
#[derive(Clone)]
pub(crate) struct ProgressLine {
    line: Option<StatusLine>,
    clock: Arc<dyn Clock>,
    started: Duration,
    request_counts: Arc<RequestCounts>,
    /// Counts the clones.
    clones: Arc<()>,
}

impl ProgressLine {
    /// Starts a status line. The line is shown only if stdout and stderr are terminals and the verbosity is normal.
    pub(crate) fn start(messages: &mut Messages, clock: Arc<dyn Clock>, terminal: &Terminal) -> Self {
        let is_shown = terminal.is_interactive && messages.verbosity == Verbosity::Normal;
        messages.status_line = is_shown.then(StatusLine::on_stderr);
        Self {
            line: messages.status_line.clone(),
            started: clock.elapsed(),
            clock,
            request_counts: messages.request_counts().clone(),
            clones: Arc::default(),
        }
    }

    /// Shows that `done` of `all` units are done, with details. The most important detail comes first.
    fn show(&self, (done, all): (u64, u64), details: impl FnOnce(Duration) -> Vec<String>) {
        let Some(line) = &self.line else {
            return;
        };
        let elapsed = self.clock.elapsed().saturating_sub(self.started);
        line.draw(elapsed, || {
            let columns = terminal_size::terminal_size_of(io::stderr());
            let columns = columns.map_or(DEFAULT_COLUMNS, |(width, _)| width.0.into());
            ProgressText::new((done, all), elapsed, details(elapsed)).fit(columns)
        });
    }

    fn end(&self) {
        if let Some(line) = &self.line {
            line.end();
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if Arc::strong_count(&self.clones) == 1 {
            self.end();
        }
    }
}

/// Progress of reading a range from the service. The progress is the share of the range that was read, because the
/// total number of events is unknown.
#[derive(Clone)]
pub(crate) struct RangeProgress {
    line: ProgressLine,
    range: DateRange,
    /// Length of the range in milliseconds, multiplied by the number of contracts.
    total: u64,
    /// For each contract: milliseconds of the range that are read, and number of events.
    contracts: Arc<Mutex<BTreeMap<ContractNumber, (u64, u64)>>>,
}

impl RangeProgress {
    pub(crate) fn new(line: ProgressLine, range: DateRange, contracts: usize) -> Self {
        let length = range.duration().num_milliseconds().unsigned_abs();
        Self { line, range, total: length.saturating_mul(contracts as u64), contracts: Arc::default() }
    }

    /// Shows the progress of the only contract. `read_to` is `None` if nothing is read yet.
    pub(crate) fn show(&self, read_to: Option<DateTime<Utc>>, events: u64) {
        self.show_total(read_to.map_or(0, |read_to| self.position(read_to)), events);
    }

    /// Shows the progress of all contracts, after one of them was read up to `read_to`. `events` is the number of
    /// events of this contract.
    pub(crate) fn show_contract(&self, contract: &ContractNumber, read_to: DateTime<Utc>, events: u64) {
        let mut contracts = self.contracts.lock().unwrap_or_else(PoisonError::into_inner);
        contracts.insert(contract.clone(), (self.position(read_to), events));
        let (done, events) = contracts.values().fold((0, 0), |(done, sum), (read, events)| (done + read, sum + events));
        self.show_total(done, events);
    }

    /// Removes the line, even if clones of this handle still exist.
    pub(crate) fn end(&self) {
        self.line.end();
    }

    fn show_total(&self, done: u64, events: u64) {
        self.line.show((done, self.total), |elapsed| {
            let (requests, throttled) = self.line.request_counts.totals();
            let mut details = vec![format_count(events, "event")];
            details.extend(rate(events, elapsed).map(|rate| format!("{rate:.0} events/s")));
            details.push(format_count(requests, "request"));
            details.push(format!("{throttled} x 429"));
            details
        });
    }

    /// Milliseconds from the start of the range to `read_to`; 0 if `read_to` is earlier.
    fn position(&self, read_to: DateTime<Utc>) -> u64 {
        let read = (read_to - self.range.start()).num_milliseconds();
        read.max(0).unsigned_abs()
    }
}

/// Progress of a command that goes through an archive. The total is known.
#[derive(Clone)]
pub(crate) struct ArchiveProgress {
    line: ProgressLine,
    describe: fn(u64, u64, Option<f64>) -> Vec<String>,
}

impl ArchiveProgress {
    /// Progress in events.
    pub(crate) fn events(line: ProgressLine) -> Self {
        let describe = |done, all, rate: Option<f64>| {
            let mut details = vec![format!("{done} of {}", format_count(all, "event"))];
            details.extend(rate.map(|rate| format!("{rate:.0} events/s")));
            details
        };
        Self { line, describe }
    }

    /// Progress in bytes of files.
    pub(crate) fn bytes(line: ProgressLine) -> Self {
        let describe = |done: u64, all: u64, rate: Option<f64>| {
            let [done, all] = [done, all].map(|bytes| bytes as f64 / MEGABYTE);
            let mut details = vec![format!("{done:.1} of {all:.1} MB")];
            details.extend(rate.map(|rate| format!("{:.1} MB/s", rate / MEGABYTE)));
            details
        };
        Self { line, describe }
    }

    /// Progress in days.
    pub(crate) fn days(line: ProgressLine) -> Self {
        let describe = |done, all, rate: Option<f64>| {
            let mut details = vec![format!("{done} of {}", format_count(all, "day"))];
            details.extend(rate.map(|rate| format!("{rate:.1} days/s")));
            details
        };
        Self { line, describe }
    }

    /// Shows that `done` of `all` units (events, bytes or days) are done.
    pub(crate) fn show(&self, (done, all): (u64, u64)) {
        self.line.show((done, all), |elapsed| (self.describe)(done, all, rate(done, elapsed)));
    }
}

/// `number` per second; `None` if no time has passed.
fn rate(number: u64, elapsed: Duration) -> Option<f64> {
    (!elapsed.is_zero()).then(|| number as f64 / elapsed.as_secs_f64())
}
