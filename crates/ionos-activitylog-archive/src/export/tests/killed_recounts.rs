//! Exports that are killed while they look for late events. The repeated export must produce the same archive as an
//! export that was not killed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::Either;
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{CrossCheck, RangeSet};

use super::*;
use crate::verify::tests::copy;

/// A log with one event per hour. One event of each day arrives late.
#[derive(Default)]
struct LateLog {
    have_arrived: AtomicBool,
    /// Whether the log has one more event. The totals always count this event, but pages return it only after the late
    /// events have arrived. Until then, the range of this event cannot be verified.
    counts_missing_event: AtomicBool,
}

impl LateLog {
    /// The time of the event that no page has at first.
    fn missing_event() -> DateTime<Utc> {
        parse_time("2026-10-03T12:30:00Z")
    }

    fn is_set(flag: &AtomicBool) -> bool {
        flag.load(Ordering::Relaxed)
    }

    /// Lets the late events arrive. From now on, all totals are right.
    fn settle(&self) {
        self.have_arrived.store(true, Ordering::Relaxed);
    }
}

impl Transport for LateLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageRequest::of(&request);
        let begin = parse_time("2026-10-01T00:10:00Z");
        let hours = (0..24 * 50).filter(|hour| Self::is_set(&self.have_arrived) || hour % 24 != 7);
        let times = hours.map(|hour| begin + TimeDelta::hours(hour));
        let mut times: Vec<_> = times.filter(|time| (query.from..query.to).contains(time)).collect();
        let missing = Self::missing_event();
        let total = times.len();
        if !Self::is_set(&self.counts_missing_event) || !(query.from..query.to).contains(&missing) {
            return query.answer(&times, 100);
        }
        if Self::is_set(&self.have_arrived) {
            times.push(missing);
            times.sort();
        }
        query.answer_with_total(&times, total + 1, 100)
    }
}

/// A service with late events, and a client that reads it.
struct LateWorld {
    log: Arc<LateLog>,
    client: Client,
}

impl LateWorld {
    fn new() -> Self {
        let log = Arc::new(LateLog::default());
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let client = Client::builder().token("a.b.c").transport(log.clone()).clock(clock).build().unwrap();
        Self { log, client }
    }

    /// An exporter whose clock is two days ahead of [`NOW`]. At this time, an export reads all gaps again.
    fn exporter(&self, root: &Path) -> Exporter {
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW) + TimeDelta::days(2)));
        Exporter::new(self.client.clone(), Archive::new(root)).clock(clock)
    }

    /// Archives a range before the late events arrive, and then lets them arrive.
    async fn archive_without_late_events(&self, root: &Path, range: DateRange) -> ContractExport {
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let first = run(&self.exporter(root).clock(clock), range).await;
        self.log.settle();
        first
    }
}

async fn run(exporter: &Exporter, range: DateRange) -> ContractExport {
    exporter.run(&[7.into()], range, std::future::pending()).await.pop().unwrap().1.unwrap()
}

/// The first `days` days of the log.
fn first_days(days: i64) -> DateRange {
    let start = parse_time("2026-10-01T00:00:00Z");
    DateRange::new(start, start + TimeDelta::days(days)).unwrap()
}

fn ranges(root: &Path, of_day: fn(&Manifest) -> RangeSet) -> RangeSet {
    let days = read_days(&Archive::new(root).contract(&7.into())).unwrap();
    days.values().flat_map(of_day).collect()
}

/// Returns fail points that copy the archive in `root` to a folder in `copies`, and the paths of the copies, in order.
/// Each copy is the archive that a kill at the fail point would leave.
fn copied_at_each_step(root: &Path, copies: &Path) -> (FailPoints, Arc<Mutex<Vec<PathBuf>>>) {
    let (root, folder, copied) = (root.to_path_buf(), copies.to_path_buf(), Arc::<Mutex<Vec<PathBuf>>>::default());
    let list = copied.clone();
    let fail_points = FailPoints::new(move |step| {
        let mut list = list.lock().unwrap();
        let to = folder.join(format!("{}-{step}", list.len()));
        copy(&root, &to);
        list.push(to);
    });
    (fail_points, copied)
}

