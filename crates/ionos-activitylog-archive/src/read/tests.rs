use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use ionos_activitylog::Client;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog_sim::Simulator;

use super::*;
use crate::encode::{Compression, Format};
use crate::export::{EventFileWriter, ExportSpec, Exporter, FileExport, FileTarget};
use crate::manifest::{Manifest, Part, RangeProof, ReadRange};
use crate::verify::verify_archive;

fn parse_time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn range(from: &str, to: &str) -> DateRange {
    DateRange::new(parse_time(from), parse_time(to)).unwrap()
}

const FROM: &str = "2026-11-17T06:00:00Z";
const TO: &str = "2026-11-20T18:00:00Z";

fn simulator() -> Simulator {
    Simulator::builder().contracts(2).clock(|| parse_time("2026-11-21T00:00:00Z")).build()
}

fn client(simulator: &Simulator) -> Client {
    Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap()
}

async fn archive(simulator: &Simulator, root: &Path, ranges: &[DateRange]) -> Archive {
    let archive = Archive::new(root);
    let exporter = Exporter::new(client(simulator), archive.clone())
        .clock(Arc::new(VirtualClock::starting_at(parse_time("2026-11-21T00:00:00Z"))));
    let contracts: Vec<ContractNumber> = simulator.contracts().iter().map(|number| (*number).into()).collect();
    for (index, range) in ranges.iter().enumerate() {
        // The parts of an archive may have different compressions.
        let compression = Compression::ALL[index % 3];
        let exporter = exporter.clone().compression(compression);
        for (_, done) in exporter.run(&contracts, *range, std::future::pending()).await {
            drop(done.unwrap());
        }
    }
    archive
}

/// All records of the service in the range, each with its contract, in order.
fn truth(simulator: &Simulator, range: DateRange) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (index, contract) in simulator.contracts().iter().enumerate() {
        for record in simulator.records(*contract, range.start(), range.end()) {
            let event = Event::from_json(record.clone()).unwrap();
            let key = (event.time(), index, event.id());
            all.push((key, (contract.to_string(), record)));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter().map(|(_, one)| one).collect()
}

fn read(reader: ArchiveReader) -> Vec<(String, String)> {
    reader
        .map(|archived| {
            let archived = archived.unwrap();
            let record = archived.event.raw().to_owned();
            (archived.contract.to_string(), record)
        })
        .collect()
}

#[tokio::test]
async fn events_are_in_order_of_time_across_days_contracts_and_parts() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let all = range(FROM, TO);
    let middle = range("2026-11-18T03:00:00Z", "2026-11-19T07:30:00Z");
    let late = range("2026-11-19T09:00:00Z", TO);
    let archive = archive(&simulator, root.path(), &[middle, late, all]).await;

    let reader = ArchiveReader::open(&archive, None, None).unwrap();
    assert_eq!(reader.incomplete_ranges(), []);
    let events = read(reader);
    assert!(events.len() > 1_000, "{}", events.len());
    assert_eq!(events, truth(&simulator, all));

    let some = range("2026-11-18T22:00:00Z", "2026-11-19T10:00:00Z");
    let reader = ArchiveReader::open(&archive, None, Some(some)).unwrap();
    assert_eq!(reader.incomplete_ranges(), []);
    assert_eq!(read(reader), truth(&simulator, some));

    let contract: ContractNumber = simulator.contracts()[1].into();
    let reader = ArchiveReader::open(&archive, Some(std::slice::from_ref(&contract)), None).unwrap();
    let mut own = truth(&simulator, all);
    own.retain(|(number, _)| *number == contract.to_string());
    assert_eq!(read(reader), own);
}

#[tokio::test]
async fn a_range_with_an_open_end_ends_where_the_archive_ends() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let (first, second) = (range(FROM, "2026-11-18T00:00:00Z"), range("2026-11-18T06:00:00Z", "2026-11-19T11:59:50Z"));
    let archive = archive(&simulator, root.path(), &[first, second]).await;
    let contract: ContractNumber = simulator.contracts()[0].into();
    let open = |start: &str, open: bool| {
        let requested = range(start, "2026-11-19T12:00:00Z");
        let reader = ArchiveReader::open(&archive, Some(std::slice::from_ref(&contract)), Some(requested)).unwrap();
        let reader = if open { reader.open_end() } else { reader };
        let ends = reader.early_ends().into_iter();
        let missing = reader.incomplete_ranges().into_iter();
        (
            ends.map(|(_, end)| end.to_rfc3339()).collect::<String>(),
            missing.map(|(_, missing)| missing.to_string()).collect::<String>(),
        )
    };
    let expected = |end: &str, missing: &str| (end.to_owned(), missing.to_owned());
    let (end, after) = ("2026-11-19T11:59:50+00:00", "2026-11-19T11:59:50Z .. 2026-11-19T12:00:00Z");
    assert_eq!(open("2026-11-19T11:00:00Z", true), expected(end, ""));
    assert_eq!(open("2026-11-19T11:00:00Z", false), expected("", after));
    // A hole before the end of the archive is reported.
    let hole = "2026-11-18T00:00:00Z .. 2026-11-18T06:00:00Z";
    assert_eq!(open("2026-11-17T12:00:00Z", true), expected(end, hole));
    // An archive that ends at the start of the range does not end within the range.
    let nothing = "2026-11-19T11:59:50Z .. 2026-11-19T12:00:00Z";
    assert_eq!(open("2026-11-19T11:59:50Z", true), expected("", nothing));
}

