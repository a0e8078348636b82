//! Requests one event of the whole log. The answer is needed in three cases: the answers for a window had neither a hit
//! nor a total, a window has no events, or the number of events of a window may be a limit of the service.

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
    /// Whether the answer has an event whose time is in the given range.
    pub(super) is_inside: bool,
    pub(super) total: Option<Total>,
    pub(super) requests: u64,
}

impl LogAnswer {
    /// Requests one event of the whole log, and records whether the log has events. Adds the event to `pages.received`
    /// if its time is in `range` or at exactly the end of `range`.
    pub(super) async fn read(pages: PageReader<'_>, range: DateRange) -> Result<Self, Error> {
        let refused = Self { is_visible: false, is_inside: false, total: None, requests: 1 };
        let end = pages.api.clock.now().max(range.end());
        let Ok(log) = DateRange::new(DateTime::UNIX_EPOCH, end) else {
            return Ok(Self { requests: 0, ..refused });
        };
        let fetched = match pages.read(log.to_whole_seconds(), 0, 1).await {
            Err(error) if may_be_refusal(error.kind()) => return Ok(refused),
            Err(error) if error.kind() == ErrorKind::TooLarge => {
                pages.extra.record_log_events();
                return Ok(Self { is_visible: true, ..refused });
            }
            fetched => fetched?,
        };
        let (is_visible, total) = (!fetched.page.says_nothing(), fetched.page.total);
        if fetched.page.hits() > 0 || total.is_some_and(|total| total.count > 0) {
            pages.extra.record_log_events();
        }
        let is_inside = fetched.page.events.iter().any(|event| event.time().is_some_and(|time| range.contains(time)));
        pages.received.keep(range, fetched.page.events);
        Ok(Self { is_visible, is_inside, total, requests: fetched.requests })
    }
}
