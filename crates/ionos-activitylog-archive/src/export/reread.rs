//! Reads an archived range again: a gap, to close it, or a verified range, to find late events. Archived events stay; a
//! further manifest adds the new events. `gap_totals` keeps a gap open if a higher total is known for it.

use std::collections::HashSet;
use std::pin::pin;

use chrono::NaiveDate;
use futures_util::TryStreamExt;
use ionos_activitylog::internal::EventMultiset;
use ionos_activitylog::{DateRange, Event, EventId, Window};

use super::contract_writer::ContractWriter;
use super::gap_totals::{self, GapTotals};
use super::run::ContractExportRun;
use crate::digest::Digest;
use crate::error::Error;
use crate::manifest::{KnownGap, Manifest, Part, ReadRange};
use crate::part::{ArchivedUndated, PartFile, PartMeta, lines, pieces, read_range_of, total_matches};

/// Result of reading a range again.
pub(super) struct Reread {
    /// The addition to the manifest of the day: the range, and a part with the events that were not archived before.
    pub(super) addition: Manifest,
    /// Number of events that were not archived before.
    pub(super) new_events: u64,
    /// Number of new events that are new versions of an archived event. At most `new_events`.
    pub(super) amended: u64,
    /// Number of new events that do not fit the event model.
    pub(super) with_issues: u64,
    /// Number of archived ids that the service did not return.
    pub(super) not_returned: u64,
    /// The gaps of `addition` that stay open only because an earlier answer reported more events.
    pub(super) kept_open: Vec<KnownGap>,
    /// Whether records that belong to no part were kept.
    has_kept: bool,
}

impl Reread {
    /// Whether all of the range is proven to be complete.
    pub(super) fn is_verified(&self) -> bool {
        self.addition.ranges.iter().all(|range| range.verified)
    }

    /// Whether the result is new to the manifests of the day (`known`): it has new events, kept records, a verified
    /// range that was unverified before, a total that was unknown before, a gap with a higher total, or a gap that
    /// stays open although the service now proves fewer events.
    pub(super) fn is_news(&self, known: Option<&Manifest>) -> bool {
        let unverified = known.map(Manifest::unverified_ranges).unwrap_or_default();
        let uncounted = |range: &ReadRange| {
            let known = range.range().zip(known).and_then(|(range, known)| known.total_in(range));
            range.total.is_some() && known.is_none()
        };
        self.new_events > 0
            || self.has_kept
            || self.addition.verified_ranges().intersection(&unverified).iter().next().is_some()
            || self.addition.ranges.iter().any(uncounted)
            || self.addition.gaps.iter().any(|gap| gap_totals::has_higher_total(known, gap))
            || self.kept_open.iter().any(|gap| !gap_totals::is_known(known, gap))
    }
}

/// Reads a range of a day again. `None` if the export was stopped meanwhile.
pub(super) async fn run(
    job: &mut ContractExportRun<'_>,
    date: NaiveDate,
    range: DateRange,
) -> Result<Option<Reread>, Error> {
    let mut archived = ArchivedIds::read(job, date, range)?;
    let mut reread = RereadEvents { addition: job.writer.empty_manifest(date), late: None, with_issues: 0 };
    let kept_before = job.done.kept;
    let mut windows = pin!(job.windows(range));
    let mut undated = job.undated.take().unwrap_or_else(|| job.archived_undated());
    job.undated_elsewhere = 0;
    while let Some(mut window) = windows.try_next().await.map_err(|source| Error::Read { source })? {
        job.done.requests += window.requests;
        job.undated_elsewhere += archived.remove_undated_elsewhere(&mut window, &mut undated)?;
        job.keep_records(&window)?;
        reread.add(job, &window, &mut archived)?;
        job.report_progress(window.range.end()).await;
    }
    job.undated = Some(undated);
    if job.is_stopped() {
        return Ok(None);
    }
    let previous_total = job.writer.chain.days.get(&date).and_then(|known| known.total_in(range));
    let RereadEvents { mut addition, late, with_issues } = reread;
    let not_returned = archived.not_returned();
    let kept_open = archived.gaps.keep_open(&mut addition);
    if not_returned > 0 {
        // The service no longer returns all archived events, so its total does not confirm the archived number of
        // events.
        addition.ranges.iter_mut().for_each(|range| range.counted = false);
    }
    let meta = PartMeta {
        range,
        verified: addition.ranges.iter().all(|range| range.verified),
        // The increase of the total is known only if there was a total before and the service still returns every
        // archived event.
        counted: addition.ranges.iter().all(|range| range.counted) && previous_total.is_some(),
        late: true,
    };
    let is_archived = |id: &EventId| archived.ids.contains(id);
    let amended = late.as_ref().map_or(0, |late| late.amended(is_archived));
    let part = late.map(|late| late.finish(meta, is_archived)).transpose()?;
    let new_events = part.as_ref().map_or(0, |part| part.count);
    addition.parts.extend(part);
    addition.recompute();
    let has_kept = job.done.kept > kept_before;
    Ok(Some(Reread { addition, new_events, amended, with_issues, not_returned, kept_open, has_kept }))
}

