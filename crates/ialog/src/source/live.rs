//! Events from the service, contract after contract, each window when it is verified.

use futures_util::StreamExt;
use ionos_activitylog::{Client, ContractNumber, DateRange, Filter};

use super::{Reading, Taker};
use crate::account;
use crate::cli::{Asked, Named};
use crate::commands::counted;
use crate::failure::Failure;
use crate::host::Host;
use crate::progress::OfRange;
use crate::talk::Level;

/// The log of one or more contracts.
pub(crate) struct Live {
    pub(super) client: Client,
    contracts: Vec<ContractNumber>,
    /// Whether somebody typed the contracts' numbers.
    named: bool,
    pub(super) range: DateRange,
}

impl Live {
    pub(super) async fn connect(
        asked: &Asked,
        range: DateRange,
        host: &mut Host<'_>,
    ) -> Result<Self, Failure> {
        let client = account::connect(&asked.account, host.clock.now(), host)?;
        let contracts = account::contracts(&asked.contract, &client).await?;
        let named = |name: &Named| matches!(name, Named::One(_));
        Ok(Self {
            client,
            contracts,
            named: asked.contract.iter().any(named),
            range,
        })
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
        host: &mut Host<'_>,
    ) -> Result<Reading, Failure> {
        let mut reading = Reading {
            contracts: self.contracts.len(),
            ..Reading::default()
        };
        let progress = OfRange::start(host, self.range, self.contracts.len());
        for contract in &self.contracts {
            let before = (reading.counts.seen, reading.failures.len());
            let mut windows = self.client.events(contract.clone(), self.range).windows();
            while let Some(window) = windows.next().await {
                // A demo never waits for anything, and would not notice a Ctrl-C before its end.
                tokio::task::yield_now().await;
                let window = match window {
                    Ok(window) => window,
                    Err(error) => {
                        let failure = account::explain(&self.client, contract, error).await;
                        reading.failures.push((contract.clone(), failure));
                        break;
                    }
                };
                let gaps = window.gaps.iter();
                reading
                    .unproven
                    .extend(gaps.map(|gap| format!("contract {contract}: {gap}")));
                let read_to = window.range.end();
                host.talk.step(
                    Level::Steps,
                    format_args!(
                        "contract {contract}, {}: {} in {}",
                        window.range,
                        counted(window.events.len() as u64, "event"),
                        counted(window.requests, "request")
                    ),
                );
                for event in window.events {
                    taker.see(&event);
                    if reading.counts.count(filter.matches(&event))
                        && !taker.take(contract, event, host)?
                    {
                        return Ok(reading);
                    }
                }
                progress.show_read(contract, read_to, reading.counts.seen - before.0);
            }
            // Whether a foreign contract is refused or looks empty is not documented.
            if self.named
                && (reading.counts.seen, reading.failures.len()) == before
                && let Some(failure) = account::not_listed(&self.client, contract).await
            {
                reading.failures.push((contract.clone(), failure));
            }
        }
        Ok(reading)
    }
}
