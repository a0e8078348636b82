//! Tests that each archived event that the service no longer returns is counted once, even if an export reads its range
//! several times. Such events do not prevent the cross-check of the totals.

use ionos_activitylog::CrossCheck;

use super::*;

/// Sets the options of an exporter.
type ExporterOptions = fn(Exporter) -> Exporter;

/// The two days before the open day, and the open day up to this hour.
fn until(hour: u32) -> DateRange {
    range("2026-11-18T00:00:00Z", &format!("2026-11-20T{hour:02}:00:00Z"))
}

/// A world with `events` more events at the given time.
fn with_events(time: &str, events: u64) -> Simulator {
    world(NOW).burst(parse_time(time), TimeDelta::seconds(1), events).build()
}

/// Exports the ranges `earlier` from the world `before`, which has additional events. Then exports the range `until(6)`
/// from a world without these events. `options` sets the options of the last export.
async fn export_vanished(
    before: &Simulator,
    earlier: &[DateRange],
    options: impl Fn(Exporter) -> Exporter,
) -> ContractExport {
    let root = tempfile::tempdir().unwrap();
    for range in earlier {
        let done = export(&exporter(before, root.path(), NOW), before, *range).await.unwrap();
        assert_eq!((done.gaps.len(), done.no_longer_served), (0, 0));
    }
    let after = world(NOW).build();
    export(&options(exporter(&after, root.path(), NOW)), &after, until(6)).await.unwrap()
}

fn assert_counted_once(done: &ContractExport, events: u64, what: &str) {
    assert_eq!((done.no_longer_served, done.gaps.len()), (events, 0), "{what}: {done:?}");
    assert!(!matches!(done.cross_check, CrossCheck::NotChecked(_)), "{what}: {:?}", done.cross_check);
}

#[tokio::test]
async fn an_event_that_vanished_from_the_open_day_is_counted_once() {
    let options: [(&str, ExporterOptions); 3] =
        [("plain", |plain| plain), ("recount", |plain| plain.recount(true)), ("reread", |plain| plain.reread(true))];
    for (name, option) in options {
        for (time, events) in [("2026-11-20T02:30:00Z", 1), ("2026-11-20T00:00:01Z", 2), ("2026-11-20T04:59:00Z", 5)] {
            let done = export_vanished(&with_events(time, events), &[until(5)], option).await;
            assert_counted_once(&done, events, &format!("{name}, {events} events at {time}"));
        }
    }
}

#[tokio::test]
async fn an_event_that_vanished_from_a_day_with_several_new_ranges_is_counted_once() {
    let hours =
        |from: u32, to: u32| range(&format!("2026-11-20T{from:02}:00:00Z"), &format!("2026-11-20T{to:02}:00:00Z"));
    for (time, events) in [("2026-11-20T02:30:00Z", 1), ("2026-11-20T00:30:00Z", 3)] {
        let before = with_events(time, events);
        let done = export_vanished(&before, &[hours(0, 1), hours(2, 3), hours(4, 5)], |plain| plain).await;
        assert_counted_once(&done, events, &format!("{events} events at {time}"));
    }
}

#[tokio::test]
async fn a_reread_of_a_closed_day_also_counts_its_vanished_events() {
    let before = with_events("2026-11-18T12:00:00Z", 2);
    for options in [|plain: Exporter| plain.recount(true), |plain: Exporter| plain.reread(true)] {
        let done = export_vanished(&before, &[until(5)], options).await;
        assert_counted_once(&done, 2, "closed day");
    }
}
