//! Tests that ranges with gaps are also compared with the counts of the service.

use ionos_activitylog::Client;
use ionos_activitylog_sim::DeepOffset;
use ionos_activitylog_sim::fault::{Fault, Faults, Trigger};

use super::*;
use crate::export::tests::burst;

async fn compared(simulator: &Simulator, root: &Path) -> TotalsReport {
    let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
    verify_totals(&Archive::new(root), None, &client, client.api_address(), |_, _| {}).await.unwrap()
}

/// Number of events in an archive.
fn count(simulator: &Simulator, root: &Path) -> u64 {
    parts(simulator, root).iter().map(|(_, part)| part.count).sum()
}

/// Number of events that an export to a new archive reads. The export must have no gaps.
async fn archived_by(simulator: &Simulator) -> u64 {
    let root = tempfile::tempdir().unwrap();
    let done = export(&exporter(simulator, root.path(), NOW), simulator, days()).await.unwrap();
    assert_eq!(done.gaps, []);
    count(simulator, root.path())
}

#[tokio::test]
async fn a_day_whose_search_was_partial_is_compared_when_the_service_is_healthy_again() {
    let root = tempfile::tempdir().unwrap();
    let faults = || Faults::new().add_rule(Trigger::any(), Fault::PartialSearch).unwrap();
    let partial = world(NOW).faults(faults()).build();
    let done = export(&exporter(&partial, root.path(), NOW), &partial, days()).await.unwrap();
    assert!(!done.gaps.is_empty());
    // A partial search has no usable count.
    let still_partial = compared(&world(NOW).faults(faults()).build(), root.path()).await;
    assert_eq!((still_partial.unknown, still_partial.compared(), still_partial.is_complete()), (3, 0, false));

    let healthy = world(NOW).build();
    let more = compared(&healthy, root.path()).await;
    let missing = archived_by(&healthy).await - count(&partial, root.path());
    assert!(missing > 0);
    assert_eq!((more.unknown, more.more_events, more.missing_events), (0, 0, missing));
    assert_eq!(more.more, [(partial.contracts()[0].into(), vec!["2026-11-01".parse().unwrap()])]);
    let detail = &more.report.findings[0].detail;
    assert!(detail.ends_with("are archived: the range has a gap; --recount reads the range again"), "{detail}");

    let recount = exporter(&healthy, root.path(), NOW).recount(true);
    assert_eq!(export(&recount, &healthy, days()).await.unwrap().gaps, []);
    let same = compared(&healthy, root.path()).await;
    assert_eq!((same.equal, same.unknown, same.missing_events, same.report), (3, 0, 0, VerifyReport::default()));
}

#[tokio::test]
async fn the_events_that_the_service_counts_but_does_not_return_are_reported() {
    let root = tempfile::tempdir().unwrap();
    let refusing = burst(DeepOffset::Refuse);
    let done = export(&exporter(&refusing, root.path(), NOW), &refusing, days()).await.unwrap();
    assert!(done.gaps.iter().all(crate::KnownGap::is_beyond_reach) && !done.gaps.is_empty());
    let more = compared(&refusing, root.path()).await;
    assert_eq!((more.more_events, more.unknown), (0, 0), "{:?}", more.report);
    let detail = &more.report.findings[0].detail;
    assert!(detail.contains("a gap that --recount cannot close"), "{detail}");
    let missing = archived_by(&burst(DeepOffset::Allow)).await - count(&refusing, root.path());
    assert_eq!(more.missing_events, missing);
}

#[tokio::test]
async fn an_archive_of_another_api_is_not_compared() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
    let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
    let archive = Archive::new(root.path());
    let compare = |api| verify_totals(&archive, None, &client, api, |_, _| {});
    for other in ["demo", "https://api.example.com"] {
        let error = compare(other).await.unwrap_err();
        assert!(matches!(error, Error::IdentityMismatch { .. }), "{error}");
        assert!(
            error.to_string().contains(&format!("not of contract {} at {other}", simulator.contracts()[0])),
            "{error}"
        );
    }
    assert!(compare(client.api_address()).await.unwrap().is_complete());
}
