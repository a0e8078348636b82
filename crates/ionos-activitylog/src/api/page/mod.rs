//! One page of a contract's log. [`body`] parses the answer; this module decides whether the answer is a page. An
//! answer with neither a list of hits nor a total is an error and not an empty page, because an empty page would lose
//! events silently.

mod body;
mod hit_borders;
mod search_signs;
mod unreadable;

use std::num::NonZeroU64;

use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::range::DateRange;

pub(crate) use body::{Hits, max_hits, read as read_hits};
pub use unreadable::UnreadableRecord;

/// Number of events to request per page. The service may send fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(NonZeroU64);

impl PageSize {
    /// 1000: the maximum that public clients of this API offer. The service's own limit is not documented.
    pub const DEFAULT: Self = Self(match NonZeroU64::new(1_000) {
        Some(size) => size,
        None => NonZeroU64::MIN,
    });

    /// A page size of at least 1. Fails with [`ErrorKind::Configuration`] for 0.
    pub fn new(size: u32) -> Result<Self, Error> {
        NonZeroU64::new(size.into())
            .map(Self)
            .ok_or_else(|| Error::new(ErrorKind::Configuration, "the page size is 0").with_hint("use at least 1"))
    }

    /// Number of events.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The number of events that the service reports for a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Total {
    /// Reported number of events.
    pub count: u64,
    /// Whether the number is exact; otherwise it is a lower bound.
    pub exact: bool,
}

/// One page of a contract's log, in the order in which the service sent it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// All hits of the page that are JSON. A hit that does not fit the model is kept and has [`Event::issues`].
    pub events: Vec<Event>,
    /// The hits of the page that are not JSON.
    pub unreadable: Vec<UnreadableRecord>,
    /// Total that the service reports for the whole range. `None` if the total is missing or malformed.
    pub total: Option<Total>,
    /// Number of hits that precede this page in the range.
    pub offset: u64,
    /// Why the service searched only a part of the log for this page, or sent an old answer from a cache. Such a page
    /// may lack hits, and its total may be too low. `None` if there is no sign of a partial search or an old answer.
    pub partial_search: Option<String>,
}

impl Page {
    /// The page of an answer for a range. Fails if the answer proves nothing about the range, for example if it has no
    /// `hits`.
    pub(crate) fn from_hits(hits: Option<Hits>, range: DateRange, offset: u64) -> Result<Self, String> {
        let Hits { total, events, unreadable, partial_search } =
            hits.ok_or("the answer has no `hits`, so it is not a page of the log")?;
        let total = total.as_ref().and_then(|total| Some(Total { count: total.count()?, exact: total.is_exact() }));
        if total.is_none() && events.is_none() {
            return Err("the answer has neither a total nor a list of hits, so it is not a page of the log".to_owned());
        }
        let events = events.unwrap_or_default();
        let unreadable = unreadable.into_iter().map(|hit| UnreadableRecord {
            range,
            position: offset + hit.index,
            bytes: hit.bytes,
            reason: hit.reason,
        });
        Ok(Self { events, unreadable: unreadable.collect(), total, offset, partial_search })
    }

    /// The page of an answer without content (204): no events and no total.
    pub(crate) fn empty(offset: u64) -> Self {
        Self { events: Vec::new(), unreadable: Vec::new(), total: None, offset, partial_search: None }
    }

    /// The exact number of events of the whole range. `None` if the service reports no total or only a lower bound, or
    /// if the service searched only a part of the log.
    #[must_use]
    pub fn exact_total(&self) -> Option<u64> {
        self.total.filter(|total| total.exact && self.partial_search.is_none()).map(|total| total.count)
    }

    /// Whether the answer has neither a total nor a hit, such as an answer without content (204). Such an answer is no
    /// evidence of an empty range.
    pub(crate) fn says_nothing(&self) -> bool {
        self.total.is_none() && self.hits() == 0
    }

    /// Number of hits, readable or not.
    pub(crate) fn hits(&self) -> u64 {
        (self.events.len() + self.unreadable.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(json: &str, offset: u64) -> Result<Page, String> {
        let range = DateRange::new("2026-11-20T00:00:00Z".parse().unwrap(), "2026-11-21T00:00:00Z".parse().unwrap());
        Page::from_hits(read_hits(json.to_owned().into(), 10).unwrap(), range.unwrap(), offset)
    }

    #[test]
    fn an_answer_that_proves_nothing_is_not_an_empty_page() {
        for json in ["{}", r#"{"message":"hello"}"#, r#"{"hits":null}"#, r#"{"hits":{}}"#] {
            assert!(page(json, 0).is_err(), "{json}");
        }
    }

    #[test]
    fn an_empty_list_of_hits_without_a_total_is_a_page() {
        for json in [r#"{"hits":{"hits":[]}}"#, r#"{"hits":{"total":null,"hits":[]}}"#] {
            let page = page(json, 0).unwrap();
            assert_eq!((page.hits(), page.total), (0, None), "{json}");
        }
    }

    #[test]
    fn an_empty_page_with_a_total_is_accepted() {
        for json in [
            r#"{"hits":{"total":0}}"#,
            r#"{"hits":{"total":"0","hits":null}}"#,
            r#"{"hits":{"total":{"value":0},"hits":[]}}"#,
        ] {
            let page = page(json, 0).unwrap();
            assert_eq!((page.events.len(), page.total), (0, Some(Total { count: 0, exact: true })));
        }
    }

    #[test]
    fn a_hit_that_is_not_json_counts_as_a_hit_and_has_its_position_in_the_range() {
        let page = page(r#"{"hits":{"hits":[{},01]}}"#, 40).unwrap();
        assert_eq!((page.events.len(), page.hits()), (1, 2));
        let [record] = &page.unreadable[..] else { panic!("{:?}", page.unreadable) };
        assert_eq!((record.position, &record.bytes[..]), (41, &b"01"[..]));
    }

    #[test]
    fn a_hit_of_any_shape_stays_in_the_page() {
        let page = page(r#"{"hits":{"total":true,"hits":[null,{},{"_source":{}},7]},"took":3}"#, 0).unwrap();
        let raw: Vec<&str> = page.events.iter().map(Event::raw).collect();
        assert_eq!(raw, ["null", "{}", "{}", "7"]);
        assert_eq!(page.total, None);
    }
}
