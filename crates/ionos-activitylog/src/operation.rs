//! What a client can be asked to do, as programs and as people call it.

use crate::{ContractNumber, DateRange};

/// A call under way.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The operation id of the API's description, in snake case.
    pub(crate) id: &'static str,
    /// The path, with names for its variable parts.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only spans show it"))]
    pub(crate) template: &'static str,
    /// What is being done, for messages.
    pub(crate) label: String,
}

impl Operation {
    pub(crate) fn info() -> Self {
        Self { id: "get_info", template: "/activitylog/v1", label: "reading the API's name and version".to_owned() }
    }

    pub(crate) fn contracts() -> Self {
        Self {
            id: "get_available_contracts",
            template: "/activitylog/v1/contracts",
            label: "listing the contracts".to_owned(),
        }
    }

    pub(crate) fn page(contract: &ContractNumber, range: DateRange, offset: u64) -> Self {
        Self {
            id: "get_by_contract",
            template: "/activitylog/v1/contracts/{contractNumber}",
            label: format!("reading the log of contract {contract} for {range} at offset {offset}"),
        }
    }

    pub(crate) fn cloud_request(id: &str) -> Self {
        Self {
            id: "get_request",
            template: "/cloudapi/v6/requests/{requestId}",
            label: format!("asking the Cloud API for the request {id}"),
        }
    }

    pub(crate) fn events(contract: &ContractNumber, range: DateRange) -> Self {
        Self { label: format!("reading the log of contract {contract} for {range}"), ..Self::page(contract, range, 0) }
    }
}
