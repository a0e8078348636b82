//! The client: one method per operation of the service, and the entry points of reading and probing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::api::Api;
use crate::api::discovery::{Contract, Info};
use crate::api::page::{Page, PageSize};
use crate::api::profile::ServiceProfile;
use crate::api::response::Response;
use crate::auth::Claims;
use crate::cloud_request::CloudRequest;
use crate::config::Setting;
use crate::contract::ContractNumber;
use crate::error::Error;
use crate::probe::Probe;
use crate::range::DateRange;
use crate::reader::contracts::ContractsStream;
use crate::reader::events::Events;

/// A client of the Activity Log API. Cheap to clone; clones share connections, the retry budget, the limits on
/// requests, and the wait after a 429.
#[derive(Clone)]
pub struct Client {
    api: Arc<Api>,
    settings: Arc<[Setting]>,
}

impl Client {
    pub(crate) fn new(api: Api, settings: Vec<Setting>) -> Self {
        Self { api: Arc::new(api), settings: settings.into() }
    }

    /// The settings in force with their origins: credentials, API address, contract, pinned certificate, root
    /// certificates, configuration file and profile, in this order. Contains no secret.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The claims of the token in use, unverified. `None` for an opaque token, and for a user name and password. If a
    /// provider supplies the tokens, also `None` before the first call.
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        self.api.authorization.claims()
    }

    /// The contract to read by default: the one that the client acts for, otherwise the one in the claims of the token.
    /// `None` if neither is known.
    #[must_use]
    pub fn default_contract(&self) -> Option<ContractNumber> {
        let acting_for = self.api.contract_header.as_ref().and_then(|header| header.to_str().ok()?.parse().ok());
        acting_for.or_else(|| self.claims()?.contract)
    }

    /// The API address in force, as in [`Client::settings`].
    #[must_use]
    pub fn api_address(&self) -> &str {
        self.api.base_url.as_str()
    }

    /// Latest time that the service sent in a `Date` header, in UTC and whole seconds. `None` before the first such
    /// header. Every event that existed at that time is from this second or an earlier one. This also holds if the
    /// clock of this machine is wrong.
    #[must_use]
    pub fn service_time(&self) -> Option<DateTime<Utc>> {
        self.api.limits.service_time()
    }

    /// A warning for the user if [`Claims::may_read_log`] is `Some(false)` for the token in use. The service may decide
    /// otherwise.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.api.authorization.warning()
    }

    /// Name and version of the API.
    ///
    /// Fails as described for [`ErrorKind`](crate::ErrorKind).
    pub async fn info(&self) -> Result<Response<Info>, Error> {
        self.api.info().await
    }

    /// The contracts whose log the token may read, in the order of the service.
    ///
    /// Fails as described for [`ErrorKind`](crate::ErrorKind), and with `Decode` if an entry has no usable number,
    /// because a list without the entry would seem complete.
    pub async fn contracts(&self) -> Result<Response<Vec<Contract>>, Error> {
        self.api.contracts().await
    }

    /// One page of a contract's log: skips the first `offset` events of the range, and returns at most `size` of the
    /// events that follow.
    ///
    /// The service may send fewer events although there are more; [`Client::events`] handles that. The range is widened
    /// to whole seconds: see [`DateRange::to_whole_seconds`]. Fails as described for [`ErrorKind`](crate::ErrorKind).
    pub async fn page(
        &self,
        contract: &ContractNumber,
        range: DateRange,
        offset: u64,
        size: PageSize,
    ) -> Result<Response<Page>, Error> {
        self.api.page(contract, range.to_whole_seconds(), offset, size.get()).await
    }

    /// All events of a contract and range, each once and verified. See [`Events`] for the options.
    ///
    /// The range should end some seconds before now. If an event arrives while its window is read, the window is read
    /// again; an event that arrives later is missed. Most requests have dates in whole seconds. If a whole second
    /// cannot be verified, requests contain parts of this second.
    pub fn events(&self, contract: ContractNumber, range: DateRange) -> Events {
        Events::new(self.api.clone(), contract, range)
    }

    /// All events of several contracts and one range, window by window. Contracts take turns and fail independently.
    /// [`ContractsStream::in_order`] returns the events contract by contract.
    pub fn events_of(&self, contracts: impl IntoIterator<Item = ContractNumber>, range: DateRange) -> ContractsStream {
        ContractsStream::new(contracts.into_iter().map(|contract| self.events(contract, range)))
    }

    /// The request that the Cloud API received and keeps under `id`: its body and its status. This method sends
    /// `GET /cloudapi/v6/requests/{id}` to the API address of the client, with the credentials of the client. `id`
    /// comes from [`Details::request_id`](crate::Details). Values that may be secret are redacted.
    ///
    /// The Cloud API keeps only requests that it received itself and that changed something. It keeps them for an
    /// undocumented time, so [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) does not prove that a request never
    /// existed. Fails as described for [`ErrorKind`](crate::ErrorKind). If `id` cannot be a request id, fails with
    /// `Configuration` and sends no request.
    pub async fn cloud_request(&self, id: &str) -> Result<Response<CloudRequest>, Error> {
        self.api.cloud_request(id).await
    }

    /// Measures the behaviour of the service on the log of one contract: page cap, maximum offset, order, whether
    /// events with equal times keep their order, form of the total, fractions of a second in dates, and how late events
    /// appear. Sends about 10 and at most 30 requests, not counting retries, one after the other.
    ///
    /// Fails as described for [`ErrorKind`](crate::ErrorKind) if the first page cannot be read. A later failure is
    /// reported as a finding.
    pub async fn probe(&self, contract: &ContractNumber) -> Result<Probe, Error> {
        Probe::run(&self.api, contract).await
    }

    /// Loads a known behaviour of the service into this client and its clones. The profile makes reading faster and
    /// never less complete: all windows are verified as they would be without a profile, and the profile is dropped
    /// before any gap is reported.
    pub fn load_profile(&self, profile: &ServiceProfile) {
        self.api.limits.load_profile(profile);
    }

    /// The behaviour that reading has shown so far, including loaded values that no answer has refuted.
    /// [`Client::probe`] measures more.
    #[must_use]
    pub fn service_profile(&self) -> ServiceProfile {
        self.api.limits.to_profile()
    }
}

#[cfg(test)]
impl Client {
    /// The current limit on requests in flight.
    pub(crate) fn concurrency_limit(&self) -> u32 {
        self.api.limiter.limit()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.api.base_url.as_str())
            .field("authorization", &self.api.authorization)
            .finish_non_exhaustive()
    }
}