#[tokio::test]
async fn a_killed_search_for_late_events_ends_in_the_same_bytes_when_repeated() {
    let range = first_days(8);
    for reread in [false, true] {
        let (root, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let world = LateWorld::new();
        let _ = world.archive_without_late_events(root.path(), range).await;
        let search = |root: &Path| world.exporter(root).recount(!reread).reread(reread);
        let (fail_points, killed) = copied_at_each_step(root.path(), copies.path());
        let undisturbed = run(&search(root.path()).fail_points(fail_points), range).await;
        assert_eq!((undisturbed.late, undisturbed.gaps.len()), (8, 0));
        let expected = files(root.path());
        let killed = std::mem::take(&mut *killed.lock().unwrap());
        for copied in &killed {
            let when = format!("reread {reread}, killed at {}", copied.display());
            let repeated = run(&search(copied), range).await;
            assert_eq!((&repeated.gaps, &repeated.cross_check), (&vec![], &undisturbed.cross_check), "{when}");
            assert_eq!(files(copied), expected, "{when}");
            assert_whole(copied);
        }
    }
}

#[tokio::test]
async fn a_plain_export_after_a_killed_recount_leaves_all_days_verified() {
    let range = first_days(8);
    let (root, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = LateWorld::new();
    let _ = world.archive_without_late_events(root.path(), range).await;
    let recount = |root: &Path| world.exporter(root).recount(true);
    let (fail_points, killed) = copied_at_each_step(root.path(), copies.path());
    let _ = run(&recount(root.path()).fail_points(fail_points), range).await;
    let killed = std::mem::take(&mut *killed.lock().unwrap());
    for copied in &killed {
        let when = format!("killed at {}", copied.display());
        let plain = run(&world.exporter(copied), range).await;
        assert_eq!((&plain.gaps, plain.requests), (&vec![], 0), "{when}");
        assert_eq!(ranges(copied, Manifest::verified_ranges), range.into(), "{when}");
        // After the plain export, a recount still finds the late events.
        let _ = run(&recount(copied), range).await;
        assert_eq!(files(copied), files(root.path()), "{when}");
    }
}

/// The archive has a gap and lacks later days. So the export with `--recount` also reads the gap and these days, and
/// compares the totals of what it has read. A plain export that continues the killed recount does the same.
#[tokio::test]
async fn a_killed_recount_that_also_reads_a_gap_and_new_days_leaves_no_gap() {
    let (archived, range) = (first_days(8), first_days(12));
    let (base, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = LateWorld::new();
    world.log.counts_missing_event.store(true, Ordering::Relaxed);
    let first = world.archive_without_late_events(base.path(), archived).await;
    assert!(!first.gaps.is_empty());
    copy(base.path(), whole.path());
    let undisturbed = run(&world.exporter(whole.path()).recount(true), range).await;
    assert_eq!((undisturbed.gaps.as_slice(), &undisturbed.cross_check), (&[][..], &CrossCheck::Agrees));
    assert_eq!(ranges(whole.path(), Manifest::verified_ranges), range.into());
    // Kills the export only at every third step, because each kill costs three exports.
    for passes in (0..).step_by(3) {
        let root = tempfile::tempdir().unwrap();
        copy(base.path(), root.path());
        let (killed, is_killed) = tokio::sync::oneshot::channel::<()>();
        let state = Mutex::new((passes, Some(killed)));
        let fail_points = FailPoints::new(move |_| {
            let (left, killed) = &mut *state.lock().unwrap();
            *left -= 1;
            if *left < 0
                && let Some(killed) = killed.take()
            {
                let _ = killed.send(());
            }
        });
        let recount = world.exporter(root.path()).recount(true).fail_points(fail_points);
        {
            let contracts = [7.into()];
            let run = pin!(recount.run(&contracts, range, std::future::pending()));
            // Dropping the future has the effect of a kill between two steps.
            if let Either::Right(_) = futures_util::future::select(is_killed, run).await {
                assert!(passes > 0, "the export ended without passing a step");
                break;
            }
        }
        let continued = tempfile::tempdir().unwrap();
        copy(root.path(), continued.path());
        let repeated = run(&world.exporter(root.path()).recount(true), range).await;
        assert_eq!(repeated.gaps, [], "killed after {passes} steps");
        assert_eq!(files(root.path()), files(whole.path()), "killed after {passes} steps");
        assert_whole(root.path());
        let plain = run(&world.exporter(continued.path()), range).await;
        assert_eq!(plain.gaps, [], "killed after {passes} steps");
        assert_eq!(ranges(continued.path(), Manifest::verified_ranges), range.into(), "killed after {passes} steps");
    }
}

/// After a gap is closed, the comparison of totals finds the late events of any number of days, because the number of
/// requests that find late events is not limited.
#[tokio::test]
async fn a_comparison_finds_late_events_on_many_days() {
    for recount in [false, true] {
        let range = first_days(45);
        let root = tempfile::tempdir().unwrap();
        let world = LateWorld::new();
        world.log.counts_missing_event.store(true, Ordering::Relaxed);
        let first = world.archive_without_late_events(root.path(), range).await;
        assert!(!first.gaps.is_empty());
        let done = run(&world.exporter(root.path()).recount(recount), range).await;
        assert_eq!((done.gaps.as_slice(), &done.cross_check), (&[][..], &CrossCheck::Agrees), "recount {recount}");
        assert_eq!(first.events + done.events, 45 * 24 + 1, "recount {recount}");
        assert_eq!(ranges(root.path(), Manifest::verified_ranges), range.into(), "recount {recount}");
        assert_whole(root.path());
    }
}
