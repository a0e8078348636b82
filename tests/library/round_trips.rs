//! No record is lost or altered between a page and a line of a file. Some pages are the vendor's published samples. The
//! other pages contain every known difference between the published sources, for example a total that is a string.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ionos_activitylog::{Client, DateRange, Event, Page, PageSize};
use ionos_activitylog_archive::{ExportSpec, FileExport, FileTarget};
use ionos_activitylog_client::{Exchange, Raw, Transport, types};
use serde_json::value::RawValue;
use xtask::workspace;

use crate::support::scripted::{ScriptedTransport, TOKEN, answer};

fn fixture(name: &str) -> String {
    fs::read_to_string(workspace::root().join("tests/fixtures").join(name)).unwrap()
}

async fn page(body: &str) -> Page {
    let (_, client) = ScriptedTransport::client([answer(200, body)]);
    let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
    client.page(&"1".parse().unwrap(), range, 0, PageSize::DEFAULT).await.unwrap().into_inner()
}

/// The exact text of each hit of a page, extracted without the project's own code.
fn hits(body: &str) -> Vec<Box<RawValue>> {
    #[derive(serde::Deserialize)]
    struct Answer {
        hits: Hits,
    }
    #[derive(serde::Deserialize)]
    struct Hits {
        hits: Option<Vec<Box<RawValue>>>,
    }
    let answer: Answer = serde_json::from_str(body).unwrap();
    answer.hits.hits.unwrap_or_default()
}

/// The exact text of each record of a page, extracted without the project's own code.
fn records(body: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Hit {
        #[serde(rename = "_source")]
        source: Box<RawValue>,
    }
    let record = |hit: &RawValue| match serde_json::from_str::<Hit>(hit.get()) {
        Ok(hit) if hit.source.get() != "null" => hit.source.get().to_owned(),
        _ => hit.get().to_owned(),
    };
    hits(body).iter().map(|hit| record(hit)).collect()
}

