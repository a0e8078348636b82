//! Finds contracts whose events name another contract. A service or a proxy that mixes up contracts answers with the
//! log of another contract. But events may name another contract for a good reason, too: the contract in an event is
//! that of its user, who may belong to a reseller. So this is a warning, unless both contracts have the same events.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use ionos_activitylog::{Client, ContractNumber, Event};

use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::runtime::context::Context;

/// Number of events after which a contract is no longer examined if none of them names a contract. Also the number of
/// events per contract that are compared with those of another contract.
pub(crate) const MAX_SAMPLE: usize = 100;

/// The contracts that were read, and the contracts that their events name.
#[derive(Default)]
pub(crate) struct NamedContracts {
    hasher: RandomState,
    /// Whether at most the first [`MAX_SAMPLE`] events of each contract are added.
    is_sample: bool,
    contracts: BTreeMap<ContractNumber, NamedContract>,
}

#[derive(Default)]
struct NamedContract {
    /// Number of examined events.
    events: u64,
    /// Number of examined events that name a contract.
    naming: u64,
    /// The contract that all of these events name; `None` if no event names one.
    other: Option<ContractNumber>,
    /// Whether the events are known to be right, because one of them names the contract itself, or because they name
    /// several contracts.
    is_settled: bool,
    /// Hashes of the ids of the first events, at most [`MAX_SAMPLE`].
    ids: HashSet<u64>,
}

/// A contract whose events all name one other contract that the token can read.
pub(crate) struct MixedContract {
    contract: ContractNumber,
    other: ContractNumber,
    events: u64,
    naming: u64,
    /// Whether there may be more events than `events`.
    is_sample: bool,
    /// Whether events of both contracts were read, and the same event was among them.
    has_same_events: bool,
}

impl NamedContracts {
    /// A value to which at most the first [`MAX_SAMPLE`] events of each contract are added.
    pub(crate) fn of_first_events() -> Self {
        Self { is_sample: true, ..Self::default() }
    }

    /// Adds events of a contract.
    pub(crate) fn add<'a>(&mut self, contract: &ContractNumber, events: impl IntoIterator<Item = &'a Event>) {
        let named = self.contracts.entry(contract.clone()).or_default();
        for event in events {
            let is_compared = named.ids.len() < MAX_SAMPLE;
            if is_compared {
                named.ids.insert(self.hasher.hash_one(event.id()));
            }
            if !named.is_settled {
                named.examine(contract, event);
            } else if !is_compared {
                return;
            }
        }
    }

    /// Whether the events of a contract are known to be right, so that further events change nothing.
    pub(crate) fn is_settled(&self, contract: &ContractNumber) -> bool {
        self.contracts.get(contract).is_some_and(|named| named.is_settled)
    }

    /// The contracts that may be mixed up. Reads the list of contracts from the service if an event names a contract
    /// that was not read. Without this list, such a contract is ignored.
    pub(crate) async fn mixed(&self, client: &Client) -> Vec<MixedContract> {
        let mut suspects: Vec<MixedContract> =
            self.contracts.iter().filter_map(|(contract, named)| self.suspect(contract, named)).collect();
        let was_read = |suspect: &MixedContract| self.contracts.contains_key(&suspect.other);
        if !suspects.iter().all(was_read) {
            let listed = client.contracts().await.map(|listed| listed.into_inner()).unwrap_or_default();
            suspects.retain(|suspect| was_read(suspect) || listed.iter().any(|one| one.number == suspect.other));
        }
        suspects
    }

    fn suspect(&self, contract: &ContractNumber, named: &NamedContract) -> Option<MixedContract> {
        let other = named.other.as_ref().filter(|_| !named.is_settled)?;
        let of_other = self.contracts.get(other);
        Some(MixedContract {
            contract: contract.clone(),
            other: other.clone(),
            events: named.events,
            naming: named.naming,
            is_sample: self.is_sample && named.events >= MAX_SAMPLE as u64,
            has_same_events: of_other.is_some_and(|of_other| !named.ids.is_disjoint(&of_other.ids)),
        })
    }
}

impl NamedContract {
    fn examine(&mut self, contract: &ContractNumber, event: &Event) {
        self.events += 1;
        let principal = event.details().principal();
        let Some(text) = principal.contract else {
            self.is_settled = self.naming == 0 && self.events >= MAX_SAMPLE as u64;
            return;
        };
        self.naming += 1;
        match text.trim().parse::<ContractNumber>() {
            Ok(named) if named != *contract && self.other.as_ref().is_none_or(|other| *other == named) => {
                self.other = Some(named);
            }
            _ => self.is_settled = true,
        }
    }
}

impl MixedContract {
    /// Prints a warning for each contract.
    pub(crate) fn warn(mixed: &[Self], context: &mut Context<'_>) {
        for one in mixed {
            context.warn(one.warning());
        }
    }

