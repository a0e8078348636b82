//! Compares the totals of the days that an export has read with the total of the range. The facade compares the totals
//! of windows in the same way. A day whose total differs is read again, and its new events are archived as late events.
//! A request that is necessary only because a total is wrong is an extra request. The number of extra requests of an
//! export is limited. Requests that lead to new events are not extra requests, so late events are found on any number
//! of days.

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use ionos_activitylog::{CrossCheck, DateRange, GapReason};

use super::archived_count::{CountedRange, archived_count, expected_total};
use super::recount::contents_are_unchanged;
use super::run::{ContractExportRun, ReportedTotal};
use crate::error::Error;
use crate::sum::saturating_sum;

/// Number of extra requests that must be left before a day is read again. With fewer extra requests, the reread might
/// not verify the day, and the day would get a gap although nothing is missing.
const REREAD_RESERVE: u64 = 16;

/// Number of extra requests that a reread of a day costs. These requests are refunded if the day has new events.
const REREAD_REQUESTS: u64 = 2;

/// Number of extra requests that the comparison of the two halves of a range costs if the total of the whole range is
/// unusable or too low. If the total is too high, the archive lacks events of one of the halves. In this case, the
/// comparison of the halves costs no extra requests.
const HALVES_REQUESTS: u64 = 2;

/// Compares each uncompared part of `range` that this export or an interrupted one has read. Ranges that an earlier
/// export has compared are not compared again: their days may have late events, which only a recount looks for.
///
/// A request that fails ends the comparison, but not the export, because every event is archived already.
pub(super) async fn run(job: &mut ContractExportRun<'_>, range: DateRange) -> Result<(), Error> {
    for uncompared in job.writer.state.uncompared_ranges().intersection(&range.into()) {
        if job.is_stopped() {
            return Ok(());
        }
        let result = match compare(job, uncompared).await {
            Err(Error::Read { source }) => CrossCheck::NotChecked(source.summary()),
            result => result?,
        };
        if job.is_stopped() {
            return Ok(());
        }
        match (&job.done.cross_check, &result) {
            (CrossCheck::NotChecked(_), _) | (CrossCheck::Differs, CrossCheck::Agrees) => {}
            _ => job.done.cross_check = result,
        }
        job.writer.mark_compared(uncompared);
    }
    Ok(())
}

/// Whether a comparison can find anything that the scans of the windows have not found. `windows`: the number of
/// windows in which all of `range` was read. A comparison is not needed if `range` was read in a single window with
/// events, and no archived range is adjacent to the start of `range`. In this case, the scan of the window has already
/// counted the whole range.
pub(super) fn is_needed(job: &ContractExportRun<'_>, range: DateRange, windows: u64) -> bool {
    let series = series(job, with_range_before(range));
    let is_in_range = |one: &&CountedRange| one.range.intersection(&range).is_some();
    let is_empty = series.iter().flatten().filter(is_in_range).all(|one| one.total == 0);
    let is_continued = series.iter().flatten().any(|one| one.range.start() < range.start());
    windows > 1 || windows == 1 && (is_empty || is_continued)
}

/// Compares the totals of the verified ranges that overlap `range` with the totals that the service reports now. The
/// comparison includes one second before the start of `range`, because an event at the boundary of two exports may be
/// missing in both exports.
async fn compare(job: &mut ContractExportRun<'_>, range: DateRange) -> Result<CrossCheck, Error> {
    let series = series(job, with_range_before(range));
    let result = match series.is_empty() {
        true => CrossCheck::NotChecked("the days were verified without totals".to_owned()),
        false => CrossCheck::Agrees,
    };
    let mut comparison = Comparison { result, gaps: 0 };
    for days in series {
        comparison.compare_days(job, &days).await?;
        if job.is_stopped() {
            break;
        }
    }
    Ok(match comparison.result {
        CrossCheck::Agrees if comparison.gaps > 0 => CrossCheck::Differs,
        result => result,
    })
}

/// A comparison of totals.
struct Comparison {
    result: CrossCheck,
    /// Number of gaps added so far.
    gaps: u64,
}

