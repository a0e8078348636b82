//! Reads events from the service. The events of a window are returned once the window is verified or its gaps are
//! recorded. Contracts are read concurrently but returned one after the other, so the output does not depend on which
//! contract is read first.

use std::collections::BTreeMap;
use std::vec;

use futures_util::StreamExt;
use ionos_activitylog::{
    Client, ContractNumber, ContractWindow, ContractsInOrder, CrossCheck, DateRange, Error, Event, Filter,
    FilterCounts, GapReason, Window,
};

use crate::args::contracts::has_number;
use crate::args::events::EventSelection;
use crate::args::time::RequestedRange;
use crate::error::CommandError;
use crate::events::named_contracts::NamedContracts;
use crate::events::read_summary::{ReadSummary, UnprovenRanges};
use crate::events::suggestions::Suggestions;
use crate::output::messages::Verbosity;
use crate::output::plural::format_count;
use crate::output::progress::RangeProgress;
use crate::output::row::Row;
use crate::runtime::context::Context;
use crate::service::account;
use crate::service::settle::{UnreadEnd, settle_delay, settle_range};

/// The rows of one or more contracts.
pub(crate) struct ServiceRows {
    client: Client,
    contracts: Vec<ContractNumber>,
    /// Whether the user gave a contract number. If so, the token may be unable to read this contract.
    has_typed_number: bool,
    range: DateRange,
    /// Describes the last part of the requested range, which is too recent to be read. `None` if the whole range is
    /// read, if the user gave no end, or if the given end is in the future.
    unread: Option<UnreadEnd>,
    filter: Filter,
    /// Whether events that do not match the filter are returned too.
    returns_all: bool,
    progress: Option<RangeProgress>,
    /// `None` once everything is read.
    windows: Option<ContractsInOrder>,
    window: Option<OpenWindow>,
    /// Number of events of each contract that were read so far.
    events_read: BTreeMap<ContractNumber, u64>,
    /// The contracts that the events name.
    named: NamedContracts,
    errors: BTreeMap<ContractNumber, Error>,
    summary: ReadSummary,
}

/// The window whose events are being returned.
struct OpenWindow {
    contract: ContractNumber,
    range: DateRange,
    events: vec::IntoIter<Event>,
}

impl ServiceRows {
    /// Connects to the selected account. Shortens a range whose end is too recent: the newest events may not be in the
    /// log yet. Reading begins with the first call of [`Self::next`].
    pub(super) async fn connect(
        selection: &EventSelection,
        requested: RequestedRange,
        filter: Filter,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let now = context.clock.now();
        let client = account::connect(&selection.service, now, context)?;
        let delay = settle_delay(&selection.service, None, now);
        let contracts = account::select_contracts(&selection.contract, &client).await?;
        let (range, unread) = settle_range(&client, requested, delay, context).await?;
        Ok(Self {
            has_typed_number: has_number(&selection.contract),
            range,
            unread,
            filter,
            returns_all: false,
            progress: None,
            windows: Some(client.events_of(contracts.clone(), range).in_order()),
            window: None,
            events_read: BTreeMap::new(),
            named: NamedContracts::default(),
            errors: BTreeMap::new(),
            summary: ReadSummary { contracts: contracts.len(), retry_hint: "try again", ..ReadSummary::default() },
            contracts,
            client,
        })
    }

    /// The range that is read.
    pub(super) fn range(&self) -> DateRange {
        self.range
    }

    pub(super) fn describe_contracts(&self) -> String {
        match self.contracts.as_slice() {
            [contract] => format!("contract {contract}"),
            several => format!("{} contracts", several.len()),
        }
    }

    /// Also returns the events that do not match the filter.
    pub(super) fn return_all(&mut self) {
        self.returns_all = true;
    }

