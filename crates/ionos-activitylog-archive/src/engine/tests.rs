use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use chrono::NaiveDate;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Event, RetryPolicy};
use ionos_activitylog_sim::fault::{Answer, Faults, When};
use ionos_activitylog_sim::{DeepOffset, Late, Share, Simulator, SimulatorBuilder, Switches};

use super::*;
use crate::part::read;
use crate::state::Certainty;
use crate::{Manifest, Part, State, Step, verify_archive};

pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn range(from: &str, to: &str) -> DateRange {
    DateRange::new(at(from), at(to)).unwrap()
}

/// Three days of few events.
pub(crate) fn days() -> DateRange {
    range("2026-11-01T00:00:00Z", "2026-11-04T00:00:00Z")
}

pub(crate) fn world(now: &str) -> SimulatorBuilder {
    let now = at(now);
    let builder = Simulator::builder().clock(move || now);
    builder.events_per_day(24).burst_every(0)
}

/// An exporter at a time.
pub(crate) fn exporter(simulator: &Simulator, root: &Path, now: &str) -> Exporter {
    let clock = Arc::new(VirtualClock::at(at(now)));
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .clock(clock.clone())
        .build()
        .unwrap();
    Exporter::new(client, Archive::at(root)).clock(clock)
}

pub(crate) async fn export(
    exporter: &Exporter,
    simulator: &Simulator,
    range: DateRange,
) -> Result<ContractExport, Error> {
    let contracts = [simulator.contracts()[0].into()];
    let done = exporter.run(&contracts, range, std::future::pending());
    done.await.pop().unwrap().1
}

/// Every file of the archive that depends on the events alone.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if !name.contains("/_state") && !name.ends_with("/_runs.ndjson") {
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

pub(crate) fn folder(simulator: &Simulator, root: &Path) -> crate::ContractFolder {
    Archive::at(root).contract(&simulator.contracts()[0].into())
}

fn manifests(simulator: &Simulator, root: &Path) -> Vec<Manifest> {
    let days = read_days(&folder(simulator, root)).unwrap();
    days.into_values().map(|(manifest, _)| manifest).collect()
}

pub(crate) fn parts(simulator: &Simulator, root: &Path) -> Vec<(NaiveDate, Part)> {
    let manifests = manifests(simulator, root).into_iter();
    manifests
        .flat_map(|manifest| {
            manifest
                .parts
                .into_iter()
                .map(move |part| (manifest.date, part))
        })
        .collect()
}

/// The lines of all parts, in their order.
fn lines(simulator: &Simulator, root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for (date, part) in parts(simulator, root) {
        let day = folder(simulator, root).day(date);
        read::for_each(&day, &part.file, |event| lines.push(event.raw().to_owned())).unwrap();
    }
    lines
}

fn truth(simulator: &Simulator, range: DateRange) -> Vec<String> {
    let contract = simulator.contracts()[0];
    let mut records: Vec<String> = simulator
        .records(contract, range.start(), range.end())
        .collect();
    records.sort_by_key(|record| {
        let event = Event::from_json(record.clone()).unwrap();
        (event.time(), event.id())
    });
    records
}

fn assert_whole(root: &Path) {
    let report = verify_archive(&Archive::at(root)).unwrap();
    assert_eq!((report.findings, report.notes), (vec![], vec![]));
}

#[tokio::test]
async fn an_archive_holds_what_the_service_holds_and_is_the_same_on_another_day() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let done = export(&exporter(&simulator, one.path(), NOW), &simulator, days())
        .await
        .unwrap();
    assert_eq!(done.events, truth(&simulator, days()).len() as u64);
    assert!(done.gaps.is_empty() && !done.nothing_to_do && !done.stopped);
    assert_eq!(lines(&simulator, one.path()), truth(&simulator, days()));
    assert_whole(one.path());

    let later = "2026-12-24T00:00:00Z";
    let done = export(
        &exporter(&simulator, other.path(), later),
        &simulator,
        days(),
    )
    .await;
    assert!(done.is_ok());
    assert_eq!(files(one.path()), files(other.path()));
}

#[tokio::test]
async fn what_is_archived_is_not_read_again() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let before = files(root.path());
    let again = export(&exporter, &simulator, days()).await.unwrap();
    assert!(again.nothing_to_do);
    assert_eq!((again.requests, again.events), (0, 0));
    // Without any state, the manifests say the same.
    let folder = folder(&simulator, root.path());
    for name in ["_state.json", "_state.prev.json", "_state.lock"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let again = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!((again.requests, again.events), (0, 0));
    assert_eq!(again.notes.len(), 1, "{:?}", again.notes);
    assert_eq!(files(root.path()), before);
    assert_whole(root.path());
}

