//! Calls the service, with one function per operation. Each function calls the generated client and converts the
//! answer.

use ionos_activitylog_client as wire;

use crate::api::Api;
use crate::api::discovery::{Contract, Info, contracts_from_wire};
use crate::api::headers;
use crate::api::operation::Operation;
use crate::api::page::{Hits, Page, max_hits, read_hits};
use crate::api::response::Response;
use crate::cloud_request::CloudRequest;
use crate::contract::ContractNumber;
use crate::error::{Error, ErrorKind};
use crate::range::DateRange;

impl Api {
    /// Reads name and version of the API.
    pub(crate) async fn info(&self) -> Result<Response<Info>, Error> {
        self.run(
            Operation::info(),
            |client| async move { client.get_info().send().await },
            |info| Ok(Info::from_wire(info)),
            Info::default,
        )
        .await
    }

    /// Lists the contracts. According to the API description, the service sends the whole list in one answer. So an
    /// answer whose headers announce further entries is an error, because a program that reads all contracts would miss
    /// some of them.
    pub(crate) async fn contracts(&self) -> Result<Response<Vec<Contract>>, Error> {
        let operation = Operation::contracts();
        let send = |client: wire::Client| async move { client.get_available_contracts().send().await };
        let read = |entries: Vec<_>| Ok((entries.len(), contracts_from_wire(entries)?));
        let ((sent, contracts), meta) = self.run(operation.clone(), send, read, Default::default).await?.into_parts();
        match headers::unsent_entries(&meta.headers, sent) {
            None => Ok(Response::new(contracts, meta)),
            Some(reason) => {
                let error = Error::new(ErrorKind::Decode, format!("the list of contracts is incomplete: {reason}"));
                let error = error.with_hint("name the contracts instead of reading the list");
                Err(error.with_operation(operation.id, operation.label).with_attempts(meta.attempts, meta.elapsed))
            }
        }
    }

    /// Reads one page. The range is sent with its fractions of a second.
    pub(crate) async fn page(
        &self,
        contract: &ContractNumber,
        range: DateRange,
        offset: u64,
        size: u64,
    ) -> Result<Response<Page>, Error> {
        let from_hits = |hits| Page::from_hits(hits, range, offset);
        let response = self.read_page(contract, range, offset, size, from_hits, || Page::empty(offset)).await?;
        let (mut page, meta) = response.into_parts();
        page.partial_search = page.partial_search.or_else(|| headers::outdated(&meta.headers));
        Ok(Response::new(page, meta))
    }

    /// Reads one page and converts its hits with `read`; `empty` creates the value for an answer without content (204).
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
        let send = |client: wire::Client| {
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
                let hits = read_hits(body, max_hits(size))
                    .map_err(|(body, error)| wire::Error::InvalidResponsePayload(body, error))?;
                Ok(wire::ResponseValue::new(hits, status, headers))
            }
        };
        self.run(Operation::page(contract, range, offset, size), send, read, empty).await
    }

    /// Reads a request that is stored in the Cloud API, and redacts secrets in the answer.
    pub(crate) async fn cloud_request(&self, id: &str) -> Result<Response<CloudRequest>, Error> {
        CloudRequest::check_id(id)?;
        let redact = |text: &str| self.authorization.redact(text);
        self.run(
            Operation::cloud_request(id),
            |client| async move { client.get_request(id).await },
            |answer| CloudRequest::from_wire(answer.get(), &redact),
            CloudRequest::default,
        )
        .await
    }
}
