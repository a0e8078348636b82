//! Exports one contract: reads missing ranges for the first time, and rereads ranges with gaps to close the gaps.

use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use ionos_activitylog::{ContractNumber, CrossCheck, DateRange, GapReason, RangeSet};

use super::contract_writer::ContractWriter;
use super::part_writer::{PartWriter, WriteReport};
use super::run::ContractExportRun;
use super::run_log::{self, RUN_SCHEMA, RunRecord};
use super::settle::{clock_warning, too_recent};
use super::vanished::VanishedEvents;
use super::{ContractExport, Exporter, Stop, cross_check, recount, reread};
use crate::encode::text;
use crate::error::Error;
use crate::fs::folder;
use crate::lock_owner::LockOwner;
use crate::manifest::KnownGap;
use crate::part::{PartSplitter, WrittenRange};
use crate::state::{read_complete_days, verified_ranges};

/// A range to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadTask {
    /// Never read before.
    Missing(DateRange),
    /// Read before and not verified.
    Unverified(DateRange),
}

impl ReadTask {
    fn range(self) -> DateRange {
        match self {
            Self::Missing(range) | Self::Unverified(range) => range,
        }
    }
}

/// The ranges whose totals must be compared once the tasks are done. If a task reads an unverified range again, the
/// result is all of `range`, because the gap may come from an earlier comparison, which shows only that events are
/// missing somewhere in a longer range.
fn ranges_to_compare(tasks: &[ReadTask], range: DateRange) -> RangeSet {
    match tasks.iter().any(|task| matches!(task, ReadTask::Unverified(_))) {
        true => range.into(),
        false => tasks.iter().map(|task| task.range()).collect(),
    }
}

pub(super) async fn export(
    exporter: &Exporter,
    contract: &ContractNumber,
    (range, service): (DateRange, Option<DateTime<Utc>>),
    windows: usize,
    stop: Stop,
) -> Result<ContractExport, Error> {
    let started = exporter.clock.now();
    let settled = exporter.settled_range(range, service);
    let done = ContractExport {
        range: settled,
        unread: too_recent(range, settled),
        events: 0,
        discarded: 0,
        with_issues: 0,
        amended: 0,
        amended_later: 0,
        late: 0,
        no_longer_served: 0,
        kept: 0,
        cross_check: CrossCheck::NotNeeded,
        requests: 0,
        nothing_to_do: true,
        gaps: Vec::new(),
        waiting_gaps: 0,
        next_try: None,
        stopped: false,
        warnings: service
            .and_then(|service| clock_warning(started, service, "later events are left to the next export"))
            .into_iter()
            .collect(),
    };
    let Some(range) = done.range else {
        let days = read_complete_days(&exporter.archive.contract(contract))?;
        return Ok(ContractExport { unread: done.unread.difference(&verified_ranges(&days)), ..done });
    };
    let writer = ContractWriter::open(
        exporter.archive.contract(contract),
        &exporter.api,
        exporter.settled_time(service),
        exporter.clock.clone(),
        exporter.fail_points.clone(),
    )?;
    let mut job = ContractExportRun {
        exporter,
        contract,
        writer,
        windows,
        stop,
        done,
        events_received: 0,
        undated: None,
        undated_elsewhere: 0,
        vanished: VanishedEvents::default(),
        extra: Arc::default(),
        waiting: RangeSet::new(),
    };
    // Use the later of the two clocks: if the clock of this machine is behind, a range that is over must not count as a
    // future range.
    let present = service.map_or(started, |service| service.max(started));
    let future = job.future_ranges(present);
    let tasks = job.tasks(range, started);
    let is_recount = exporter.recount || exporter.reread;
    let has_unfinished_work = job.writer.state.open
        || job.writer.has_days_to_close()
        || !job.writer.state.uncompared_ranges().intersection(&range.into()).is_empty()
        || job.lacks_run_record();
    if future.is_empty() && tasks.is_empty() && !is_recount && !has_unfinished_work {
        return Ok(job.report(range));
    }
    job.done.nothing_to_do = false;
    job.writer.begin(started, &ranges_to_compare(&tasks, range))?;
    let read = match job.distrust(&future) {
        Ok(()) => job.read(&tasks, range).await,
        Err(error) => Err(error),
    };
    let ended = job.writer.end(read.is_ok() && !job.done.stopped);
    let done = job.report(range);
    // The first error caused the others.
    let finished = read.and(ended);
    let logged = job.log_run((started, range), &done, &finished);
    finished.and(logged).map(|()| done)
}