/// File name, number of records, number of records that do not fit the model, and the total: its count, and whether the
/// count is exact.
type Fixture = (&'static str, usize, usize, Option<(u64, bool)>);

const PAGES: [Fixture; 18] = [
    ("documented/events.json", 1, 0, Some((1, true))),
    ("drift/scalars-as-sdk.json", 1, 0, Some((1, true))),
    ("drift/scalars-as-documents.json", 1, 0, Some((1, true))),
    ("drift/scalars-mixed.json", 2, 0, Some((2, true))),
    ("drift/numbers-beyond-any-integer.json", 1, 0, Some((4_294_967_296, true))),
    ("drift/total-as-string.json", 1, 0, Some((1, true))),
    ("drift/total-as-object.json", 1, 0, Some((1, true))),
    ("drift/total-as-lower-bound.json", 1, 0, Some((10_000, false))),
    ("drift/total-missing.json", 1, 0, None),
    ("drift/hits-missing.json", 0, 0, Some((0, true))),
    ("drift/hits-null.json", 0, 0, Some((0, true))),
    ("drift/hit-without-record.json", 3, 2, Some((3, true))),
    ("drift/hit-of-another-type.json", 2, 2, Some((2, true))),
    ("drift/members-empty-or-null.json", 4, 0, Some((4, true))),
    ("drift/times.json", 6, 0, Some((6, true))),
    ("drift/unknown-members.json", 1, 0, Some((1, true))),
    ("drift/records-that-do-not-fit.json", 6, 6, Some((6, true))),
    ("drift/layout.json", 2, 0, Some((2, true))),
];

#[test]
fn every_fixture_is_in_the_table() {
    let root = workspace::root().join("tests/fixtures");
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in ["documented", "drift"] {
        found.extend(fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    // Two fixtures are not in the table, because they are not pages. `the_published_samples_are_read` tests them.
    assert_eq!(found.len(), PAGES.len() + 2);
}

#[tokio::test]
async fn a_page_keeps_every_record_byte_for_byte() {
    for (name, events, issues, total) in PAGES {
        let body = fixture(name);
        let page = page(&body).await;
        let kept: Vec<&str> = page.events.iter().map(|event| event.raw()).collect();
        assert_eq!(kept, records(&body), "{name}");
        assert_eq!(kept.len(), events, "{name}");
        let found = page.events.iter().filter(|event| !event.issues().is_empty()).count();
        assert_eq!(found, issues, "{name}");
        assert_eq!(page.total.map(|total| (total.count, total.exact)), total, "{name}");
    }
}

/// A service whose log consists of the hits of a page. A hit without a time counts as a hit at the start of
/// [`all_times`].
struct PageLog(Vec<(Option<DateTime<Utc>>, String)>);

impl Transport for PageLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query: BTreeMap<_, _> = request.url().query_pairs().into_owned().collect();
        let [start, end] = ["dateStart", "dateEnd"].map(|name| query[name].parse::<DateTime<Utc>>().unwrap());
        let is_within = |time: Option<DateTime<Utc>>| (start..end).contains(&time.unwrap_or(all_times().start()));
        let hits: Vec<&str> = self.0.iter().filter(|(time, _)| is_within(*time)).map(|(_, hit)| &hit[..]).collect();
        let page: Vec<&str> = hits.iter().skip(query["offset"].parse().unwrap()).copied().collect();
        let body = format!("{{\"hits\":{{\"total\":{},\"hits\":[{}]}}}}", hits.len(), page.join(","));
        Box::pin(async move { Ok(answer(200, body).into()) })
    }
}

/// Reads the range [`all_times`] from a service whose log consists of the hits of this page.
fn window(body: &str) -> impl futures_util::Stream<Item = Result<ionos_activitylog::Window, ionos_activitylog::Error>> {
    let times = records(body).into_iter().map(|record| Event::from_json(record).unwrap().time());
    let log = PageLog(times.zip(hits(body).iter().map(|hit| hit.get().to_owned())).collect());
    let client = Client::builder().token(TOKEN).transport(Arc::new(log)).build().unwrap();
    client.events(31_721_060.into(), all_times()).cross_check(false).windows()
}

fn all_times() -> DateRange {
    DateRange::new("1970-01-01T00:00:00Z".parse().unwrap(), "9999-01-01T00:00:00Z".parse().unwrap()).unwrap()
}

#[tokio::test]
async fn a_file_keeps_every_record_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    for (number, (name, ..)) in PAGES.into_iter().enumerate() {
        let body = fixture(name);
        let path = folder.path().join(format!("{number}.ndjson"));
        // A file is sorted by time, then by id.
        let mut records = records(&body);
        records.sort_by_key(|record| {
            let event = Event::from_json(record.clone()).unwrap();
            (event.time(), event.id())
        });
        let target = FileTarget::new(&path).unwrap();
        let reading = ExportSpec::new("scripted", 31_721_060.into(), all_times(), &target);
        let export = FileExport::open(&target, reading, false).unwrap();
        let export = export.write(window(&body), |_| ()).await.unwrap();
        export.commit().unwrap();
        let written = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(lines.len(), records.len(), "{name}");
        for (line, record) in lines.iter().zip(&records) {
            if record.contains('\n') {
                // The line and the record are equal except for white space between tokens.
                assert_eq!(without_white_space(line), without_white_space(record), "{name}");
                assert!(line.contains(r#""a \" quote, a \\ and a \n break""#), "{name}: {line}");
            } else {
                assert_eq!(line, record, "{name}");
            }
        }
    }
}

fn without_white_space(text: &str) -> String {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn numbers_of_any_json_type_keep_their_digits() {
    let cases = [
        ("drift/scalars-as-sdk.json", "31721060", Some("0.1"), Some("9182731"), "422"),
        ("drift/scalars-as-documents.json", "31721060", Some("0.1"), Some("9182731"), "422"),
        ("drift/numbers-beyond-any-integer.json", "9876543218374837483", Some("1.10"), Some("2147483648"), "1e400"),
    ];
    for (name, contract, version, queue, status) in cases {
        let page = page(&fixture(name)).await;
        let event: types::Event = serde_json::from_str(page.events[0].raw()).unwrap();
        let meta = event.meta.unwrap();
        assert_eq!(event.principal.unwrap().identity.unwrap().contract_number.unwrap().text(), contract, "{name}");
        assert_eq!(meta.audit_version.as_ref().map(|value| value.text()).as_deref(), version, "{name}");
        assert_eq!(meta.queue_ref_id.as_ref().map(|value| value.text()).as_deref(), queue, "{name}");
        let error = event.event.unwrap().param.unwrap().error.unwrap();
        assert_eq!(error.http_status.unwrap().text(), status, "{name}");
    }
}

#[tokio::test]
async fn every_format_of_a_time_is_read() {
    let page = page(&fixture("drift/times.json")).await;
    let times: Vec<String> = page.events.iter().map(|event| event.time().unwrap().to_rfc3339()).collect();
    assert_eq!(
        times,
        [
            "2026-11-20T14:41:17+00:00",
            "2026-11-20T14:41:17.102+00:00",
            "2026-11-20T14:41:17.102345+00:00",
            "2026-11-20T14:41:17.102345678+00:00",
            "2026-11-20T14:41:17+00:00",
            "2026-11-20T14:41:17.500+00:00",
        ]
    );
}

#[test]
fn a_page_of_the_generated_types_serializes_to_the_same_bytes() {
    let body = fixture("drift/unknown-members.json");
    let page: types::GetByContractResponse = serde_json::from_str(&body).unwrap();
    let hits: Vec<Raw<types::Hit>> = page.hits.unwrap().hits.unwrap();
    let again = serde_json::to_string(&hits).unwrap();
    assert!(body.contains(again.trim_start_matches('[').trim_end_matches(']')), "{again}");
}

#[tokio::test]
async fn the_published_samples_are_read() {
    let (_, client) = ScriptedTransport::client([
        answer(200, fixture("documented/info.json")),
        answer(200, fixture("documented/contracts.json")),
    ]);
    let info = client.info().await.unwrap();
    assert_eq!((info.name.as_deref(), info.version.as_deref()), (Some("CLOUD API"), Some("1.0")));
    let contracts = client.contracts().await.unwrap();
    let numbers: Vec<&str> = contracts.iter().map(|contract| contract.number.as_str()).collect();
    assert_eq!(numbers, ["12345678", "98765432"]);
    assert_eq!(contracts[0].href.as_deref(), Some("https://api.ionos.com/activitylog/v1/contracts/12345678"));
}

#[tokio::test]
async fn contract_numbers_of_any_type_and_size_are_read_and_a_missing_one_is_an_error() {
    let list = r#"[{"id":9876543218374837483},{"id":"00042","type":"contracts","new":1}]"#;
    let (_, client) = ScriptedTransport::client([answer(200, list), answer(200, r#"[{"id":1},{"type":"contracts"}]"#)]);
    let numbers: Vec<String> = client.contracts().await.unwrap().iter().map(|c| c.number.to_string()).collect();
    assert_eq!(numbers, ["9876543218374837483", "00042"]);
    let error = client.contracts().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "listing the contracts failed: entry 2 of the list has no contract number: check the API address, it may belong \
         to another service"
    );
}