#[tokio::test]
async fn the_newest_edge_is_completed_by_the_next_export() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let today = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let first = export(&exporter(&simulator, root.path(), NOW), &simulator, today)
        .await
        .unwrap();
    assert_eq!(
        first.range.unwrap().to_string(),
        "2026-11-20T00:00:00Z .. 2026-11-20T11:59:50Z"
    );
    let tomorrow = "2026-11-21T03:00:00Z";
    let later = world(tomorrow).build();
    let _ = export(&exporter(&later, root.path(), tomorrow), &later, today)
        .await
        .unwrap();
    assert_eq!(lines(&later, root.path()), truth(&later, today));
    assert_eq!(parts(&later, root.path()).len(), 2);
    assert_whole(root.path());
    // Of a range that is younger than that, nothing is read.
    let young = range("2026-11-20T11:59:55Z", "2026-11-20T12:00:00Z");
    let none = export(&exporter(&simulator, root.path(), NOW), &simulator, young)
        .await
        .unwrap();
    assert_eq!(none.range, None);
}

#[tokio::test]
async fn days_without_events_have_a_manifest_that_proves_it() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).begin(at("2026-11-03T00:00:00Z")).build();
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, days())
        .await
        .unwrap();
    let manifests = manifests(&simulator, root.path());
    let counts: Vec<_> = manifests
        .iter()
        .map(|one| (one.counts.count > 0, one.parts.len()))
        .collect();
    assert_eq!(counts, [(false, 0), (false, 0), (true, 1)]);
    assert_eq!(manifests[0].counts.total, Some(0));
    assert_whole(root.path());
}

#[tokio::test]
async fn a_part_ends_at_the_first_full_hour_at_which_it_is_full() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).events_per_day(200).build();
    let whole = exporter(&simulator, one.path(), NOW).full(50);
    let _ = export(&whole, &simulator, days()).await.unwrap();
    let parts = parts(&simulator, one.path());
    assert!(parts.len() > 6, "{}", parts.len());
    for (_, part) in &parts {
        let midnight = part.to.time() == chrono::NaiveTime::MIN;
        assert!(midnight || part.count >= 50);
        assert_eq!(part.to.timestamp() % 3_600, 0);
    }
    assert_eq!(lines(&simulator, one.path()), truth(&simulator, days()));
    assert_whole(one.path());

    // However an export is stopped, the next one makes the same parts: here after each step that names a part.
    for stop_at in 0..12 {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (stop, left) = (Mutex::new(Some(stop)), Mutex::new(stop_at));
        let steps = Steps::new(move |step| {
            if step == Step::PartNamed {
                let mut left = left.lock().unwrap();
                *left -= 1;
                if *left < 0
                    && let Some(stop) = stop.lock().unwrap().take()
                {
                    stop.send(()).unwrap();
                }
            }
        });
        let exporter = exporter(&simulator, other.path(), NOW)
            .full(50)
            .steps(steps);
        let contracts = [simulator.contracts()[0].into()];
        let done = exporter.run(&contracts, days(), async {
            let _ = stopped.await;
        });
        let done = done.await.pop().unwrap().1.unwrap();
        assert!(done.gaps.is_empty());
        let state = State::read(&folder(&simulator, other.path()))
            .unwrap()
            .0
            .unwrap();
        assert!(!state.open);
    }
    assert_eq!(files(one.path()), files(other.path()));
}

#[tokio::test]
async fn an_export_that_is_stopped_at_once_archives_nothing_and_the_next_one_all() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let contract: ContractNumber = simulator.contracts()[0].into();
    let done = exporter.run(
        std::slice::from_ref(&contract),
        days(),
        std::future::ready(()),
    );
    let done = done.await.pop().unwrap().1.unwrap();
    assert!(done.stopped && done.events == 0);
    let done = export(&exporter, &simulator, days()).await.unwrap();
    assert!(!done.stopped);
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn an_earlier_range_is_put_before_and_the_chain_linked_anew() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let _ = export(&exporter(&simulator, one.path(), NOW), &simulator, days())
        .await
        .unwrap();
    let exporter = exporter(&simulator, other.path(), NOW);
    for day in ["2026-11-03", "2026-11-01", "2026-11-02"] {
        let day = DateRange::day(day.parse().unwrap(), &Utc).unwrap();
        let _ = export(&exporter, &simulator, day).await.unwrap();
        assert_whole(other.path());
    }
    assert_eq!(files(one.path()), files(other.path()));
}

