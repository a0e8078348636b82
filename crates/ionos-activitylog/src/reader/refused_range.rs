//! Splits a window that the service refuses because of its length. The description of the API names no maximum length
//! of a range.

use crate::error::Error;
use crate::range::DateRange;
use crate::reader::checked_windows::MIN_LENGTH;
use crate::reader::page_end::may_be_after_end;
use crate::reader::page_reader::PageReader;
use crate::reader::plan::PlannedWindow;

/// The windows to read instead of a window that the service refused with `error`. Fails with `error` if the length is
/// not the reason for the refusal.
pub(super) async fn split_refused(
    window: PlannedWindow,
    error: Error,
    pages: PageReader<'_>,
    page_size: u64,
) -> Result<Vec<PlannedWindow>, Error> {
    if !is_refused_as_too_long(window.range, pages).await? || !pages.extra.try_split(page_size) {
        return Err(error);
    }
    pages.extra.record_refused_range(window.range);
    Ok(window.split_by_length())
}

/// Whether the service refuses a range because the range is too long. This is assumed if the service answers a request
/// for the last hour of the range.
async fn is_refused_as_too_long(range: DateRange, pages: PageReader<'_>) -> Result<bool, Error> {
    let start = range.end() - MIN_LENGTH;
    let Some(last) = DateRange::new(start, range.end()).ok().filter(|_| start > range.start()) else {
        return Ok(false);
    };
    match pages.read(last, 0, 1).await {
        Err(error) if may_be_after_end(error.kind()) => Ok(false),
        fetched => fetched.map(|fetched| !fetched.page.says_nothing()),
    }
}
