//! A higher count that the service has reported for a range is never forgotten: a gap stays open until the archive has
//! as many events as the highest total of the gap, even if the service then proves fewer events.

use std::sync::atomic::{AtomicUsize, Ordering};

use ionos_activitylog::seam::{Exchange, Transport};

use super::*;
use crate::ArchiveReader;

/// A log whose events can be withheld or removed. `phase` selects what the log has now.
struct ChangingLog {
    phase: AtomicUsize,
    phases: Vec<LogPhase>,
}

/// The times of the events that the log returns, and the times of further events that only its totals count.
#[derive(Clone, Default)]
struct LogPhase {
    returned: Vec<DateTime<Utc>>,
    withheld: Vec<DateTime<Utc>>,
}

impl LogPhase {
    /// `returned` events, one per minute from `start` on, and after them `withheld` events.
    fn new(start: &str, returned: i32, withheld: i32) -> Self {
        let times = |range: std::ops::Range<i32>| {
            range.map(|minute| parse_time(start) + TimeDelta::minutes(minute.into())).collect()
        };
        Self { returned: times(0..returned), withheld: times(returned..returned + withheld) }
    }
}

impl Transport for ChangingLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageRequest::of(&request);
        let LogPhase { returned, withheld } = &self.phases[self.phase.load(Ordering::Relaxed)];
        let is_within = |time: &&DateTime<Utc>| (query.from..query.to).contains(*time);
        let times: Vec<_> = returned.iter().filter(is_within).copied().collect();
        query.answer_with_total(&times, times.len() + withheld.iter().filter(is_within).count(), 100)
    }
}

/// An archive and the log that it is exported from.
struct ChangingArchive {
    root: tempfile::TempDir,
    log: Arc<ChangingLog>,
    clock: Arc<VirtualClock>,
}

impl ChangingArchive {
    fn new(phases: Vec<LogPhase>) -> Self {
        let log = Arc::new(ChangingLog { phase: AtomicUsize::new(0), phases });
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        Self { root: tempfile::tempdir().unwrap(), log, clock }
    }

    /// Exports while the log is in `phase`. Reads the gaps again at once.
    async fn export(&self, phase: usize) -> ContractExport {
        self.log.phase.store(phase, Ordering::Relaxed);
        let builder = Client::builder().token("a.b.c").transport(self.log.clone());
        let client = builder.clock(self.clock.clone()).build().unwrap();
        let exporter = Exporter::new(client, self.archive()).clock(self.clock.clone()).recount(true);
        exporter.run(&[7.into()], days(), std::future::pending()).await.pop().unwrap().1.unwrap()
    }

    fn archive(&self) -> Archive {
        Archive::new(self.root.path())
    }

    /// Ranges, reasons, and numbers of received and of reported events of all gaps in the manifests.
    fn gaps(&self) -> Vec<(DateRange, String, u64, Option<u64>)> {
        let days = read_days(&self.archive().contract(&7.into())).unwrap();
        let gaps = days.into_values().flat_map(|day| day.gaps);
        gaps.map(|gap| (gap.range().unwrap(), gap.reason.clone(), gap.seen, gap.total)).collect()
    }

    fn events(&self) -> u64 {
        let days = read_days(&self.archive().contract(&7.into())).unwrap();
        days.values().map(|day| day.counts.count).sum()
    }

    /// Number of gaps according to `verify`, whether a reader of all events finds the archive incomplete, and the
    /// number of findings.
    fn seen_gaps(&self) -> (u64, bool, usize) {
        let report = verify_archive(&self.archive(), None).unwrap();
        let reader = ArchiveReader::open(&self.archive(), None, None).unwrap();
        (report.chains[0].gaps, !reader.incomplete_ranges().is_empty(), report.findings.len())
    }
}

const START: &str = "2026-11-02T09:00:00Z";

#[tokio::test]
async fn a_gap_stays_open_if_the_service_later_reports_fewer_events_than_before() {
    assert_gap_stays_open(START).await;
}

/// The total of a gap says nothing about the parts of the gap, so each part needs a total of its own.
#[tokio::test]
async fn a_gap_that_was_divided_at_midnight_stays_open_if_the_service_later_reports_fewer_events() {
    assert_gap_stays_open("2026-11-01T23:58:00Z").await;
    assert_gap_stays_open("2026-11-01T23:45:00Z").await;
}

