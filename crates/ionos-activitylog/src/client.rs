//! The client: one method for each operation of the service, and the stream that follows pages.

use std::future::Future;
use std::sync::Arc;

use ionos_activitylog_client as wire;

use crate::base_url::BaseUrl;
use crate::error::wire::CallFailure;
use crate::token::Token;
use crate::{
    ClientBuilder, Contract, ContractNumber, DateRange, Error, ErrorKind, Events, Info, Page,
    PageSize,
};

/// A client of the Activity Log API. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) base_url: BaseUrl,
    pub(crate) token: Token,
    /// Builds requests; whether it sends them is the transport's choice.
    pub(crate) http: reqwest::Client,
    pub(crate) transport: Arc<dyn wire::Transport>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url.as_str())
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Starts a client with explicit settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with the token from `IONOS_TOKEN` and, where it is set, the address of the API from `IONOS_API_URL`.
    ///
    /// Fails with [`ErrorKind::Configuration`] when the token is missing or a setting cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    pub(crate) fn new(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What the API says about itself. Needs no valid token.
    ///
    /// Fails as described for [`ErrorKind`].
    pub async fn info(&self) -> Result<Info, Error> {
        self.call(
            || "reading the API's name and version".to_owned(),
            async |client| client.get_info().send().await,
            |info| Ok(Info::from_wire(info)),
        )
        .await
    }

    /// The contracts whose log the token may read, in the order in which the service lists them.
    ///
    /// Fails as described for [`ErrorKind`], and with [`ErrorKind::Decode`] when an entry has no usable number:
    /// a list without it would pass for complete.
    pub async fn contracts(&self) -> Result<Vec<Contract>, Error> {
        self.call(
            || "listing the contracts".to_owned(),
            async |client| client.get_available_contracts().send().await,
            |entries| {
                let numbered = entries.into_iter().enumerate();
                numbered
                    .map(|(index, entry)| Contract::from_wire(index + 1, entry))
                    .collect()
            },
        )
        .await
    }

    /// One page of a contract's log: at most `size` events of the range, after skipping the first `offset`.
    ///
    /// The service may send fewer than `size` although there are more; [`Client::events`] follows that.
    /// Fails as described for [`ErrorKind`].
    pub async fn page(
        &self,
        contract: &ContractNumber,
        range: DateRange,
        offset: u64,
        size: PageSize,
    ) -> Result<Page, Error> {
        let (start, end) = range.to_wire();
        self.call(
            || format!("reading the log of contract {contract} for {range} at offset {offset}"),
            async |client| {
                client
                    .get_by_contract()
                    .contract_number(contract.as_str())
                    .date_start(start)
                    .date_end(end)
                    .offset(offset)
                    .limit(size.get())
                    .send()
                    .await
            },
            |answer| Page::from_wire(answer, offset),
        )
        .await
    }

    /// All events of a contract and range.
    ///
    /// The range should lie in the past: events that arrive while it is read move the pages.
    pub fn events(&self, contract: ContractNumber, range: DateRange) -> Events {
        Events::new(self.clone(), contract, range)
    }

    /// Runs one generated call and takes what is wanted out of its answer; `label` says what is being done, and
    /// `read` why an answer cannot be used. Each call gets a client of its own, so that the answer noted is its own.
    async fn call<T, U, F>(
        &self,
        label: impl Fn() -> String,
        call: impl FnOnce(wire::Client) -> F,
        read: impl FnOnce(T) -> Result<U, String>,
    ) -> Result<U, Error>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let Shared {
            base_url,
            token,
            http,
            transport,
        } = &*self.shared;
        let context = wire::Context::new(transport.clone());
        let client =
            wire::Client::new_with_client(base_url.as_str(), http.clone(), context.clone());
        let status = || context.answer().map(|answer| answer.status);
        match call(client).await {
            Ok(answer) => read(answer.into_inner()).map_err(|detail| {
                Error::new(ErrorKind::Decode, detail)
                    .with_status(status())
                    .during(label())
            }),
            Err(error) => {
                let failure = CallFailure {
                    error,
                    status: status(),
                    place: base_url.place(),
                    token,
                };
                Err(failure.into_error().await.during(label()))
            }
        }
    }
}
