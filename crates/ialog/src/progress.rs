//! Progress is for people who watch: it shows on stderr, and only when both streams are terminals.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ionos_activitylog::{ContractNumber, DateRange};
use ionos_activitylog_archive::Exported;

/// How much of the time of the range was read, since nobody knows how many events there are.
const TEMPLATE: &str = "{bar:30} {percent} %, {msg} events, {eta} left";

/// A progress bar that may be invisible. It disappears when the last of its clones is dropped.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    range: DateRange,
    /// How far each contract is: milliseconds of the range, and events.
    contracts: Arc<Mutex<BTreeMap<ContractNumber, (u64, u64)>>>,
}

impl Progress {
    pub(crate) fn start(visible: bool, range: DateRange, contracts: usize) -> Self {
        let target = if visible {
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
            contracts: Arc::default(),
        }
    }

    pub(crate) fn show(&self, exported: &Exported) {
        self.bar.set_message(exported.events.to_string());
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
        self.bar.set_message(events.to_string());
        self.bar
            .set_position(contracts.values().map(|(position, _)| position).sum());
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

impl Drop for Progress {
    fn drop(&mut self) {
        if Arc::strong_count(&self.contracts) == 1 {
            self.end();
        }
    }
}