    pub(super) fn contract_count(&self) -> usize {
        self.contracts.len()
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(super) fn start_progress(&mut self, context: &mut Context<'_>) {
        self.progress = Some(RangeProgress::new(context.start_progress(), self.range, self.contracts.len()));
    }

    pub(super) async fn next(&mut self, suggestions: &mut Suggestions, context: &mut Context<'_>) -> Option<Row> {
        loop {
            if let Some(row) = self.next_of_window(suggestions) {
                return Some(row);
            }
            let Some(ContractWindow { contract, result }) = self.windows.as_mut()?.next().await else {
                self.finish().await;
                return None;
            };
            // Without this yield, a demo notices a signal only at its end, because the simulator never waits.
            tokio::task::yield_now().await;
            match result {
                Ok(window) => self.open_window(contract, window, context),
                Err(error) => {
                    self.errors.insert(contract, error);
                }
            }
        }
    }

    /// The next event of the open window. Events that the filter does not keep are skipped unless `returns_all` is set.
    fn next_of_window(&mut self, suggestions: &mut Suggestions) -> Option<Row> {
        let window = self.window.as_mut()?;
        for event in window.events.by_ref() {
            let is_kept = self.summary.counts.count(self.filter.matches(&event));
            suggestions.observe(&event, is_kept);
            if is_kept || self.returns_all {
                return Some(Row::new(window.contract.clone(), event).matching(is_kept));
            }
        }
        let window = self.window.take()?;
        if let Some(progress) = &self.progress {
            let events = self.events_read.get(&window.contract).copied().unwrap_or_default();
            progress.show_contract(&window.contract, window.range.end(), events);
        }
        None
    }

    fn open_window(&mut self, contract: ContractNumber, window: Window, context: &Context<'_>) {
        for gap in &window.gaps {
            self.summary.unproven.push(UnprovenRanges::one(format!("contract {contract}: {gap}")));
            self.summary.beyond_reach += usize::from(gap.reason == GapReason::Overflow);
        }
        context.messages.step(
            Verbosity::Requests,
            format_args!(
                "contract {contract}, {}: {} in {}",
                window.range,
                format_count(window.events.len() as u64, "event"),
                format_count(window.requests, "request")
            ),
        );
        self.named.add(&contract, &window.events);
        *self.events_read.entry(contract.clone()).or_default() += window.events.len() as u64;
        self.window = Some(OpenWindow { contract, range: window.range, events: window.events.into_iter() });
    }

    /// Finds out why contracts could not be read or are empty, and which contracts may be mixed up, and adds both to
    /// the summary. May send requests to find this out.
    async fn finish(&mut self) {
        // Cancels the requests for windows first. Otherwise they would stall, because nothing polls them while
        // `explain_refusal` sends other requests.
        for (contract, summary) in self.windows.take().map(|windows| windows.summaries()).unwrap_or_default() {
            if let CrossCheck::NotChecked(reason) = summary.cross_check {
                self.summary.not_cross_checked.push(format!("contract {contract}: not cross-checked: {reason}"));
            }
        }
        for contract in &self.contracts {
            let is_empty = self.events_read.get(contract).is_none_or(|events| *events == 0);
            let failure = match self.errors.remove(contract) {
                Some(error) => Some(account::explain_refusal(&self.client, contract, error).await),
                // The API documentation does not say how the service answers for a contract that the token cannot
                // read: with an error or with an empty log.
                None if self.has_typed_number && is_empty => account::not_listed(&self.client, contract).await,
                None => None,
            };
            self.summary.failures.extend(failure.map(|failure| (contract.clone(), failure)));
        }
        self.summary.mixed = self.named.mixed(&self.client).await;
        // If all contracts failed, the unread end is not mentioned, because the errors are more important.
        if let Some(unread) = self.unread.take().filter(|_| self.summary.failures.len() < self.contracts.len()) {
            self.summary.unproven.push(UnprovenRanges::one(unread.text));
            self.summary.retry_hint = unread.hint;
        }
        self.progress = None;
    }

    pub(super) fn counts(&self) -> FilterCounts {
        self.summary.counts
    }

    pub(super) fn into_summary(self) -> ReadSummary {
        self.summary
    }
}