    /// The error if two contracts have the same events; `None` if no contracts have.
    pub(crate) fn error(mixed: &[Self]) -> Option<CommandError> {
        let Self { contract, other, .. } = mixed.iter().find(|one| one.has_same_events)?;
        Some(CommandError::incomplete(
            format!("the service returned the same events for contract {contract} and contract {other}"),
            format!(
                "check whether the service or a proxy mixed up the contracts, and do not rely on the events of contract \
                 {contract}"
            ),
        ))
    }

    fn warning(&self) -> String {
        let Self { contract, other, events, naming, is_sample, .. } = self;
        let with_number = if naming < events { " with a contract number" } else { "" };
        let (all, name) = match naming {
            _ if *is_sample => (format!("all of the first {}", format_count(*naming, "event")), "name"),
            1 => ("the only event".to_owned(), "names"),
            _ => (format!("all {}", format_count(*naming, "event")), "name"),
        };
        format!(
            "warning: {all}{with_number} returned for contract {contract} {name} contract {other}: check whether the service \
             mixed up the contracts"
        )
    }
}

#[cfg(test)]
mod tests {
    use ionos_activitylog_sim::Simulator;

    use super::*;

    fn event(id: u64, contract: &str) -> Event {
        Event::from_json(format!(r#"{{"@uuid":"{id}","principal":{{"identity":{{"contractNumber":{contract}}}}}}}"#))
            .unwrap()
    }

    /// The warnings and the error for events, each with its contract, its id and the contract that it names. The token
    /// can read two contracts: 33586252 and 48454223.
    async fn find(events: &[(u64, u64, &str)]) -> (Vec<String>, Option<String>) {
        let simulator = Simulator::builder().contracts(2).build();
        let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
        let mut named = NamedContracts::default();
        events.iter().for_each(|(contract, id, other)| named.add(&(*contract).into(), [&event(*id, other)]));
        let mixed = named.mixed(&client).await;
        (
            mixed.iter().map(MixedContract::warning).collect(),
            MixedContract::error(&mixed).map(|error| error.to_string()),
        )
    }

    #[tokio::test]
    async fn a_warning_about_a_sample_does_not_speak_of_all_events() {
        let simulator = Simulator::builder().contracts(2).build();
        let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
        for (count, expected) in [(99, "all 99 events"), (100, "all of the first 100 events")] {
            let events: Vec<Event> = (0..count).map(|id| event(id, "33586252")).collect();
            let mut named = NamedContracts::of_first_events();
            named.add(&200.into(), &events);
            let warning = named.mixed(&client).await[0].warning();
            assert!(warning.starts_with(&format!("warning: {expected} returned for contract 200 name")), "{warning}");
        }
    }

    const CHECK: &str = "check whether the service mixed up the contracts";

    #[tokio::test]
    async fn a_contract_whose_events_all_name_another_readable_contract_is_reported() {
        let reported = |text: &str| (vec![format!("warning: {text}: {CHECK}")], None);
        for (events, expected) in [
            (vec![(200, 1, "33586252")], reported("the only event returned for contract 200 names contract 33586252")),
            (
                vec![(200, 1, r#""33586252""#), (200, 2, "33586252")],
                reported("all 2 events returned for contract 200 name contract 33586252"),
            ),
            (
                vec![(200, 1, "100"), (200, 2, "null"), (200, 3, "100"), (100, 4, "100")],
                reported("all 2 events with a contract number returned for contract 200 name contract 100"),
            ),
        ] {
            assert_eq!(find(&events).await, expected, "{events:?}");
        }
    }

    #[tokio::test]
    async fn events_that_may_belong_to_the_contract_are_not_reported() {
        for events in [
            vec![],
            vec![(200, 1, "200"), (200, 2, "33586252")],
            vec![(200, 1, "33586252"), (200, 2, "200")],
            vec![(200, 1, "33586252"), (200, 2, "48454223")],
            vec![(200, 1, "33586252"), (200, 2, r#""x""#)],
            vec![(200, 1, "null")],
            // The token cannot read the contract 100.
            vec![(200, 1, "100")],
        ] {
            assert_eq!(find(&events).await, (Vec::new(), None), "{events:?}");
        }
    }

    #[tokio::test]
    async fn the_same_event_in_both_contracts_is_an_error() {
        let (warnings, error) = find(&[(100, 1, "100"), (200, 1, "100"), (200, 2, "100")]).await;
        assert_eq!(warnings.len(), 1);
        assert_eq!(
            error.unwrap(),
            "the service returned the same events for contract 200 and contract 100: check whether the service or a proxy mixed \
             up the contracts, and do not rely on the events of contract 200"
        );
        // Without a wrong contract number, the same event in two contracts is not examined.
        assert_eq!(find(&[(100, 1, "100"), (200, 1, "200")]).await, (Vec::new(), None));
    }
}
