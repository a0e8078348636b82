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
    fn new(id: &'static str, template: &'static str, label: String) -> Self {
        Self { id, template, label, priority: CallPriority::InOrder }
    }

    pub(crate) fn info() -> Self {
        Self::new("get_info", "/activitylog/v1", "reading the API's name and version".to_owned())
    }

    pub(crate) fn contracts() -> Self {
        Self::new("get_available_contracts", "/activitylog/v1/contracts", "listing the contracts".to_owned())
    }

    fn log(label: String) -> Self {
        Self::new("get_by_contract", "/activitylog/v1/contracts/{contractNumber}", label)
    }

    /// Reads one page of `size` hits. A first page of one hit is a count: its total is compared with the events of
    /// windows. These windows take memory until the count arrives, so counts go before other pages.
    pub(crate) fn page(contract: &ContractNumber, range: DateRange, offset: u64, size: u64) -> Self {
        let priority = if (offset, size) == (0, 1) { CallPriority::First } else { CallPriority::InOrder };
        let label = format!("reading the log of contract {contract} for {range} at offset {offset}");
        Self { priority, ..Self::log(label) }
    }

    pub(crate) fn cloud_request(id: &str) -> Self {
        let label = format!("asking the Cloud API for the request {id}");
        Self::new("get_request", "/cloudapi/v6/requests/{requestId}", label)
    }

    /// The operation that reads all pages of a range.
    pub(crate) fn events(contract: &ContractNumber, range: DateRange) -> Self {
        Self::log(format!("reading the log of contract {contract} for {range}"))
    }
}
