//! How the service pages is not documented: how many hits a page may have, how far an offset may reach, whether its
//! order is stable, whether it takes fractions of a second. All of that shows while reading, and must not be found out
//! anew for every window. So the clones of a client share what was learned.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap};

use crate::{DateFractions, PageSize, ServiceProfile};

/// How far `offset` and `limit` may reach together, unless the service is seen to allow less: what the kind of engine
/// that answers like this allows by default.
pub(crate) const WINDOW_CAP: u64 = 10_000;

/// A page that was said to be smaller is not believed before it is seen: reading would take for ever.
const LEAST_PAGE: u64 = 20;

/// What was learned about the service. Nothing in it is needed to be right, only to be quick.
#[derive(Debug)]
pub(crate) struct Learned {
    /// The most hits that a page was seen to have at the most; 0 as long as no such limit was met.
    page: AtomicU64,
    /// How far `offset` and `limit` may reach together.
    cap: AtomicU64,
    unstable: AtomicBool,
    fractions: AtomicU8,
    /// Whether some of this was not seen, but told by a profile.
    assumed: AtomicBool,
    /// The latest time that the service named, in seconds since 1970; 0 as long as it named none.
    time: AtomicI64,
}

/// Whether the service takes fractions of a second in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fractions {
    Unknown,
    Taken,
    Refused,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            page: AtomicU64::new(0),
            cap: AtomicU64::new(WINDOW_CAP),
            unstable: AtomicBool::new(false),
            fractions: AtomicU8::new(0),
            assumed: AtomicBool::new(false),
            time: AtomicI64::new(0),
        }
    }
}

impl Learned {
    /// How many hits to ask for: what was wished, or less if the service does not send as many.
    pub(crate) fn page_size(&self, wished: PageSize) -> u64 {
        match self.page.load(Ordering::Relaxed) {
            0 => wished.get(),
            most => most.min(wished.get()),
        }
    }

    /// The service sends no more hits than this at once.
    pub(crate) fn pages_end_at(&self, hits: u64) {
        self.page.store(hits.max(1), Ordering::Relaxed);
    }

    /// How many events a window may have so that pages of a size never reach behind the cap.
    pub(crate) fn window_size(&self, page: u64) -> u64 {
        (self.cap.load(Ordering::Relaxed) / page * page).max(page)
    }

    /// No page was to be had behind so many events.
    pub(crate) fn offsets_end_at(&self, events: u64) {
        self.cap.fetch_min(events.max(1), Ordering::Relaxed);
    }

    /// Whether hits change their places between two requests.
    pub(crate) fn is_unstable(&self) -> bool {
        self.unstable.load(Ordering::Relaxed)
    }

    pub(crate) fn found_unstable(&self) {
        self.unstable.store(true, Ordering::Relaxed);
    }

    pub(crate) fn fractions(&self) -> Fractions {
        match self.fractions.load(Ordering::Relaxed) {
            0 => Fractions::Unknown,
            1 => Fractions::Taken,
            _ => Fractions::Refused,
        }
    }

    pub(crate) fn found_fractions(&self, taken: bool) {
        let value = if taken { 1 } else { 2 };
        self.fractions.store(value, Ordering::Relaxed);
    }
}

/// What was learned before.
impl Learned {
    /// Begins with a profile, as if it had been seen now.
    pub(crate) fn assume(&self, profile: &ServiceProfile) {
        if let Some(page) = profile.page_cap.filter(|page| *page >= LEAST_PAGE) {
            self.pages_end_at(page);
        }
        if let Some(cap) = profile.offset_cap {
            self.offsets_end_at(cap);
        }
        if profile.stable == Some(false) {
            self.found_unstable();
        }
        if let Some(DateFractions::CutOff | DateFractions::Refused) = profile.fractions {
            self.found_fractions(false);
        }
        self.assumed.store(true, Ordering::Relaxed);
    }

