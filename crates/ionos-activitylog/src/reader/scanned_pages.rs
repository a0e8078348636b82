//! The pages of one scan of a window, and the facts that they show together.

use crate::api::limits::SERVICE_PAGE_SIZE;
use crate::api::page::{Page, Total, UnreadableRecord};
use crate::event::Event;
use crate::range::DateRange;
use crate::reader::page_reader::reports_missing_events;

/// The events of one scan, and the totals that its pages reported.
#[derive(Debug)]
pub(super) struct Scan {
    /// All hits in the order of the pages, including repeats.
    pub(super) events: Vec<Event>,
    /// The hits that are not JSON.
    pub(super) unreadable: Vec<UnreadableRecord>,
    /// Whether the service searched only a part of the log for a page.
    pub(super) has_partial_search: bool,
    /// The exact total that all pages reported. `None` if the totals differ or if a page has no exact total.
    pub(super) agreed_total: Option<u64>,
    /// Highest total that a page reported. `None` if no page reported a total.
    pub(super) highest_total: Option<Total>,
    /// Number of positions that two pages have in common, because a page reaches beyond the offset of the next page.
    /// Each hit at these positions is expected twice.
    pub(super) overlapping_hits: u64,
    /// Whether hits have moved between two requests: two pages overlap, but the last hits of the first page are not the
    /// first hits of the second page.
    pub(super) has_moved_hits: bool,
    /// Number of pages with hits, at least 1.
    pub(super) pages: u64,
    /// Whether the last page had room for more hits, so that no hit follows it.
    pub(super) reached_end: bool,
    /// Whether the first page has fewer hits than its total, and the empty page after it reports further hits, too. If
    /// so, the total is wrong, and the service does not limit the page size.
    pub(super) ends_before_total: bool,
    /// Whether no page has a total or a hit.
    pub(super) says_nothing: bool,
    pub(super) requests: u64,
}

/// The result of a scan.
#[derive(Debug)]
pub(super) enum ScanResult {
    /// All pages were read.
    Complete(Scan),
    /// The window has, or may have, more events than a scan can reach. `total` is the number of events; `None` if it is
    /// unknown. `scan` holds the first pages.
    OverLimit { total: Option<u64>, scan: Scan },
}

impl Scan {
    /// Whether fewer than one event in ten is within the range. If so, the service ignores the range. An event without
    /// a readable time, or at exactly the end of the range, counts as within.
    pub(super) fn is_mostly_outside(&self, range: DateRange) -> bool {
        is_mostly_outside(&self.events, range)
    }

    pub(super) fn from_pages(pages: Vec<Page>, reached_end: bool, requests: u64) -> Self {
        let exact_total = |page: &Page| page.total.filter(|total| total.exact).map(|total| total.count);
        let first = pages.first().and_then(exact_total);
        // An answer without content (204) after the end has no total and needs none.
        let is_after_end = |page: &Page| page.says_nothing() && first.is_some_and(|total| page.offset >= total);
        let agreed_total = first.filter(|first| {
            let mut pages = pages.iter();
            pages.all(|page| exact_total(page) == Some(*first) || is_after_end(page))
        });
        let pages_with_hits = pages.iter().filter(|page| page.hits() > 0).count();
        let end_of = |page: &Page| page.offset + page.hits();
        let pairs = || pages.iter().zip(pages.iter().skip(1));
        let overlap = |page: &Page, next: &Page| end_of(page).saturating_sub(next.offset).min(next.hits());
        let overlapping_hits = pairs().map(|(page, next)| overlap(page, next)).sum();
        let has_moved_hits = pairs().any(|(page, next)| has_moved_hits(page, next, overlap(page, next)));
        let highest_total = pages.iter().filter_map(|page| page.total).max_by_key(|total| total.count);
        let mut events = Vec::with_capacity(pages.iter().map(|page| page.events.len()).sum());
        let has_partial_search = pages.iter().any(|page| page.partial_search.is_some());
        let says_nothing = pages.iter().all(Page::says_nothing);
        let mut unreadable = Vec::new();
        for page in pages {
            events.extend(page.events);
            unreadable.extend(page.unreadable);
        }
        Self {
            unreadable,
            has_partial_search,
            says_nothing,
            overlapping_hits,
            has_moved_hits,
            agreed_total,
            highest_total,
            pages: pages_with_hits.max(1) as u64,
            reached_end,
            ends_before_total: false,
            requests,
            events,
        }
    }
}

