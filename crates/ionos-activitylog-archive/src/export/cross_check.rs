//! Compares the totals of the days that an export has read with the total of the range, as a stream of the facade does.
//! A day that differs is read again, and its new events are archived as late events.

use chrono::{NaiveDate, TimeDelta};
use ionos_activitylog::{CrossCheck, DateRange, GapReason};

use super::recount::contents_are_unchanged;
use super::run::ContractExportRun;
use crate::error::Error;
use crate::manifest::{KnownGap, ReadRange};
use crate::sum::saturating_sum;

/// Maximum days that are read again. If more differ, the totals change between two requests.
const MAX_REREADS: usize = 64;

/// A verified range of a day, with its total.
#[derive(Clone, Copy)]
struct CountedRange {
    date: NaiveDate,
    range: DateRange,
    total: u64,
}

/// Compares the verified ranges of days that overlap `range` or the second before it: an event at the boundary of two
/// exports may belong to neither. `range` was read in `windows` windows. If a single window has events and continues no
/// archived range, it is not compared, because its scan has counted the range.
///
/// A request that fails ends the comparison and not the export, because every event is archived already.
pub(super) async fn run(job: &mut ContractExportRun<'_>, range: DateRange, windows: u64) -> Result<(), Error> {
    match compare(job, range, windows).await {
        Err(Error::Read { source }) => {
            job.done.cross_check = CrossCheck::NotChecked(source.summary());
            Ok(())
        }
        compared => compared,
    }
}

async fn compare(job: &mut ContractExportRun<'_>, range: DateRange, windows: u64) -> Result<(), Error> {
    let series = series(job, with_range_before(range));
    let is_in_range = |one: &&CountedRange| one.range.intersection(&range).is_some();
    let is_empty = series.iter().flatten().filter(is_in_range).all(|one| one.total == 0);
    let is_continued = series.iter().flatten().any(|one| one.range.start() < range.start());
    if windows == 0 || windows == 1 && !is_empty && !is_continued {
        return Ok(());
    }
    let mut result = match series.is_empty() {
        true => CrossCheck::NotChecked("the days were verified without totals".to_owned()),
        false => CrossCheck::Agrees,
    };
    let mut rereads = 0;
    for days in series {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { continue };
        let Ok(whole) = DateRange::new(first.range.start(), last.range.end()) else { continue };
        let expected = saturating_sum(days.iter().map(|day| day.total));
        let whole_total = job.total(whole, expected).await?;
        if whole_total == Some(expected) {
            continue;
        }
        // The total of all days may be a cap.
        let mut in_days = Some(0_u64);
        let mut has_gap = false;
        for day in &days {
            if job.is_stopped() {
                return Ok(());
            }
            let total = if days.len() == 1 { whole_total } else { job.total(day.range, day.total).await? };
            if total == Some(day.total) {
                in_days = in_days.map(|sum| sum.saturating_add(day.total));
                continue;
            }
            rereads += 1;
            job.undated_elsewhere = 0;
            if rereads > MAX_REREADS {
                result = CrossCheck::NotChecked("its totals differ on too many days".to_owned());
            } else {
                contents_are_unchanged(job, day.date, day.range).await?;
            }
            let Some(total) = total else {
                result = CrossCheck::NotChecked("the service reports no total that can be compared".to_owned());
                in_days = None;
                continue;
            };
            in_days = in_days.map(|sum| sum.saturating_add(total));
            let manifest = job.writer.chain.days.get(&day.date);
            let stated = manifest.and_then(|manifest| manifest.total_in(day.range)).unwrap_or(day.total);
            // A service may count every content of an amended event.
            let lines = manifest.map_or(0, |manifest| manifest.archived_in(day.range).lines);
            let archived = if total > stated { stated.max(lines.min(total)) } else { stated };
            // The total includes the records without a time that another day has.
            let archived = archived.saturating_add(job.undated_elsewhere.min(total.saturating_sub(archived)));
            if total > archived {
                has_gap = true;
                add_gap(job, *day, archived, total)?;
            } else if total < archived {
                result = CrossCheck::NotChecked("the service reports fewer events than it returned".to_owned());
            }
        }
        // An event at midnight may belong to neither day.
        if let Some((total, in_days)) = whole_total.zip(in_days)
            && days.len() > 1
            && total > in_days
            && !has_gap
            && let Some(last) = days.last()
        {
            // It is unknown at which midnight the event is, so the last day gets the gap.
            add_gap(job, *last, last.total, last.total.saturating_add(total - in_days))?;
        }
    }
    job.done.cross_check = result;
    Ok(())
}

/// The range with the second before it.
fn with_range_before(range: DateRange) -> DateRange {
    DateRange::new(range.start() - TimeDelta::seconds(1), range.end()).unwrap_or(range)
}

/// States in the manifests that a range has fewer events than the service reports. So the next export reads the range
/// again, and no command reports the range as complete before that.
fn add_gap(job: &mut ContractExportRun<'_>, day: CountedRange, seen: u64, total: u64) -> Result<(), Error> {
    let reason = KnownGap::reason(GapReason::TotalIncreased).to_owned();
    let mut addition = job.writer.empty_manifest(day.date);
    addition.ranges = vec![ReadRange::unverified(day.range)];
    addition.gaps = vec![KnownGap { from: day.range.start(), to: day.range.end(), reason, seen, total: Some(total) }];
    job.writer.unconfirm(day.range);
    job.writer.add(addition)?;
    job.writer.save_if_due()
}

/// The verified ranges that overlap `range` and have a total, grouped into series of adjacent ranges.
fn series(job: &ContractExportRun<'_>, range: DateRange) -> Vec<Vec<CountedRange>> {
    let (first, last) = (range.start().date_naive(), range.end().date_naive());
    let days = job.writer.chain.days.range(first..=last);
    let verified = days.flat_map(|(date, manifest)| {
        let ranges = manifest.verified_ranges().into_iter().filter(|one| one.intersection(&range).is_some());
        let counted = ranges.filter_map(|one| {
            let total = manifest.total_in(one)?;
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
