//! Estimates the size and duration of an export before it starts.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ionos_activitylog::{ContractNumber, DateRange, PageSize, RangeSet};

use super::settle::too_recent;
use super::{Exporter, WINDOWS_AT_ONCE};
use crate::error::Error;
use crate::manifest::{Manifest, ReadRange};
use crate::state::{State, covered_ranges, read_complete_days, verified_ranges};
use crate::sum::saturating_sum;

/// Bytes per event, if no archived events can be measured.
const EVENT_BYTES: u64 = 850;

/// Events per planned window: three quarters of 10 000, the usual maximum of a window.
const WINDOW_EVENTS: u64 = 7_500;

/// Estimate of the export of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a plan has no effect unless it is shown"]
pub struct ContractPlan {
    /// Requested ranges that the archive does not contain.
    pub missing: RangeSet,
    /// Archived ranges that could not be verified and that an export reads again.
    pub unverified: RangeSet,
    /// Archived ranges that could not be verified and that an export does not read, because their next try is later.
    pub waiting: RangeSet,
    /// Earliest time, UTC, from which an export reads all of `waiting` again. `None` if `waiting` is empty.
    pub next_try: Option<DateTime<Utc>>,
    /// The times at the end of the requested range that are in the future or too recent to be read. Does not contain
    /// ranges that earlier exports have archived and verified.
    pub unread: RangeSet,
    /// Number of events in `missing` and `unverified`; a lower bound unless `exact`.
    pub events: u64,
    /// Whether the service reports exact totals.
    pub exact: bool,
    /// Number of windows that the export reads.
    pub windows: u64,
    /// Number of requests that the export sends.
    pub requests: u64,
    /// Uncompressed size in bytes of the lines that the export writes.
    pub bytes: u64,
    /// Size on disk, in bytes, of the lines that the export writes. `None` if no archived events show the compression
    /// ratio.
    pub on_disk: Option<u64>,
    /// Duration of the export, if every request takes as long as the average request of this estimate.
    pub time: Duration,
}

pub(super) async fn estimate(
    exporter: &Exporter,
    contract: &ContractNumber,
    (range, service): (DateRange, Option<DateTime<Utc>>),
) -> Result<ContractPlan, Error> {
    let folder = exporter.archive.contract(contract);
    // Fail like the export if the state cannot be read.
    let (state, _) = State::read(&folder)?;
    let days = read_complete_days(&folder)?;
    let manifests: Vec<&Manifest> = days.values().collect();
    let covered = covered_ranges(&days);
    let settled = exporter.settled_range(range, service);
    let requested: RangeSet = settled.into_iter().collect();
    let now = exporter.clock.now();
    let unverified = manifests.iter().flat_map(|manifest| &manifest.ranges).filter(|read| !read.verified);
    let unverified = unverified.filter_map(ReadRange::range);
    let (waiting, due): (Vec<_>, Vec<_>) = unverified
        .filter(|range| !requested.intersection(&(*range).into()).is_empty())
        .partition(|range| exporter.waits(state.as_ref(), *range, now));
    let next_try = |range: &DateRange| state.as_ref()?.next_try_of(*range);
    let mut plan = ContractPlan {
        missing: requested.difference(&covered),
        unverified: requested.intersection(&due.into_iter().collect()),
        waiting: requested.intersection(&waiting.iter().copied().collect()),
        next_try: waiting.iter().filter_map(next_try).max(),
        unread: too_recent(range, settled).difference(&verified_ranges(&days)),
        events: 0,
        exact: true,
        windows: 0,
        requests: 0,
        bytes: 0,
        on_disk: None,
        time: Duration::ZERO,
    };
    let start = exporter.clock.elapsed();
    let mut requests = 0;
    for range in plan.missing.union(&plan.unverified).iter() {
        let one_event = PageSize::new(1).map_err(|source| Error::Read { source })?;
        let page = exporter.client.page(contract, range, 0, one_event).await;
        let page = page.map_err(|source| Error::Read { source })?;
        requests += 1;
        plan.exact &= page.exact_total().is_some();
        let events = page.total.map_or(0, |total| total.count);
        let windows = events.div_ceil(WINDOW_EVENTS).max(1);
        plan.events = plan.events.saturating_add(events);
        plan.windows = plan.windows.saturating_add(windows);
        let pages = events.div_ceil(windows).div_ceil(PageSize::DEFAULT.get()).max(1);
        // A range of several windows needs one more request, for the first page of the whole range. This page shows the
        // total.
        let of_range = windows.saturating_mul(pages).saturating_add(u64::from(windows > 1));
        plan.requests = plan.requests.saturating_add(of_range);
    }
    let elapsed = exporter.clock.elapsed().saturating_sub(start);
    let at_once = WINDOWS_AT_ONCE as u64;
    if requests > 0 {
        let rounds = u32::try_from(plan.requests.div_ceil(at_once)).unwrap_or(u32::MAX);
        plan.time = (elapsed / requests).saturating_mul(rounds);
    }
    let sum = |of: fn(&crate::manifest::Part) -> u64| -> u64 {
        let parts = manifests.iter().flat_map(|manifest| &manifest.parts);
        saturating_sum(parts.map(of))
    };
    let (count, unpacked, compressed) = (sum(|part| part.count), sum(|part| part.unpacked), sum(|part| part.bytes));
    plan.bytes = plan.events.saturating_mul(unpacked.checked_div(count).unwrap_or(EVENT_BYTES));
    plan.on_disk = compressed.checked_mul(plan.events).and_then(|product| product.checked_div(count));
    Ok(plan)
}