async fn assert_gap_stays_open(start: &str) {
    // What the log returns and withholds at first, and what it returns later.
    for (returned, withheld, later) in [(4, 1, 4), (20, 10, 20), (20, 10, 0), (0, 3, 0), (4, 3, 2)] {
        let what = format!("{start}, {returned} returned and {withheld} withheld, later {later}");
        let archive = ChangingArchive::new(vec![
            LogPhase::new(start, returned, withheld),
            LogPhase::new(start, later, 0),
            LogPhase::new(start, returned + withheld, 0),
        ]);
        let first = archive.export(0).await;
        assert!(!first.gaps.is_empty(), "{what}");
        let fewer = archive.export(1).await;
        let stated = archive.gaps();
        assert!(!stated.is_empty() && fewer.gaps.len() == stated.len(), "{what}: {fewer:?}");
        let lacking: u64 = stated.iter().map(|(_, _, seen, total)| total.unwrap() - seen).sum();
        assert_eq!(lacking, withheld as u64, "{what}: {stated:?}");
        assert!(stated.iter().all(|(_, reason, ..)| reason == "total-decreased"), "{what}: {stated:?}");
        let warnings: Vec<_> = fewer.warnings.iter().filter(|warning| warning.contains("stays a gap")).collect();
        assert_eq!(warnings.len(), stated.len(), "{what}: {:?}", fewer.warnings);
        assert_eq!(archive.seen_gaps(), (stated.len() as u64, true, 0), "{what}");
        assert_eq!(archive.events(), returned as u64, "{what}");
        // Nothing has changed since, so no manifest is added.
        let before = files(archive.root.path());
        for _ in 0..2 {
            let again = archive.export(1).await;
            assert_eq!((again.gaps.len(), again.events), (stated.len(), 0), "{what}: {again:?}");
            assert_eq!(files(archive.root.path()), before, "{what}");
        }
        // The events are back, so the archive has as many as the highest total.
        let whole = archive.export(2).await;
        assert_eq!((whole.gaps, archive.events()), (vec![], (returned + withheld) as u64), "{what}");
        assert_whole(archive.root.path());
    }
}

#[tokio::test]
async fn a_gap_closes_if_the_archive_has_as_many_events_as_its_highest_total() {
    // The service returns other events one after the other, and never all of them at once.
    let all = LogPhase::new(START, 5, 0).returned;
    let phase = |returned: &[usize], withheld: &[usize]| LogPhase {
        returned: returned.iter().map(|index| all[*index]).collect(),
        withheld: withheld.iter().map(|index| all[*index]).collect(),
    };
    let archive = ChangingArchive::new(vec![phase(&[0, 1, 2], &[3, 4]), phase(&[0, 1, 3], &[]), phase(&[0, 4], &[])]);
    assert!(!archive.export(0).await.gaps.is_empty());
    let fewer = archive.export(1).await;
    assert_eq!((fewer.events, fewer.gaps.len(), archive.events()), (1, 1, 4), "the new event is archived: {fewer:?}");
    assert_eq!(archive.seen_gaps(), (1, true, 0));
    let last = archive.export(2).await;
    assert_eq!((last.events, last.gaps.len(), archive.events()), (1, 0, 5), "{last:?}");
    assert_whole(archive.root.path());
}

#[tokio::test]
async fn a_higher_total_of_a_later_answer_is_not_forgotten() {
    let archive =
        ChangingArchive::new(vec![LogPhase::new(START, 4, 1), LogPhase::new(START, 4, 3), LogPhase::new(START, 5, 0)]);
    let totals = |archive: &ChangingArchive| archive.gaps().iter().filter_map(|(.., total)| *total).max();
    assert!(!archive.export(0).await.gaps.is_empty());
    assert_eq!(totals(&archive), Some(5));
    assert!(!archive.export(1).await.gaps.is_empty());
    assert_eq!(totals(&archive), Some(7));
    let fewer = archive.export(2).await;
    assert_eq!((fewer.events, fewer.gaps.len(), totals(&archive)), (1, 1, Some(7)), "{fewer:?}");
    assert_eq!(archive.seen_gaps(), (1, true, 0));
}

/// The service has more events in a few milliseconds than it returns, and later removes all of them.
#[tokio::test]
async fn a_gap_with_events_out_of_reach_stays_open_after_the_service_has_removed_its_events() {
    let root = tempfile::tempdir().unwrap();
    let refusing = burst(DeepOffset::Refuse);
    let first = export(&exporter(&refusing, root.path(), NOW), &refusing, days()).await.unwrap();
    let overflow = first.gaps.iter().find(|gap| gap.reason == "overflow").unwrap().clone();
    assert!(overflow.total.is_some_and(|total| total > overflow.seen), "{overflow:?}");
    let archived = lines(&refusing, root.path());
    let empty = world(NOW).events_per_day(0).build();
    let recount = exporter(&empty, root.path(), NOW).recount(true);
    for attempt in 0..2 {
        let done = export(&recount, &empty, days()).await.unwrap();
        let kept = done.gaps.iter().find(|gap| gap.range() == overflow.range()).unwrap();
        assert_eq!((kept.reason.as_str(), kept.total), ("total-decreased", overflow.total), "attempt {attempt}");
        assert_eq!(lines(&refusing, root.path()), archived);
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert!(report.is_intact() && report.chains[0].gaps > 0 && !report.has_all_events(), "{report:?}");
    }
}
