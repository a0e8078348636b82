//! Progress is for people who watch: it shows on stderr, and only when both streams are terminals. How wide that terminal
//! is may change at any time, and a line that is wrapped cannot be taken away again: so each is made to fit when it is
//! drawn, by leaving out what tells the least. `line` does that.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use ionos_activitylog::clock::Clock;
use ionos_activitylog::{ContractNumber, DateRange};
use ionos_activitylog_archive::ExportStats;

use crate::output::messages::{RequestCounts, Verbosity};
use crate::output::plural::format_count;
use crate::output::progress_text::ProgressText;
use crate::output::status_line::StatusLine;
use crate::runtime::context::Context;

/// Of a terminal that does not say.
const COLUMNS: usize = 80;

/// A line that may be invisible. It disappears when the last of its clones is dropped.
#[derive(Clone)]
struct ProgressDisplay {
    drawn: Option<StatusLine>,
    clock: Arc<dyn Clock>,
    started: Duration,
    /// Held by each clone.
    clones: Arc<()>,
}

impl ProgressDisplay {
    /// Shows where both streams are terminals, unless each step is said there anyway.
    fn start(context: &mut Context<'_>) -> Self {
        let watched = context.interactive && context.messages.level == Verbosity::Usual;
        context.messages.drawn = watched.then(StatusLine::of_process);
        Self {
            drawn: context.messages.drawn.clone(),
            clock: context.clock.clone(),
            started: context.clock.elapsed(),
            clones: Arc::default(),
        }
    }

    /// Shows that so much is done, and what there is to tell of that, the most telling first.
    fn show(&self, (done, all): (u64, u64), told: impl FnOnce(Duration) -> Vec<String>) {
        let Some(drawn) = &self.drawn else {
            return;
        };
        let elapsed = self.clock.elapsed().saturating_sub(self.started);
        drawn.draw(elapsed, || {
            let columns = terminal_size::terminal_size_of(io::stderr());
            let columns = columns.map_or(COLUMNS, |(width, _)| width.0.into());
            ProgressText::new((done, all), elapsed, told(elapsed)).fitting(columns)
        });
    }

    /// Takes the line away.
    fn end(&self) {
        if let Some(drawn) = &self.drawn {
            drawn.end();
        }
    }
}

impl Drop for ProgressDisplay {
    fn drop(&mut self) {
        if Arc::strong_count(&self.clones) == 1 {
            self.end();
        }
    }
}

/// How far the service was read: how much of the time of the range, since nobody knows how many events there are.
#[derive(Clone)]
pub(crate) struct RangeProgress {
    progress: ProgressDisplay,
    range: DateRange,
    all: u64,
    traffic: Arc<RequestCounts>,
    /// How far each contract is: milliseconds of the range, and events.
    contracts: Arc<Mutex<BTreeMap<ContractNumber, (u64, u64)>>>,
}

impl RangeProgress {
    pub(crate) fn start(context: &mut Context<'_>, range: DateRange, contracts: usize) -> Self {
        let length = range.duration().num_milliseconds().unsigned_abs();
        Self {
            progress: ProgressDisplay::start(context),
            range,
            all: length.saturating_mul(contracts as u64),
            traffic: context.messages.traffic().clone(),
            contracts: Arc::default(),
        }
    }

    /// Shows how far a file is.
    pub(crate) fn show(&self, exported: &ExportStats) {
        let done = exported.read_to.map_or(0, |read_to| self.position(read_to));
        self.tell(done, exported.events);
    }

    /// Shows how far one of several contracts is.
    pub(crate) fn show_contract(
        &self,
        contract: &ContractNumber,
        progress: &ionos_activitylog_archive::ExportProgress,
    ) {
        self.show_read(contract, progress.read_to, progress.events);
    }

    /// Shows up to where a contract was read, and how many events it had there.
    pub(crate) fn show_read(&self, contract: &ContractNumber, read_to: DateTime<Utc>, events: u64) {
        let mut contracts = self.contracts.lock().unwrap_or_else(PoisonError::into_inner);
        let position = self.position(read_to);
        contracts.insert(contract.clone(), (position, events));
        let all = contracts.values();
        let (done, events) = all.fold((0, 0), |(done, all), (position, events)| (done + position, all + events));
        self.tell(done, events);
    }

    fn tell(&self, done: u64, events: u64) {
        self.progress.show((done, self.all), |elapsed| {
            let (requests, throttled) = self.traffic.counts();
            let mut told = vec![format_count(events, "event")];
            told.extend(rate(events, elapsed).map(|rate| format!("{rate:.0} events/s")));
            told.push(format_count(requests, "request"));
            told.push(format!("{throttled} x 429"));
            told
        });
    }

    fn position(&self, read_to: DateTime<Utc>) -> u64 {
        let read = (read_to - self.range.start()).num_milliseconds();
        read.max(0).unsigned_abs()
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        self.progress.end();
    }
}

/// How much of an archive was gone through, of all that there is to go through.
#[derive(Clone)]
pub(crate) struct ArchiveProgress {
    progress: ProgressDisplay,
    told: fn(u64, u64, Option<f64>) -> Vec<String>,
}

impl ArchiveProgress {
    /// Counts events.
    pub(crate) fn events(context: &mut Context<'_>) -> Self {
        let told = |done, all, rate: Option<f64>| {
            let mut told = vec![format!("{done} of {}", format_count(all, "event"))];
            told.extend(rate.map(|rate| format!("{rate:.0} events/s")));
            told
        };
        let progress = ProgressDisplay::start(context);
        Self { progress, told }
    }

    /// Counts bytes of files.
    pub(crate) fn bytes(context: &mut Context<'_>) -> Self {
        let told = |done: u64, all: u64, rate: Option<f64>| {
            let [done, all] = [done, all].map(|bytes| bytes as f64 / MEGA);
            let mut told = vec![format!("{done:.1} of {all:.1} MB")];
            told.extend(rate.map(|rate| format!("{:.1} MB/s", rate / MEGA)));
            told
        };
        let progress = ProgressDisplay::start(context);
        Self { progress, told }
    }

    /// Counts days.
    pub(crate) fn days(context: &mut Context<'_>) -> Self {
        let told = |done, all, rate: Option<f64>| {
            let mut told = vec![format!("{done} of {}", format_count(all, "day"))];
            told.extend(rate.map(|rate| format!("{rate:.1} days/s")));
            told
        };
        let progress = ProgressDisplay::start(context);
        Self { progress, told }
    }

    /// Shows how much is done, of all.
    pub(crate) fn show(&self, (done, all): (u64, u64)) {
        self.progress.show((done, all), |elapsed| (self.told)(done, all, rate(done, elapsed)));
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        self.progress.end();
    }
}

const MEGA: f64 = 1e6;

/// How much of it a second; none before any time has passed.
fn rate(number: u64, elapsed: Duration) -> Option<f64> {
    (!elapsed.is_zero()).then(|| number as f64 / elapsed.as_secs_f64())
}