#[tokio::test]
async fn what_came_late_is_a_part_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let late = || Switches {
        late: Late::new(Share::new(0.2).unwrap(), TimeDelta::days(20)).unwrap(),
        ..Switches::default()
    };
    let early = world("2026-11-05T00:00:00Z").switches(late()).build();
    let first = exporter(&early, root.path(), "2026-11-05T00:00:00Z");
    let before = export(&first, &early, days()).await.unwrap();
    // Nothing has come yet, and what is counted again a day later is sealed.
    let again = first.clone().recount(true);
    let same = export(&again, &early, days()).await.unwrap();
    assert_eq!((same.late, same.gone, same.requests), (0, 0, 3));
    let state = State::read(&folder(&early, root.path()))
        .unwrap()
        .0
        .unwrap();
    assert_eq!(state.coverage.len(), 1);
    assert_eq!(state.coverage[0].state, Certainty::Sealed);

    let now = "2026-12-20T00:00:00Z";
    let later = world(now).switches(late()).build();
    let recount = exporter(&later, root.path(), now).recount(true);
    let done = export(&recount, &later, days()).await.unwrap();
    let all = truth(&later, days());
    assert!(done.late > 0);
    assert_eq!(before.events + done.late, all.len() as u64);
    let mut lines = lines(&later, root.path());
    lines.sort();
    let mut all = all;
    all.sort();
    assert_eq!(lines, all);
    let parts = parts(&later, root.path());
    let late: u64 = parts
        .iter()
        .filter(|(_, part)| part.late)
        .map(|(_, part)| part.count)
        .sum();
    assert_eq!(late, done.late);
    assert_whole(root.path());
    // Then it agrees.
    let agreed = export(&recount, &later, days()).await.unwrap();
    assert_eq!((agreed.late, agreed.requests), (0, 3));
}

#[tokio::test]
async fn a_total_is_given_only_where_the_service_counted_what_came() {
    use ionos_activitylog_sim::TotalShape;
    let totals = async |switches| {
        let root = tempfile::tempdir().unwrap();
        // The first two days have no event.
        let begin = at("2026-11-03T00:00:00Z");
        let simulator = world(NOW).begin(begin).switches(switches).build();
        let done = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await;
        assert_eq!(done.unwrap().gaps, []);
        assert_whole(root.path());
        let manifests = manifests(&simulator, root.path());
        let parts = parts(&simulator, root.path());
        let of_days: Vec<_> = manifests.iter().map(|one| one.counts.total).collect();
        assert_eq!((of_days.len(), parts.len()), (3, 1));
        assert_eq!(of_days[2], parts[0].1.total);
        assert_eq!(manifests[0].ranges[0].counted, of_days[0].is_some());
        (of_days[0], of_days[2], parts[0].1.count)
    };
    let (empty, full, count) = totals(Switches::default()).await;
    assert_eq!((empty, full), (Some(0), Some(count)));
    let twice = Switches {
        duplicates: Share::new(0.3).unwrap(),
        duplicates_counted: true,
        ..Switches::default()
    };
    // The one window has all three days.
    let (empty, full, _) = totals(twice).await;
    assert_eq!((empty, full), (None, None));
    let uncounted = Switches {
        total: TotalShape::Absent,
        ..Switches::default()
    };
    let (empty, full, _) = totals(uncounted).await;
    assert_eq!((empty, full), (None, None));
}

#[tokio::test]
async fn what_comes_late_is_found_behind_events_that_were_amended() {
    use ionos_activitylog_sim::Amended;
    let root = tempfile::tempdir().unwrap();
    let switches = || Switches {
        late: Late::new(Share::new(0.2).unwrap(), TimeDelta::days(9)).unwrap(),
        amended: Amended::new(Share::new(0.7).unwrap(), TimeDelta::days(5)).unwrap(),
        ..Switches::default()
    };
    let at_once = async |now, recount| {
        let simulator = world(now).switches(switches()).build();
        let exporter = exporter(&simulator, root.path(), now).recount(recount);
        let done = export(&exporter, &simulator, days()).await.unwrap();
        (simulator, done)
    };
    let _ = at_once("2026-11-05T00:00:00Z", false).await;
    // What is late of the second day has come by half, and with it what was amended meanwhile.
    let (_, first) = at_once("2026-11-11T12:00:00Z", true).await;
    assert!(first.late > 0);
    let (simulator, second) = at_once("2026-12-20T00:00:00Z", true).await;
    assert!(second.late > 0);
    let lines = lines(&simulator, root.path());
    let all = truth(&simulator, days());
    assert!(all.iter().all(|line| lines.contains(line)));
    assert_whole(root.path());
}

