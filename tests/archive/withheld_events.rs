//! A resumed export to a file does not repeat the requests for the events that were written before the interruption. If
//! the service withheld events before the interruption, the resumed export detects this at its end, when it compares
//! the number of events in the file with the total of the whole range.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog_archive::internal::FailPoint;
use ionos_activitylog_sim::{Behavior, DeepOffset, Recording, Simulator};

use crate::support::exports::scratch_folder;
use crate::support::in_process::run_with_account;
use crate::support::program::{Printed, names};
use crate::support::scripted::{TOKEN, answer};

/// Number of events of the complete log, one per hour.
const EVENTS: usize = 96;

/// A service whose log lacks some events. After the service is switched off, all requests fail.
struct LogService {
    simulator: Simulator,
    is_off: Arc<AtomicBool>,
}

impl Transport for LogService {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        if self.is_off.load(Ordering::Relaxed) {
            return Box::pin(async { Ok(answer(503, "").into()) });
        }
        let transport = self.simulator.transport();
        Box::pin(async move { transport.send(operation, request).await })
    }
}

fn record(hour: usize) -> String {
    let (day, hour_of_day) = (1 + hour / 24, hour % 24);
    format!(
        r#"{{"@uuid":"{hour:08}-0000-4000-8000-000000000000","meta":{{"time":"2026-11-{day:02}T{hour_of_day:02}:30:00Z"}}}}"#
    )
}

/// Exports four days. The service withholds the events of the hours `withheld`. The service is switched off after
/// `windows` windows are read (`None`: never).
fn export(folder: &Path, withheld: &[usize], windows: Option<usize>) -> Printed {
    let records: Vec<String> = (0..EVENTS).filter(|hour| !withheld.contains(hour)).map(record).collect();
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    let behavior = Behavior { max_limit: 5, window_cap: 10, deep_offset: DeepOffset::Refuse, ..Behavior::default() };
    let simulator = Simulator::builder()
        .clock(move || now)
        .token(TOKEN)
        .recording(Recording::read(records.join("\n").as_bytes(), Some(7)).unwrap())
        .behavior(behavior)
        .build();
    let is_off = Arc::new(AtomicBool::new(false));
    let service = Arc::new(LogService { simulator, is_off: is_off.clone() });
    let out = folder.join("a.ndjson");
    let arguments = ["export", "--contract", "7", "--from", "2026-11-01", "--to", "2026-11-04", "--attempts", "1"];
    let arguments = arguments.into_iter().chain(["--out", out.to_str().unwrap()]).collect::<Vec<_>>();
    let read = AtomicUsize::new(0);
    let clock = Arc::new(VirtualClock::starting_at(now));
    run_with_account(&arguments, (service, TOKEN.to_owned()), clock, move |step, _| {
        if step == FailPoint::WindowRead && Some(read.fetch_add(1, Ordering::Relaxed) + 1) == windows {
            is_off.store(true, Ordering::Relaxed);
        }
    })
}

fn lines(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("a.ndjson")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_count_at_the_end_reveals_events_that_were_withheld_before_an_interruption() {
    let all: Vec<String> = (0..EVENTS).map(record).collect();
    for withheld in [&[2][..], &[0, 1, 2, 3, 4], &[]] {
        let folder = scratch_folder();
        let interrupted = export(folder.path(), withheld, Some(4));
        assert_eq!(interrupted.code, Some(5), "{}", interrupted.stderr);
        assert_eq!(names(folder.path()), [".a.ndjson.checkpoint.json", ".a.ndjson.partial"]);

        let resumed = loop {
            let resumed = export(folder.path(), &[], None);
            // If another test starts a process, that process shares the lock of the file from its fork until its exec.
            // In this time the file counts as locked, so the export is repeated.
            if !resumed.stderr.contains("another process writes to") {
                break resumed;
            }
        };
        assert!(resumed.stderr.starts_with("resuming an interrupted export ("), "{}", resumed.stderr);
        if withheld.is_empty() {
            assert_eq!((resumed.code, lines(folder.path())), (Some(0), all.clone()), "{}", resumed.stderr);
            continue;
        }
        let said = format!(
            "error: incomplete: 2026-11-01T00:00:00Z .. 2026-11-05T00:00:00Z: {} events were read, the service reports \
             96: events reached the log while the export was interrupted; export the range again\n",
            EVENTS - withheld.len()
        );
        assert_eq!(resumed.code, Some(3), "{}", resumed.stderr);
        assert!(resumed.stderr.ends_with(&said), "{}", resumed.stderr);
        // No partial file is left, so the next export cannot resume from a file without these events.
        assert_eq!(names(folder.path()), [""; 0]);

        let again = export(folder.path(), &[], None);
        assert_eq!((again.code, lines(folder.path())), (Some(0), all.clone()), "{}", again.stderr);
    }
}