#[tokio::test]
async fn progress_counts_every_event_of_the_opened_parts() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let archive = archive(&simulator, root.path(), &[range(FROM, TO)]).await;
    let hour = range("2026-11-18T22:00:00Z", "2026-11-18T23:00:00Z");
    let mut reader = ArchiveReader::open(&archive, None, Some(hour)).unwrap();
    let (none, all) = reader.progress();
    let returned = reader.by_ref().count() as u64;
    assert!(none == 0 && returned < all, "{returned} of {all} events were returned");
    assert_eq!(reader.progress(), (all, all));
}

#[tokio::test]
async fn ranges_that_are_not_archived_are_reported_as_incomplete() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let (first, second) = (range(FROM, "2026-11-18T00:00:00Z"), range("2026-11-19T00:00:00Z", TO));
    let archive = archive(&simulator, root.path(), &[first, second]).await;
    let contract: ContractNumber = simulator.contracts()[0].into();
    let missing = |range: Option<DateRange>| {
        let reader = ArchiveReader::open(&archive, Some(std::slice::from_ref(&contract)), range).unwrap();
        let missing = reader.incomplete_ranges().pop().map(|(_, ranges)| ranges.to_string());
        missing.unwrap_or_default()
    };
    let hole = "2026-11-18T00:00:00Z .. 2026-11-19T00:00:00Z";
    assert_eq!(missing(None), hole);
    assert_eq!(missing(Some(first)), "");
    assert_eq!(missing(Some(range(TO, "2026-11-21T00:00:00Z"))), "2026-11-20T18:00:00Z .. 2026-11-21T00:00:00Z");
}

#[tokio::test]
async fn a_missing_archive_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::new(root.path());
    let open =
        |contract: Option<&ContractNumber>| ArchiveReader::open(&archive, contract.map(std::slice::from_ref), None);
    assert!(matches!(open(None), Err(Error::NoArchive { .. })));
    assert!(matches!(open(Some(&7.into())), Err(Error::NoArchive { .. })));
    let missing = Archive::new(root.path().join("missing"));
    let error = ArchiveReader::open(&missing, None, None).unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error}");
}

/// Converting an archive to a file gives the same bytes as exporting the range to that file.
#[tokio::test]
async fn a_converted_file_equals_an_exported_file() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let all = range(FROM, TO);
    let archive = archive(&simulator, root.path(), &[all]).await;
    let contract: ContractNumber = simulator.contracts()[0].into();
    let files = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        for compression in Compression::ALL {
            let ending = format!("{format}{}", compression.ending());
            let one = FileTarget::new(files.path().join(format!("converted.{ending}"))).unwrap();
            let mut file = EventFileWriter::create(&one, false).unwrap();
            for archived in ArchiveReader::open(&archive, Some(std::slice::from_ref(&contract)), None).unwrap() {
                let archived = archived.unwrap();
                file.add(&archived.contract, &archived.event).unwrap();
            }
            let events = file.commit().unwrap();

            let other = FileTarget::new(files.path().join(format!("exported.{ending}"))).unwrap();
            let spec = ExportSpec::new("simulator", contract.clone(), all, &other);
            let export = FileExport::open(&other, spec, false).unwrap();
            let client = client(&simulator);
            let windows =
                stream::iter(export.remaining_range()).flat_map(|rest| client.events(contract.clone(), rest).windows());
            let export = export.write(windows, |_| ()).await.unwrap();
            assert_eq!(export.commit().unwrap().events, events);
            assert_eq!(fs::read(one.path()).unwrap(), fs::read(other.path()).unwrap(), "{ending}");
        }
    }
}