#[tokio::test]
async fn what_is_counted_again_and_not_proven_is_a_gap_again() {
    let root = tempfile::tempdir().unwrap();
    let before = world(NOW).build();
    let _ = export(&exporter(&before, root.path(), NOW), &before, days())
        .await
        .unwrap();
    let recount = |simulator| exporter(simulator, root.path(), NOW).recount(true);
    let _ = export(&recount(&before), &before, days()).await.unwrap();
    // More than can be reached has come late, in a few milliseconds.
    let burst = |deep| {
        let switches = Switches {
            deep_offset: deep,
            window_cap: 100,
            query_fractions: ionos_activitylog_sim::QueryFractions::Refuse,
            max_limit: 50,
            ..Switches::default()
        };
        let second = at("2026-11-02T09:00:00Z");
        let world = world(NOW).burst(second, TimeDelta::milliseconds(3), 300);
        world.switches(switches).build()
    };
    let refusing = burst(DeepOffset::Refuse);
    let done = export(&recount(&refusing), &refusing, days())
        .await
        .unwrap();
    assert!(!done.gaps.is_empty() && done.late > 0);
    let read = || {
        State::read(&folder(&before, root.path()))
            .unwrap()
            .0
            .unwrap()
    };
    let state = read();
    let certain: Vec<_> = state.coverage.iter().map(|one| one.state).collect();
    let (sealed, fetched) = (Certainty::Sealed, Certainty::Fetched);
    assert_eq!(certain, [sealed, fetched, sealed]);
    assert!(!state.gaps.is_empty());
    let second: NaiveDate = "2026-11-02".parse().unwrap();
    for (date, part) in parts(&before, root.path()) {
        assert_eq!(
            (part.verified, part.total.is_some()),
            (date != second, date != second)
        );
    }
    assert_whole(root.path());
    // The next export reads it again, as a whole.
    let lenient = burst(DeepOffset::Allow);
    let later = exporter(&lenient, root.path(), "2026-11-21T12:00:00Z");
    let healed = export(&later, &lenient, days()).await.unwrap();
    assert_eq!(healed.gaps, []);
    assert_eq!(lines(&lenient, root.path()), truth(&lenient, days()));
    assert!(
        parts(&lenient, root.path())
            .iter()
            .all(|(_, part)| part.verified && !part.late)
    );
    assert_whole(root.path());
}

#[tokio::test]
async fn a_gap_is_named_kept_and_replaced_once_it_is_proven() {
    let root = tempfile::tempdir().unwrap();
    // More events in a few milliseconds than the service lets one reach.
    let burst = |deep| {
        let switches = Switches {
            deep_offset: deep,
            window_cap: 100,
            query_fractions: ionos_activitylog_sim::QueryFractions::Refuse,
            max_limit: 50,
            ..Switches::default()
        };
        let second = at("2026-11-02T09:00:00Z");
        let world = world(NOW).burst(second, TimeDelta::milliseconds(3), 300);
        world.switches(switches).build()
    };
    let refusing = burst(DeepOffset::Refuse);
    let first = export(&exporter(&refusing, root.path(), NOW), &refusing, days())
        .await
        .unwrap();
    assert!(!first.gaps.is_empty());
    let gap = &first.gaps[0];
    assert_eq!(gap.reason, "overflow");
    let state = State::read(&folder(&refusing, root.path()))
        .unwrap()
        .0
        .unwrap();
    assert_eq!(
        (state.gaps[0].tries, state.gaps.len()),
        (1, first.gaps.len())
    );
    assert!(state.gaps[0].next > at(NOW));
    assert!(
        parts(&refusing, root.path())
            .iter()
            .any(|(_, part)| !part.verified)
    );
    assert_whole(root.path());
    let seen = lines(&refusing, root.path());

    // Not before it is time.
    let waiting = export(&exporter(&refusing, root.path(), NOW), &refusing, days())
        .await
        .unwrap();
    assert_eq!(
        (waiting.requests, waiting.gaps.len()),
        (0, first.gaps.len())
    );
    let later = "2026-11-20T13:00:00Z";
    let again = export(&exporter(&refusing, root.path(), later), &refusing, days())
        .await
        .unwrap();
    assert!(again.requests > 0);
    let state = State::read(&folder(&refusing, root.path()))
        .unwrap()
        .0
        .unwrap();
    assert_eq!(state.gaps[0].tries, 2);
    let now_seen = lines(&refusing, root.path());
    assert!(
        seen.iter().all(|line| now_seen.contains(line)),
        "nothing seen is lost"
    );
    assert_whole(root.path());

    let lenient = burst(DeepOffset::Allow);
    let healed = export(
        &exporter(&lenient, root.path(), "2026-11-21T12:00:00Z"),
        &lenient,
        days(),
    )
    .await
    .unwrap();
    assert_eq!(healed.gaps, []);
    assert_eq!(lines(&lenient, root.path()), truth(&lenient, days()));
    assert!(
        parts(&lenient, root.path())
            .iter()
            .all(|(_, part)| part.verified)
    );
    assert_whole(root.path());
}

#[tokio::test]
async fn the_failure_of_one_contract_does_not_touch_the_others() {
    let root = tempfile::tempdir().unwrap();
    let refused = world(NOW).contracts(3).build().contracts()[1];
    let faults = Faults::new()
        .on(When::any().contract(refused), Answer::new(403))
        .unwrap();
    let simulator = world(NOW).contracts(3).faults(faults).build();
    let contracts: Vec<ContractNumber> = simulator
        .contracts()
        .iter()
        .map(|one| (*one).into())
        .collect();
    let exporter = exporter(&simulator, root.path(), NOW);
    let done = exporter
        .run(&contracts, days(), std::future::pending())
        .await;
    let order: Vec<&ContractNumber> = done.iter().map(|(contract, _)| contract).collect();
    assert_eq!(order, contracts.iter().collect::<Vec<_>>());
    assert!(done[0].1.is_ok() && done[2].1.is_ok());
    assert!(matches!(done[1].1, Err(Error::Read(_))));
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    let report = verify_archive(&Archive::at(root.path())).unwrap();
    assert_eq!((report.findings, report.notes.len()), (vec![], 1));
}