impl Comparison {
    /// Compares the sum of the totals of adjacent days with the total that the service reports for all of them. If the
    /// sum differs from this total, does the same for each half of the days. Returns the number of events that the
    /// service reports; `None` if the number is unknown, or if the export is stopped. Boxed, because the function calls
    /// itself.
    fn compare_days<'a>(
        &'a mut self,
        job: &'a mut ContractExportRun<'_>,
        days: &'a [CountedRange],
    ) -> BoxFuture<'a, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else {
                return Ok(Some(0));
            };
            let Ok(whole) = DateRange::new(first.range.start(), last.range.end()) else {
                return Ok(None);
            };
            let expected = saturating_sum(days.iter().map(|day| day.total));
            let reported = job.total(whole, expected).await?;
            let total = reported.count;
            if job.is_stopped() || total == Some(expected) {
                return Ok(total);
            }
            if let [only] = days {
                return self.compare_day(job, *only, reported).await;
            }
            let (left, right) = days.split_at(days.len() / 2);
            let second = right.first().copied().unwrap_or(last);
            let missing = total.map_or(0, |total| total.saturating_sub(expected));
            let of_halves = if missing > 0 { 0 } else { HALVES_REQUESTS };
            // With fewer extra requests than the reserve, no day could be read again, so locating the missing events
            // would be useless.
            let may_locate = missing == 0 || job.has_extra(REREAD_RESERVE);
            if !may_locate || !job.try_spend_extra(of_halves) {
                self.give_up();
                if missing > 0 {
                    self.add_missing(job, last, missing)?;
                }
                return Ok(total);
            }
            let (gaps, events) = (self.gaps, job.done.events);
            let left = self.compare_days(job, left).await?;
            let right = self.compare_days(job, right).await?;
            if job.done.events > events {
                job.extra.refund(of_halves + reported.extra);
            }
            let in_halves = left.zip(right).map(|(left, right)| left.saturating_add(right));
            let found = in_halves.unwrap_or(expected);
            // Only a higher total shows that events are missing. The service may have capped a lower total.
            let Some(total) = total.filter(|total| *total > found.max(expected)) else {
                return Ok(in_halves);
            };
            if self.gaps == gaps && !job.is_stopped() {
                // The whole range lacks events, but neither of its halves does: the service may count an event at the
                // midnight between the halves only for the whole range.
                self.add_missing(job, second, total - found)?;
            }
            Ok(Some(total))
        })
    }

    /// Rereads a day whose total differs. If events are still missing afterwards, adds a gap. Returns the total.
    async fn compare_day(
        &mut self,
        job: &mut ContractExportRun<'_>,
        day: CountedRange,
        reported: ReportedTotal,
    ) -> Result<Option<u64>, Error> {
        job.undated_elsewhere = 0;
        if job.try_spend_extra(REREAD_RESERVE) {
            job.extra.refund(REREAD_RESERVE - REREAD_REQUESTS);
            let events = job.done.events;
            contents_are_unchanged(job, day.date, day.range).await?;
            if job.is_stopped() {
                return Ok(None);
            }
            if job.done.events > events {
                job.extra.refund(REREAD_REQUESTS + reported.extra);
            }
        } else {
            self.give_up();
        }
        let Some(total) = reported.count else {
            self.result = CrossCheck::NotChecked("the service reports no total that can be compared".to_owned());
            return Ok(None);
        };
        let archived = archived_count(job, day, total);
        if total > archived {
            self.gaps += 1;
            job.add_gap(day.range, GapReason::TotalIncreased, archived, Some(total))?;
        } else if total < archived {
            self.result = CrossCheck::NotChecked("the service reports fewer events than are archived".to_owned());
        }
        Ok(Some(total))
    }

    /// Records that totals differ on too many days to reread all of them.
    fn give_up(&mut self) {
        self.result = CrossCheck::NotChecked("the totals of too many days differ".to_owned());
    }

    /// Adds a gap to a day because events are missing, although the total of the day itself does not differ.
    fn add_missing(&mut self, job: &mut ContractExportRun<'_>, day: CountedRange, missing: u64) -> Result<(), Error> {
        self.gaps += 1;
        let total = day.total.saturating_add(missing);
        job.add_gap(day.range, GapReason::TotalIncreased, day.total, Some(total))
    }
}

/// The range, extended by one second before its start.
fn with_range_before(range: DateRange) -> DateRange {
    DateRange::new(range.start() - TimeDelta::seconds(1), range.end()).unwrap_or(range)
}

/// The verified ranges that overlap `range` and have a total, grouped into series of adjacent ranges.
fn series(job: &ContractExportRun<'_>, range: DateRange) -> Vec<Vec<CountedRange>> {
    let (first, last) = (range.start().date_naive(), range.end().date_naive());
    let days = job.writer.chain.days.range(first..=last);
    let verified = days.flat_map(|(date, manifest)| {
        let ranges = manifest.verified_ranges().into_iter().filter(|one| one.intersection(&range).is_some());
        let counted = ranges.filter_map(|one| {
            let total = expected_total(job, manifest, one)?;
            Some(CountedRange { date: *date, range: one, total })
        });
        counted.collect::<Vec<_>>()
    });
    let mut series: Vec<Vec<CountedRange>> = Vec::new();
    for one in verified {
        match series.last_mut() {
            Some(days) if days.last().is_some_and(|last| last.range.end() == one.range.start()) => days.push(one),
            _ => series.push(vec![one]),
        }
    }
    series
}
