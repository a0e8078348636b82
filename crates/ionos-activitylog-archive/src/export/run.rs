//! The state that the steps of one contract's export share, and requests for the total of a range.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use ionos_activitylog::internal::{ExtraRequests, check_model, check_only_start, share_extra_requests};
use ionos_activitylog::{ContractNumber, DateRange, ErrorKind, Events, GapReason, PageSize, RangeSet, Window};

use super::boundary_events::CorrectedTotal;
use super::contract_writer::ContractWriter;
use super::vanished::VanishedEvents;
use super::{ContractExport, ExportProgress, Exporter, Stop};
use crate::error::Error;
use crate::fs::FailPoint;
use crate::manifest::{KnownGap, ReadRange};
use crate::part::{ArchivedUndated, WrittenRange};

/// Number of extra requests that a total costs if it is higher than the expected total, see
/// [`ContractExportRun::total`].
const DIFFERENCE_REQUESTS: u64 = 1;

/// The total of a range, as the service reports it.
#[derive(Clone, Copy, Default)]
pub(super) struct ReportedTotal {
    /// Number of events, corrected as described for [`ContractExportRun::total`]. `None` if it is unknown.
    pub(super) count: Option<u64>,
    /// Number of extra requests that were spent for the correction.
    pub(super) extra: u64,
}

/// The export of one contract.
pub(super) struct ContractExportRun<'a> {
    pub(super) exporter: &'a Exporter,
    pub(super) contract: &'a ContractNumber,
    pub(super) writer: ContractWriter,
    pub(super) windows: usize,
    pub(super) stop: Stop,
    pub(super) done: ContractExport,
    /// Number of events received that were not archived before.
    pub(super) events_received: u64,
    /// The archived records without a time, which are needed if a range is read again. `None` until a range is read
    /// again.
    pub(super) undated: Option<ArchivedUndated>,
    /// Number of records without a time that the last reread of a range returned and that were already archived in
    /// parts of other days.
    pub(super) undated_elsewhere: u64,
    /// The archived events that the service no longer returns, as far as this export has read ranges again.
    pub(super) vanished: VanishedEvents,
    /// The budget of extra requests that wrong totals may cause, for all ranges together.
    pub(super) extra: Arc<ExtraRequests>,
    /// Unverified ranges that this export does not read, because their next try is later.
    pub(super) waiting: RangeSet,
}