#[tokio::test]
async fn a_part_with_a_missing_or_additional_line_is_damaged() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let all = range(FROM, "2026-11-18T00:00:00Z");
    // The first part is not compressed.
    let archive = archive(&simulator, root.path(), &[all]).await;
    let contract: ContractNumber = simulator.contracts()[0].into();
    let folder = archive.contract(&contract);
    let day = folder.days().unwrap()[0];
    let part = folder.parts(day).unwrap().remove(0);
    assert_eq!(part.compression, Compression::None);
    let path = folder.day(day).join(part.to_string());
    let whole = fs::read(&path).unwrap();
    let end = |archive: &Archive| {
        let reader = ArchiveReader::open(archive, Some(std::slice::from_ref(&contract)), None).unwrap();
        let last = reader.last().unwrap();
        last.unwrap_err().to_string()
    };

    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    let shorter = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n');
    fs::write(&path, &whole[..=shorter.unwrap()]).unwrap();
    let expected = format!("it has {} events, its manifest says {lines}", lines - 1);
    assert!(end(&archive).ends_with(&expected), "{}", end(&archive));

    fs::write(&path, &whole).unwrap();
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    file.write_all(b"{\n").unwrap();
    let error = end(&archive);
    assert!(error.contains(&format!("line {}: the record is not JSON", lines + 1)), "{error}");

    fs::remove_file(&path).unwrap();
    let missing = "was modified after it was written: it is missing, but listed in its manifest";
    assert!(end(&archive).ends_with(missing), "{}", end(&archive));
}

#[tokio::test]
async fn a_part_that_cannot_be_decompressed_is_damaged() {
    let simulator = simulator();
    // One day for each compression.
    let days = [
        range("2026-11-17T06:00:00Z", "2026-11-18T00:00:00Z"),
        range("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"),
        range("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"),
    ];
    let root = tempfile::tempdir().unwrap();
    let archive = archive(&simulator, root.path(), &days).await;
    let contract: ContractNumber = simulator.contracts()[0].into();
    let folder = archive.contract(&contract);
    for date in folder.days().unwrap() {
        let part = folder.parts(date).unwrap().remove(0);
        let path = folder.day(date).join(part.to_string());
        let whole = fs::read(&path).unwrap();
        for damage in ["cut", "flipped", "other"] {
            let mut bytes = whole.clone();
            match damage {
                "cut" => bytes.truncate(whole.len() / 2),
                "flipped" => bytes[whole.len() / 2] ^= 0x80,
                _ => bytes = vec![0xff; 100],
            }
            fs::write(&path, bytes).unwrap();
            let reader = ArchiveReader::open(&archive, Some(std::slice::from_ref(&contract)), None).unwrap();
            let failed: Vec<Error> = reader.filter_map(Result::err).collect();
            assert!(
                matches!(failed.as_slice(), [Error::Damaged { path: at, .. }] if *at == path),
                "{} {damage}: {failed:?}",
                path.display()
            );
        }
        fs::write(&path, whole).unwrap();
    }
}

/// The part is edited in two ways: the first edit keeps the size of the file and the number of its lines, and the
/// second edit appends a line.
#[tokio::test]
async fn a_part_with_another_digest_is_damaged() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let archive = archive(&simulator, root.path(), &[range(FROM, "2026-11-18T00:00:00Z")]).await;
    let contract: ContractNumber = simulator.contracts()[0].into();
    let folder = archive.contract(&contract);
    let day = folder.days().unwrap()[0];
    let part = folder.parts(day).unwrap().remove(0);
    let path = folder.day(day).join(part.to_string());
    let whole = fs::read_to_string(&path).unwrap();
    let position = whole.find("@example.com").unwrap();
    let mut edited = whole.clone();
    edited.replace_range(position..position + 1, "_");
    let longer = format!("{whole}\n").replacen("\n\n", "\n \n", 1);
    for content in [edited, longer] {
        fs::write(&path, &content).unwrap();
        let open = || ArchiveReader::open(&archive, Some(std::slice::from_ref(&contract)), None).unwrap();
        for filter in [Filter::new(), Filter::parse(["user=nobody@example.com"]).unwrap()] {
            let failed: Vec<Error> = open().filter(filter).filter_map(Result::err).collect();
            assert!(matches!(failed.as_slice(), [Error::Damaged { path: at, .. }] if *at == path), "{failed:?}");
        }
        // Do the same as a caller that needs only one event.
        let mut reader = open();
        drop(reader.next().unwrap().unwrap());
        let finished = reader.finish_open_parts();
        assert!(matches!(finished, Err(Error::Damaged { .. })), "{finished:?}");
        let exporter = Exporter::new(client(&simulator), archive.clone())
            .clock(Arc::new(VirtualClock::starting_at(parse_time("2026-11-21T00:00:00Z"))))
            .reread(true);
        if content.len() == whole.len() {
            let before = verify_archive(&archive, None).unwrap().findings;
            let range = range(FROM, "2026-11-18T00:00:00Z");
            let done = exporter.run(std::slice::from_ref(&contract), range, std::future::pending()).await.remove(0).1;
            assert!(matches!(done, Err(Error::Damaged { .. })), "{done:?}");
            assert_eq!(verify_archive(&archive, None).unwrap().findings, before);
        }
    }
    fs::write(&path, whole).unwrap();
    let mut reader = ArchiveReader::open(&archive, Some(std::slice::from_ref(&contract)), None).unwrap();
    drop(reader.next().unwrap().unwrap());
    reader.finish_open_parts().unwrap();
}

