//! A fake transport that answers from a script and records the requests. A script can also contain connection faults: a
//! body that breaks off, or silence for a span of virtual time.
//!
//! Besides the requests for the events, a reader may send requests of three kinds. The request for the page after the
//! last page of a range shows whether the service returns fewer events per page than requested. The request for the two
//! seconds around the start of a range shows whether the service excludes events at exactly the start. The requests for
//! the parts of a range show whether the service shortens long ranges. A script may omit these requests, because the
//! transport answers them with an empty page: see [`LastPages`], [`page_around_start`] and [`page_of_part`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{Client, RetryPolicy};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// The token of every scripted client. No output of the project may contain it.
pub const TOKEN: &str = "planted-token-4711";

/// The path of a request and its query pairs, sorted by name.
pub type Target = (String, Vec<(String, String)>);

/// The target of a request.
pub fn target(request: &reqwest::Request) -> Target {
    let url = request.url();
    let mut query: Vec<_> = url.query_pairs().into_owned().collect();
    query.sort();
    (url.path().to_owned(), query)
}

/// The reaction to one request.
pub struct Step {
    silence: Option<(Duration, Arc<VirtualClock>)>,
    outcome: Outcome,
}

enum Outcome {
    Answer(http::Response<Vec<u8>>),
    BreaksOff(http::Response<Vec<u8>>, io::ErrorKind),
    NotSent,
}

impl Step {
    /// An answer whose body has the bytes of `answer` and then fails with an error of this kind.
    pub fn breaks_off(answer: http::Response<Vec<u8>>, kind: io::ErrorKind) -> Self {
        Outcome::BreaksOff(answer, kind).into()
    }

    /// A request that cannot be sent.
    pub fn not_sent() -> Self {
        Outcome::NotSent.into()
    }

    /// The same reaction after `silence`, which passes on the virtual clock.
    pub fn after_silence(self, silence: Duration, clock: &Arc<VirtualClock>) -> Self {
        Self { silence: Some((silence, clock.clone())), ..self }
    }
}

impl From<Outcome> for Step {
    fn from(outcome: Outcome) -> Self {
        Self { silence: None, outcome }
    }
}

impl From<http::Response<Vec<u8>>> for Step {
    fn from(answer: http::Response<Vec<u8>>) -> Self {
        Outcome::Answer(answer).into()
    }
}

/// A transport with a list of reactions. Panics on a request for which no reaction is left.
#[derive(Default)]
pub struct ScriptedTransport {
    /// The remaining reactions, each with the target of its request; `None` for a reaction to a request with any
    /// target.
    steps: Mutex<VecDeque<(Option<Target>, Step)>>,
    requests: Mutex<Vec<reqwest::Request>>,
    last_pages: Mutex<LastPages>,
    /// The path, the start of the range and the page size of each earlier request for a page.
    starts: Mutex<HashSet<RangeStart>>,
    /// The path, the range and the page size of each earlier request that used a step of the script.
    ranges: Mutex<HashSet<RequestedRange>>,
}

/// The offset after the last page, for each path and range. This offset is known if the page at the offset 0 has fewer
/// hits than the page size, and if the total of this page is the number of its hits. For example, the offset is 3 after
/// a page with 3 hits, the total 3 and the page size 1000.
#[derive(Default)]
struct LastPages(HashMap<Target, u64>);

impl LastPages {
    /// Splits a target into three values: the target without offset and page size, the offset, and the page size.
    fn split(target: &Target) -> (Target, Option<u64>, Option<u64>) {
        let (path, query) = target;
        let number = |name: &str| query.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok());
        let range = query.iter().filter(|(key, _)| key.starts_with("date")).cloned().collect();
        ((path.clone(), range), number("offset"), number("limit"))
    }

    fn record(&mut self, target: &Target, step: &Step) {
        let (range, offset, limit) = Self::split(target);
        let Outcome::Answer(answer) = &step.outcome else { return };
        let Ok(page) = serde_json::from_slice::<AnswerPage>(answer.body()) else { return };
        let (hits, total) = (page.hits.hits.len() as u64, &page.hits.total);
        let is_last = hits > 0 && (*total == hits || total["value"] == hits && total["relation"] != "gte");
        if offset == Some(0) && is_last && limit > Some(hits) {
            self.0.insert(range, hits);
        }
    }

    /// An empty page, if the request is for the page after the last one.
    fn empty_page(&self, target: &Target) -> Option<Step> {
        let (range, offset, _) = Self::split(target);
        let hits = self.0.get(&range).filter(|hits| offset == Some(**hits))?;
        let page = json!({"hits": {"total": {"value": hits, "relation": "eq"}, "hits": []}});
        Some(answer(200, page.to_string()).into())
    }
}

/// The path of a request for a page, the start of its range, and its page size.
type RangeStart = (String, DateTime<Utc>, String);

/// The path of a request for a page, the start and the end of its range, and its page size.
type RequestedRange = (String, DateTime<Utc>, DateTime<Utc>, u64);

/// The start and the end of the range of a request for a page.
fn range_of(target: &Target) -> Option<(RangeStart, DateTime<Utc>)> {
    let (path, query) = target;
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let time = |name: &str| value(name)?.parse().ok();
    Some(((path.clone(), time("dateStart")?, value("limit")?.clone()), time("dateEnd")?))
}