/// The new events, and the ranges and gaps, that a reread has found so far.
struct RereadEvents {
    addition: Manifest,
    /// The events that were not archived before. `None` if there are none.
    late: Option<PartFile>,
    with_issues: u64,
}

impl RereadEvents {
    /// Adds the ranges and gaps of a window, and those events of the window that are not archived yet.
    fn add(&mut self, job: &ContractExportRun<'_>, window: &Window, archived: &mut ArchivedIds) -> Result<(), Error> {
        for (range, gaps) in pieces(window) {
            let is_whole = gaps.is_empty() && range == window.range;
            let read = match gaps.is_empty() {
                true => read_range_of(window, range, is_whole && total_matches(window)),
                false => ReadRange::unverified(range),
            };
            if !self.addition.ranges.last_mut().is_some_and(|last| last.merge_any(&read)) {
                self.addition.ranges.push(read);
            }
            self.addition.gaps.extend(gaps);
        }
        for event in &window.events {
            let (time, id) = (event.time(), event.id());
            if archived.match_event(event, &id) {
                continue;
            }
            archived.gaps.add(time, &id, window.range);
            self.with_issues += u64::from(!event.issues().is_empty());
            let part = match &mut self.late {
                Some(part) => part,
                None => {
                    let date = self.addition.date;
                    ContractWriter::day_folder(&job.writer.folder, date, &job.exporter.fail_points)?;
                    let folder = job.writer.folder.day(date);
                    let part = PartFile::begin(&folder, job.exporter.compression, &job.exporter.fail_points)?;
                    self.late.insert(part)
                }
            };
            part.add(event, (time, id))?;
        }
        Ok(())
    }
}

/// The archived events of a range, and which of them the service still returns.
struct ArchivedIds {
    /// The ids of all parts that overlap the range.
    ids: HashSet<EventId>,
    /// The ids of the archived events whose time is in the range and that the service has not returned yet.
    in_range: HashSet<EventId>,
    /// Digests of the contents of the archived events. A digest is removed once the service has returned a record that
    /// has this content and no usable `@uuid`.
    contents: EventMultiset<Digest>,
    /// The known gaps, with their archived events and the events that this reread archives.
    gaps: GapTotals,
}

impl ArchivedIds {
    fn read(job: &ContractExportRun<'_>, date: NaiveDate, range: DateRange) -> Result<Self, Error> {
        let known = job.writer.chain.days.get(&date);
        let mut archived = Self {
            ids: HashSet::new(),
            in_range: HashSet::new(),
            contents: EventMultiset::new(),
            gaps: GapTotals::new(known, range),
        };
        let folder = job.writer.folder.day(date);
        if let Some(manifest) = known {
            let overlaps =
                |part: &Part, gaps: &GapTotals| part.file.range.intersection(&range).is_some() || gaps.overlap(part);
            let parts: Vec<&Part> = manifest.parts.iter().filter(|part| overlaps(part, &archived.gaps)).collect();
            for part in parts {
                lines::for_each(&folder, part, |event| {
                    let (time, id) = (event.time(), event.id());
                    archived.contents.insert(content_digest(&event));
                    archived.gaps.add(time, &id, part.file.range);
                    // A record without a time belongs to no range.
                    if time.is_some_and(|time| range.contains(time)) {
                        archived.in_range.insert(id.clone());
                    }
                    archived.ids.insert(id);
                })?;
            }
        }
        Ok(archived)
    }

    /// Removes two kinds of records without a time from a window: records that are already archived under another day,
    /// and records that an earlier window has returned. The service returned these records for another range before, so
    /// they do not count as events of this window. Returns the number of removed records.
    fn remove_undated_elsewhere(&mut self, window: &mut Window, undated: &mut ArchivedUndated) -> Result<u64, Error> {
        let mut elsewhere = Vec::new();
        for event in window.events.iter().filter(|event| event.time().is_none()) {
            if !self.contents.contains(&content_digest(event)) && undated.is_archived(event)? {
                // The service counts this record for the gap, too.
                self.gaps.add(None, &event.id(), window.range);
                elsewhere.push(event.raw().to_owned());
            }
        }
        window.events.retain(|event| !elsewhere.iter().any(|raw| raw == event.raw()));
        window.events.iter().for_each(|event| undated.add_archived(event));
        let removed = elsewhere.len() as u64;
        window.reported_total = window.reported_total.map(|total| total.saturating_sub(removed));
        Ok(removed)
    }

    /// Notes that the service has returned an event. Returns whether the event is already archived.
    fn match_event(&mut self, event: &Event, id: &EventId) -> bool {
        self.in_range.remove(id);
        // Equal records without a usable @uuid can be several events. If the service returns more of them than are
        // archived, the others are new events.
        let content = content_digest(event);
        if id.is_of_content() { self.contents.remove_one(&content) } else { self.contents.contains(&content) }
    }

    /// Number of archived ids of the range that the service has not returned.
    fn not_returned(&self) -> u64 {
        self.in_range.len() as u64
    }
}

/// The digest of the content of an event. Two records of the same content have the same digest even if they differ in
/// formatting or in the order of members. Such differences occur because another replica of the service may write a
/// record in another form.
fn content_digest(event: &Event) -> Digest {
    Digest::from_bytes(event.fingerprint())
}
