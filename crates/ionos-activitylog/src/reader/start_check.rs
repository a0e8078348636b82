//! Checks the start of a reading. It is undocumented whether the service includes events at exactly `dateStart`. If the
//! service excludes these events, no scan of the first window returns them. So one further request covers the second
//! before the start and the second after it. The answer may contain events of the first window. The window is verified
//! only if it has all of these events.

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::limits::SERVICE_PAGE_SIZE;
use crate::api::page::Page;
use crate::error::Error;
use crate::event::Event;
use crate::range::DateRange;
use crate::reader::page_end::concerns_only_page;
use crate::reader::page_reader::PageReader;
use crate::reader::scan::WindowScanner;

/// The page size to try if a page of the requested size is refused or too large.
const SMALLER_PAGE_SIZE: u64 = 100;

/// The result of checking the start of a window.
#[derive(Debug, Default)]
pub(super) struct StartCheck {
    /// Whether the service excludes events at exactly the start of a range. This is the case if an answer has an event
    /// at the start of the window, but the answer for a range that begins at exactly this time has no such event.
    pub(super) excludes_start: bool,
    pub(super) requests: u64,
}

impl StartCheck {
    /// Waits until the scan has found that the window does not have to be split. Then requests the two seconds around
    /// the start of the window, and keeps the events that lie in the window. If one of the events is at exactly the
    /// start, also requests the second that begins at the start.
    pub(super) async fn read(scanner: WindowScanner<'_>, window: DateRange) -> Result<Self, Error> {
        let (start, second) = (window.start(), TimeDelta::seconds(1));
        let is_at_start = |event: &Event| event.time() == Some(start);
        scanner.start_check_gate.wait().await;
        let mut check = Self::default();
        let around = check.page(scanner, start - second, start + second).await?;
        let around = around.map_or_else(Vec::new, |page| page.events);
        if around.iter().any(is_at_start)
            && let Some(after) = check.page(scanner, start, start + second).await?
        {
            let is_readable = after.unreadable.is_empty() && after.partial_search.is_none();
            let is_last = after.hits() < scanner.current_page_size()
                && after.total.is_none_or(|total| total.count <= after.hits());
            let has_all = is_readable && is_last;
            check.excludes_start = has_all && !after.events.iter().any(is_at_start);
            scanner.pages.received.keep(window, after.events);
        }
        let inside = around.into_iter().filter(|event| event.time().is_some_and(|time| window.contains(time)));
        scanner.pages.received.keep(window, inside);
        Ok(check)
    }

    /// Requests the first page of a range. Returns `None` if the service refuses each of the page sizes, or if a record
    /// cannot be read.
    async fn page(
        &mut self,
        scanner: WindowScanner<'_>,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Option<Page>, Error> {
        let Ok(range) = DateRange::new(start, end) else { return Ok(None) };
        let PageReader { api, contract, .. } = scanner.pages;
        for size in [scanner.current_page_size(), SMALLER_PAGE_SIZE, SERVICE_PAGE_SIZE] {
            self.requests += 1;
            match api.page(contract, range, 0, size).await {
                Ok(page) => return Ok(Some(page.into_inner())),
                // The service may refuse the size, or times before its log begins. If a record cannot be read, the scan
                // of the window reports it.
                Err(error) if concerns_only_page(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}