impl ContractExportRun<'_> {
    /// The events of a range. All ranges of the export share one budget of extra requests.
    fn events(&self, range: DateRange) -> Events {
        check_model(share_extra_requests(self.exporter.client.events(self.contract.clone(), range), &self.extra))
    }

    pub(super) fn windows(
        &self,
        range: DateRange,
    ) -> impl futures_core::Stream<Item = Result<Window, ionos_activitylog::Error>> + use<> {
        // The cross-check is switched off, because the export compares totals itself: if they differ, it reads days
        // again and archives the new events as late events.
        let events = check_only_start(self.events(range));
        events.windows_at_once(self.windows).windows().take_until(self.stop.clone())
    }

    /// The archived records without a time.
    pub(super) fn archived_undated(&self) -> ArchivedUndated {
        let days = self.writer.chain.days.iter();
        ArchivedUndated::new(days.flat_map(|(date, manifest)| {
            let folder = self.writer.folder.day(*date);
            manifest.parts.iter().map(move |part| (*date, folder.clone(), part.clone()))
        }))
    }

    /// Spends `requests` of the budget for extra requests, which wrong totals cause. If fewer are left, spends none and
    /// returns `false`.
    pub(super) fn try_spend_extra(&self, requests: u64) -> bool {
        self.extra.try_spend(requests, PageSize::DEFAULT.get())
    }

    /// Whether at least `requests` of the budget for extra requests are left.
    pub(super) fn has_extra(&self, requests: u64) -> bool {
        let is_left = self.try_spend_extra(requests);
        if is_left {
            self.extra.refund(requests);
        }
        is_left
    }

    /// Adds a gap to the manifests for an incomplete range. The range lies within one day. The next export reads the
    /// range again. Until then, no command reports the range as complete.
    pub(super) fn add_gap(
        &mut self,
        range: DateRange,
        reason: GapReason,
        seen: u64,
        total: Option<u64>,
    ) -> Result<(), Error> {
        let reason = KnownGap::reason(reason).to_owned();
        let mut addition = self.writer.empty_manifest(range.start().date_naive());
        addition.ranges = vec![ReadRange::unverified(range)];
        addition.gaps = vec![KnownGap { from: range.start(), to: range.end(), reason, seen, total }];
        self.writer.unconfirm(range);
        self.writer.add(addition)?;
        self.writer.save_if_due()
    }

    pub(super) async fn report_progress(&mut self, read_to: DateTime<Utc>) {
        self.exporter.fail_points.reach(FailPoint::WindowRead);
        let progress = ExportProgress { events: self.events_received, requests: self.done.requests, read_to };
        (self.exporter.on_progress)(self.contract, &progress);
        yield_now().await;
    }

    pub(super) fn is_stopped(&mut self) -> bool {
        self.done.stopped |= self.stop.peek().is_some();
        self.done.stopped
    }

    /// Requests the total of each verified range that overlaps a window whose total did not match its events, and the
    /// total of each part of a gap that was divided at midnight. The manifest gets the total of the range and not the
    /// totals of windows, because the boundaries of windows depend on where the export started. A manifest must not
    /// depend on the start of an export.
    ///
    /// On an error or a stop, `ranges` keeps only the ranges before the one whose total could not be requested.
    pub(super) async fn count(&mut self, ranges: &mut Vec<WrittenRange>) -> Result<(), Error> {
        let mut counted = 0;
        let mut result = Ok(());
        for written in ranges.iter_mut() {
            let requested = match written.verified {
                true if !written.counted => Some(self.count_verified(written).await),
                false if !written.divided.is_empty() => Some(self.count_divided(written).await),
                _ => None,
            };
            if let Some(requested) = requested
                && (requested.is_err() || self.is_stopped())
            {
                result = requested;
                break;
            }
            counted += 1;
        }
        ranges.truncate(counted);
        result
    }

    /// Requests the total of a verified range. The total counts only if it equals the number of events.
    async fn count_verified(&mut self, written: &mut WrittenRange) -> Result<(), Error> {
        let total = self.total(written.range, written.expected_total).await?;
        if total.count == Some(written.expected_total) {
            written.confirm_total();
        }
        Ok(())
    }

    /// Requests the totals of those gaps of a range that are parts of gaps that were divided at midnight. Without these
    /// totals, a later export could not know how many events the log once had. The last part of a divided gap also gets
    /// the events that the service has counted for the undivided gap, but counts for none of its parts.
    async fn count_divided(&mut self, written: &mut WrittenRange) -> Result<(), Error> {
        for (whole, total_of_whole) in std::mem::take(&mut written.divided) {
            let Some(part) = whole.intersection(&written.range) else { continue };
            let mut total = self.total(part, written.expected_total).await?.count;
            if part.end() == whole.end()
                && let Ok(before) = DateRange::new(whole.start(), part.start())
            {
                let before = self.total(before, total_of_whole).await?.count;
                total = total.max(before.map(|before| total_of_whole.saturating_sub(before)));
            }
            let gaps = written.gaps.iter_mut().filter(|gap| gap.range() == Some(part));
            gaps.for_each(|gap| gap.total = gap.total.max(total));
        }
        Ok(())
    }

    /// Total that the service reports for a range, corrected to count the events at exactly the start of the range, but
    /// not those at exactly its end, see [`CorrectedTotal`]. The total is unknown if the service reports no exact
    /// total, or if the export is stopped. It is also unknown if the range starts or ends between two whole seconds,
    /// because a request can only express whole seconds.
    pub(super) async fn total(&mut self, range: DateRange, expected: u64) -> Result<ReportedTotal, Error> {
        let unknown = ReportedTotal::default();
        if range != range.to_whole_seconds() {
            return Ok(unknown);
        }
        let one_event = PageSize::new(1).map_err(|source| Error::Read { source })?;
        let page = pin!(self.exporter.client.page(self.contract, range, 0, one_event));
        let Either::Left((page, _)) = select(page, self.stop.clone()).await else {
            return Ok(unknown);
        };
        self.done.requests += 1;
        let total = match page {
            Ok(page) => page.exact_total(),
            // The total is unknown, for example if the answer is not a page of the log.
            Err(error) if error.kind() == ErrorKind::Decode => None,
            Err(error) => return Err(Error::Read { source: error }),
        };
        let Some(total) = total else {
            return Ok(unknown);
        };
        let extra = if total > expected { DIFFERENCE_REQUESTS } else { 0 };
        if !self.try_spend_extra(extra) {
            return Ok(ReportedTotal { count: Some(total), extra: 0 });
        }
        let day = self.writer.chain.days.get(&range.start().date_naive());
        let has_event_at_start = day.is_some_and(|day| day.has_event_at_start(range));
        let corrected = {
            let reading =
                pin!(CorrectedTotal::read(total, expected, has_event_at_start, |range| self.events(range), range));
            let Either::Left((corrected, _)) = select(reading, self.stop.clone()).await else {
                return Ok(unknown);
            };
            corrected.map_err(|source| Error::Read { source })?
        };
        self.done.requests += corrected.requests;
        Ok(ReportedTotal { count: Some(corrected.count), extra })
    }
}

/// Yields to other futures of the same task, which would starve if the service always answers immediately.
async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