/// An empty page, if the request is for the two seconds around the start of the range of an earlier request with the
/// same page size.
fn page_around_start(starts: &HashSet<RangeStart>, target: &Target) -> Option<Step> {
    let ((path, start, limit), end) = range_of(target)?;
    let middle = start + TimeDelta::seconds(1);
    let is_around = end == middle + TimeDelta::seconds(1) && starts.contains(&(path, middle, limit));
    is_around.then(|| answer(200, r#"{"hits":{"total":0,"hits":[]}}"#).into())
}

/// An empty page, if the request counts the events in a part of an earlier range: its range is within the earlier one,
/// and its page size is smaller. The earlier range must be at least an hour long, because shorter ranges with few
/// events are not compared with their parts.
fn page_of_part(ranges: &HashSet<RequestedRange>, target: &Target) -> Option<Step> {
    let (_, offset, limit) = LastPages::split(target);
    let ((path, start, _), end) = range_of(target)?;
    let is_part_of = |(other, from, to, page_size): &RequestedRange| {
        let is_inside = *from <= start && end <= *to && end - start < *to - *from;
        *other == path && *to - *from >= TimeDelta::hours(1) && is_inside && limit < Some(*page_size)
    };
    let is_part = offset == Some(0) && ranges.iter().any(is_part_of);
    is_part.then(|| answer(200, r#"{"hits":{"total":0,"hits":[]}}"#).into())
}

impl ScriptedTransport {
    /// Answers the requests in order.
    pub fn new(answers: impl IntoIterator<Item = http::Response<Vec<u8>>>) -> Arc<Self> {
        Self::with_steps(answers.into_iter().map(Step::from))
    }

    /// Answers each request with the next step.
    pub fn with_steps(steps: impl IntoIterator<Item = Step>) -> Arc<Self> {
        Self::from_steps(steps.into_iter().map(|step| (None, step)))
    }

    /// Answers each request with the first remaining step that has the target of this request. The requests may come in
    /// any order.
    pub fn with_targets(steps: impl IntoIterator<Item = (Target, Step)>) -> Arc<Self> {
        let steps = steps.into_iter();
        Self::from_steps(steps.map(|(target, step)| (Some(target), step)))
    }

    fn from_steps(steps: impl Iterator<Item = (Option<Target>, Step)>) -> Arc<Self> {
        Arc::new(Self { steps: Mutex::new(steps.collect()), ..Self::default() })
    }

    /// Answers the requests in order. Also returns a client that uses this transport without retries.
    pub fn client(answers: impl IntoIterator<Item = http::Response<Vec<u8>>>) -> (Arc<Self>, Client) {
        let scripted = Self::new(answers);
        let client =
            Client::builder().token(TOKEN).retry(RetryPolicy::none()).transport(scripted.clone()).build().unwrap();
        (scripted, client)
    }

    /// All requests so far that used a step of the script.
    pub fn requests(&self) -> Vec<reqwest::Request> {
        self.requests.lock().unwrap().iter().map(|request| request.try_clone().unwrap()).collect()
    }

    /// Number of reactions that no request has used yet.
    pub fn unused(&self) -> usize {
        self.steps.lock().unwrap().len()
    }
}

/// The members of a page that show whether the page is the last one. The hits of the page may be any JSON values.
#[derive(Deserialize)]
struct AnswerPage {
    hits: AnswerHits,
}

#[derive(Deserialize)]
struct AnswerHits {
    total: Value,
    hits: Vec<IgnoredAny>,
}

impl Transport for ScriptedTransport {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let url = request.url().clone();
        let target = target(&request);
        let is_listed = |wanted: &Option<Target>| wanted.as_ref() == Some(&target);
        let after_end = match self.steps.lock().unwrap().iter().any(|(wanted, _)| is_listed(wanted)) {
            true => None,
            false => {
                let around_start = page_around_start(&self.starts.lock().unwrap(), &target);
                let of_part = || page_of_part(&self.ranges.lock().unwrap(), &target);
                around_start.or_else(of_part).or_else(|| self.last_pages.lock().unwrap().empty_page(&target))
            }
        };
        if let Some((start, end)) = range_of(&target) {
            if after_end.is_none() {
                let page_size = start.2.parse().unwrap_or(u64::MAX);
                self.ranges.lock().unwrap().insert((start.0.clone(), start.1, end, page_size));
            }
            self.starts.lock().unwrap().insert(start);
        }
        let step = after_end.unwrap_or_else(|| {
            self.requests.lock().unwrap().push(request);
            let step = {
                let mut steps = self.steps.lock().unwrap();
                let place = steps.iter().position(|(wanted, _)| wanted.is_none() || is_listed(wanted));
                place.and_then(|place| steps.remove(place))
            };
            let (_, step) = step.unwrap_or_else(|| panic!("no answer is left for {operation} {url}"));
            self.last_pages.lock().unwrap().record(&target, &step);
            step
        });
        Box::pin(async move {
            if let Some((silence, clock)) = step.silence {
                clock.advance(silence);
                // Lets due timers fire first.
                tokio::task::yield_now().await;
            }
            match step.outcome {
                Outcome::Answer(answer) => Ok(answer.into()),
                Outcome::BreaksOff(answer, kind) => Ok(answer
                    .map(|body| {
                        let parts = [Ok(body), Err(io::Error::from(kind))];
                        reqwest::Body::wrap_stream(futures_util::stream::iter(parts))
                    })
                    .into()),
                Outcome::NotSent => Err(reqwest::Client::new().get("no url").build().unwrap_err()),
            }
        })
    }
}

/// An HTTP response with a status and a body.
pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> http::Response<Vec<u8>> {
    http::Response::builder().status(status).body(body.into()).unwrap()
}
