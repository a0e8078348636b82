//! Reads the parts of one second if the events of the second cannot be verified as a whole.

use futures_util::future::BoxFuture;

use super::{WindowReader, WindowResult};
use crate::api::page::Total;
use crate::error::Error;
use crate::event::Event;
use crate::reader::page_end::may_be_refusal;
use crate::reader::plan::{PARTS_WITHOUT_TOTAL, PlannedWindow, Resolution};
use crate::reader::scanned_window::ScannedWindow;

impl WindowReader<'_> {
    /// Reads the parts of one second, and learns in this way whether the service supports fractions of a second.
    /// `events` are the events that scans of the whole second returned, and `total` is the highest total of these
    /// scans. The parts are accepted only if they have all of these events together, because a service that cuts off
    /// fractions returns no events for one part and the whole second for another part. Returns the joined parts (`None`
    /// if the parts are not accepted) and the number of requests.
    pub(super) async fn read_finer(
        self,
        whole: PlannedWindow,
        events: Vec<Event>,
        total: Option<Total>,
    ) -> Result<(Option<WindowResult<ScannedWindow>>, u64), Error> {
        let mut requests = 0;
        let planned = PlannedWindow { suspected_limit: whole.suspected_limit, ..PlannedWindow::new(whole.range) };
        let mut planned = planned.split(PARTS_WITHOUT_TOTAL, Resolution::Millisecond);
        planned.reverse();
        let mut parts: Vec<ScannedWindow> = Vec::new();
        while let Some(part) = planned.pop() {
            let is_refused = match self.scan_part(part).await {
                Ok(WindowResult::Split { windows, requests: own }) => {
                    requests += own;
                    planned.extend(windows.into_iter().rev());
                    continue;
                }
                Ok(WindowResult::Verified(part) | WindowResult::Unverified(part)) => {
                    let has_other_times = part.verification.events.out_of_window > 0;
                    parts.push(part);
                    has_other_times
                }
                Err(error) if may_be_refusal(error.kind()) => true,
                Err(error) => return Err(error),
            };
            if is_refused {
                break;
            }
        }
        requests += parts.iter().map(|part| part.requests).sum::<u64>();
        let has_other_times = parts.iter().any(|part| part.verification.events.out_of_window > 0);
        let is_in_parts = |event: &Event| parts.iter().any(|part| part.verification.events.contains(&event.id()));
        let is_supported = planned.is_empty() && !has_other_times && events.iter().all(is_in_parts);
        self.limits().record_fraction_support(is_supported);
        if !is_supported {
            self.progress.received.keep(whole.range, events);
            parts.into_iter().for_each(|part| self.keep(part));
            return Ok((None, requests));
        }
        let joined = ScannedWindow::join(whole, parts, total);
        let result = match joined.proof {
            Some(_) => WindowResult::Verified(joined),
            None => WindowResult::Unverified(joined),
        };
        Ok((Some(result), requests))
    }

    /// Calls [`Self::scan_until_verified`] for a part of a second. The future is boxed, so that the future of the
    /// caller is small.
    fn scan_part<'a>(self, part: PlannedWindow) -> BoxFuture<'a, Result<WindowResult<ScannedWindow>, Error>>
    where
        Self: 'a,
    {
        Box::pin(self.scan_until_verified(part, Resolution::Millisecond))
    }
}
