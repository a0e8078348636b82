//! Measures the maximum page size, the maximum offset, the order of events, and whether the order is stable.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::limits::DEFAULT_MAX_OFFSET;
use crate::api::page::Page;
use crate::api::profile::HitOrder;
use crate::error::ErrorKind;
use crate::event::Event;
use crate::probe::{Finding, NOT_KNOWN, ProbeSession, ProbedPage, describe_failure};
use crate::range::DateRange;

/// Values of `offset` plus `limit` to test, in descending order.
const MAX_OFFSETS: [u64; 5] = [DEFAULT_MAX_OFFSET, 5_000, 2_000, 1_000, 500];

/// Number of times that the same page is requested, including the first time, to test whether events keep their order.
const READINGS: usize = 3;

impl ProbeSession<'_> {
    /// Whether all events, including those with equal times, keep their order from one request to the next; `None` if
    /// unknown.
    pub(super) async fn tie_order(
        &mut self,
        range: DateRange,
        first: &ProbedPage,
        order: Option<HitOrder>,
    ) -> (Finding, Option<bool>) {
        let finding = |answer: &str, observation: String| Finding::new("ties", answer, observation);
        let listed = |page: &Page| {
            let events = page.events.iter();
            events.map(|event| (event.time(), event.id())).collect::<Vec<_>>()
        };
        let expected = listed(&first.page);
        let mut by_time: BTreeMap<_, u64> = BTreeMap::new();
        for (time, _) in &expected {
            *by_time.entry(*time).or_default() += 1;
        }
        let tied: u64 = by_time.values().filter(|events| **events > 1).sum();
        if tied == 0 && order != Some(HitOrder::Unordered) {
            let observation = format!("no two of {} events have the same time", expected.len());
            return (finding(NOT_KNOWN, observation), None);
        }
        for _ in 1..READINGS {
            let again = match self.request_page(range, 0, first.requested_size).await {
                Ok(again) => again,
                Err(error) => return (finding(NOT_KNOWN, describe_failure(&error)), None),
            };
            let found = listed(&again.page);
            if found == expected {
                continue;
            }
            let times =
                |listed: &[(Option<DateTime<Utc>>, _)]| listed.iter().map(|(time, _)| *time).collect::<Vec<_>>();
            let observation = match times(&found) == times(&expected) {
                true => "events with equal times changed places between two requests",
                false => "events changed places between two requests",
            };
            return (finding("unstable", observation.to_owned()), Some(false));
        }
        let observation = format!(
            "{} events came in the same order {READINGS} times; {tied} of them have the same time as another event",
            expected.len()
        );
        (finding("stable", observation), Some(true))
    }

    /// The largest value of [`MAX_OFFSETS`] that the service accepts as `offset` plus `limit`. `None` if the service
    /// accepts more than the largest value, if it refuses even the smallest value, or if the maximum is unknown.
    pub(super) async fn max_offset(
        &mut self,
        range: DateRange,
        first: &ProbedPage,
        capped: Option<bool>,
    ) -> (Finding, Option<u64>) {
        let finding = |answer: String, observation: String| Finding::new("deep offset", answer, observation);
        let count = first.total().unwrap_or_default();
        let has = |offset: u64| count > offset || capped == Some(true);
        let mut observation = String::new();
        // First tests a page that begins at the largest value, then pages that end exactly at one of the values.
        let reaches = [DEFAULT_MAX_OFFSET + 1].into_iter().chain(MAX_OFFSETS);
        for reach in reaches {
            let offset = reach - 1;
            match self.request_page(range, offset, 1).await {
                Ok(answer) if answer.received() == 0 && has(offset) => {
                    if observation.is_empty() {
                        observation =
                            format!("the page after {offset} events is empty although the range has more events");
                    }
                }
                Ok(answer) if reach > DEFAULT_MAX_OFFSET && answer.received() > 0 => {
                    let observation = format!("the page after {offset} events is not empty");
                    return (finding("no limit".to_owned(), observation), None);
                }
                Ok(_) if reach > DEFAULT_MAX_OFFSET => {
                    let observation = format!(
                        "a page after {offset} events is accepted, but the range has too few events to tell whether offsets are limited"
                    );
                    return (finding(NOT_KNOWN.to_owned(), observation), None);
                }
                Ok(_) => {
                    let answer = format!("up to {reach}");
                    let observation = format!("{observation}; a page with offset + limit = {reach} is accepted");
                    return (finding(answer, observation), Some(reach));
                }
                Err(error) if matches!(error.kind(), ErrorKind::BadRequest | ErrorKind::Server) => {
                    if observation.is_empty() {
                        let status = error.status().unwrap_or_default();
                        observation = format!("a page after {offset} events is refused with {status}");
                    }
                }
                Err(error) => return (finding(NOT_KNOWN.to_owned(), describe_failure(&error)), None),
            }
        }
        (finding("below 500".to_owned(), observation), None)
    }
}

pub(super) fn page_cap(answer: &ProbedPage, refused: Option<u64>, more: bool) -> (Option<u64>, Finding) {
    let (requested, received) = (answer.requested_size, answer.received());
    let finding = |answer: String, observation: String| Finding::new("page cap", answer, observation);
    if let Some(refused) = refused {
        let observation = format!("a page of {refused} is refused, a page of {requested} is accepted");
        return (Some(requested), finding(requested.to_string(), observation));
    }
    if received < requested && more && received > 0 {
        let observation = format!("requested {requested}, received {received}, and the range has more events");
        return (Some(received), finding(received.to_string(), observation));
    }
    if received == requested {
        let observation = format!("requested {requested}, received {requested}");
        return (None, finding(format!("{requested} or more"), observation));
    }
    let observation = format!("requested {requested}, received all {received} events");
    (None, finding(NOT_KNOWN.to_owned(), observation))
}

pub(super) fn order(page: &Page) -> (Finding, Option<HitOrder>) {
    let finding = |answer: &str, observation: String| Finding::new("order", answer, observation);
    let times: Vec<DateTime<Utc>> = page.events.iter().filter_map(Event::time).collect();
    let observation = format!("the times of {} events were compared", times.len());
    if times.first() == times.last() {
        return (finding(NOT_KNOWN, observation), None);
    }
    let (answer, order) = if times.is_sorted_by(|one, next| one >= next) {
        ("newest first", HitOrder::NewestFirst)
    } else if times.is_sorted() {
        ("oldest first", HitOrder::OldestFirst)
    } else {
        ("none", HitOrder::Unordered)
    };
    (finding(answer, observation), Some(order))
}
