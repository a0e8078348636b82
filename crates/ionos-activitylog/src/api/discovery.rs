//! Reads the version of the API and the list of contracts whose log the token may read.

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
    /// Fails for an entry without a usable number: dropping the entry would drop a contract from "all contracts".
    /// `ordinal` is the position of the entry in the list, from 1.
    pub(super) fn from_wire(ordinal: usize, entry: wire::types::ReferenceById) -> Result<Self, String> {
        let number = entry.id.as_ref().map(|id| id.text().into_owned());
        let number = number
            .ok_or_else(|| format!("entry {ordinal} of the list has no contract number"))?
            .parse()
            .map_err(|error| format!("entry {ordinal} of the list: {error}"))?;
        Ok(Self { number, href: entry.href })
    }
}
