//! A recount compares the number of events that the service reports with the number of archived events. The total in a
//! manifest does not matter.

use ionos_activitylog::RangeSet;

use super::*;
use crate::verify::tests::{manifests_of, write_chain};
use crate::verify::verify_totals;

/// The second day of [`days`].
fn second() -> DateRange {
    range("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z")
}

/// A world with one more event on the second day.
fn larger() -> Simulator {
    world(NOW).burst(parse_time("2026-11-02T12:00:00Z"), TimeDelta::milliseconds(1), 1).build()
}

/// Archives the days of a simulator, and then replaces the total of the second day in the manifests by the result of
/// `total`.
async fn archived_with_total(simulator: &Simulator, root: &Path, total: impl FnOnce(u64) -> Option<u64>) {
    let _ = export(&exporter(simulator, root, NOW), simulator, days()).await.unwrap();
    let folder = folder(simulator, root);
    let mut manifests = manifests_of(&folder);
    let stated = &mut manifests[1].ranges[0];
    stated.total = total(stated.total.unwrap());
    stated.counted = stated.total.is_some();
    write_chain(&folder, &manifests, false);
}

async fn recount(simulator: &Simulator, root: &Path) -> (ContractExport, Vec<RangeSet>) {
    let done = export(&exporter(simulator, root, NOW).recount(true), simulator, second()).await.unwrap();
    let state = State::read(&folder(simulator, root)).unwrap().0.unwrap();
    let second = RangeSet::from(second());
    (done, [state.recounted_ranges(), state.sealed_ranges()].map(|ranges| ranges.intersection(&second)).into())
}

#[tokio::test]
async fn a_day_without_a_total_is_recounted_without_reading_it_again() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    archived_with_total(&simulator, root.path(), |_| None).await;
    let (done, confirmed) = recount(&simulator, root.path()).await;
    assert_eq!((done.requests, done.late), (1, 0));
    assert_eq!(confirmed, [second().into(), RangeSet::new()]);
}

#[tokio::test]
async fn a_count_that_equals_only_the_total_in_the_manifest_confirms_nothing() {
    let root = tempfile::tempdir().unwrap();
    let simulator = larger();
    archived_with_total(&simulator, root.path(), |total| Some(total - 1)).await;
    let (done, confirmed) = recount(&world(NOW).build(), root.path()).await;
    assert!(done.requests > 1, "the day is read again");
    assert_eq!(done.no_longer_served, 1);
    assert_eq!(confirmed, [RangeSet::new(), RangeSet::new()]);
}

#[tokio::test]
async fn the_totals_of_the_service_are_compared_with_the_archived_events() {
    for stated in [|_| None, |total: u64| Some(total - 1)] {
        let root = tempfile::tempdir().unwrap();
        let simulator = world(NOW).build();
        archived_with_total(&simulator, root.path(), stated).await;
        let compared = async |service: &Simulator| {
            let client = Client::builder().token(service.token()).transport(service.transport()).build().unwrap();
            verify_totals(&Archive::new(root.path()), None, &client, client.api_address(), |_, _| {}).await.unwrap()
        };
        let same = compared(&simulator).await;
        assert_eq!((same.equal, same.unknown, same.fewer, same.report.warnings.len()), (3, 0, 0, 0));
        let more = compared(&larger()).await;
        assert_eq!((more.equal, more.report.findings.len()), (2, 1));
        let detail = &more.report.findings[0].detail;
        assert!(detail.contains("the service reports 30 events, 29 are archived"), "{detail}");
    }
}

#[tokio::test]
async fn the_total_of_a_partial_search_is_not_compared() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
    let faults = Faults::new().add_rule(Trigger::any(), Fault::PartialSearch).unwrap();
    let partial = world(NOW).faults(faults).build();
    let client = Client::builder().token(partial.token()).transport(partial.transport()).build().unwrap();
    let totals =
        verify_totals(&Archive::new(root.path()), None, &client, client.api_address(), |_, _| {}).await.unwrap();
    assert_eq!((totals.equal, totals.unknown, totals.compared()), (0, 3, 0));
    assert!(totals.report.warnings[0].contains("the answer may lack events"), "{:?}", totals.report.warnings);
    let plan = exporter(&partial, root.path(), NOW);
    let contracts = [partial.contracts()[0].into()];
    let later = range("2026-11-04T00:00:00Z", "2026-11-05T00:00:00Z");
    assert!(!plan.plan(&contracts, later).await[0].1.as_ref().unwrap().exact);
}
