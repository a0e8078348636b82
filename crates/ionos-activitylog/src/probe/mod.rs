//! Measures undocumented behaviour of the service with a few requests that are made for this purpose. A client that
//! reads events also notices some of this behaviour, but only when it reaches a limit of the service. A result is an
//! observation and not a guarantee, because the service may change.

mod contents;
mod paging;

use chrono::{SubsecRound, TimeDelta};

use crate::api::Api;
use crate::api::page::Page;
use crate::api::profile::{ServiceProfile, TotalShape};
use crate::contract::ContractNumber;
use crate::error::{Error, ErrorKind};
use crate::probe::paging::{order, page_cap};
use crate::range::DateRange;

/// Requested size of the first page: one more than the maximum that public clients of this API offer.
const LARGE_PAGE: u64 = 1_001;

/// Page sizes to try, in this order, if the service refuses [`LARGE_PAGE`]. The last one is the service's default.
const SMALLER_PAGES: [u64; 6] = [1_000, 500, 250, 100, 50, 20];

/// Length of the probed range in days. Older events may already be deleted from the log.
const DAYS: i64 = 365;

/// Time between the end of the probed range and now. Events of the last hour may still be missing from the log.
const SETTLED: TimeDelta = TimeDelta::hours(1);

/// Result of [`Client::probe`](crate::Client::probe).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// The measured behaviour, for [`Client::load_profile`](crate::Client::load_profile).
    pub profile: ServiceProfile,
    /// The measured behaviour in words: one finding per question, in a fixed order.
    pub findings: Vec<Finding>,
    /// Whether the service excludes an event at exactly the start of a range, contrary to the API description; `None`
    /// if unknown. If `Some(true)`, reading a range may miss such an event.
    pub start_exclusive: Option<bool>,
    /// Number of requests sent, including retries.
    pub requests: u64,
}

/// The answer to one question about the service's behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Name of the question, such as "page cap".
    pub name: &'static str,
    /// The answer in a few words; "not known" if the responses of the service are inconclusive.
    pub answer: String,
    /// The observation that supports the answer, as a sentence without a full stop.
    pub observation: String,
}

const NOT_KNOWN: &str = "not known";

impl Finding {
    fn new(name: &'static str, answer: impl Into<String>, observation: impl Into<String>) -> Self {
        Self { name, answer: answer.into(), observation: observation.into() }
    }
}

impl Probe {
    /// Measures the behaviour of the service on the log of one contract.
    pub(crate) async fn run(api: &Api, contract: &ContractNumber) -> Result<Self, Error> {
        let now = api.clock.now().trunc_subsecs(0);
        let end = now - SETTLED;
        let range = DateRange::new(end - TimeDelta::days(DAYS), end)?;
        let mut session = ProbeSession { api, contract, requests: 0 };
        let (first, page) = session.first_page(range).await?;
        let (page_cap, page) = page;
        let (count, capped) = session.total_shape(range, &first).await;
        let (order_found, order) = order(&first.page);
        let (ties, stable) = session.tie_order(range, &first, order).await;
        let (deep, offset_cap) = session.max_offset(range, &first, capped).await;
        let (dates, fractions) = session.date_fractions(&first.page).await;
        let (start, start_exclusive) = session.date_start(&first.page, fractions).await;
        let end = session.date_end(&first.page, fractions).await;
        let (lag, lag_seconds) = session.ingest_lag(&first, order).await;
        Ok(Probe {
            profile: ServiceProfile {
                page_cap,
                offset_cap,
                order,
                stable,
                total: Some(first.shape),
                total_capped: capped,
                fractions,
                lag_seconds,
            },
            findings: vec![page, deep, order_found, ties, count, dates, start, end, lag],
            start_exclusive,
            requests: session.requests,
        })
    }
}

/// A page with its requested size and the JSON form of its total.
struct ProbedPage {
    page: Page,
    requested_size: u64,
    shape: TotalShape,
}

impl ProbedPage {
    fn received(&self) -> u64 {
        self.page.events.len() as u64
    }

    fn total(&self) -> Option<u64> {
        self.page.total.map(|total| total.count)
    }
}

/// Sends the requests of one probe and counts them.
struct ProbeSession<'a> {
    api: &'a Api,
    contract: &'a ContractNumber,
    requests: u64,
}

impl ProbeSession<'_> {
    /// Requests one page. The range is sent with its fractions of a second.
    async fn request_page(&mut self, range: DateRange, offset: u64, size: u64) -> Result<ProbedPage, Error> {
        let response = self
            .api
            .read_page(
                self.contract,
                range,
                offset,
                size,
                |answer| {
                    let total = answer.as_ref().and_then(|hits| hits.total.as_ref());
                    let shape = total.map_or(TotalShape::Absent, |total| total_shape(total.json()));
                    let is_blank = answer
                        .as_ref()
                        .is_some_and(|hits| hits.total.is_none() && hits.events.as_ref().is_some_and(Vec::is_empty));
                    // When events are read, an empty first page without a total is an error. For a probe, such a page
                    // is a finding.
                    let page = match is_blank {
                        true => Page::empty(offset),
                        false => Page::from_hits(answer, range, offset)?,
                    };
                    Ok((page, shape))
                },
                || (Page::empty(offset), TotalShape::Absent),
            )
            .await;
        match response {
            Ok(response) => {
                self.requests += u64::from(response.meta().attempts());
                let (page, shape) = response.into_inner();
                Ok(ProbedPage { page, requested_size: size, shape })
            }
            Err(error) => {
                self.requests += u64::from(error.attempts());
                Err(error)
            }
        }
    }

    /// Requests the first page in the largest size that the service accepts. Returns the page and the page cap.
    async fn first_page(&mut self, range: DateRange) -> Result<(ProbedPage, (Option<u64>, Finding)), Error> {
        let mut refused = None;
        for size in [LARGE_PAGE].into_iter().chain(SMALLER_PAGES) {
            match self.request_page(range, 0, size).await {
                Ok(answer) => {
                    let has_more = match answer.total() {
                        Some(total) => total > answer.received(),
                        // If the request for the next event fails, assumes that there are no more events.
                        None => {
                            let next = self.request_page(range, answer.received(), 1).await;
                            next.is_ok_and(|next| next.received() > 0)
                        }
                    };
                    let page = page_cap(&answer, refused, has_more);
                    return Ok((answer, page));
                }
                Err(error) if error.kind() == ErrorKind::BadRequest && size > 20 => {
                    refused = Some(size);
                }
                Err(error) => return Err(error),
            }
        }
        // Unreachable: with the last size, the loop returns the page or the error.
        Err(Error::new(ErrorKind::BadRequest, "the service refuses pages of any size"))
    }
}

fn total_shape(json: &str) -> TotalShape {
    match json.trim_start().bytes().next() {
        Some(b'0'..=b'9' | b'-') => TotalShape::Number,
        Some(b'"') => TotalShape::Text,
        Some(b'{') => TotalShape::Object,
        Some(b'n') | None => TotalShape::Absent,
        Some(_) => TotalShape::Other,
    }
}

fn describe_failure(error: &Error) -> String {
    format!("the measurement failed: {error}")
}