    /// Whether something may be in force that nobody saw.
    pub(crate) fn is_assumed(&self) -> bool {
        self.assumed.load(Ordering::Relaxed)
    }

    /// Forgets how the service pages, since something in it may be wrong. What is right shows again.
    pub(crate) fn doubt(&self) {
        self.assumed.store(false, Ordering::Relaxed);
        self.page.store(0, Ordering::Relaxed);
        self.cap.store(WINDOW_CAP, Ordering::Relaxed);
        self.unstable.store(false, Ordering::Relaxed);
        self.fractions.store(0, Ordering::Relaxed);
    }

    /// What reading has shown.
    pub(crate) fn profile(&self) -> ServiceProfile {
        let page = self.page.load(Ordering::Relaxed);
        let cap = self.cap.load(Ordering::Relaxed);
        ServiceProfile {
            page_cap: (page > 0).then_some(page),
            offset_cap: (cap < WINDOW_CAP).then_some(cap),
            stable: self.is_unstable().then_some(false),
            fractions: (self.fractions() == Fractions::Taken).then_some(DateFractions::Taken),
            ..ServiceProfile::default()
        }
    }
}

impl Learned {
    /// The latest time that the service named in the `Date` of an answer.
    pub(crate) fn service_time(&self) -> Option<DateTime<Utc>> {
        match self.time.load(Ordering::Relaxed) {
            0 => None,
            seconds => DateTime::from_timestamp(seconds, 0),
        }
    }

    /// Looks for the time in the headers of an answer.
    pub(crate) fn heard(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        if let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            let date: DateTime<Utc> = date.into();
            self.time.fetch_max(date.timestamp(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_windows_follow_what_was_seen() {
        let learned = Learned::default();
        let wished = PageSize::new(300).unwrap();
        assert_eq!((learned.page_size(wished), learned.window_size(300)), (300, 9_900));
        learned.pages_end_at(100);
        assert_eq!(learned.page_size(wished), 100);
        learned.offsets_end_at(950);
        learned.offsets_end_at(5_000);
        assert_eq!(learned.window_size(100), 900);
        let mut headers = HeaderMap::new();
        learned.heard(&headers);
        assert_eq!(learned.service_time(), None);
        for (date, latest) in [
            ("Fri, 20 Nov 2026 09:14:03 GMT", "2026-11-20T09:14:03Z"),
            ("Fri, 20 Nov 2026 09:14:01 GMT", "2026-11-20T09:14:03Z"),
            ("yesterday", "2026-11-20T09:14:03Z"),
        ] {
            headers.insert(DATE, date.parse().unwrap());
            learned.heard(&headers);
            assert_eq!(learned.service_time(), Some(latest.parse().unwrap()));
        }
        // A window has at least one page.
        assert_eq!(learned.window_size(2_000), 2_000);
    }

    #[test]
    fn what_was_assumed_is_in_force_until_it_is_doubted() {
        let learned = Learned::default();
        let wished = PageSize::DEFAULT;
        let profile = ServiceProfile {
            page_cap: Some(100),
            offset_cap: Some(950),
            stable: Some(false),
            fractions: Some(DateFractions::CutOff),
            ..ServiceProfile::default()
        };
        learned.assume(&profile);
        assert!(learned.is_assumed() && learned.is_unstable());
        assert_eq!((learned.page_size(wished), learned.window_size(100)), (100, 900));
        assert_eq!(learned.fractions(), Fractions::Refused);
        // Whether they are cut off or refused does not matter to reading.
        let told = ServiceProfile { fractions: None, ..profile };
        assert_eq!(learned.profile(), told);
        learned.doubt();
        assert!(!learned.is_assumed() && !learned.is_unstable());
        assert_eq!(learned.profile(), ServiceProfile::default());
        // As good as nothing is known.
        learned.assume(&ServiceProfile { page_cap: Some(1), offset_cap: Some(20_000), ..ServiceProfile::default() });
        assert_eq!(learned.profile(), ServiceProfile::default());
    }
}
