//! The client: one method for each operation of the service, and the stream that follows pages.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ionos_activitylog_client as wire;

use crate::call::Caller;
use crate::clock::Clock;
use crate::operation::Operation;
use crate::page::{self, Hits};
use crate::reading::Spawner;
use crate::reading::learned::Learned;
use crate::{
    Claims, ClientBuilder, CloudRequest, Contract, ContractNumber, ContractsStream, DateRange, Error, Events, Info,
    Page, PageSize, Response, ServiceProfile, Setting,
};

/// A client of the Activity Log API. Cheap to clone; clones share connections, the budget of retries, the limits on
/// requests, and the wait when the service had too many of them.
#[derive(Clone)]
pub struct Client {
    caller: Arc<Caller>,
    settings: Arc<[Setting]>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.caller.base_url.as_str())
            .field("authorization", &self.caller.authorization)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Starts a client with explicit settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with the settings of the environment and of the vendor's tools: see [`ClientBuilder::from_env`].
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when there are no credentials or a
    /// setting cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    pub(crate) fn new(caller: Caller, settings: Vec<Setting>) -> Self {
        Self { caller: Arc::new(caller), settings: settings.into() }
    }

    /// What is in force and where it comes from: credentials, API address, contract, pinned certificate, root
    /// certificates, config file and profile, in this order. It holds no secret.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// What the token in use says of itself, unverified; none for an opaque token, for a user name and password, and
    /// before the first call with a token provider.
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        self.caller.authorization.claims()
    }

    /// What to read when nobody named a contract: the one that the client acts for, or else the one that the token
    /// in use is bound to. None where neither is known.
    #[must_use]
    pub fn default_contract(&self) -> Option<ContractNumber> {
        let acting_for = self.caller.contract_header.as_ref().and_then(|header| header.to_str().ok()?.parse().ok());
        acting_for.or_else(|| self.claims()?.contract)
    }

    /// The API address in force, as in [`Client::settings`].
    #[must_use]
    pub fn api_address(&self) -> &str {
        self.caller.base_url.as_str()
    }

    /// The latest time that the service named in an answer (`Date`, whole seconds), in UTC; none before the first answer,
    /// or when it names none. An event cannot be younger, whatever the clock of this machine says.
    #[must_use]
    pub fn service_time(&self) -> Option<DateTime<Utc>> {
        self.caller.learned.service_time()
    }

    /// One sentence for people when the token in use says that its user lacks the privilege to read the log. It is no
    /// more than a warning: only the service decides.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.caller.authorization.warning()
    }

    /// What the API says about itself.
    ///
    /// Fails as described for [`ErrorKind`](crate::ErrorKind).
    pub async fn info(&self) -> Result<Response<Info>, Error> {
        self.caller
            .run(
                Operation::info(),
                |client| async move { client.get_info().send().await },
                |info| Ok(Info::from_wire(info)),
                Info::default,
            )
            .await
    }

    /// The contracts whose log the token may read, in the order in which the service lists them.
    ///
    /// Fails as described for [`ErrorKind`](crate::ErrorKind), and with `Decode` when an entry has no usable number:
    /// a list without it would pass for complete.
    pub async fn contracts(&self) -> Result<Response<Vec<Contract>>, Error> {
        self.caller
            .run(
                Operation::contracts(),
                |client| async move { client.get_available_contracts().send().await },
                |entries| {
                    let numbered = entries.into_iter().enumerate();
                    numbered.map(|(index, entry)| Contract::from_wire(index + 1, entry)).collect()
                },
                Vec::new,
            )
            .await
    }

    /// One page of a contract's log: at most `size` events of the range, after skipping the first `offset`.
    ///
    /// The service may send fewer than `size` although there are more; [`Client::events`] follows that. It is asked
    /// for whole seconds: see [`DateRange::to_whole_seconds`].
    /// Fails as described for [`ErrorKind`](crate::ErrorKind).
    pub async fn page(
        &self,
        contract: &ContractNumber,
        range: DateRange,
        offset: u64,
        size: PageSize,
    ) -> Result<Response<Page>, Error> {
        self.exact_page(contract, range.to_whole_seconds(), offset, size.get()).await
    }

    /// As [`Client::page`], with fractions of a second as they are.
    pub(crate) async fn exact_page(
        &self,
        contract: &ContractNumber,
        range: DateRange,
        offset: u64,
        size: u64,
    ) -> Result<Response<Page>, Error> {
        self.read_page(
            contract,
            range,
            offset,
            size,
            |answer| Page::of(answer, offset),
            || Page::without_content(offset),
        )
        .await
    }

    /// As [`Client::exact_page`], and what is made of the answer is the caller's affair.
    pub(crate) async fn read_page<T>(
        &self,
        contract: &ContractNumber,
        range: DateRange,
        offset: u64,
        size: u64,
        read: impl Fn(Option<Hits>) -> Result<T, String>,
        empty: impl Fn() -> T,
    ) -> Result<Response<T>, Error> {
        let (start, end) = range.to_wire();
        self.caller
            .run(
                Operation::page(contract, range, offset),
                |client| {
                    let (start, end) = (start.clone(), end.clone());
                    async move {
                        let answer = client
                            .get_by_contract()
                            .contract_number(contract.as_str())
                            .date_start(start)
                            .date_end(end)
                            .offset(offset)
                            .limit(size)
                            .send()
                            .await?;
                        let answer = wire::read_body(answer).await?;
                        let (status, headers) = (answer.status(), answer.headers().clone());
                        let body = answer.into_inner();
                        let hits = page::read(&body);
                        let hits = hits.map_err(|error| wire::Error::InvalidResponsePayload(body, error))?;
                        Ok(wire::ResponseValue::new(hits, status, headers))
                    }
                },
                read,
                empty,
            )
            .await
    }

    /// All events of a contract and range, each once and verified; see [`Events`] for what can be chosen.
    ///
    /// The range should lie in the past, and end some seconds before now: an event that arrives while a window is read
    /// has it read again, and one that arrives later is not in it. The service is asked for whole seconds, unless more
    /// events share one than a window can hold and it is seen to take fractions.
    pub fn events(&self, contract: ContractNumber, range: DateRange) -> Events {
        Events::new(self.clone(), contract, range)
    }

    /// All events of several contracts and one range, window by window. Contracts take turns, and the failure of one does
    /// not touch the others. [`ContractsStream::in_order`] gives them one after the other.
    pub fn events_of(&self, contracts: impl IntoIterator<Item = ContractNumber>, range: DateRange) -> ContractsStream {
        let readings = contracts.into_iter().map(|contract| self.events(contract, range));
        ContractsStream::new(readings)
    }

    /// What the Cloud API tells of a request (`GET /cloudapi/v6/requests/{id}` at the same address, with the same
    /// credentials): what was asked for, and what became of it. `id` is that of [`Details::request_id`](crate::Details).
    /// What may be secret in the answer is left out before it is given back.
    ///
    /// Only requests that came through the Cloud API and changed something are known there, and for how long is not
    /// documented: [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) says little. Fails as described for
    /// [`ErrorKind`](crate::ErrorKind), and with `Configuration`, without asking, for what cannot be the id of a request.
    pub async fn cloud_request(&self, id: &str) -> Result<Response<CloudRequest>, Error> {
        CloudRequest::check_id(id)?;
        let known = |text: &str| self.caller.authorization.redact(text);
        self.caller
            .run(
                Operation::cloud_request(id),
                |client| async move { client.get_request(id).await },
                |answer| CloudRequest::from_wire(answer.get(), &known),
                CloudRequest::default,
            )
            .await
    }

    /// Begins with what is known of the service from before, for this client and its clones. It makes reading quicker and
    /// never less complete: whatever is read is verified as without it, and before anything is reported missing, all of
    /// this is doubted.
    pub fn assume(&self, profile: &ServiceProfile) {
        self.caller.learned.assume(profile);
    }

    /// What reading has shown of the service so far, with what was assumed and not refuted. [`Client::probe`] measures
    /// more.
    #[must_use]
    pub fn service_profile(&self) -> ServiceProfile {
        self.caller.learned.profile()
    }

    pub(crate) fn learned(&self) -> &Learned {
        &self.caller.learned
    }

    pub(crate) fn spawner(&self) -> Option<Arc<dyn Spawner>> {
        self.caller.spawner.clone()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.caller.clock
    }
}
