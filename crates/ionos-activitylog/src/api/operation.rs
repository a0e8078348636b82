//! The operations of the service, with their names for spans, errors and people.

use crate::contract::ContractNumber;
use crate::net::concurrency::CallPriority;
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
    /// The priority of the call among the calls of its reading.
    pub(crate) priority: CallPriority,
}

impl Operation {
    pub(crate) fn info() -> Self {
        Self {
            id: "get_info",
            template: "/activitylog/v1",
            label: "reading the API's name and version".to_owned(),
            priority: CallPriority::InOrder,
        }
    }

    pub(crate) fn contracts() -> Self {
        Self {
            id: "get_available_contracts",
            template: "/activitylog/v1/contracts",
            label: "listing the contracts".to_owned(),
            priority: CallPriority::InOrder,
        }
    }

    /// Reads one page of `size` hits. A first page of one hit is a count: its total is compared with the events of
    /// windows. These windows take memory until the count arrives, so counts go before other pages.
    pub(crate) fn page(contract: &ContractNumber, range: DateRange, offset: u64, size: u64) -> Self {
        Self {
            id: "get_by_contract",
            template: "/activitylog/v1/contracts/{contractNumber}",
            label: format!("reading the log of contract {contract} for {range} at offset {offset}"),
            priority: if (offset, size) == (0, 1) { CallPriority::First } else { CallPriority::InOrder },
        }
    }

    pub(crate) fn cloud_request(id: &str) -> Self {
        Self {
            id: "get_request",
            template: "/cloudapi/v6/requests/{requestId}",
            label: format!("asking the Cloud API for the request {id}"),
            priority: CallPriority::InOrder,
        }
    }

    /// The operation that reads all pages of a range.
    pub(crate) fn events(contract: &ContractNumber, range: DateRange) -> Self {
        let label = format!("reading the log of contract {contract} for {range}");
        Self { label, priority: CallPriority::InOrder, ..Self::page(contract, range, 0, 1) }
    }
}
