//! Progress is for people who watch: it shows on stderr, and only when both streams are terminals.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ionos_activitylog::clock::Clock;
use ionos_activitylog::{ContractNumber, DateRange};
use ionos_activitylog_archive::Exported;

use crate::commands::counted;
use crate::host::Host;
use crate::talk::{Level, Traffic};

/// How much of the time of the range was read, since nobody knows how many events there are.
const TEMPLATE: &str = "{bar:20} {percent} %, {msg}, {eta} left";

/// A progress bar that may be invisible. It disappears when the last of its clones is dropped.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    range: DateRange,
    clock: Arc<dyn Clock>,
    started: Duration,
    traffic: Arc<Traffic>,
    /// How far each contract is: milliseconds of the range, and events.
    contracts: Arc<Mutex<BTreeMap<ContractNumber, (u64, u64)>>>,
}

impl Progress {
    /// Shows where both streams are terminals, unless something else is written there: data, as `busy` says, or talk.
    pub(crate) fn start(host: &Host<'_>, busy: bool, range: DateRange, contracts: usize) -> Self {
        let target = if host.interactive && !busy && host.talk.level == Level::Usual {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let length = range.duration().num_milliseconds().unsigned_abs();
        let length = length.saturating_mul(contracts as u64);
        let bar = ProgressBar::with_draw_target(Some(length), target);
        // The template is a constant; were it wrong, the default one would show.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self {
            bar,
            range,
            clock: host.clock.clone(),
            started: host.clock.elapsed(),
            traffic: host.talk.traffic().clone(),
            contracts: Arc::default(),
        }
    }

    pub(crate) fn show(&self, exported: &Exported) {
        self.bar.set_message(self.told(exported.events));
        if let Some(read_to) = exported.read_to {
            self.bar.set_position(self.position(read_to));
        }
    }

    /// Shows how far one of several contracts is.
    pub(crate) fn show_contract(
        &self,
        contract: &ContractNumber,
        progress: &ionos_activitylog_archive::Progress,
    ) {
        self.show_read(contract, progress.read_to, progress.events);
    }

    /// Shows up to where a contract was read, and how many events it had there.
    pub(crate) fn show_read(&self, contract: &ContractNumber, read_to: DateTime<Utc>, events: u64) {
        let mut contracts = self
            .contracts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let position = self.position(read_to);
        contracts.insert(contract.clone(), (position, events));
        let events: u64 = contracts.values().map(|(_, events)| events).sum();
        self.bar.set_message(self.told(events));
        self.bar
            .set_position(contracts.values().map(|(position, _)| position).sum());
    }

    fn told(&self, events: u64) -> String {
        let elapsed = self.clock.elapsed().saturating_sub(self.started);
        told(events, elapsed, self.traffic.counts())
    }

    fn position(&self, read_to: DateTime<Utc>) -> u64 {
        let read = (read_to - self.range.start()).num_milliseconds();
        read.max(0).unsigned_abs()
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// How many events came, how fast, and with how many requests, some of which were too many for the service.
fn told(events: u64, elapsed: Duration, (requests, throttled): (u64, u64)) -> String {
    let mut told = counted(events, "event");
    if !elapsed.is_zero() {
        told += &format!(", {:.0} events/s", events as f64 / elapsed.as_secs_f64());
    }
    format!(
        "{told}, {}, {throttled} x 429",
        counted(requests, "request")
    )
}

impl Drop for Progress {
    fn drop(&mut self) {
        if Arc::strong_count(&self.contracts) == 1 {
            self.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_has_a_rate_as_soon_as_there_is_one() {
        assert_eq!(
            told(1, Duration::ZERO, (1, 0)),
            "1 event, 1 request, 0 x 429"
        );
        assert_eq!(
            told(12_480, Duration::from_secs(4), (14, 2)),
            "12480 events, 3120 events/s, 14 requests, 2 x 429"
        );
    }
}
