//! Reads the version of the API and the list of contracts whose log the token may read.

use std::collections::HashSet;

use ionos_activitylog_client as wire;

use crate::contract::ContractNumber;

/// Name and version of the API. All fields are optional in the API description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Name of the API, such as "CLOUD API".
    pub name: Option<String>,
    /// Version of the API, such as "1.0".
    pub version: Option<String>,
    /// URL of this answer.
    pub href: Option<String>,
}

impl Info {
    pub(super) fn from_wire(info: wire::types::Info) -> Self {
        Self { name: info.name, version: info.version, href: info.href }
    }
}

/// A contract whose log the token may read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contract {
    /// Number of the contract.
    pub number: ContractNumber,
    /// URL of the contract's log. `None` if the service sends none.
    pub href: Option<String>,
}

impl Contract {
    /// Fails if the entry has no usable number. If such an entry were skipped, a program that reads all contracts would
    /// miss one without an error. `ordinal` is the position of the entry in the list, from 1.
    fn from_wire(ordinal: usize, entry: wire::types::ReferenceById) -> Result<Self, String> {
        let number = entry.id.as_ref().map(|id| id.text().into_owned());
        let number = number
            .ok_or_else(|| format!("entry {ordinal} of the list has no contract number"))?
            .parse()
            .map_err(|error| format!("entry {ordinal} of the list: {error}"))?;
        Ok(Self { number, href: entry.href })
    }
}

/// The contracts of the service's list, each once and in the order of the list: a contract that is listed twice is one
/// contract. Fails if [`Contract::from_wire`] fails for an entry.
pub(super) fn contracts_from_wire(entries: Vec<wire::types::ReferenceById>) -> Result<Vec<Contract>, String> {
    let mut seen = HashSet::new();
    let numbered = entries.into_iter().enumerate();
    let contracts = numbered.map(|(index, entry)| Contract::from_wire(index + 1, entry));
    contracts.filter(|contract| contract.as_ref().map_or(true, |one| seen.insert(one.number.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_that_is_listed_twice_is_one_contract() {
        let read = |list: &str| contracts_from_wire(serde_json::from_str(list).unwrap());
        let numbers = |list: &str| {
            let contracts = read(list).unwrap();
            contracts.iter().map(|one| one.number.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(r#"[{"id":"2"},{"id":"1"},{"id":"2","href":"x"},{"id":1}]"#), ["2", "1"]);
        // Contract numbers are texts, so these are two contracts.
        assert_eq!(numbers(r#"[{"id":"7"},{"id":"07"}]"#), ["7", "07"]);
        assert!(read(r#"[{"id":"2"},{"id":"2"},{}]"#).unwrap_err().starts_with("entry 3 of the list"));
    }
}
