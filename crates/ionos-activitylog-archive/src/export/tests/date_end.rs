//! Archives of a service whose `dateEnd` is inclusive: the total of a range also counts the events at exactly the end
//! of the range. In the archive, such an event belongs to the range that begins at this time.

use ionos_activitylog::seam::{Exchange, Transport};

use super::*;
use crate::verify::verify_totals;

/// A log with one event per hour from the start of [`days`] on. So there is an event at both ends of each day.
struct InclusiveService {
    /// The events that are not in the log yet, as hours after the start of [`days`].
    late: Mutex<Vec<i64>>,
}

impl Transport for InclusiveService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageRequest::of(&request);
        let (from, to) = (query.from, query.to);
        let late = self.late.lock().unwrap().clone();
        let hours = (0..250).filter(|hour| !late.contains(hour));
        let times = hours.map(|hour| days().start() + TimeDelta::hours(hour));
        let times: Vec<_> = times.filter(|time| (from..=to).contains(time)).collect();
        query.answer(&times, usize::MAX)
    }
}

/// An archive of an [`InclusiveService`].
struct InclusiveArchive {
    root: tempfile::TempDir,
    service: Arc<InclusiveService>,
}

impl InclusiveArchive {
    fn new(late: &[i64]) -> Self {
        let service = Arc::new(InclusiveService { late: Mutex::new(late.to_vec()) });
        Self { root: tempfile::tempdir().unwrap(), service }
    }

    fn client(&self) -> Client {
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        Client::builder().token("a.b.c").transport(self.service.clone()).clock(clock).build().unwrap()
    }

    async fn export(&self, range: DateRange, set: impl Fn(Exporter) -> Exporter) -> ContractExport {
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let exporter = set(Exporter::new(self.client(), Archive::new(self.root.path())).clock(clock));
        exporter.run(&[7.into()], range, std::future::pending()).await.pop().unwrap().1.unwrap()
    }

    fn events(&self) -> u64 {
        let days = read_days(&Archive::new(self.root.path()).contract(&7.into())).unwrap();
        days.values().map(|manifest| manifest.counts.count).sum()
    }
}

#[tokio::test]
async fn an_event_at_the_end_of_a_range_is_archived_once_and_explains_the_higher_total() {
    let archive = InclusiveArchive::new(&[]);
    let mut archived = 0;
    // The last export adds only a part of a day.
    for (end, events) in [("2026-11-02T00:00:00Z", 24), ("2026-11-04T00:00:00Z", 72), ("2026-11-04T06:00:00Z", 78)] {
        let done = archive.export(range("2026-11-01T00:00:00Z", end), |exporter| exporter).await;
        assert_eq!((done.gaps.len(), done.late), (0, 0), "{end}: {done:?}");
        assert!(!matches!(done.cross_check, CrossCheck::NotChecked(_)), "{end}: {done:?}");
        archived = archive.events();
        assert_eq!(archived, events, "{end}");
    }
    let all = range("2026-11-01T00:00:00Z", "2026-11-04T06:00:00Z");
    for (name, recount) in [("recount", true), ("reread", false)] {
        let done = archive.export(all, |exporter| exporter.recount(recount).reread(!recount)).await;
        assert_eq!((done.late, done.no_longer_served, done.gaps.len()), (0, 0, 0), "{name}: {done:?}");
        assert_eq!(done.warnings, Vec::<String>::new(), "{name}");
        assert_eq!(archive.events(), archived, "{name}");
    }
    let totals = verify_totals(
        &Archive::new(archive.root.path()),
        None,
        &archive.client(),
        archive.client().api_address(),
        |_, _| {},
    )
    .await
    .unwrap();
    assert_eq!((totals.equal, totals.unknown, totals.report.findings), (4, 0, vec![]));
}

#[tokio::test]
async fn a_late_event_is_not_mistaken_for_an_event_at_the_end_of_the_range() {
    // The hour of the late event in each case. Hour 5 is inside of the first day, hour 0 is the start of the first day,
    // and hour 24 is the end of the first day and the start of the second day. Hour 71 is the time of the last event of
    // the range.
    for hour in [5, 0, 24, 71] {
        let archive = InclusiveArchive::new(&[hour]);
        let done = archive.export(days(), |exporter| exporter).await;
        assert_eq!((done.gaps.len(), archive.events()), (0, 71), "late event at hour {hour}: {done:?}");
        archive.service.late.lock().unwrap().clear();
        let location = Archive::new(archive.root.path());
        let totals =
            verify_totals(&location, None, &archive.client(), archive.client().api_address(), |_, _| {}).await.unwrap();
        assert_eq!((totals.equal, totals.report.findings.len()), (2, 1), "{hour}");
        let done = archive.export(days(), |exporter| exporter.recount(true)).await;
        assert_eq!((done.late, done.gaps.len(), archive.events()), (1, 0, 72), "late event at hour {hour}: {done:?}");
        let report = verify_archive(&location, None).unwrap();
        assert_eq!(report.findings, [], "{hour}");
    }
}