#[tokio::test]
async fn with_a_fifth_of_all_answers_failing_the_archive_is_the_same() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let calm = world(NOW).build();
    let _ = export(&exporter(&calm, one.path(), NOW), &calm, days())
        .await
        .unwrap();
    let faults = Faults::new()
        .on(When::any().rate(Share::new(0.2).unwrap()), Answer::new(503))
        .unwrap();
    let stormy = world(NOW).faults(faults).build();
    let clock = Arc::new(VirtualClock::at(at(NOW)));
    let client = Client::builder()
        .token(stormy.token())
        .transport(stormy.transport())
        .retry(RetryPolicy::builder().attempts(20).build().unwrap())
        .clock(clock.clone());
    let exporter = Exporter::new(client.build().unwrap(), Archive::at(other.path())).clock(clock);
    for day in days().by_day(&Utc) {
        let _ = export(&exporter, &stormy, day).await.unwrap();
    }
    assert_eq!(files(one.path()), files(other.path()));
}

#[tokio::test]
async fn an_archive_of_something_else_is_refused_with_both_names() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .base_url("https://api.example.com");
    let foreign = Exporter::new(client.build().unwrap(), Archive::at(root.path()));
    let error = export(&foreign, &simulator, days())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("https://api.ionos.com") && error.contains("https://api.example.com"),
        "{error}"
    );
}

#[tokio::test]
async fn a_changed_archive_is_not_written_to() {
    let simulator = world(NOW).build();
    let edit: [fn(&crate::ContractFolder); 3] = [
        // The last manifest is gone.
        |folder| std::fs::remove_dir_all(folder.day("2026-11-03".parse().unwrap())).unwrap(),
        // One in the middle was formatted anew.
        |folder| {
            let path = folder.manifest("2026-11-02".parse().unwrap());
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, text.replace("  ", " ")).unwrap();
        },
        // So was the last.
        |folder| {
            let path = folder.manifest("2026-11-03".parse().unwrap());
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, text.replace("  ", " ")).unwrap();
        },
    ];
    for edit in edit {
        let root = tempfile::tempdir().unwrap();
        let exporter = exporter(&simulator, root.path(), NOW);
        let _ = export(&exporter, &simulator, days()).await.unwrap();
        edit(&folder(&simulator, root.path()));
        let before = files(root.path());
        let more = range("2026-11-04T00:00:00Z", "2026-11-05T00:00:00Z");
        let refused = export(&exporter, &simulator, more).await;
        assert!(matches!(refused, Err(Error::Damaged(..))), "{refused:?}");
        assert_eq!(files(root.path()), before);
    }
}

#[tokio::test]
async fn a_disk_that_refuses_is_named_and_the_next_export_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let folder = folder(&simulator, root.path());
    std::fs::create_dir_all(folder.path()).unwrap();
    // A file where a folder has to be, which nobody's privileges help against.
    let blocked = folder.day("2026-11-02".parse().unwrap());
    std::fs::write(&blocked, "").unwrap();
    let refused = export(&exporter, &simulator, days()).await.unwrap_err();
    assert!(refused.to_string().contains("date=2026-11-02"), "{refused}");
    std::fs::remove_file(&blocked).unwrap();
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn what_was_written_before_a_disk_refuses_is_in_the_archive() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let folder = folder(&simulator, root.path());
    let blocked = folder.day("2026-11-03".parse().unwrap());
    let block = blocked.clone();
    let steps = Steps::new(move |step| {
        if step == Step::PartBegun {
            std::fs::write(&block, "").unwrap();
        }
    });
    // All days are in one window, so two of them are finished in it before the third cannot be begun.
    assert!(
        export(&exporter.clone().steps(steps), &simulator, days())
            .await
            .is_err()
    );
    std::fs::remove_file(&blocked).unwrap();
    assert_eq!(parts(&simulator, root.path()).len(), 2);
    let state = State::read(&folder).unwrap().0.unwrap();
    assert!(state.open);
    let report = verify_archive(&Archive::at(root.path())).unwrap();
    assert_eq!(report.findings, []);
    let third = range("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z");
    let done = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(done.events, truth(&simulator, third).len() as u64);
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn what_is_read_before_the_service_refuses_is_in_the_archive() {
    let root = tempfile::tempdir().unwrap();
    let refused = When::any().requests([4]);
    let faults = Faults::new().on(refused, Answer::new(403)).unwrap();
    let switches = || Switches {
        window_cap: 20,
        max_limit: 20,
        ..Switches::default()
    };
    let simulator = world(NOW).switches(switches()).faults(faults).build();
    let exporter = exporter(&simulator, root.path(), NOW).full(5);
    let refused = export(&exporter, &simulator, days()).await;
    assert!(matches!(refused, Err(Error::Read(_))), "{refused:?}");
    let report = verify_archive(&Archive::at(root.path())).unwrap();
    assert_eq!(report.findings, []);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn what_a_killed_export_left_is_removed_by_the_next_one_wherever_it_is() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let day = |day| DateRange::day(day, &Utc).unwrap();
    let (first, second): (NaiveDate, NaiveDate) =
        ("2026-11-01".parse().unwrap(), "2026-11-02".parse().unwrap());
    let _ = export(&exporter, &simulator, day(second)).await.unwrap();
    let before = files(root.path());
    let _ = export(&exporter, &simulator, day(first)).await.unwrap();
    // The part of the first day has its name, and the process was killed before anything else was written.
    let folder = folder(&simulator, root.path());
    std::fs::remove_file(folder.manifest(first)).unwrap();
    for (name, content) in &before {
        std::fs::write(root.path().join(name), content).unwrap();
    }
    let mut state = State::read(&folder).unwrap().0.unwrap();
    state.open = true;
    state.coverage.clear();
    crate::state::write(&folder, &state, &Steps::default()).unwrap();
    assert_eq!(files(root.path()).len(), before.len() + 1);
    let _ = export(&exporter, &simulator, day(second)).await.unwrap();
    assert_eq!(files(root.path()), before);
    assert_whole(root.path());
}

