//! How many events the service counts in a time is worth as much as the events: it shows that nothing is missing, when
//! they are read and years later. What is written of it must depend on the events alone, as all of a manifest does.

use std::pin::pin;
use std::task::Poll;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use ionos_activitylog::{ContractNumber, DateRange, ErrorKind, PageSize, Window};

use super::contract_writer::ContractWriter;
use super::{ContractExport, ExportProgress, Exporter, Stop};
use crate::error::Error;
use crate::fs::FailPoint;
use crate::part::WrittenRange;

/// An export on its way.
pub(super) struct ContractExportRun<'a> {
    pub(super) exporter: &'a Exporter,
    pub(super) contract: &'a ContractNumber,
    pub(super) writer: ContractWriter,
    pub(super) windows: usize,
    pub(super) stop: Stop,
    pub(super) done: ContractExport,
    /// Events that have come and were not archived before.
    pub(super) events_received: u64,
}

impl ContractExportRun<'_> {
    pub(super) fn windows(
        &self,
        range: DateRange,
    ) -> impl futures_core::Stream<Item = Result<Window, ionos_activitylog::Error>> + use<> {
        let events = self.exporter.client.events(self.contract.clone(), range);
        events.windows_at_once(self.windows).windows().take_until(self.stop.clone())
    }

    pub(super) async fn tell(&mut self, read_to: DateTime<Utc>) {
        self.exporter.fail_points.reach(FailPoint::WindowRead);
        let progress = ExportProgress { events: self.events_received, requests: self.done.requests, read_to };
        (self.exporter.on_progress)(self.contract, &progress);
        let_others().await;
    }

    pub(super) fn is_stopped(&mut self) -> bool {
        self.done.stopped |= self.stop.peek().is_some();
        self.done.stopped
    }

    /// Asks the service for each stretch that it may not have counted as it came. What it counted is known by window, and
    /// where one ends depends on where the reading began; what is written must not.
    ///
    /// Leaves only those that are known of, where it fails or is stopped.
    pub(super) async fn count(&mut self, stretches: &mut Vec<WrittenRange>) -> Result<(), Error> {
        let mut known = 0;
        let mut result = Ok(());
        for stretch in stretches.iter_mut() {
            if stretch.verified && !stretch.counted {
                let total = self.total(stretch.range).await;
                if total.is_err() || self.is_stopped() {
                    result = total.map(drop);
                    break;
                }
                if total.is_ok_and(|total| total == Some(stretch.expected_total)) {
                    stretch.agree();
                }
            }
            known += 1;
        }
        stretches.truncate(known);
        result
    }

    /// How many events the service counts in a time; none where it does not say, and where it cannot be asked: a request
    /// goes by whole seconds, so it would count something else than a range with fractions. None also once it is stopped.
    pub(super) async fn total(&mut self, range: DateRange) -> Result<Option<u64>, Error> {
        if range != range.to_whole_seconds() {
            return Ok(None);
        }
        let one = PageSize::new(1).map_err(|source| Error::Read { source })?;
        let page = pin!(self.exporter.client.page(self.contract, range, 0, one));
        let Either::Left((page, _)) = select(page, self.stop.clone()).await else {
            return Ok(None);
        };
        self.done.requests += 1;
        match page {
            Ok(page) => Ok(page.total.filter(|total| total.exact).map(|total| total.count)),
            // An answer that proves nothing, as one without a count where there is no event either.
            Err(error) if error.kind() == ErrorKind::Decode => Ok(None),
            Err(error) => Err(Error::Read { source: error }),
        }
    }
}

/// Lets whoever else is polled by the same task have a turn: a service that never waits would leave none.
async fn let_others() {
    let mut turn = false;
    std::future::poll_fn(|context| {
        if turn {
            return Poll::Ready(());
        }
        turn = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
