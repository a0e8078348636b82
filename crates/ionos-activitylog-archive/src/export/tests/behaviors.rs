//! Whatever the service does, each export writes an archive that every command can read and that the next export can
//! continue.

use ionos_activitylog_sim::{AmendedEvents, TotalValue};

use super::*;
use crate::ArchiveReader;

const TODAY: &str = "2026-11-20T00:00:00Z";

fn share(share: f64) -> Share {
    Share::new(share).unwrap()
}

/// Behaviors of the service with their names. Most of them make an export read ranges again.
fn behaviors() -> Vec<(&'static str, Behavior)> {
    let calm = Behavior::default;
    let late = LateEvents::new(share(0.1), TimeDelta::hours(2)).unwrap();
    let amended = AmendedEvents::new(share(0.1), TimeDelta::hours(1)).unwrap();
    vec![
        ("calm", calm()),
        ("drifting totals", Behavior { total_value: TotalValue::Drifting, ..calm() }),
        ("late events", Behavior { late_events: late, ..calm() }),
        ("amended events", Behavior { amended_events: amended, ..calm() }),
        ("duplicates", Behavior { duplicates: share(0.1), duplicates_counted: true, ..calm() }),
        ("records without an id", Behavior { uuid: share(0.5), duplicates: share(0.1), ..calm() }),
        (
            "gaps",
            Behavior {
                deep_offset: DeepOffset::Refuse,
                window_cap: 100,
                query_fractions: QueryFractions::Refuse,
                max_limit: 50,
                ..calm()
            },
        ),
    ]
}

/// Asserts that the archive can be verified and read.
fn assert_usable(root: &Path, case: &str) {
    let archive = Archive::new(root);
    let report = verify_archive(&archive, None).unwrap();
    assert_eq!(report.findings, [], "{case}");
    let read: Result<Vec<_>, Error> = ArchiveReader::open(&archive, None, None).unwrap().collect();
    assert_eq!(read.unwrap().len() as u64, report.events, "{case}");
}

#[tokio::test]
async fn an_export_writes_what_every_command_accepts() {
    for seed in 1..=2 {
        for (name, behavior) in behaviors() {
            let root = tempfile::tempdir().unwrap();
            let mut earlier: Vec<String> = Vec::new();
            // The exports at the first three times leave 2026-11-20 open, and those at the fourth time close this day.
            for (now, is_calm) in [
                (NOW, false),
                ("2026-11-20T15:00:00Z", false),
                ("2026-11-20T18:00:00Z", true),
                ("2026-11-21T12:00:00Z", false),
                ("2026-11-22T12:00:00Z", true),
            ] {
                let case = format!("seed {seed}, {name}, {now}");
                let second = parse_time("2026-11-20T09:00:00Z");
                let world = world(now).seed(seed).events_per_day(150).burst(second, TimeDelta::milliseconds(3), 150);
                let calm = Behavior { deep_offset: DeepOffset::Allow, ..behavior.clone() };
                let calm = Behavior { total_value: TotalValue::Exact, ..calm };
                let simulator = world.behavior(if is_calm { calm } else { behavior.clone() }).build();
                for recount in [false, true] {
                    let exporter = exporter(&simulator, root.path(), now).recount(recount);
                    let today = range(TODAY, "2026-11-23T00:00:00Z");
                    export(&exporter, &simulator, today)
                        .await
                        .map(drop)
                        .unwrap_or_else(|error| panic!("{case}: {error}"));
                    assert_usable(root.path(), &case);
                }
                let archived = lines(&simulator, root.path());
                assert!(earlier.iter().all(|line| archived.contains(line)), "{case}: an archived event is lost");
                earlier = archived;
            }
        }
    }
}

/// The `verified` flag of each part of the open days. The flag of a part must agree with the ranges of its day.
fn open_parts(simulator: &Simulator, root: &Path) -> Vec<bool> {
    let open = crate::manifest::OpenManifests::read(&folder(simulator, root).open_manifests()).unwrap();
    open.manifests.iter().flat_map(|manifest| &manifest.parts).map(|part| part.verified).collect()
}

/// A gap of an open day is closed while the day is still open.
#[tokio::test]
async fn a_part_of_an_open_day_becomes_verified_with_its_range() {
    let root = tempfile::tempdir().unwrap();
    let day = range(TODAY, "2026-11-21T00:00:00Z");
    let second = parse_time("2026-11-20T09:00:00Z");
    let behavior = behaviors().pop().unwrap().1;
    let world = |now: &str| world(now).burst(second, TimeDelta::milliseconds(3), 300);
    let refusing = world(NOW).behavior(behavior.clone()).build();
    let first = export(&exporter(&refusing, root.path(), NOW), &refusing, day).await.unwrap();
    assert!(!first.gaps.is_empty());
    assert!(open_parts(&refusing, root.path()).contains(&false));
    let later = "2026-11-20T15:00:00Z";
    let lenient = world(later).behavior(Behavior { deep_offset: DeepOffset::Allow, ..behavior }).build();
    let healed = export(&exporter(&lenient, root.path(), later), &lenient, day).await.unwrap();
    assert_eq!(healed.gaps, []);
    assert!(open_parts(&lenient, root.path()).iter().all(|verified| *verified));
    assert_usable(root.path(), "healed");
    assert!(lines(&lenient, root.path()).len() > 300);
}

#[tokio::test]
async fn a_manifest_that_a_reader_refuses_is_not_written() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let open = |root: &Path| {
        let contract = folder(&simulator, root);
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        crate::export::contract_writer::ContractWriter::open(
            contract,
            &exporter.api,
            parse_time(NOW),
            clock,
            FailPoints::default(),
        )
        .unwrap()
    };
    let before = files(root.path());
    let mut writer = open(root.path());
    // Add a gap that is outside of the ranges that were read.
    let mut addition = writer.empty_manifest("2026-11-03".parse().unwrap());
    let day = range("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z");
    addition.gaps.push(crate::KnownGap {
        from: day.start(),
        to: day.end(),
        reason: "overflow".to_owned(),
        seen: 0,
        total: None,
    });
    addition.recompute();
    let refused = writer.add(addition).unwrap_err();
    assert!(matches!(refused, Error::InconsistentManifest { .. }), "{refused:?}");
    drop(writer);
    assert_eq!(files(root.path()), before);
    assert_whole(root.path());
}
