//! Finds late events. An event can reach the log after its range was archived and verified. So the totals of archived
//! ranges are requested again, with one request per day, and a range whose total differs is read again.

use std::collections::HashSet;
use std::pin::pin;

use chrono::{NaiveDate, TimeDelta};
use futures_util::TryStreamExt;
use ionos_activitylog::internal::EventMultiset;
use ionos_activitylog::{DateRange, Event, EventId};

use super::contract_writer::ContractWriter;
use super::run::ContractExportRun;
use crate::digest::Digest;
use crate::encode::ndjson;
use crate::error::Error;
use crate::part::{PartFile, PartMeta, gaps_of, lines, total_matches};

/// Age from which a range that is found complete counts as final.
const SEALED_AFTER: TimeDelta = TimeDelta::hours(24);

/// Counts every verified range of the days again.
pub(super) async fn run(job: &mut ContractExportRun<'_>, range: DateRange) -> Result<(), Error> {
    let (first, last) = (range.start().date_naive(), range.end().date_naive());
    let days = job.writer.days.range(first..=last);
    let counted: Vec<(NaiveDate, DateRange)> = days
        .flat_map(|(date, (manifest, _))| manifest.verified_ranges().into_iter().map(|one| (*date, one)))
        .filter(|(_, one)| one.intersection(&range).is_some())
        .collect();
    for (date, counted) in counted {
        if job.is_stopped() {
            return Ok(());
        }
        let complete = total_is_unchanged(job, date, counted).await? || read_again(job, date, counted).await?;
        let now = job.exporter.clock.now();
        if complete && counted.end() <= now - SEALED_AFTER {
            job.writer.seal(counted);
        }
    }
    job.writer.save_if_due()
}

async fn total_is_unchanged(job: &mut ContractExportRun<'_>, date: NaiveDate, range: DateRange) -> Result<bool, Error> {
    let total = job.total(range).await?;
    let Some((manifest, _)) = job.writer.days.get(&date) else {
        return Ok(true);
    };
    Ok(total.is_some() && total == manifest.total_in(range))
}

/// Reads a range again and archives new events as a late part. Returns whether the range is complete: the range was
/// verified again and has no new events.
async fn read_again(job: &mut ContractExportRun<'_>, date: NaiveDate, range: DateRange) -> Result<bool, Error> {
    let folder = job.writer.folder.day(date);
    let (mut ids, mut lines) = (HashSet::<EventId>::new(), EventMultiset::<Digest>::new());
    if let Some((manifest, _)) = job.writer.days.get(&date) {
        for part in manifest.parts_in(range) {
            lines::for_each(&folder, &part.file, |event| {
                lines.insert(line(&event));
                ids.insert(event.id());
            })?;
        }
    }
    let mut returned = HashSet::new();
    let mut late: Option<PartFile> = None;
    let (mut gaps, mut counted) = (Vec::new(), true);
    let mut windows = pin!(job.windows(range));
    while let Some(window) = windows.try_next().await.map_err(|source| Error::Read { source })? {
        job.done.requests += window.requests;
        gaps.extend(gaps_of(&window));
        counted &= total_matches(&window);
        for event in &window.events {
            let (time, id) = (event.time(), event.id());
            if ids.contains(&id) {
                returned.insert(id.clone());
            }
            // Equal records without a usable @uuid can be several events. Each one beyond the archived number is new.
            let archived = match id.is_of_content() {
                true => lines.remove_one(&line(event)),
                false => lines.contains(&line(event)),
            };
            if archived {
                continue;
            }
            let part = match &mut late {
                Some(part) => part,
                None => {
                    ContractWriter::day_folder(&job.writer.folder, date, &job.exporter.fail_points)?;
                    late.insert(PartFile::begin(&folder, job.exporter.compression, &job.exporter.fail_points)?)
                }
            };
            part.add(event, (time, id))?;
        }
        job.report_progress(window.range.end()).await;
    }
    if job.is_stopped() {
        return Ok(false);
    }
    let proven = gaps.is_empty();
    let late = late
        .map(|late| {
            let day = job.writer.days.get(&date);
            let previous_total = day.and_then(|(manifest, _)| manifest.total_in(range));
            let meta = PartMeta {
                range,
                verified: proven,
                // The increase of the total is known only if there was a total before and the service still returns
                // every archived event.
                counted: counted && returned.len() == ids.len() && previous_total.is_some(),
                late: true,
            };
            late.finish(meta, |id| ids.contains(id))
        })
        .transpose()?;
    let added = late.as_ref().map_or(0, |part| part.count);
    job.events_received += added;
    job.done.late += added;
    job.done.events += added;
    if !proven {
        job.done.warnings.push(format!("{range} was read again and could not be verified: the next export retries it"));
        job.writer.mark_unverified(date, range, gaps, late)?;
        return Ok(false);
    }
    job.done.no_longer_served += (ids.len() - returned.len()) as u64;
    let Some(part) = late else {
        return Ok(true);
    };
    job.writer.unseal(range);
    job.writer.commit_late(date, part)?;
    Ok(false)
}

fn line(event: &Event) -> Digest {
    Digest::sha256(ndjson::to_line(event.raw()).as_bytes())
}