#[tokio::test]
async fn a_filter_returns_every_match_and_counts_all_events() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let whole = range(FROM, TO);
    let archive = archive(&simulator, root.path(), &[whole]).await;
    let first = Event::from_json(truth(&simulator, whole)[0].1.clone()).unwrap();
    let first = format!("text={}", &first.id().to_string()[2..]);
    for (pair, requested) in [
        // The first event: its part overlaps the range, but its time is outside of the range.
        (first.as_str(), Some(range("2026-11-17T12:00:00Z", TO))),
        ("user=ci@example.com", None),
        ("user=ci@example.com", Some(range("2026-11-18T09:30:00Z", TO))),
        ("user!=ci@example.com", None),
        ("user=nobody@example.com", Some(whole)),
        ("type=Error", None),
    ] {
        let filter = Filter::parse([pair]).unwrap();
        let truth = truth(&simulator, requested.unwrap_or(whole));
        let matching = |(_, record): &&(String, String)| filter.matches(&Event::from_json(record.clone()).unwrap());
        let expected: Vec<_> = truth.iter().filter(matching).cloned().collect();
        let mut reader = ArchiveReader::open(&archive, None, requested).unwrap().filter(filter.clone());
        let mut kept = Vec::new();
        let mut others = 0;
        for archived in reader.by_ref() {
            let archived = archived.unwrap();
            let record = archived.event.raw().to_owned();
            match archived.kept {
                true => kept.push((archived.contract.to_string(), record)),
                false => others += 1,
            }
        }
        assert_eq!(kept, expected, "{pair}");
        let counts = reader.counts();
        assert_eq!((counts.seen, counts.kept), (truth.len() as u64, kept.len() as u64));
        let (read, all) = reader.progress();
        assert_eq!(read, all, "{pair}");
        if kept.is_empty() {
            assert_eq!(others, truth.len(), "without a match, all events are returned");
        }
    }
}

/// Writes a part with one event at each of these minutes of an hour. The `@uuid` of an event is its minute.
fn part(folder: &Path, minutes: &[u32], late: bool) -> Part {
    use crate::part::{PartFile, PartMeta};
    let mut file = PartFile::begin(folder, Compression::Zstd, &crate::fs::FailPoints::default()).unwrap();
    for minute in minutes {
        let record = format!(r#"{{"@uuid":"{minute}","meta":{{"time":"2026-11-20T10:{minute:02}:00Z"}}}}"#);
        let event = Event::from_json(record).unwrap();
        file.add(&event, (event.time(), event.id())).unwrap();
    }
    let meta =
        PartMeta { range: range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"), verified: true, counted: true, late };
    file.finish(meta, |_| false).unwrap()
}

#[test]
fn late_events_are_in_order_of_time() {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::new(root.path());
    let contract: ContractNumber = 7.into();
    let folder = archive.contract(&contract);
    let date = "2026-11-20".parse().unwrap();
    fs::create_dir_all(folder.day(date)).unwrap();
    let mut manifest = Manifest::new("https://api.example.com", contract, date);
    manifest.ranges = vec![ReadRange::verified(
        range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"),
        Some(7),
        Some(RangeProof::EventsMatchTotal),
    )];
    let day = folder.day(date);
    manifest.parts = vec![part(&day, &[1, 5, 9], false), part(&day, &[0, 5, 59], true), part(&day, &[6], true)];
    manifest.recompute();
    manifest.number = Some(1);
    fs::create_dir_all(folder.manifests()).unwrap();
    fs::write(folder.manifest(1), manifest.to_bytes()).unwrap();

    let some = range("2026-11-20T10:01:00Z", "2026-11-20T10:59:00Z");
    for (requested, expected) in [
        (None, "0 1 5 5 6 9 59"),
        // The part starts before the requested range.
        (Some(some), "1 5 5 6 9"),
    ] {
        let reader = ArchiveReader::open(&archive, None, requested).unwrap();
        let minutes: Vec<String> = reader
            .map(|archived| archived.unwrap().event.id().to_string())
            .map(|id| id.trim_start_matches("u:").to_owned())
            .collect();
        assert_eq!(minutes.join(" "), expected);
    }
}
