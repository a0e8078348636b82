//! The service may return an event whose time is outside of the requested window. Such an event is kept in a file
//! beside the parts of the day.

use std::sync::Arc;

use chrono::Utc;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{Client, ContractNumber, DateRange};
use ionos_activitylog_archive::{Archive, Exporter, Manifest, verify_archive, verify_totals};

/// Answers every request with the same two events, one of which is of another year.
struct SameAnswer;

const RECORDS: [&str; 2] = [
    r#"{"@uuid":"a","meta":{"time":"2026-11-02T10:00:00Z"},"event":{}}"#,
    r#"{"@uuid":"b","meta":{"time":"2019-01-01T10:00:00Z"},"event":{}}"#,
];

impl Transport for SameAnswer {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        let hits = RECORDS.map(|record| format!(r#"{{"_source":{record}}}"#)).join(",");
        let body = format!(r#"{{"hits":{{"total":2,"hits":[{hits}]}}}}"#);
        Box::pin(async move { Ok(http::Response::builder().status(200).body(body).unwrap().into()) })
    }
}

#[tokio::test]
async fn an_event_outside_of_its_window_is_kept_in_a_file_that_the_manifest_names() {
    let root = tempfile::tempdir().unwrap();
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    let clock = Arc::new(VirtualClock::starting_at(now));
    let client = Client::builder().token("a.b.c").transport(Arc::new(SameAnswer)).clock(clock.clone()).build().unwrap();
    let contract: ContractNumber = 7.into();
    let archive = Archive::new(root.path());
    let exporter = Exporter::new(client.clone(), archive.clone()).clock(clock);
    let day = DateRange::day("2026-11-02".parse().unwrap(), &Utc).unwrap();
    let done = exporter.run(std::slice::from_ref(&contract), day, std::future::pending()).await;
    let done = done.into_iter().next().unwrap().1.unwrap();
    assert!(!done.gaps.is_empty() && done.kept > 0, "{done:?}");
    let folder = archive.contract(&contract);
    let (manifest, _) = Manifest::read(&folder.manifest(1)).unwrap();
    let kept = manifest.kept.first().unwrap();
    assert_eq!((kept.reason.as_str(), kept.count), ("outside-of-window", 1));
    let bytes = std::fs::read(folder.day("2026-11-02".parse().unwrap()).join(&kept.file)).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), format!("{}\n", RECORDS[1]));
    let report = verify_archive(&archive, None).unwrap();
    assert!(report.is_intact() && report.is_complete(), "{report:?}");
    // The total of the service includes the kept event. The comparison counts this event as archived, so no event is
    // missing.
    let totals = verify_totals(&archive, None, &client, client.api_address(), |_, _| {}).await.unwrap();
    assert_eq!((totals.equal, totals.unknown, totals.missing_events), (1, 0, 0), "{:?}", totals.report);
}
