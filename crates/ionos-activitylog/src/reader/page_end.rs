//! Finds out whether a page is the last one of a range. If the first page is shorter than requested, either the range
//! has no more hits, or the service limits pages to this length. If a page is empty, either the range has no more hits,
//! or the service does not support the offset of the page.

use crate::api::limits::SERVICE_PAGE_SIZE;
use crate::api::page::{Page, Total};
use crate::error::{Error, ErrorKind};
use crate::range::DateRange;
use crate::reader::page_reader::{PageReader, may_be_read_in_pieces};
use crate::reader::scanned_pages::{PartialScan, has_same_records};

/// Result of requesting the page after a short page whose total equals its number of hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageEnd {
    /// It is known what follows: either no page, or a page that was added to the scan.
    Known,
    /// The service refuses the next page, and no answer shows that the service can send longer pages than the short
    /// page.
    Unknown,
}

/// What follows a first page that has fewer hits than its total reports.
pub(super) enum SecondPage {
    HasHits,
    Empty,
    /// The service refuses the offset.
    Refused,
}

/// Fetches the second page after a short first page whose total equals its number of hits. If the service limits the
/// page size, it may count only the hits of the page as the total. Then only the second page shows that there are more
/// hits.
pub(super) async fn probe_end(
    pages: PageReader<'_>,
    range: DateRange,
    scan: &mut PartialScan,
) -> Result<PageEnd, Error> {
    let received = scan.received();
    let second = match pages.read_up_to(range, received, scan.page_size, received).await {
        Err(error) if may_be_after_end(error.kind()) => {
            scan.requests += 1;
            return end_after_refusal(pages, range, scan).await;
        }
        second => second?,
    };
    scan.requests += second.requests;
    let is_repeated = scan.pages.iter().any(|first| has_same_records(first, &second.page));
    let has_hits = second.page.hits() > 0 && !is_repeated;
    match has_hits {
        true => set_page_size(pages, scan, &second.page),
        false => pages.extra.record_end(received),
    }
    // Two different totals of one range prove nothing, even if the later one is lower: the answers may come from
    // replicas that lack different events. A total of 0 is the number of hits of an empty page.
    let differs = |total: Total| total.count > received || total.exact && (1..received).contains(&total.count);
    if has_hits || second.page.total.is_some_and(differs) {
        scan.pages.push(second.page);
    }
    Ok(PageEnd::Known)
}

/// Interprets a refusal of the page after the first one. Either the first page has the last hit of the range, or the
/// service limits both the page size and the total to the number of hits of the first page. There is no such limit if
/// another answer had more hits or reported a higher total. To rule out a limit below the service's default page size,
/// this function requests the page that begins at the last hit. Without a limit, this page has exactly one hit.
async fn end_after_refusal(pages: PageReader<'_>, range: DateRange, scan: &mut PartialScan) -> Result<PageEnd, Error> {
    let received = scan.received();
    let is_known = match received {
        _ if pages.extra.has_higher_count(received) => true,
        0 | 1 => true,
        _ if ends_with_smaller_page(pages, range, scan).await? => true,
        2..SERVICE_PAGE_SIZE => {
            scan.requests += 1;
            match pages.read(range, received - 1, scan.page_size).await {
                Err(error) if may_be_after_end(error.kind()) => false,
                last => last?.page.hits() == 1,
            }
        }
        _ => false,
    };
    if !is_known {
        return Ok(PageEnd::Unknown);
    }
    pages.extra.record_end(received);
    Ok(PageEnd::Known)
}

/// Whether the service accepts a request for a single hit after the first page and returns no hit. If so, the first
/// page has the last hit, and the service refused the offset only because the requested page was too long.
async fn ends_with_smaller_page(
    pages: PageReader<'_>,
    range: DateRange,
    scan: &mut PartialScan,
) -> Result<bool, Error> {
    let received = scan.received();
    scan.requests += 1;
    match pages.read(range, received, 1).await {
        Err(error) if may_be_after_end(error.kind()) => Ok(false),
        next => {
            let page = next?.page;
            Ok(page.hits() == 0 && page.total.is_none_or(|total| total.count <= received))
        }
    }
}

