//! Tests of exports to an archive, against the simulator. Each file covers one kind of event or fault; this file has
//! the functions that the other files share.

mod behaviors;
mod date_end;
mod disk;
mod edge;
mod faults;
mod gaps;
mod killed_recounts;
mod kills;
mod known_totals;
mod late;
mod late_equal;
mod lost_end;
mod proofs;
mod records;
mod recounts;
mod refused;
mod replicas;
mod runs;
mod stopped;
mod undated;
mod unnamed;
mod vanished;
mod version_1;
mod whole;
mod wrong_clock;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use chrono::NaiveDate;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::Exchange;
use ionos_activitylog::{Event, RetryPolicy};
use ionos_activitylog_sim::fault::{Answer, Fault, Faults, Trigger};
use ionos_activitylog_sim::{Behavior, DeepOffset, LateEvents, QueryFractions, Share, Simulator, SimulatorBuilder};

use super::*;
use crate::fs::FailPoint;
use crate::manifest::{Manifest, Part, read_days};
use crate::part::lines;
use crate::state::{Certainty, State, rebuild_state};
use crate::verify::verify_archive;

pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";

pub(crate) fn parse_time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn range(from: &str, to: &str) -> DateRange {
    DateRange::new(parse_time(from), parse_time(to)).unwrap()
}

/// Three days with few events.
pub(crate) fn days() -> DateRange {
    range("2026-11-01T00:00:00Z", "2026-11-04T00:00:00Z")
}

pub(crate) fn world(now: &str) -> SimulatorBuilder {
    let now = parse_time(now);
    let builder = Simulator::builder().clock(move || now);
    builder.events_per_day(24).burst_interval(0)
}

/// An exporter whose clock shows `now`.
pub(crate) fn exporter(simulator: &Simulator, root: &Path, now: &str) -> Exporter {
    let clock = Arc::new(VirtualClock::starting_at(parse_time(now)));
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .clock(clock.clone())
        .build()
        .unwrap();
    Exporter::new(client, Archive::new(root)).clock(clock)
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

/// The range and the position that a request for a page asks for.
struct PageRequest {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    offset: usize,
    limit: usize,
}

impl PageRequest {
    fn of(request: &reqwest::Request) -> Self {
        let query: BTreeMap<_, _> = request.url().query_pairs().into_owned().collect();
        let number = |name: &str| query.get(name).map_or(0, |text| text.parse().unwrap());
        let time = |name: &str| query.get(name).map_or(DateTime::UNIX_EPOCH, |text| parse_time(text));
        Self { from: time("dateStart"), to: time("dateEnd"), offset: number("offset"), limit: number("limit") }
    }

    /// The page of a log with one event at each of `times`. A page has at most `max_page` events.
    fn answer(&self, times: &[DateTime<Utc>], max_page: usize) -> Exchange<'static> {
        self.answer_with_total(times, times.len(), max_page)
    }

    /// Like [`PageRequest::answer`], but the page reports `total`.
    fn answer_with_total(&self, times: &[DateTime<Utc>], total: usize, max_page: usize) -> Exchange<'static> {
        let page = times.iter().skip(self.offset).take(self.limit.min(max_page));
        let hits: Vec<String> =
            page.map(|time| format!(r#"{{"_source":{{"@uuid":"{time:?}","meta":{{"time":"{time:?}"}}}}}}"#)).collect();
        let page = format!(r#"{{"hits":{{"total":{total},"hits":[{}]}}}}"#, hits.join(","));
        Box::pin(async move { Ok(http::Response::new(page).into()) })
    }
}

/// The contents of the parts and manifests of an archive. They depend only on the events and on the order of the
/// exports.
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

pub(crate) fn folder(simulator: &Simulator, root: &Path) -> crate::layout::ContractFolder {
    Archive::new(root).contract(&simulator.contracts()[0].into())
}

fn manifests(simulator: &Simulator, root: &Path) -> Vec<Manifest> {
    let days = read_days(&folder(simulator, root)).unwrap();
    days.into_values().collect()
}

pub(crate) fn parts(simulator: &Simulator, root: &Path) -> Vec<(NaiveDate, Part)> {
    let manifests = manifests(simulator, root).into_iter();
    manifests.flat_map(|manifest| manifest.parts.into_iter().map(move |part| (manifest.date, part))).collect()
}

/// The lines of all parts, in order of time and id.
fn lines(simulator: &Simulator, root: &Path) -> Vec<String> {
    let mut events = Vec::new();
    for (date, part) in parts(simulator, root) {
        let day = folder(simulator, root).day(date);
        lines::for_each(&day, &part, |event| events.push(event)).unwrap();
    }
    events.sort_by_cached_key(|event| (event.time(), event.id()));
    events.iter().map(|event| event.raw().to_owned()).collect()
}

fn truth(simulator: &Simulator, range: DateRange) -> Vec<String> {
    let contract = simulator.contracts()[0];
    let mut records: Vec<String> = simulator.records(contract, range.start(), range.end()).collect();
    records.sort_by_key(|record| {
        let event = Event::from_json(record.clone()).unwrap();
        (event.time(), event.id())
    });
    records
}

/// Each part with its content, which depends on the events alone.
fn part_files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    files(root).into_iter().filter(|(name, _)| !name.contains("/_manifests/")).collect()
}

fn assert_whole(root: &Path) {
    let report = verify_archive(&Archive::new(root), None).unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.findings, report.warnings), (vec![], vec![]));
}

/// A simulator with more events in a few milliseconds than paging can reach, unless `deep_offset` is `Allow`.
pub(crate) fn burst(deep_offset: DeepOffset) -> Simulator {
    let behavior = Behavior {
        deep_offset,
        window_cap: 100,
        query_fractions: QueryFractions::Refuse,
        max_limit: 50,
        ..Behavior::default()
    };
    let second = parse_time("2026-11-02T09:00:00Z");
    let world = world(NOW).burst(second, TimeDelta::milliseconds(3), 300);
    world.behavior(behavior).build()
}
