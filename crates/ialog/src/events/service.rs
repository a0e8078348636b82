//! Events from the service, each window when it is verified. Several contracts are read at the same time and given out
//! one after the other, so that what is shown does not depend on which was the quickest.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use ionos_activitylog::{Client, ContractNumber, ContractWindow, DateRange, Error, Filter, GapReason};

use crate::args::contracts::has_number;
use crate::args::events::EventSelection;
use crate::error::CommandError;
use crate::events::source::{ReadSummary, Taker};
use crate::output::messages::Verbosity;
use crate::output::plural::format_count;
use crate::output::progress::RangeProgress;
use crate::runtime::context::Context;
use crate::service::account;

/// The log of one or more contracts.
pub(crate) struct ServiceReader {
    pub(super) client: Client,
    contracts: Vec<ContractNumber>,
    /// Whether somebody typed the contracts' numbers.
    named: bool,
    pub(super) range: DateRange,
}

impl ServiceReader {
    pub(super) async fn connect(
        asked: &EventSelection,
        range: DateRange,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let client = account::connect(&asked.account, context.clock.now(), context)?;
        let contracts = account::contracts(&asked.contract, &client).await?;
        Ok(Self { client, contracts, named: has_number(&asked.contract), range })
    }

    pub(super) fn contracts_in_words(&self) -> String {
        match self.contracts.as_slice() {
            [contract] => format!("contract {contract}"),
            several => format!("{} contracts", several.len()),
        }
    }

    pub(super) async fn read(
        self,
        filter: &Filter,
        taker: &mut dyn Taker,
        context: &mut Context<'_>,
    ) -> Result<ReadSummary, CommandError> {
        let mut reading = ReadSummary { contracts: self.contracts.len(), more: "try again", ..ReadSummary::default() };
        let progress = RangeProgress::start(context, self.range, self.contracts.len());
        let mut seen: BTreeMap<ContractNumber, u64> = BTreeMap::new();
        let mut errors: BTreeMap<ContractNumber, Error> = BTreeMap::new();
        let windows = self.client.events_of(self.contracts.clone(), self.range);
        let mut windows = windows.in_order();
        while let Some(ContractWindow { contract, result }) = windows.next().await {
            // A demo never waits for anything, and would not notice a Ctrl-C before its end.
            tokio::task::yield_now().await;
            let window = match result {
                Ok(window) => window,
                Err(error) => {
                    errors.insert(contract, error);
                    continue;
                }
            };
            for gap in &window.gaps {
                reading.unproven.push(format!("contract {contract}: {gap}"));
                reading.beyond_reach += usize::from(gap.reason == GapReason::Overflow);
            }
            let read_to = window.range.end();
            context.messages.step(
                Verbosity::Steps,
                format_args!(
                    "contract {contract}, {}: {} in {}",
                    window.range,
                    format_count(window.events.len() as u64, "event"),
                    format_count(window.requests, "request")
                ),
            );
            let of_contract = seen.entry(contract.clone()).or_default();
            *of_contract += window.events.len() as u64;
            for event in window.events {
                taker.see(&event);
                if reading.counts.count(filter.matches(&event)) && !taker.take(&contract, event, context)? {
                    return Ok(reading);
                }
            }
            progress.show_read(&contract, read_to, *of_contract);
        }
        // More may be asked only when nothing is on its way any more that nobody would look after.
        drop(windows);
        for contract in &self.contracts {
            let empty = seen.get(contract).is_none_or(|events| *events == 0);
            let failure = match errors.remove(contract) {
                Some(error) => Some(account::explain(&self.client, contract, error).await),
                // Whether a foreign contract is refused or looks empty is not documented.
                None if self.named && empty => account::not_listed(&self.client, contract).await,
                None => None,
            };
            let failure = failure.map(|failure| (contract.clone(), failure));
            reading.failures.extend(failure);
        }
        Ok(reading)
    }
}