/// Minimum number of pages after which the growth of the total is compared with the number of hits. In an honest log,
/// few events arrive while a range is read.
const MIN_PAGES_OF_GROWTH: usize = 50;

/// The pages of a scan so far.
pub(super) struct PartialScan {
    pub(super) pages: Vec<Page>,
    pub(super) requests: u64,
    /// Number of hits to request per page.
    pub(super) page_size: u64,
    /// Offset of the page after the last one.
    pub(super) next_offset: u64,
}

impl PartialScan {
    pub(super) fn last_page_has_room(&self) -> bool {
        self.pages.last().is_some_and(|last| last.hits() < self.page_size)
    }

    /// The offset after the last hit of the last page.
    pub(super) fn end_offset(&self) -> u64 {
        self.next_offset.saturating_sub(self.page_size) + self.pages.last().map_or(0, Page::hits)
    }

    /// Whether an empty next page may be empty only because the service does not support offsets. This is possible if
    /// the scan has only the first page so far, and the first page has at least [`SERVICE_PAGE_SIZE`] hits.
    pub(super) fn may_lack_offsets(&self) -> bool {
        matches!(&self.pages[..], [first] if first.hits() >= SERVICE_PAGE_SIZE)
    }

    /// Whether a page begins and ends with the same records as the page before it. If so, the service ignores the
    /// offset.
    pub(super) fn repeats_a_page(&self) -> bool {
        self.pages.windows(2).any(|pair| matches!(pair, [page, next] if has_same_ends(page, next)))
    }

    /// Whether many pages were read, and the total has grown by more than the number of hits on them.
    pub(super) fn grows_faster_than_read(&self) -> bool {
        let total = |page: Option<&Page>| page?.total.map(|total| total.count);
        let (first, last) = (total(self.pages.first()), total(self.pages.last()));
        let growth = last.zip(first).map_or(0, |(last, first)| last.saturating_sub(first));
        growth > 0 && self.pages.len() >= MIN_PAGES_OF_GROWTH && growth > self.received()
    }

    /// Number of hits received.
    pub(super) fn received(&self) -> u64 {
        self.pages.iter().map(Page::hits).sum()
    }

    pub(super) fn complete(self, reached_end: bool) -> ScanResult {
        ScanResult::Complete(Scan::from_pages(self.pages, reached_end, self.requests))
    }

    pub(super) fn end_before_total(self) -> ScanResult {
        // An empty page that reports no further hits may be a failure that does not occur again.
        let has_agreed_end = self.pages.last().is_some_and(reports_missing_events);
        let scan = Scan::from_pages(self.pages, true, self.requests);
        ScanResult::Complete(Scan { ends_before_total: has_agreed_end, ..scan })
    }

    pub(super) fn over_limit(self, total: Option<u64>) -> ScanResult {
        ScanResult::OverLimit { total, scan: Scan::from_pages(self.pages, false, self.requests) }
    }
}

/// Whether hits have moved between the requests for two pages: the last `overlap` hits of `page` are not the first hits
/// of `next`. `false` if one of the pages has hits that cannot be read.
fn has_moved_hits(page: &Page, next: &Page, overlap: u64) -> bool {
    let Ok(overlap) = usize::try_from(overlap) else { return false };
    let is_readable = page.unreadable.is_empty() && next.unreadable.is_empty();
    let start = page.events.len().saturating_sub(overlap);
    let ends = page.events.iter().skip(start).map(Event::id);
    is_readable && !ends.eq(next.events.iter().take(overlap).map(Event::id))
}

/// Whether two pages have the same records.
pub(super) fn has_same_records(one: &Page, other: &Page) -> bool {
    one.hits() == other.hits() && one.events.iter().map(Event::raw).eq(other.events.iter().map(Event::raw))
}

/// Whether two pages begin and end with the same records.
pub(super) fn has_same_ends(one: &Page, other: &Page) -> bool {
    fn ends(page: &Page) -> [Option<&str>; 2] {
        [page.events.first(), page.events.last()].map(|event| event.map(Event::raw))
    }
    ends(one) == ends(other)
}

/// See [`Scan::is_mostly_outside`].
pub(super) fn is_mostly_outside(events: &[Event], range: DateRange) -> bool {
    let is_within = |event: &&Event| event.time().is_none_or(|time| range.contains(time) || time == range.end());
    let within = events.iter().filter(is_within).count();
    within.saturating_mul(10) < events.len()
}
