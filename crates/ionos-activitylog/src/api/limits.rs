//! Undocumented limits and behaviour of the service, observed while reading: maximum page size, maximum offset, whether
//! hits change their order between requests, and whether fractions of a second are supported. All clones of a client
//! share these observations. The observations only make reading faster; no proof of completeness depends on them.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

use crate::api::headers;
use crate::api::page::PageSize;
use crate::api::profile::{DateFractions, ServiceProfile};

/// Maximum of `offset + limit`, unless the service allows less. This is the default of Elasticsearch, whose answers
/// have the same form as those of this service.
pub(crate) const DEFAULT_MAX_OFFSET: u64 = 10_000;

/// Page size that the service uses if a request has no `limit`. The maximum page size of a service is unlikely to be
/// smaller. Pages of this size or more overlap by one hit, which costs at most about 5 % more requests.
pub(crate) const SERVICE_PAGE_SIZE: u64 = 20;

/// Minimum page size of a profile. A smaller value is ignored: if it were wrong, reading would take too long.
const MIN_PROFILE_PAGE: u64 = 20;

/// The limits observed so far.
#[derive(Debug)]
pub(crate) struct ServiceLimits {
    /// Maximum hits per page; 0 while no maximum is known.
    max_page: AtomicU64,
    /// Whether `max_page` was only inferred from short pages, which may have been short for another reason.
    is_max_page_inferred: AtomicBool,
    /// Maximum of `offset + limit`.
    max_offset: AtomicU64,
    is_unstable: AtomicBool,
    fractions: AtomicU8,
    /// Whether some limits come from a profile and were not observed by this client.
    has_profile: AtomicBool,
    /// Latest time in a `Date` header, in seconds since 1970; 0 before the first such header.
    service_time: AtomicI64,
}

/// Whether the service honours fractions of a second in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FractionSupport {
    Unknown,
    Supported,
    Unsupported,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            max_page: AtomicU64::new(0),
            is_max_page_inferred: AtomicBool::new(false),
            max_offset: AtomicU64::new(DEFAULT_MAX_OFFSET),
            is_unstable: AtomicBool::new(false),
            fractions: AtomicU8::new(0),
            has_profile: AtomicBool::new(false),
            service_time: AtomicI64::new(0),
        }
    }
}

impl ServiceLimits {
    /// Number of hits to request: the requested size, or the service's maximum if that is smaller.
    pub(crate) fn page_size(&self, requested: PageSize) -> u64 {
        match self.max_page.load(Ordering::Relaxed) {
            0 => requested.get(),
            max => max.min(requested.get()),
        }
    }

    /// Number of hits to request for the first page of a window. If the maximum was only inferred from a short page,
    /// returns the requested size. That page may have been short for another reason, and then it must not shorten all
    /// later pages. The larger request costs nothing: a service that shortens pages without an error sends the same
    /// page for both sizes.
    pub(crate) fn first_page_size(&self, requested: PageSize) -> u64 {
        match self.is_max_page_inferred.load(Ordering::Relaxed) {
            true => requested.get(),
            false => self.page_size(requested),
        }
    }

    /// Records that the service refuses to send more than `hits` hits per page.
    pub(crate) fn record_max_page(&self, hits: u64) {
        self.is_max_page_inferred.store(false, Ordering::Relaxed);
        self.max_page.store(hits.max(1), Ordering::Relaxed);
    }

    /// Records that a page had only `hits` hits, fewer than requested, although a further page followed.
    pub(crate) fn infer_max_page(&self, hits: u64) {
        self.is_max_page_inferred.store(true, Ordering::Relaxed);
        self.max_page.store(hits.max(1), Ordering::Relaxed);
    }

    /// Records the number of hits of a page, which may show that an inferred maximum is too low.
    pub(crate) fn record_page(&self, hits: u64, requested: PageSize) {
        if self.is_max_page_inferred.load(Ordering::Relaxed) && hits > self.page_size(requested) {
            let max = if hits < requested.get() { hits } else { 0 };
            self.max_page.store(max, Ordering::Relaxed);
        }
    }

    /// Maximum of `offset + limit`.
    pub(crate) fn max_offset(&self) -> u64 {
        self.max_offset.load(Ordering::Relaxed)
    }

    /// Number of events that pages of `page_size` hits can return for one window without exceeding the maximum offset;
    /// at least `page_size`. A page of at least [`SERVICE_PAGE_SIZE`] hits begins with the last hit of the previous
    /// page.
    pub(crate) fn max_window(&self, page_size: u64) -> u64 {
        let pages = self.max_offset.load(Ordering::Relaxed) / page_size;
        let step = page_size - u64::from(page_size >= SERVICE_PAGE_SIZE);
        page_size + pages.saturating_sub(1) * step
    }

    /// Records that the service returns only the first `events` events of a range.
    pub(crate) fn record_max_offset(&self, events: u64) {
        self.max_offset.fetch_min(events.max(1), Ordering::Relaxed);
    }

    /// Whether hits change their order between two requests.
    pub(crate) fn is_unstable(&self) -> bool {
        self.is_unstable.load(Ordering::Relaxed)
    }

    pub(crate) fn record_unstable(&self) {
        self.is_unstable.store(true, Ordering::Relaxed);
    }

    pub(crate) fn fraction_support(&self) -> FractionSupport {
        match self.fractions.load(Ordering::Relaxed) {
            0 => FractionSupport::Unknown,
            1 => FractionSupport::Supported,
            _ => FractionSupport::Unsupported,
        }
    }