/// Fetches the second page after a short first page, to learn whether the service limits the page size or has no more
/// hits. If the second page has hits, sets the page size to the length of the longer of the two pages.
pub(super) async fn detect_page_size(
    pages: PageReader<'_>,
    range: DateRange,
    scan: &mut PartialScan,
) -> Result<SecondPage, Error> {
    // The budget of extra requests pays for this request. The request is refunded if the second page has hits: in this
    // case, the total was not wrong, and the service limits the page size.
    if !pages.extra.try_spend(1, scan.page_size) {
        return Ok(SecondPage::Empty);
    }
    let received = scan.received();
    let second = match pages.read_up_to(range, received, scan.page_size, received).await {
        // The service may refuse the offset for a page of the requested size, and still accept it for a page of the
        // received size.
        Err(error) if may_be_refusal(error.kind()) => {
            scan.requests += 1;
            match pages.read(range, received, received).await {
                Err(error) if error.kind() == ErrorKind::BadRequest => {
                    // The service sends one page of this size, but refuses a second one.
                    scan.requests += 1;
                    return Ok(only_first_page(pages, received));
                }
                second => second?,
            }
        }
        second => second?,
    };
    scan.requests += second.requests;
    let has_hits = second.page.hits() > 0;
    if has_hits {
        pages.extra.refund(1);
    }
    if scan.pages.iter().any(|first| ignores_offset(first, &second.page)) {
        // Only the first page of a range can be read, so a range with more events must be split.
        return Ok(only_first_page(pages, received));
    }
    if has_hits {
        set_page_size(pages, scan, &second.page);
        if scan.page_size >= SERVICE_PAGE_SIZE {
            // The second page is not added to the scan, because a page of this size must begin with the last hit of the
            // page before it. So it is requested again, from this hit on.
            scan.next_offset = received;
            pages.received.keep(range, second.page.events);
            return Ok(SecondPage::HasHits);
        }
    }
    scan.pages.push(second.page);
    Ok(if has_hits { SecondPage::HasHits } else { SecondPage::Empty })
}

/// Records that the service sends one page of `received` hits for a range, and no second one.
fn only_first_page(pages: PageReader<'_>, received: u64) -> SecondPage {
    pages.api.limits.record_max_page(received);
    pages.api.limits.record_max_offset(received);
    SecondPage::Refused
}

/// Whether the second page is the first one again. If so, the service ignores the offset. If both pages have a single
/// record without a usable `@uuid`, their equality proves nothing: two different events may have equal records.
pub(super) fn ignores_offset(first: &Page, second: &Page) -> bool {
    let has_ids = || first.events.iter().any(|event| !event.id().is_of_content());
    first.hits() > 0 && has_same_records(first, second) && (first.hits() > 1 || has_ids())
}

/// Sets the page size to the length of the longer of the first two pages, so that a single short page does not shorten
/// all later pages.
fn set_page_size(pages: PageReader<'_>, scan: &mut PartialScan, second: &Page) {
    let received = scan.received();
    let page_size = received.max(second.hits());
    if page_size < scan.page_size {
        pages.api.limits.infer_max_page(page_size);
    }
    scan.page_size = page_size;
    scan.next_offset = received + page_size;
}

/// Whether an empty page at `offset` shows the end of the range. A service may also send an empty page if it does not
/// support the offset. So this function requests a page of `size` hits that begins at the last hit. If the range ends
/// at `offset`, the page has exactly one hit. If the service does not support the offset, the page has no hit. The hit
/// itself is not compared, because hits with the same time may change places.
pub(super) async fn confirms_end(
    pages: PageReader<'_>,
    range: DateRange,
    offset: u64,
    size: u64,
    scan: &mut PartialScan,
) -> Result<bool, Error> {
    let fetched = match pages.read(range, offset.saturating_sub(1), size).await {
        Err(error) if may_be_after_end(error.kind()) => {
            scan.requests += 1;
            return Ok(false);
        }
        fetched => fetched?,
    };
    scan.requests += fetched.requests;
    let is_end = fetched.page.hits() == 1;
    pages.received.keep(range, fetched.page.events);
    Ok(is_end)
}

/// Whether an error may mean that the requested page begins after the last hit.
pub(super) fn may_be_after_end(kind: ErrorKind) -> bool {
    may_be_refusal(kind) || kind == ErrorKind::NotFound
}

/// Whether an error concerns only the page that was requested: the service refuses the page, or the page is too large
/// or unreadable. Requests for other ranges may succeed.
pub(super) fn concerns_only_page(error: &Error) -> bool {
    may_be_after_end(error.kind()) || may_be_read_in_pieces(error)
}

/// Whether an error may mean that the service does not support a value in the request, such as an offset above its
/// maximum or a fraction of a second. Some services then fail with the status of a server error.
pub(super) fn may_be_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BadRequest | ErrorKind::Server)
}
