//! One page of a contract's log. `body` reads what the service sent, and here is decided whether that is a page.

mod body;

use std::num::NonZeroU64;

use crate::{Error, ErrorKind, Event};

pub(crate) use body::{Hits, read};

/// How many events to ask for at once. The service may send fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(NonZeroU64);

impl PageSize {
    /// 1000: the largest that a public client of this API offers; the service's own limit is not documented.
    pub const DEFAULT: Self = Self(match NonZeroU64::new(1_000) {
        Some(size) => size,
        None => NonZeroU64::MIN,
    });

    /// A page size of at least 1. Fails with [`ErrorKind::Configuration`] for 0.
    pub fn new(size: u32) -> Result<Self, Error> {
        NonZeroU64::new(size.into()).map(Self).ok_or_else(|| {
            Error::new(ErrorKind::Configuration, "a page of no events never ends").with_hint("ask for at least 1")
        })
    }

    /// The number of events.
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

/// How many events the service says the whole range holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Total {
    /// The count.
    pub count: u64,
    /// Whether the service calls it exact; otherwise the range holds at least so many.
    pub exact: bool,
}

/// One page of a contract's log, in the order in which the service sent it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// Every hit of the page, none left out; one that does not fit the model has [`Event::issues`].
    pub events: Vec<Event>,
    /// What the service counts for the range; none when it sends no count that can be read.
    pub total: Option<Total>,
    /// How many hits of the range were skipped before this page.
    pub offset: u64,
}

impl Page {
    /// Fails for an answer without `hits`: taking it for an empty page would lose events in silence.
    pub(crate) fn of(answer: Option<Hits>, offset: u64) -> Result<Self, String> {
        let Hits { total, events } = answer.ok_or("the answer has no `hits`, so it is no page of the log")?;
        let total = total.as_ref().and_then(|total| Some(Total { count: total.count()?, exact: total.is_exact() }));
        if total.is_none() && events.is_none() {
            return Err("the answer has neither a count nor a list of hits, so it is no page of the log".to_owned());
        }
        let events = events.unwrap_or_default();
        if total.is_none() && events.is_empty() && offset == 0 {
            return Err("the answer has neither a count nor events, so it proves nothing about the range".to_owned());
        }
        Ok(Self { events, total, offset })
    }
}

impl Page {
    /// What "success without content" (204) is: no events, and no count either.
    pub(crate) fn without_content(offset: u64) -> Self {
        Self { events: Vec::new(), total: None, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(json: &str, offset: u64) -> Result<Page, String> {
        Page::of(read(json.as_bytes()).unwrap(), offset)
    }

    #[test]
    fn an_answer_that_proves_nothing_is_not_an_empty_page() {
        for json in ["{}", r#"{"message":"hello"}"#, r#"{"hits":null}"#, r#"{"hits":{}}"#, r#"{"hits":{"hits":[]}}"#] {
            assert!(page(json, 0).is_err(), "{json}");
        }
    }

    #[test]
    fn a_counted_empty_page_is_one() {
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
    fn a_hit_of_any_shape_stays_in_the_page() {
        let page = page(r#"{"hits":{"total":true,"hits":[null,{},{"_source":{}},7]},"took":3}"#, 0).unwrap();
        let raw: Vec<&str> = page.events.iter().map(Event::raw).collect();
        assert_eq!(raw, ["null", "{}", "{}", "7"]);
        assert_eq!(page.total, None);
    }
}