    pub(crate) fn record_fraction_support(&self, is_supported: bool) {
        let value = if is_supported { 1 } else { 2 };
        self.fractions.store(value, Ordering::Relaxed);
    }

    /// Starts from the limits of a profile, as if they had been observed.
    pub(crate) fn load_profile(&self, profile: &ServiceProfile) {
        if let Some(page) = profile.page_cap.filter(|page| *page >= MIN_PROFILE_PAGE) {
            self.record_max_page(page);
        }
        if let Some(cap) = profile.offset_cap {
            self.record_max_offset(cap);
        }
        if profile.stable == Some(false) {
            self.record_unstable();
        }
        if let Some(DateFractions::CutOff | DateFractions::Refused) = profile.fractions {
            self.record_fraction_support(false);
        }
        self.has_profile.store(true, Ordering::Relaxed);
    }

    /// Whether some limits may come from a profile and were not observed by this client.
    pub(crate) fn has_profile(&self) -> bool {
        self.has_profile.load(Ordering::Relaxed)
    }

    /// Forgets all limits, because some of them may be wrong. Further reading observes them again.
    pub(crate) fn reset(&self) {
        self.has_profile.store(false, Ordering::Relaxed);
        self.max_page.store(0, Ordering::Relaxed);
        self.is_max_page_inferred.store(false, Ordering::Relaxed);
        self.max_offset.store(DEFAULT_MAX_OFFSET, Ordering::Relaxed);
        self.is_unstable.store(false, Ordering::Relaxed);
        self.fractions.store(0, Ordering::Relaxed);
    }

    /// The limits as a profile.
    pub(crate) fn to_profile(&self) -> ServiceProfile {
        let page = self.max_page.load(Ordering::Relaxed);
        let offset = self.max_offset.load(Ordering::Relaxed);
        let supports_fractions = self.fraction_support() == FractionSupport::Supported;
        ServiceProfile {
            page_cap: (page > 0).then_some(page),
            offset_cap: (offset < DEFAULT_MAX_OFFSET).then_some(offset),
            stable: self.is_unstable().then_some(false),
            fractions: supports_fractions.then_some(DateFractions::Taken),
            ..ServiceProfile::default()
        }
    }

    /// Latest time that the service sent in a `Date` header. `None` before the first such header.
    pub(crate) fn service_time(&self) -> Option<DateTime<Utc>> {
        match self.service_time.load(Ordering::Relaxed) {
            0 => None,
            seconds => DateTime::from_timestamp(seconds, 0),
        }
    }

    /// Records the `Date` header of an answer.
    pub(crate) fn record_date_header(&self, headers: &HeaderMap) {
        if let Some(date) = headers::date(headers) {
            self.service_time.fetch_max(date.timestamp(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::DATE;

    use super::*;

    #[test]
    fn page_and_window_sizes_follow_the_observed_limits() {
        let limits = ServiceLimits::default();
        let requested = PageSize::new(300).unwrap();
        assert_eq!((limits.page_size(requested), limits.max_window(300)), (300, 9_868));
        limits.record_max_page(100);
        assert_eq!(limits.page_size(requested), 100);
        limits.record_max_offset(950);
        limits.record_max_offset(5_000);
        assert_eq!(limits.max_window(100), 892);
        let mut headers = HeaderMap::new();
        limits.record_date_header(&headers);
        assert_eq!(limits.service_time(), None);
        for (date, latest) in [
            ("Fri, 20 Nov 2026 09:14:03 GMT", "2026-11-20T09:14:03Z"),
            ("Fri, 20 Nov 2026 09:14:01 GMT", "2026-11-20T09:14:03Z"),
            ("yesterday", "2026-11-20T09:14:03Z"),
        ] {
            headers.insert(DATE, date.parse().unwrap());
            limits.record_date_header(&headers);
            assert_eq!(limits.service_time(), Some(latest.parse().unwrap()));
        }
        // A window has at least one page.
        assert_eq!(limits.max_window(2_000), 2_000);
    }

    #[test]
    fn limits_of_a_profile_apply_until_the_reset() {
        let limits = ServiceLimits::default();
        let requested = PageSize::DEFAULT;
        let profile = ServiceProfile {
            page_cap: Some(100),
            offset_cap: Some(950),
            stable: Some(false),
            fractions: Some(DateFractions::CutOff),
            ..ServiceProfile::default()
        };
        limits.load_profile(&profile);
        assert!(limits.has_profile() && limits.is_unstable());
        assert_eq!((limits.page_size(requested), limits.max_window(100)), (100, 892));
        assert_eq!(limits.fraction_support(), FractionSupport::Unsupported);
        // Reading does not distinguish fractions that are cut off from fractions that are refused.
        let expected = ServiceProfile { fractions: None, ..profile };
        assert_eq!(limits.to_profile(), expected);
        limits.reset();
        assert!(!limits.has_profile() && !limits.is_unstable());
        assert_eq!(limits.to_profile(), ServiceProfile::default());
        // A page size below the minimum and an offset above the default change nothing.
        limits.load_profile(&ServiceProfile {
            page_cap: Some(1),
            offset_cap: Some(20_000),
            ..ServiceProfile::default()
        });
        assert_eq!(limits.to_profile(), ServiceProfile::default());
    }
}