/// The warning for a gap that stays open, because an earlier answer reported more events than are archived.
fn describe_kept_open(gap: &KnownGap) -> String {
    format!(
        "{} .. {} stays a gap: an earlier answer reported {} events, the archive has {}, and the service now returns no \
         others",
        text::time(gap.from),
        text::time(gap.to),
        gap.total.unwrap_or_default(),
        gap.seen
    )
}

/// Maximum time from the present to the end of a verified range. A range that ends later is doubtful. Not zero, because
/// clocks are sometimes set back a little.
const FUTURE_TOLERANCE: TimeDelta = TimeDelta::seconds(60);

impl ContractExportRun<'_> {
    /// Whether the run log is missing or has no record of the last manifest, for example because an export was killed
    /// just before it added its record. Then this run must add a record, even if it has nothing to read: without the
    /// record, the end of the archive is not proven. An unreadable run log cannot be continued, so it does not count.
    fn lacks_run_record(&self) -> bool {
        let log = run_log::read_run_log(&self.writer.folder);
        let has_manifests = !self.writer.chain.days.is_empty();
        has_manifests && log.is_ok_and(|log| !run_log::names_end(&log.unwrap_or_default(), self.writer.head()))
    }

    /// The doubtful parts of the verified ranges that end in the future. A part is doubtful if it is later than all
    /// ranges that exports with a right clock have read.
    fn future_ranges(&self, present: DateTime<Utc>) -> RangeSet {
        let future = self.writer.verified_after(present + FUTURE_TOLERANCE);
        if future.is_empty() {
            return future;
        }
        let start = run_log::last_end(&self.writer.folder, present);
        future.iter().filter_map(|range| DateRange::new(range.start().max(start), range.end()).ok()).collect()
    }

    /// Adds a gap for each range in the future, so that the range is read again once it is over. An export with a wrong
    /// clock has read these ranges before their events were in the log.
    fn distrust(&mut self, future: &RangeSet) -> Result<(), Error> {
        for range in future.iter() {
            self.done.warnings.push(format!(
                "{range} is in the future, but the archive has it as already read: an earlier export had a wrong clock; \
                 the range is read again after its end"
            ));
            for day in range.by_day(&Utc) {
                self.add_gap(day, GapReason::Disagreement, 0, None)?;
            }
        }
        Ok(())
    }

    /// The ranges to read, in order of time. Also stores in `self.waiting` the unverified ranges that are not read now,
    /// because they wait for their next try.
    fn tasks(&mut self, range: DateRange, now: DateTime<Utc>) -> Vec<ReadTask> {
        let missing = RangeSet::from(range).difference(&self.writer.covered_ranges());
        let fresh = missing.iter().map(ReadTask::Missing);
        let is_finishing = self.writer.was_interrupted();
        let started = self.writer.state.open_since.filter(|_| is_finishing).unwrap_or(now);
        let is_due = |unverified: &DateRange| {
            let mut gaps = self.writer.state.gaps.iter().filter(|gap| gap.overlaps(*unverified));
            // Whether the interrupted export has already read the range again: the last try of each gap in the range is
            // at or after the start of that export. The state has no gap for the range if that export was killed
            // between reading the range and writing the gap to the state. In this case, the range counts as read, too.
            let was_read = is_finishing && gaps.all(|gap| gap.last_try() >= started);
            !was_read && !self.exporter.waits(Some(&self.writer.state), *unverified, started)
        };
        let unverified = self.writer.unverified_ranges().into_iter();
        // An unverified range may end in the future, see `distrust`. Only its past part is read.
        let unverified = unverified.filter(|unverified| unverified.intersection(&range).is_some());
        let unverified = unverified.filter_map(|unverified| unverified.past(self.writer.settled()));
        let (again, waiting): (Vec<_>, Vec<_>) = unverified.partition(is_due);
        let mut tasks: Vec<ReadTask> = fresh.chain(again.into_iter().map(ReadTask::Unverified)).collect();
        tasks.sort_by_key(|task| task.range().start());
        self.waiting = waiting.into_iter().collect();
        tasks
    }

    /// Reads the ranges of the tasks, recounts archived ranges if requested, and compares totals. The comparison comes
    /// last, because its number of requests is limited: once a recount has added the late events of each day, fewer
    /// totals differ.
    async fn read(&mut self, tasks: &[ReadTask], range: DateRange) -> Result<(), Error> {
        for task in tasks {
            match task {
                ReadTask::Missing(range) => self.read_missing(*range).await?,
                ReadTask::Unverified(range) => self.read_gap_again(*range).await?,
            }
            if self.done.stopped {
                return Ok(());
            }
        }
        if self.exporter.recount || self.exporter.reread {
            recount::run(self, range).await?;
        }
        cross_check::run(self, range).await
    }

    /// Starts the threads that write the events from `start` on.
    fn part_writer(&self, start: DateTime<Utc>) -> Result<PartWriter, Error> {
        let undated = self.archived_undated();
        let (folder, fail_points) = (self.writer.folder.clone(), self.exporter.fail_points.clone());
        let root = folder.path().to_path_buf();
        let Exporter { compression, part_events, .. } = *self.exporter;
        PartWriter::begin(root, move |ended| {
            let day = {
                let fail_points = fail_points.clone();
                move |date| {
                    let path = folder.day(date);
                    folder::create_unsynced(&path, &fail_points).map(|()| path)
                }
            };
            PartSplitter::new(start, compression, part_events, fail_points, day, undated, ended)
        })
    }

    /// Reads a range for the first time. Adds each part that is on disk to the manifests, even if reading or writing
    /// fails later.
    async fn read_missing(&mut self, range: DateRange) -> Result<(), Error> {
        let mut part_writer = self.part_writer(range.start())?;
        let read = self.write_windows(&mut part_writer, range).await;
        let written = match read.is_err() || self.is_stopped() {
            true => part_writer.drain().await,
            false => part_writer.finish(range.end()).await,
        };
        let committed = self.commit(written).await;
        // The new parts may contain further records without a time, so collect these records again when they are
        // needed.
        self.undated = None;
        let windows = read?;
        committed?;
        // If an interrupted export has read a part of an uncompared range, the uncompared range is longer than `range`.
        // In this case, the comparison is necessary.
        let is_read_at_once = self.writer.state.uncompared_ranges().iter().any(|uncompared| uncompared == range);
        if !self.is_stopped() && is_read_at_once && !cross_check::is_needed(self, range, windows) {
            self.writer.mark_compared(range);
        }
        Ok(())
    }

    /// Reads the windows of a range and passes them to the part writer. Returns the number of windows.
    async fn write_windows(&mut self, part_writer: &mut PartWriter, range: DateRange) -> Result<u64, Error> {
        let mut count = 0;
        let mut windows = pin!(self.windows(range));
        while let Some(window) = windows.try_next().await.map_err(|source| Error::Read { source })? {
            self.events_received += window.events.len() as u64;
            self.done.requests += window.requests;
            self.keep_records(&window)?;
            count += 1;
            let read_to = window.range.end();
            let written = part_writer.add(window).await;
            self.commit(written).await?;
            self.report_progress(read_to).await;
        }
        Ok(count)
    }

    async fn commit(&mut self, mut written: WriteReport) -> Result<(), Error> {
        if self.writer.has_failed() {
            // No manifest could be written for these parts. The next export reads their ranges again.
            return written.error.map_or(Ok(()), Err);
        }
        let counted = self.count(&mut written.ranges).await;
        let parts = written.ranges.iter().filter_map(|one| one.part.as_ref());
        let events: u64 = parts.map(|part| part.count).sum();
        let with_issues: u64 = written.ranges.iter().map(|one| one.with_issues).sum();
        let amended: u64 = written.ranges.iter().map(WrittenRange::amended).sum();
        self.writer.commit(written.ranges)?;
        self.done.events += events;
        self.done.with_issues += with_issues;
        self.done.amended += amended;
        self.writer.save_if_due()?;
        written.error.map_or(counted, Err)
    }

    /// Rereads a range that has gaps, and adds the new events.
    async fn read_gap_again(&mut self, range: DateRange) -> Result<(), Error> {
        let date = range.start().date_naive();
        let Some(reread) = reread::run(self, date, range).await? else {
            return Ok(());
        };
        self.events_received += reread.new_events;
        self.done.events += reread.new_events;
        self.done.amended_later += reread.amended;
        self.done.with_issues += reread.with_issues;
        self.done.warnings.extend(reread.kept_open.iter().map(describe_kept_open));
        if reread.is_news(self.writer.chain.days.get(&date)) {
            self.writer.add(reread.addition)?;
        } else {
            self.writer.record_gap_tries(&reread.addition.gaps);
        }
        self.writer.save_if_due()
    }

    /// Appends this run to the run log.
    fn log_run(
        &self,
        (started, range): (DateTime<Utc>, DateRange),
        done: &ContractExport,
        read: &Result<(), Error>,
    ) -> Result<(), Error> {
        let result = match (read, done.stopped) {
            (Err(error), _) => error.to_string(),
            (Ok(()), true) => "stopped".to_owned(),
            (Ok(()), false) => run_log::DONE.to_owned(),
        };
        let run = RunRecord {
            schema: RUN_SCHEMA.to_owned(),
            started,
            ended: self.exporter.clock.now(),
            writer: LockOwner::current_process(started),
            from: range.start(),
            to: range.end(),
            events: done.events,
            late: done.late,
            amended: done.amended_later,
            gaps: done.gaps.len() as u64,
            requests: done.requests,
            result,
            head: self.writer.head(),
        };
        run_log::append(&self.writer.folder, &run, &self.exporter.fail_points)
    }

    /// See [`ContractExport::next_try`]. An unverified range is read again as a whole, once all of its gaps are due.
    fn next_try(&self) -> Option<DateTime<Utc>> {
        let closable: RangeSet =
            self.done.gaps.iter().filter(|gap| !gap.is_beyond_reach()).filter_map(KnownGap::range).collect();
        let unverified = self.writer.unverified_ranges().into_iter();
        let to_read = unverified.filter(|range| !closable.intersection(&(*range).into()).is_empty());
        to_read.filter_map(|range| self.writer.state.next_try_of(range)).max()
    }

    /// The result so far, with the gaps that overlap the range.
    fn report(&mut self, range: DateRange) -> ContractExport {
        let days = self.writer.chain.days.values();
        let gaps = days.flat_map(|manifest| manifest.gaps.clone());
        let inside = gaps.filter(|gap| gap.overlaps(range));
        self.done.gaps = inside.collect();
        let is_waiting = |gap: &&KnownGap| gap.range().is_some_and(|gap| self.waiting.covers(gap));
        self.done.waiting_gaps = self.done.gaps.iter().filter(is_waiting).count() as u64;
        self.done.next_try = self.next_try();
        self.done.unread = self.done.unread.difference(&verified_ranges(&self.writer.chain.days));
        self.done.discarded = self.events_received.saturating_sub(self.done.events);
        self.done.warnings.splice(0..0, self.writer.warnings.drain(..));
        self.done.clone()
    }
}
