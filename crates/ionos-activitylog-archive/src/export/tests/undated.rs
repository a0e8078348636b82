//! A record without a time belongs to no range. The service may return such a record for every range that is requested.
//! Even so, an archived day or an exported file contains the record only once, and an export that reads a range again
//! does not add the record a second time.

use std::sync::atomic::{AtomicU64, Ordering};

use ionos_activitylog::seam::{Exchange, Transport};

use super::*;
use crate::export::{ExportSpec, FileExport, FileTarget};

const UNDATED: &str = r#"{"@uuid":"no-time"}"#;

/// A service with one event at the start of each `step`. It returns [`UNDATED`] for every range, or only for the ranges
/// that contain `found_at`.
struct UndatedService {
    /// The service returns [`UNDATED`] only for ranges that contain this time. `None`: for every range.
    found_at: Option<&'static str>,
    step: TimeDelta,
    /// Number of requests before the first answer with [`UNDATED`].
    hidden_until: u64,
    requests: AtomicU64,
}

impl UndatedService {
    fn per_minute() -> Self {
        Self { found_at: None, step: TimeDelta::minutes(1), hidden_until: 0, requests: AtomicU64::new(0) }
    }

    fn page(&self, request: &reqwest::Request) -> String {
        let is_hidden = self.requests.fetch_add(1, Ordering::Relaxed) < self.hidden_until;
        let query: BTreeMap<_, _> = request.url().query_pairs().into_owned().collect();
        let number = |name: &str| query[name].parse::<usize>().unwrap();
        let (from, to) = (parse_time(&query["dateStart"]), parse_time(&query["dateEnd"]));
        let times = (0..).map(|index| days().start() + self.step * index);
        let times = times.skip_while(|time| *time < from).take_while(|time| *time < to.min(days().end()));
        let is_hidden = is_hidden || self.found_at.is_some_and(|time| !(from..to).contains(&parse_time(time)));
        let mut records = if is_hidden { Vec::new() } else { vec![UNDATED.to_owned()] };
        records.extend(times.map(|time| format!(r#"{{"@uuid":"{time:?}","meta":{{"time":"{time:?}"}}}}"#)));
        let total = records.len();
        let page = records.iter().skip(number("offset")).take(number("limit").min(400));
        let hits: Vec<String> = page.map(|record| format!(r#"{{"_source":{record}}}"#)).collect();
        format!(r#"{{"hits":{{"total":{total},"hits":[{}]}}}}"#, hits.join(","))
    }
}

impl Transport for UndatedService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let page = self.page(&request);
        Box::pin(async move { Ok(http::Response::new(page).into()) })
    }
}

fn client(service: UndatedService) -> Client {
    let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
    Client::builder().token("a.b.c").transport(Arc::new(service)).clock(clock).build().unwrap()
}

#[tokio::test]
async fn no_day_contains_an_undated_record_twice_whatever_ranges_are_exported() {
    let until = |end: &str| range("2026-11-01T00:00:00Z", end);
    for ends in [
        &["2026-11-04T00:00:00Z"][..],
        &["2026-11-02T13:00:00Z", "2026-11-04T00:00:00Z"],
        &["2026-11-01T01:00:00Z", "2026-11-01T02:00:00Z", "2026-11-01T23:00:00Z", "2026-11-02T00:00:00Z"],
    ] {
        let root = tempfile::tempdir().unwrap();
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let exporter = Exporter::new(client(UndatedService::per_minute()), Archive::new(root.path())).clock(clock);
        for end in ends {
            let done = exporter.run(&[7.into()], until(end), std::future::pending()).await.pop().unwrap().1;
            assert_eq!(done.unwrap().gaps, [], "{ends:?}");
        }
        let reread = exporter.reread(true).run(&[7.into()], until(ends[ends.len() - 1]), std::future::pending()).await;
        let is_unchanged = |done: &ContractExport| done.late == 0 && done.no_longer_served == 0;
        assert!(reread.iter().all(|(_, done)| done.as_ref().is_ok_and(is_unchanged)), "{reread:?}");
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert_eq!(report.findings, [], "{ends:?}");
        let counts = undated_by_day(root.path());
        assert!(counts.iter().all(|(_, count)| *count <= 1), "{ends:?}: {counts:?}");
    }
}

/// The number of [`UNDATED`] records in each day of an archive.
fn undated_by_day(root: &Path) -> Vec<(NaiveDate, usize)> {
    let folder = Archive::new(root).contract(&7.into());
    let days = read_days(&folder).unwrap().into_iter();
    days.map(|(date, manifest)| {
        let mut undated = 0;
        for part in &manifest.parts {
            let count_undated = |event: Event| undated += usize::from(event.raw() == UNDATED);
            lines::for_each(&folder.day(date), part, count_undated).unwrap();
        }
        (date, undated)
    })
    .collect()
}

#[tokio::test]
async fn a_record_without_a_time_is_in_a_file_only_once_even_if_the_export_was_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let target = FileTarget::new(folder.path().join("a.ndjson")).unwrap();
    let spec = ExportSpec::new("service", 7.into(), days(), &target);
    for hours in days().by_day(&Utc) {
        let export = FileExport::open(&target, spec.clone(), false).unwrap();
        assert_eq!(export.remaining_range().unwrap().start(), hours.start());
        // Except on the last day, the export fails, because its windows end before the end of the range.
        match export.write(client(UndatedService::per_minute()).events(7.into(), hours).windows(), |_| ()).await {
            Ok(finished) => {
                finished.commit().unwrap();
            }
            Err(error) => assert!(error.to_string().contains("ended before the end of the range"), "{error}"),
        }
    }
    let text = std::fs::read_to_string(target.path()).unwrap();
    assert_eq!(text.lines().filter(|line| *line == UNDATED).count(), 1);
    assert_eq!(text.lines().count(), 3 * 1_440 + 1);
}

/// Each day has more events than fit in one window. The first export does not get the record without a time; in the
/// second export, every window returns it.
#[tokio::test]
async fn a_reread_adds_a_new_record_without_a_time_only_once() {
    let root = tempfile::tempdir().unwrap();
    let two_days = range("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z");
    let mut late = 0;
    for hidden_until in [u64::MAX, 0] {
        let service = UndatedService { step: TimeDelta::seconds(7), hidden_until, ..UndatedService::per_minute() };
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let exporter = Exporter::new(client(service), Archive::new(root.path())).clock(clock).reread(hidden_until == 0);
        let done = exporter.run(&[7.into()], two_days, std::future::pending()).await.pop().unwrap().1.unwrap();
        late += done.late;
    }
    assert_eq!(late, 1);
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.findings, []);
}

#[tokio::test]
async fn a_record_without_a_time_is_in_the_day_in_which_the_service_finds_it() {
    for found_at in ["2026-11-01T05:00:00Z", "2026-11-02T12:00:00Z", "2026-11-03T23:59:59Z"] {
        let root = tempfile::tempdir().unwrap();
        let service = UndatedService { found_at: Some(found_at), ..UndatedService::per_minute() };
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let exporter = Exporter::new(client(service), Archive::new(root.path())).clock(clock).recount(true);
        for _ in 0..2 {
            let done = exporter.run(&[7.into()], days(), std::future::pending()).await.pop().unwrap().1.unwrap();
            assert!(done.gaps.is_empty() && done.late == 0, "{found_at}: {done:?}");
        }
        let day = found_at[..10].parse().unwrap();
        let counts = undated_by_day(root.path());
        assert!(counts.iter().all(|(date, count)| *count == usize::from(*date == day)), "{found_at}: {counts:?}");
    }
}
