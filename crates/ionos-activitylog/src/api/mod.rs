//! Calls the service: runs attempts and retries, converts answers and errors, and learns the limits of the service from
//! the answers. [`calls`] has one function per operation, [`retry_loop`] runs the attempts of a call, and [`attempt`]
//! runs one attempt. The module `reader` reads whole ranges.

mod attempt;
mod calls;
pub(crate) mod discovery;
mod failure;
pub(crate) mod headers;
pub(crate) mod limits;
pub(crate) mod operation;
pub(crate) mod page;
pub(crate) mod profile;
pub(crate) mod response;
mod retry_decision;
mod retry_loop;
mod spans;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use ionos_activitylog_client::Transport;
use reqwest::header::HeaderValue;

use crate::api::limits::ServiceLimits;
use crate::auth::Authorization;
use crate::net::base_url::BaseUrl;
use crate::net::concurrency::ConcurrencyLimiter;
use crate::net::poll_scope::PollScope;
use crate::net::rate::RateLimiter;
use crate::net::retry_budget::RetryBudget;
use crate::net::retry_policy::RetryPolicy;
use crate::runtime::clock::Clock;
use crate::runtime::spawner::{PolledBy, Spawner};

/// Runs calls. If the `Api` has a [`PollScope`], all its calls share this scope, because they are polled together.
/// Otherwise each call has a scope of its own.
#[derive(Clone)]
pub(crate) struct Api {
    shared: Arc<SharedApi>,
    scope: Option<Arc<PollScope>>,
}

/// Everything that a call needs. Shared by all clones of a client.
pub(crate) struct SharedApi {
    pub(crate) base_url: BaseUrl,
    pub(crate) authorization: Authorization,
    /// Builds requests; the transport decides whether this client also sends them.
    pub(crate) http: reqwest::Client,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) spawner: Option<Arc<dyn Spawner>>,
    pub(crate) limits: ServiceLimits,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: RetryBudget,
    pub(crate) limiter: Arc<ConcurrencyLimiter>,
    pub(crate) rate: Option<RateLimiter>,
    /// Maximum time between two reads of an answer. `None` if the transport has a limit of its own, or if there is no
    /// limit.
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) body_cap: u64,
    pub(crate) user_agent: HeaderValue,
    pub(crate) contract_header: Option<HeaderValue>,
}

impl Api {
    pub(crate) fn new(shared: SharedApi) -> Self {
        Self { shared: Arc::new(shared), scope: None }
    }

    /// Returns an `Api` whose calls are all polled together, and the scope that these calls share.
    pub(crate) fn with_scope(&self, polled_by: PolledBy) -> (Self, Arc<PollScope>) {
        let scope = self.new_scope(polled_by);
        (Self { shared: self.shared.clone(), scope: Some(scope.clone()) }, scope)
    }

    fn new_scope(&self, polled_by: PolledBy) -> Arc<PollScope> {
        PollScope::new(&self.limiter, &self.clock, polled_by)
    }
}

impl Deref for Api {
    type Target = SharedApi;

    fn deref(&self) -> &SharedApi {
        &self.shared
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api")
            .field("base_url", &self.base_url.as_str())
            .field("authorization", &self.authorization)
            .finish_non_exhaustive()
    }
}
