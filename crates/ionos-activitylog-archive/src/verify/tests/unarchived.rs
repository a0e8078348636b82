//! Tests that a range between two exports is reported if no export has read the range.

use ionos_activitylog::Client;
use serde_json::json;

use super::*;
use crate::export::tests::range;
use crate::verify::online::whole_days;

/// Exports the ranges to a new archive, one after the other.
async fn exported(simulator: &Simulator, ranges: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (from, to) in ranges {
        let done = export(&exporter(simulator, root.path(), NOW), simulator, range(from, to)).await.unwrap();
        assert_eq!(done.gaps, []);
    }
    root
}

fn verified(root: &tempfile::TempDir) -> VerifyReport {
    verify_archive(&Archive::new(root.path()), None).unwrap()
}

async fn compared(simulator: &Simulator, root: &tempfile::TempDir) -> TotalsReport {
    let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
    verify_totals(&Archive::new(root.path()), None, &client, client.api_address(), |_, _| {}).await.unwrap()
}

#[tokio::test]
async fn a_range_between_two_exports_is_reported_until_it_is_exported() {
    let simulator = world(NOW).build();
    let outer = [("2026-11-01T06:00:00Z", "2026-11-02T12:00:00Z"), ("2026-11-04T18:00:00Z", "2026-11-05T06:00:00Z")];
    let root = exported(&simulator, &outer).await;
    let report = verified(&root);
    let chain = &report.chains[0];
    assert_eq!(chain.unarchived, range("2026-11-02T12:00:00Z", "2026-11-04T18:00:00Z").into());
    assert!(chain.to_string().ends_with(", 1 range that is not archived"), "{chain}");
    assert_eq!((report.is_intact(), report.is_complete(), report.has_all_events()), (true, true, false));
    let document = serde_json::to_value(report.document(None)).unwrap();
    assert_eq!(document["result"], "incomplete");
    let expected = json!([{"from": "2026-11-02T12:00:00Z", "to": "2026-11-04T18:00:00Z"}]);
    assert_eq!(document["contracts"][0]["unarchived_ranges"], expected);

    let totals = compared(&simulator, &root).await;
    assert_eq!((totals.equal, totals.partial, totals.unarchived, totals.compared()), (2, 2, 1, 2));
    assert!(!totals.is_complete());
    let contract = simulator.contracts()[0];
    let notes = [
        "nothing of 2026-11-03 is archived, so it is not compared",
        "2026-11-02 is archived only in part: 2026-11-02T12:00:00Z .. 2026-11-03T00:00:00Z is not archived, so it is \
         not compared",
        "2026-11-04 is archived only in part: 2026-11-04T00:00:00Z .. 2026-11-04T18:00:00Z is not archived, so it is \
         not compared",
    ];
    assert_eq!(totals.report.warnings, notes.map(|note| format!("contract {contract}: {note}")));

    let missing = range("2026-11-02T12:00:00Z", "2026-11-04T18:00:00Z");
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, missing).await.unwrap();
    let report = verified(&root);
    assert_eq!((report.chains[0].unarchived.is_empty(), report.has_all_events()), (true, true));
    assert_eq!(report.document(None).result, "ok");
    let totals = compared(&simulator, &root).await;
    assert_eq!((totals.equal, totals.partial, totals.unarchived, totals.is_complete()), (5, 0, 0, true));
}

#[tokio::test]
async fn a_day_with_more_events_and_a_missing_range_counts_as_a_day_with_more_events() {
    let simulator = world(NOW).build();
    let ranges = [("2026-11-01T00:00:00Z", "2026-11-01T12:00:00Z"), ("2026-11-01T18:00:00Z", "2026-11-02T00:00:00Z")];
    let root = exported(&simulator, &ranges).await;
    let busier = world(NOW).events_per_day(48).build();
    let totals = compared(&busier, &root).await;
    assert_eq!((totals.more_days(), totals.partial, totals.compared()), (1, 0, 1));
    assert_eq!(totals.report.warnings.len(), 1, "{:?}", totals.report.warnings);
}

#[tokio::test]
async fn the_ranges_of_a_missing_or_damaged_manifest_do_not_count_as_unarchived() {
    let simulator = world(NOW).build();
    for number in 1..=3 {
        for change in [|path: &Path| fs::remove_file(path), |path: &Path| fs::write(path, "{")] {
            let root = exported(&simulator, &[("2026-11-01T00:00:00Z", "2026-11-04T00:00:00Z")]).await;
            change(&folder(&simulator, root.path()).manifest(number)).unwrap();
            let report = verified(&root);
            assert_eq!((report.is_intact(), report.chains[0].unarchived.is_empty()), (false, true), "{number}");
        }
    }
}

#[test]
fn only_days_that_lie_completely_in_a_range_are_whole() {
    let days = |from, to| whole_days(range(from, to)).map(|(first, last)| format!("{first} {last}"));
    let whole = |days: &str| Some(days.to_owned());
    assert_eq!(days("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"), whole("2026-11-01 2026-11-01"));
    assert_eq!(days("2026-11-01T00:00:00Z", "2026-11-04T23:59:59Z"), whole("2026-11-01 2026-11-03"));
    assert_eq!(days("2026-11-01T00:00:00.001Z", "2026-11-03T00:00:00Z"), whole("2026-11-02 2026-11-02"));
    assert_eq!(days("2026-11-01T00:00:01Z", "2026-11-02T23:59:59Z"), None);
    assert_eq!(days("2026-11-01T06:00:00Z", "2026-11-01T18:00:00Z"), None);
}
