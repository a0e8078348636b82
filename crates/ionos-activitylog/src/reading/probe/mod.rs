//! How the service pages is not documented, and what reading shows of it shows by accident. A probe asks on purpose: a
//! few requests, each of which would be answered differently by services that differ.
//!
//! Nothing of it is proof. A service is asked once or twice, and may be another one tomorrow.

mod contents;
mod paging;

use chrono::{SubsecRound, TimeDelta};

use super::{ServiceProfile, TotalShape};
use crate::{Client, ContractNumber, DateRange, Error, ErrorKind, Page};
use paging::{order, page_cap};

/// One more than the largest page that anybody asks for.
const LARGE_PAGE: u64 = 1_001;

/// What is tried when that is refused. The last is the service's own default.
const SMALLER_PAGES: [u64; 6] = [1_000, 500, 250, 100, 50, 20];

/// Days in which events are looked for. More may not be kept.
const DAYS: i64 = 365;

/// Events of the last hour may still be on their way.
const SETTLED: TimeDelta = TimeDelta::hours(1);

/// What a probe has found out: see [`Client::probe`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// What can be kept for another run.
    pub profile: ServiceProfile,
    /// The same for people, one for each question, in a fixed order.
    pub findings: Vec<Finding>,
    /// How many requests were sent.
    pub requests: u64,
}

/// The answer to one question about the service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What was asked, such as "page cap".
    pub name: &'static str,
    /// The answer in a word or two; "not known" where what was seen does not tell.
    pub answer: String,
    /// What was seen, in a sentence without its stop.
    pub seen: String,
}

const NOT_KNOWN: &str = "not known";

impl Finding {
    fn new(name: &'static str, answer: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { name, answer: answer.into(), seen: seen.into() }
    }
}

impl Client {
    /// Measures how the service behaves, on the log of one contract: page cap, how far offsets reach, order, whether
    /// events of one time keep their places, the form of counts, fractions of a second in dates, and how late events
    /// appear. It takes about 10 requests, 30 at the most where none has to be sent again, one after the other and at the
    /// client's pace.
    ///
    /// Fails when not even a first page can be read, as described for [`ErrorKind`](crate::ErrorKind). What cannot be
    /// measured later is a finding that says so.
    pub async fn probe(&self, contract: &ContractNumber) -> Result<Probe, Error> {
        let now = self.clock().now().trunc_subsecs(0);
        let end = now - SETTLED;
        let range = DateRange::new(end - TimeDelta::days(DAYS), end)?;
        let mut asking = Asking { client: self, contract, requests: 0 };
        let (first, page) = asking.first(range).await?;
        let (page_cap, page) = page;
        let (count, capped) = asking.count(range, &first).await;
        let (order_found, order) = order(&first.page);
        let (ties, stable) = asking.ties(range, &first, order).await;
        let (deep, offset_cap) = asking.deep(range, &first, capped).await;
        let (dates, fractions) = asking.fractions(&first.page).await;
        let (lag, lag_seconds) = asking.lag(&first, order).await;
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
            findings: vec![page, deep, order_found, ties, count, dates, lag],
            requests: asking.requests,
        })
    }
}

/// A page, how large it was asked for, and how its count was written.
struct Answer {
    page: Page,
    size: u64,
    shape: TotalShape,
}

impl Answer {
    fn received(&self) -> u64 {
        self.page.events.len() as u64
    }

    fn count(&self) -> Option<u64> {
        self.page.total.map(|total| total.count)
    }
}

struct Asking<'a> {
    client: &'a Client,
    contract: &'a ContractNumber,
    requests: u64,
}

impl Asking<'_> {
    /// One page, in the range as it is.
    async fn ask(&mut self, range: DateRange, offset: u64, size: u64) -> Result<Answer, Error> {
        let asked = self
            .client
            .read_page(
                self.contract,
                range,
                offset,
                size,
                |answer| {
                    let total = answer.as_ref().and_then(|hits| hits.total.as_ref());
                    let shape = total.map_or(TotalShape::Absent, |total| shape(total.json()));
                    let empty = answer
                        .as_ref()
                        .is_some_and(|hits| hits.total.is_none() && hits.events.as_ref().is_some_and(Vec::is_empty));
                    // That proves nothing when reading, and is an answer here.
                    let page = match empty {
                        true => Page::without_content(offset),
                        false => Page::of(answer, offset)?,
                    };
                    Ok((page, shape))
                },
                || (Page::without_content(offset), TotalShape::Absent),
            )
            .await;
        match asked {
            Ok(answered) => {
                self.requests += u64::from(answered.meta().attempts());
                let (page, shape) = answered.into_inner();
                Ok(Answer { page, size, shape })
            }
            Err(error) => {
                self.requests += u64::from(error.attempts());
                Err(error)
            }
        }
    }

    /// The first page, as large as it is to be had.
    async fn first(&mut self, range: DateRange) -> Result<(Answer, (Option<u64>, Finding)), Error> {
        let mut refused = None;
        for size in [LARGE_PAGE].into_iter().chain(SMALLER_PAGES) {
            match self.ask(range, 0, size).await {
                Ok(answer) => {
                    let more = match answer.count() {
                        Some(count) => count > answer.received(),
                        // Whatever comes of it: it only tells whether there is something.
                        None => {
                            let behind = self.ask(range, answer.received(), 1).await;
                            behind.is_ok_and(|behind| behind.received() > 0)
                        }
                    };
                    let page = page_cap(&answer, refused, more);
                    return Ok((answer, page));
                }
                Err(error) if error.kind() == ErrorKind::BadRequest && size > 20 => {
                    refused = Some(size);
                }
                Err(error) => return Err(error),
            }
        }
        // The last size returns whatever comes of it.
        Err(Error::new(ErrorKind::BadRequest, "no page is small enough"))
    }
}

fn shape(json: &str) -> TotalShape {
    match json.trim_start().bytes().next() {
        Some(b'0'..=b'9' | b'-') => TotalShape::Number,
        Some(b'"') => TotalShape::Text,
        Some(b'{') => TotalShape::Object,
        Some(b'n') | None => TotalShape::Absent,
        Some(_) => TotalShape::Other,
    }
}

fn unmeasured(error: &Error) -> String {
    format!("it could not be measured: {error}")
}
