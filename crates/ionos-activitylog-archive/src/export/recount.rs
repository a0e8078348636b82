//! Finds late events. An event can reach the log after its range was archived and verified. So the totals of archived
//! ranges are requested again, with one request per verified range of a day. A range whose total differs from the
//! number of archived events is read again. Equal totals do not show that the events are the same: if one appeared and
//! one vanished, the total is unchanged. So an export can also read all ranges again and compare ids and contents.

use chrono::{NaiveDate, TimeDelta};
use ionos_activitylog::{DateRange, GapReason};

use super::archived_count::{CountedRange, archived_count};
use super::reread;
use super::run::ContractExportRun;
use crate::error::Error;
use crate::manifest::CountComparison;

/// Minimum time since the end of a range before the range can be marked as recounted or sealed.
const CONFIRMED_AFTER: TimeDelta = TimeDelta::hours(24);

/// Recounts or reads again every verified range that overlaps `range`.
pub(super) async fn run(job: &mut ContractExportRun<'_>, range: DateRange) -> Result<(), Error> {
    let (first, last) = (range.start().date_naive(), range.end().date_naive());
    let days = job.writer.chain.days.range(first..=last);
    let verified: Vec<(NaiveDate, DateRange)> = days
        .flat_map(|(date, manifest)| manifest.verified_ranges().into_iter().map(|one| (*date, one)))
        .filter(|(_, one)| one.intersection(&range).is_some())
        .collect();
    for (date, verified) in verified {
        if job.is_stopped() {
            return Ok(());
        }
        // Ignore the totals in the manifest. Since the manifest was written, an export may have archived further events
        // or found that events are missing.
        let Some(archived) = job.writer.chain.days.get(&date).map(|manifest| manifest.archived_in(verified)) else {
            continue;
        };
        let is_old = verified.end() <= job.exporter.clock.now() - CONFIRMED_AFTER;
        let total = match job.exporter.reread {
            true => None,
            false => job.total(verified, archived.distinct).await?.count,
        };
        if total.is_some_and(|total| archived.compare(total) == CountComparison::Equal) {
            if is_old {
                job.writer.mark_recounted(verified);
            }
            continue;
        }
        let is_unchanged = contents_are_unchanged(job, date, verified).await?;
        if job.is_stopped() {
            return Ok(());
        }
        let is_verified = job.writer.chain.days.get(&date).is_some_and(|day| day.verified_ranges().covers(verified));
        if let Some(total) = total.filter(|_| is_verified) {
            let range = CountedRange { date, range: verified, total: archived.distinct };
            let archived = archived_count(job, range, total);
            if total > archived {
                // The answers of the reread are older than the count, for example from a cache or another replica.
                job.add_gap(verified, GapReason::TotalIncreased, archived, Some(total))?;
                continue;
            }
        }
        if is_unchanged && is_old {
            job.writer.seal(verified);
        }
    }
    job.writer.save_if_due()
}

/// Reads a range again and archives new events as a late part. Returns `true` if the service returned exactly the
/// archived events, and the range was verified again.
pub(super) async fn contents_are_unchanged(
    job: &mut ContractExportRun<'_>,
    date: NaiveDate,
    range: DateRange,
) -> Result<bool, Error> {
    let Some(reread) = reread::run(job, date, range).await? else {
        return Ok(false);
    };
    job.events_received += reread.new_events;
    job.done.events += reread.new_events;
    job.done.amended_later += reread.amended;
    job.done.late += reread.new_events - reread.amended;
    job.done.with_issues += reread.with_issues;
    let is_verified = reread.is_verified();
    if is_verified {
        job.vanished.record(range, reread.not_returned, reread.addition.total_in(range));
        job.done.no_longer_served = job.vanished.count();
    } else {
        job.done.warnings.push(format!("{range} was read again and could not be verified: the next export retries it"));
    }
    let is_news = reread.is_news(job.writer.chain.days.get(&date));
    if !is_verified || reread.new_events > 0 {
        job.writer.unconfirm(range);
    }
    let (new_events, not_returned) = (reread.new_events, reread.not_returned);
    if is_news || !is_verified {
        job.writer.add(reread.addition)?;
    }
    Ok(is_verified && new_events == 0 && not_returned == 0)
}
