//! Reads the first page of a window, in the largest size that the service accepts.

use super::WindowScanner;
use crate::api::page::Page;
use crate::error::{Error, ErrorKind};
use crate::range::DateRange;
use crate::reader::page_end::may_be_refusal;
use crate::reader::page_reader::{FetchedPage, reports_missing_events};

/// Page sizes to try if the service refuses the requested size. The last one is the service's default page size.
const SMALLER_PAGE_SIZES: [u64; 5] = [500, 250, 100, 50, 20];

impl WindowScanner<'_> {
    /// The first page, in the largest size that the service accepts, and the number of requests.
    pub(super) async fn first_page(&self, range: DateRange) -> Result<(Page, u64), Error> {
        let size = self.limits().first_page_size(self.page_size);
        let refused = match self.pages.read(range, 0, size).await {
            Err(error) if error.kind() == ErrorKind::BadRequest => error,
            fetched => {
                let fetched = fetched?;
                // A client without retries has requested the empty page only once, so the page may be the answer of a
                // replica that lags behind.
                let is_repeated = self.pages.api.retry.attempts() > 1;
                let is_too_long =
                    is_repeated && reports_missing_events(&fetched.page) && self.extra().try_smaller_pages();
                let FetchedPage { page, requests } = match is_too_long {
                    true => self.shorter_first_page(range, size, fetched).await?,
                    false => fetched,
                };
                self.limits().record_page(page.hits(), self.page_size);
                return Ok((page, requests));
            }
        };
        let mut requests = 1;
        // If the maximum page size was inferred, only this size is tried, because the service has accepted it before.
        let inferred = Some(self.current_page_size()).filter(|inferred| *inferred < size);
        let standard: &[u64] = if inferred.is_none() { &SMALLER_PAGE_SIZES } else { &[] };
        let smaller_sizes = inferred.into_iter().chain(standard.iter().copied());
        for smaller in smaller_sizes.filter(|smaller| *smaller < size) {
            match self.pages.read(range, 0, smaller).await {
                Err(error) if error.kind() == ErrorKind::BadRequest => requests += 1,
                Ok(fetched) => {
                    self.limits().record_max_page(smaller);
                    return Ok((fetched.page, requests + fetched.requests));
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused)
    }

    /// Requests the first page in smaller sizes. Called if the page of `size` hits is empty although its total reports
    /// events, because the service may send an empty page if the page size is too large. Returns the empty page if no
    /// smaller page has hits.
    async fn shorter_first_page(
        &self,
        range: DateRange,
        size: u64,
        mut empty: FetchedPage,
    ) -> Result<FetchedPage, Error> {
        for smaller in SMALLER_PAGE_SIZES.into_iter().filter(|smaller| *smaller < size) {
            if !self.extra().try_spend(1, size) {
                break;
            }
            match self.pages.read_or_empty(range, 0, smaller, smaller).await {
                Err(error) if may_be_refusal(error.kind()) => empty.requests += 1,
                fetched => {
                    let FetchedPage { page, requests } = fetched?;
                    empty.requests += requests;
                    if page.hits() > 0 {
                        self.limits().record_max_page(smaller);
                        return Ok(FetchedPage { page, requests: empty.requests });
                    }
                }
            }
        }
        Ok(empty)
    }
}
