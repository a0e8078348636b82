//! The state of a simulated service: its configuration, and the parts that change while it runs (revoked tokens, the
//! rate limit, counters, the record cache and the request log).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::access::AccessControl;
use crate::access::rate_limit::RateLimiter;
use crate::behavior::Behavior;
use crate::fault::script::ActiveFaults;
use crate::log::{Log, LogView};
use crate::request_log::RequestLog;
use crate::request_log::counter::RequestCounter;

/// Returns the current time, in UTC.
pub(crate) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A simulated service with one account.
pub(crate) struct Service {
    pub(crate) seed: u64,
    pub(crate) access: AccessControl,
    pub(crate) rate_limiter: Option<RateLimiter>,
    pub(crate) log: Log,
    pub(crate) faults: ActiveFaults,
    pub(crate) request_counter: RequestCounter,
    pub(crate) request_log: RequestLog,
    pub(crate) clock: Clock,
    /// The start of every `href`, without a trailing slash.
    pub(crate) base_url: String,
}

impl Service {
    pub(crate) fn behavior(&self) -> &Behavior {
        &self.log.behavior
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// The log of a contract in [start, end) at the current time. `None` if the account does not have the contract.
    pub(crate) fn view(&self, contract: u64, start: DateTime<Utc>, end: DateTime<Utc>) -> Option<LogView<'_>> {
        self.access.contracts.contains(contract).then(|| self.log.view(contract, Some(start), Some(end), self.now()))
    }
}
