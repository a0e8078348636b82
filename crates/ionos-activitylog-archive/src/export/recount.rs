//! Finds late events. An event can reach the log after its range was archived and verified. So the totals of archived
//! ranges are requested again, with one request per verified range of a day, and a range whose total differs is read
//! again.

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
use crate::manifest::KnownGap;
use crate::part::{PartFile, PartMeta, gaps_of, lines, total_matches};

/// Age from which a range is sealed if a recount finds it complete.
const SEALED_AFTER: TimeDelta = TimeDelta::hours(24);

/// Recounts every verified range that overlaps `range`.
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
        let complete = total_is_unchanged(job, date, counted).await? || archive_late_events(job, date, counted).await?;
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
async fn archive_late_events(
    job: &mut ContractExportRun<'_>,
    date: NaiveDate,
    range: DateRange,
) -> Result<bool, Error> {
    let mut archived = ArchivedIds::read(job, date, range)?;
    let RereadRange { late, gaps, counted } = read_late_events(job, date, range, &mut archived).await?;
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
                counted: counted && archived.not_returned() == 0 && previous_total.is_some(),
                late: true,
            };
            late.finish(meta, |id| archived.ids.contains(id))
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
    job.done.no_longer_served += archived.not_returned();
    let Some(part) = late else {
        return Ok(true);
    };
    job.writer.unseal(range);
    job.writer.commit_late(date, part)?;
    Ok(false)
}

/// The archived events of a range, and which of them the service still returns.
struct ArchivedIds {
    ids: HashSet<EventId>,
    /// Digests of the lines. A matched line of a record without a usable `@uuid` is removed.
    lines: EventMultiset<Digest>,
    /// Archived ids that the service returned again.
    returned: HashSet<EventId>,
}

impl ArchivedIds {
    fn read(job: &ContractExportRun<'_>, date: NaiveDate, range: DateRange) -> Result<Self, Error> {
        let mut archived = Self { ids: HashSet::new(), lines: EventMultiset::new(), returned: HashSet::new() };
        let folder = job.writer.folder.day(date);
        if let Some((manifest, _)) = job.writer.days.get(&date) {
            for part in manifest.parts_in(range) {
                lines::for_each(&folder, &part.file, |event| {
                    archived.lines.insert(digest_line(&event));
                    archived.ids.insert(event.id());
                })?;
            }
        }
        Ok(archived)
    }

    /// Records an event that the service has sent again. Returns whether this event is already archived.
    fn match_event(&mut self, event: &Event, id: &EventId) -> bool {
        if self.ids.contains(id) {
            self.returned.insert(id.clone());
        }
        // Equal records without a usable @uuid can be several events. Each one beyond the archived number is new.
        let line = digest_line(event);
        if id.is_of_content() { self.lines.remove_one(&line) } else { self.lines.contains(&line) }
    }

    /// Number of archived ids that the service does not return any more.
    fn not_returned(&self) -> u64 {
        (self.ids.len() - self.returned.len()) as u64
    }
}

/// Result of reading a range again.
struct RereadRange {
    /// The events that were not archived. `None` if there are none.
    late: Option<PartFile>,
    gaps: Vec<KnownGap>,
    /// Whether the total of every window equals its number of events.
    counted: bool,
}

/// Reads a range again and writes those events to a part that are not archived yet. The result is incomplete if the
/// export is stopped.
async fn read_late_events(
    job: &mut ContractExportRun<'_>,
    date: NaiveDate,
    range: DateRange,
    archived: &mut ArchivedIds,
) -> Result<RereadRange, Error> {
    let mut reread = RereadRange { late: None, gaps: Vec::new(), counted: true };
    let mut windows = pin!(job.windows(range));
    while let Some(window) = windows.try_next().await.map_err(|source| Error::Read { source })? {
        job.done.requests += window.requests;
        reread.gaps.extend(gaps_of(&window));
        reread.counted &= total_matches(&window);
        for event in &window.events {
            let (time, id) = (event.time(), event.id());
            if archived.match_event(event, &id) {
                continue;
            }
            let part = match &mut reread.late {
                Some(part) => part,
                None => {
                    ContractWriter::day_folder(&job.writer.folder, date, &job.exporter.fail_points)?;
                    let folder = job.writer.folder.day(date);
                    let part = PartFile::begin(&folder, job.exporter.compression, &job.exporter.fail_points)?;
                    reread.late.insert(part)
                }
            };
            part.add(event, (time, id))?;
        }
        job.report_progress(window.range.end()).await;
    }
    Ok(reread)
}

fn digest_line(event: &Event) -> Digest {
    Digest::sha256(ndjson::to_line(event.raw()).as_bytes())
}
