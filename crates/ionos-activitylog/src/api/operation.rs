//! The operations of the service, with their names for spans, errors and people.

use crate::contract::ContractNumber;
use crate::range::DateRange;

/// The operation that a call runs.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The operation id of the API description, in snake case.
    pub(crate) id: &'static str,
    /// The path, with names for its variable parts.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "used by spans only"))]
    pub(crate) template: &'static str,
    /// The name of the operation in messages, such as "listing the contracts".
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

    /// The operation that reads all pages of a range.
    pub(crate) fn events(contract: &ContractNumber, range: DateRange) -> Self {
        Self { label: format!("reading the log of contract {contract} for {range}"), ..Self::page(contract, range, 0) }
    }
}