#[tokio::test]
async fn an_export_that_is_stopped_says_what_is_archived_and_what_was_given_up() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop = Mutex::new(Some(stop));
    let steps = Steps::new(move |step| {
        if step == Step::WindowRead
            && let Some(stop) = stop.lock().unwrap().take()
        {
            stop.send(()).unwrap();
        }
    });
    let exporter = exporter(&simulator, root.path(), NOW).steps(steps);
    let contracts = [simulator.contracts()[0].into()];
    // The part of the half day has not ended then.
    let asked = range("2026-11-01T00:00:00Z", "2026-11-03T12:00:00Z");
    let done = exporter.run(&contracts, asked, async {
        let _ = stopped.await;
    });
    let done = done.await.pop().unwrap().1.unwrap();
    assert!(done.stopped && done.given_up > 0);
    assert_eq!(done.events, lines(&simulator, root.path()).len() as u64);
    let runs = folder(&simulator, root.path()).path().join("_runs.ndjson");
    let run: Run = serde_json::from_str(std::fs::read_to_string(runs).unwrap().trim()).unwrap();
    assert_eq!(run.events, done.events);
}

#[tokio::test]
async fn an_archive_that_lacks_a_part_is_neither_gone_on_with_nor_sealed() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW).recount(true);
    let _ = export(&exporter.clone().recount(false), &simulator, days())
        .await
        .unwrap();
    let (date, part) = parts(&simulator, root.path()).remove(1);
    let folder = folder(&simulator, root.path());
    let path = folder.day(date).join(part.file.to_string());
    let bytes = std::fs::read(&path).unwrap();
    let spoil: [&dyn Fn(); 2] = [&|| std::fs::write(&path, &bytes[1..]).unwrap(), &|| {
        std::fs::remove_file(&path).unwrap()
    }];
    for spoil in spoil {
        spoil();
        let refused = export(&exporter, &simulator, days()).await.unwrap_err();
        let said = refused.to_string();
        assert!(matches!(refused, Error::Damaged(..)), "{said}");
        assert!(
            said.contains(&part.file.to_string()) && said.contains("ialog verify"),
            "{said}"
        );
        let state = State::read(&folder).unwrap().0.unwrap();
        assert!(state.sealed().is_empty());
    }
    // As the message says.
    std::fs::remove_dir_all(folder.day(date)).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(at(NOW)));
    rebuild_state(&folder, &clock, true).unwrap();
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn a_plan_says_what_it_will_take_and_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, &root.path().join("audit"), NOW);
    let contract: ContractNumber = simulator.contracts()[0].into();
    let plan = exporter.plan(std::slice::from_ref(&contract), days()).await;
    let plan = plan.into_iter().next().unwrap().1.unwrap();
    let events = truth(&simulator, days()).len() as u64;
    assert_eq!((plan.events, plan.windows, plan.requests), (events, 1, 1));
    assert_eq!(plan.missing.to_string(), days().to_string());
    assert!(plan.bytes > 0 && plan.exact && plan.on_disk.is_none());
    assert!(std::fs::read_dir(root.path()).unwrap().next().is_none());

    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let plan = exporter.plan(&[contract], days()).await;
    let plan = plan.into_iter().next().unwrap().1.unwrap();
    assert!(plan.missing.is_empty());
    assert_eq!((plan.events, plan.requests), (0, 0));
}

