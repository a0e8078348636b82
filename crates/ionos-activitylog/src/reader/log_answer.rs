//! Requests one event of the whole log. The answer is needed in two cases: the answers for a window had neither a hit
//! nor a total, or the number of events of a window may be a limit of the service.

use chrono::DateTime;

use crate::api::page::Total;
use crate::error::{Error, ErrorKind};
use crate::range::DateRange;
use crate::reader::page_end::may_be_refusal;
use crate::reader::page_reader::PageReader;

/// The answer to a request for one event of the whole log.
pub(super) struct LogAnswer {
    /// Whether the answer has a hit or a total. If it has neither, the service may answer every request in this way.
    pub(super) is_visible: bool,
    pub(super) total: Option<Total>,
    pub(super) requests: u64,
}

impl LogAnswer {
    /// Requests one event of the whole log. Adds the event to `pages.received` if its time is in `range` or at exactly
    /// the end of `range`.
    pub(super) async fn read(pages: PageReader<'_>, range: DateRange) -> Result<Self, Error> {
        let refused = Self { is_visible: false, total: None, requests: 1 };
        let end = pages.api.clock.now().max(range.end());
        let Ok(log) = DateRange::new(DateTime::UNIX_EPOCH, end) else {
            return Ok(Self { requests: 0, ..refused });
        };
        let fetched = match pages.read(log.to_whole_seconds(), 0, 1).await {
            Err(error) if may_be_refusal(error.kind()) => return Ok(refused),
            Err(error) if error.kind() == ErrorKind::TooLarge => return Ok(Self { is_visible: true, ..refused }),
            fetched => fetched?,
        };
        let (is_visible, total) = (!fetched.page.says_nothing(), fetched.page.total);
        pages.received.keep(range, fetched.page.events);
        Ok(Self { is_visible, total, requests: fetched.requests })
    }
}