#[tokio::test]
async fn a_clock_that_jumps_back_harms_nothing() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let today = range("2026-11-19T00:00:00Z", "2026-11-21T00:00:00Z");
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, today)
        .await
        .unwrap();
    let before = files(root.path());
    let back = exporter(&simulator, root.path(), "2026-11-19T06:00:00Z");
    let done = export(&back, &simulator, today).await.unwrap();
    assert!(done.nothing_to_do);
    assert_eq!(files(root.path()), before);
    assert_whole(root.path());
}

#[tokio::test]
async fn a_clock_that_is_ahead_of_the_service_archives_no_future() {
    let root = tempfile::tempdir().unwrap();
    let today = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let simulator = world(NOW).build();
    let ahead = exporter(&simulator, root.path(), "2026-11-20T18:00:00Z");
    let done = export(&ahead, &simulator, today).await.unwrap();
    assert_eq!(
        done.range.unwrap().to_string(),
        "2026-11-20T00:00:00Z .. 2026-11-20T11:59:50Z"
    );
    let [note] = done.notes.as_slice() else {
        panic!("{:?}", done.notes);
    };
    assert!(
        note.contains("2026-11-20T18:00:00Z") && note.contains("2026-11-20T12:00:00Z"),
        "{note}"
    );
    let tomorrow = "2026-11-21T03:00:00Z";
    let later = world(tomorrow).build();
    let right = exporter(&later, root.path(), tomorrow);
    let done = export(&right, &later, today).await.unwrap();
    assert_eq!((done.range, done.notes), (Some(today), vec![]));
    assert_eq!(lines(&later, root.path()), truth(&later, today));
    assert_whole(root.path());
}

#[tokio::test]
async fn the_service_is_asked_for_its_time_each_time_that_it_matters() {
    let root = tempfile::tempdir().unwrap();
    let now = Arc::new(Mutex::new(at(NOW)));
    let clock = now.clone();
    let simulator = Simulator::builder()
        .events_per_day(24)
        .burst_every(0)
        .clock(move || *clock.lock().unwrap())
        .build();
    let exporter = exporter(&simulator, root.path(), "2026-11-25T00:00:00Z");
    let month = range("2026-11-19T00:00:00Z", "2026-12-01T00:00:00Z");
    let first = export(&exporter, &simulator, month).await.unwrap();
    assert_eq!(first.range.unwrap().end(), at("2026-11-20T11:59:50Z"));
    *now.lock().unwrap() = at("2026-11-22T12:00:00Z");
    let second = export(&exporter, &simulator, month).await.unwrap();
    assert_eq!(second.range.unwrap().end(), at("2026-11-22T11:59:50Z"));
}

#[tokio::test]
async fn events_that_look_the_same_are_as_many_after_a_gap_was_read_again() {
    let switches = Switches {
        duplicates: Share::new(0.3).unwrap(),
        duplicates_counted: true,
        uuid: Share::new(0.0).unwrap(),
        ..Switches::default()
    };
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).switches(switches).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let before = lines(&simulator, root.path());
    let different: std::collections::BTreeSet<&String> = before.iter().collect();
    assert!(different.len() < before.len());
    let doubt = || {
        let (folder, clock) = (folder(&simulator, root.path()), exporter.clock.clone());
        let mut opened =
            opened::Opened::open(folder, &exporter.api, clock, Steps::default()).unwrap();
        opened.begin().unwrap();
        for day in days().by_day(&Utc) {
            let date = day.start().date_naive();
            opened.doubt(date, day, Vec::new(), None).unwrap();
        }
        opened.end(false).unwrap();
    };
    doubt();
    let again = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(again.events, 0);
    assert_eq!(lines(&simulator, root.path()), before);
    // Also where the service sends none of them any more.
    doubt();
    let gone = world(NOW).begin(at("2026-11-10T00:00:00Z")).build();
    let exporter = self::exporter(&gone, root.path(), NOW);
    let _ = export(&exporter, &gone, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), before);
    assert_whole(root.path());
}

#[tokio::test]
async fn a_lost_state_is_made_anew() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let folder = folder(&simulator, root.path());
    for name in ["_state.json", "_state.prev.json"] {
        std::fs::write(folder.path().join(name), "{").unwrap();
    }
    let more = range("2026-11-01T00:00:00Z", "2026-11-05T00:00:00Z");
    let refused = export(&exporter, &simulator, more).await;
    assert!(matches!(refused, Err(Error::StateLost(..))), "{refused:?}");
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(at(NOW)));
    // Not while somebody else writes, whatever the manifests are like then.
    let manifest = folder.manifest("2026-11-02".parse().unwrap());
    let written = std::fs::read(&manifest).unwrap();
    std::fs::write(&manifest, "{").unwrap();
    let lock = crate::state::Lock::take(&folder, at(NOW), &Steps::default()).unwrap();
    let refused = rebuild_state(&folder, &clock, false);
    assert!(matches!(refused, Err(Error::Locked(..))), "{refused:?}");
    drop(lock);
    std::fs::write(&manifest, written).unwrap();
    let rebuilt = rebuild_state(&folder, &clock, false).unwrap();
    assert_eq!(rebuilt.manifests, 3);
    assert_eq!(rebuilt.state.covered().to_string(), days().to_string());
    let _ = export(&exporter, &simulator, more).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, more));
    assert_whole(root.path());
}

#[tokio::test]
async fn each_run_has_its_line() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let runs = folder(&simulator, root.path()).path().join("_runs.ndjson");
    // A process that was killed in the middle of a line.
    let mut torn = std::fs::read(&runs).unwrap();
    torn.extend(b"{\"schema\":\"ialog");
    std::fs::write(&runs, torn).unwrap();
    let more = range("2026-11-04T00:00:00Z", "2026-11-05T00:00:00Z");
    let _ = export(&exporter, &simulator, more).await.unwrap();
    let text = std::fs::read_to_string(&runs).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    let last: Run = serde_json::from_str(lines[2]).unwrap();
    assert_eq!((last.result.as_str(), last.from), ("done", more.start()));
    assert_eq!(last.head.unwrap().date.to_string(), "2026-11-04");
}

#[test]
fn an_export_can_be_sent_to_another_thread() {
    fn sent<T: Send>(_: &T) {}
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, Path::new("nowhere"), NOW);
    sent(&exporter.run(&[], days(), std::future::pending()));
    sent(&exporter.plan(&[], days()));
}

/// What records look like, and how often they come, is not documented.
#[tokio::test]
async fn whatever_records_look_like_an_archive_is_whole_and_the_same_each_time() {
    use ionos_activitylog_sim::{Amended, Dialect, FractionDigits, Order, TotalShape};
    let share = |share: f64| Share::new(share).unwrap();
    let plain = Switches::default;
    let mut worlds: Vec<(&str, Switches)> = vec![
        (
            "no uuid",
            Switches {
                uuid: share(0.0),
                ..plain()
            },
        ),
        (
            "some uuids",
            Switches {
                uuid: share(0.5),
                unknown_members: share(0.5),
                ..plain()
            },
        ),
        (
            "twice",
            Switches {
                duplicates: share(0.3),
                ..plain()
            },
        ),
        (
            "twice and counted",
            Switches {
                duplicates: share(0.3),
                duplicates_counted: true,
                ..plain()
            },
        ),
        (
            "twice, counted and without uuid",
            Switches {
                duplicates: share(0.3),
                duplicates_counted: true,
                uuid: share(0.0),
                ..plain()
            },
        ),
        (
            "amended",
            Switches {
                amended: Amended::new(share(0.3), TimeDelta::days(1)).unwrap(),
                ..plain()
            },
        ),
    ];
    worlds.extend(Order::ALL.iter().map(|order| {
        (
            "order",
            Switches {
                order: *order,
                max_limit: 40,
                ..plain()
            },
        )
    }));
    worlds.extend(Dialect::ALL.iter().map(|dialect| {
        (
            "dialect",
            Switches {
                dialect: *dialect,
                ..plain()
            },
        )
    }));
    worlds.extend(FractionDigits::ALL.iter().map(|digits| {
        (
            "digits",
            Switches {
                fraction_digits: *digits,
                ..plain()
            },
        )
    }));
    worlds.extend(TotalShape::ALL.iter().map(|total| {
        (
            "total",
            Switches {
                total: *total,
                ..plain()
            },
        )
    }));
    for (name, switches) in worlds {
        let said = format!("{name}: {switches:?}");
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let simulator = world(NOW).switches(switches).build();
        let done = export(&exporter(&simulator, one.path(), NOW), &simulator, days())
            .await
            .unwrap();
        assert_eq!(done.gaps, [], "{said}");
        let report = verify_archive(&Archive::at(one.path())).unwrap();
        assert_eq!((report.findings, report.notes), (vec![], vec![]), "{said}");
        let truth: std::collections::BTreeSet<String> =
            truth(&simulator, days()).into_iter().collect();
        let lines: std::collections::BTreeSet<String> =
            lines(&simulator, one.path()).into_iter().collect();
        assert_eq!(lines, truth, "{said}");
        // Day by day, from the last to the first, and then counted again.
        let again = exporter(&simulator, other.path(), NOW);
        let whole: Vec<DateRange> = days().by_day(&Utc).collect();
        for day in whole.iter().rev() {
            let _ = export(&again, &simulator, *day).await.unwrap();
        }
        assert_eq!(files(one.path()), files(other.path()), "{said}");
        let recounted = export(&again.recount(true), &simulator, days())
            .await
            .unwrap();
        assert_eq!((recounted.late, recounted.gone), (0, 0), "{said}");
        assert_eq!(files(one.path()), files(other.path()), "{said}");
    }
}
