//! Every file that the program writes matches its JSON Schema. Snapshots show each change of a schema, because other
//! programs rely on the schemas.

use std::fmt::Write;
use std::fs;
use std::io::Read;

use futures_util::{StreamExt, stream};
use ionos_activitylog::{Client, DateRange};
use ionos_activitylog_archive::{Document, ExportSpec, FileExport, FileTarget, FlatRow};
use serde_json::{Map, Value};

use crate::support::demo_archive::{archive, simulator};
use crate::support::program::{ialog, run};
use crate::support::snapshot;

/// A schema as short text: one line for each object and each of its members.
fn outline(schema: &Value) -> String {
    let mut text = String::new();
    let mut object = |name: &str, schema: &Map<String, Value>| {
        let mut rest = schema.clone();
        let properties = rest.remove("properties");
        rest.remove("$defs");
        rest.sort_keys();
        writeln!(text, "{name}: {}", Value::Object(rest)).unwrap();
        for (member, schema) in properties.iter().filter_map(Value::as_object).flatten() {
            writeln!(text, "  {member}: {schema}").unwrap();
        }
    };
    object("#", schema.as_object().unwrap());
    let definitions = schema.get("$defs").and_then(Value::as_object);
    for (name, schema) in definitions.into_iter().flatten() {
        match schema.as_object() {
            Some(schema) => object(name, schema),
            None => panic!("{name}: {schema}"),
        }
    }
    text
}

#[test]
fn every_schema_is_valid_and_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Map::new();
    for document in Document::ALL {
        let name = document.as_str();
        let printed = run(ialog(folder.path(), &["schema", name]));
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
        let schema: Value = serde_json::from_str(&printed.stdout).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        snapshot::check("archive", &format!("schema__{name}"), &outline(&schema));
        all.insert(name.to_owned(), schema);
    }
    let printed = run(ialog(folder.path(), &["schema"]));
    assert_eq!(serde_json::from_str::<Value>(&printed.stdout).unwrap(), Value::Object(all));
}

fn check(document: Document, value: &Value) {
    let schema = Value::from(document.schema());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, [""; 0], "{document}");
}

/// A CSV row as the JSON object that its schema describes.
fn row(names: &csv::StringRecord, cells: &csv::StringRecord) -> Value {
    let members = names.iter().zip(cells).map(|(name, cell)| {
        let text = cell.strip_prefix('\'').unwrap_or(cell);
        let value = match name {
            "resources" if text.is_empty() => Value::Array(Vec::new()),
            "resources" => serde_json::from_str(text).unwrap(),
            _ if text.is_empty() => Value::Null,
            "http_status" => Value::from(text.parse::<u16>().unwrap()),
            _ => Value::from(text),
        };
        (name.to_owned(), value)
    });
    Value::Object(members.collect())
}

#[test]
fn exported_files_match_their_schemas() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.ndjson.gz", "a.json", "a.csv"] {
        let arguments = ["export", "--demo", "--from", "2026-11-01", "--to", "2026-11-02"];
        let mut command = ialog(folder.path(), &arguments);
        command.args(["--out", name]);
        let printed = run(command);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();

    let array: Value = serde_json::from_slice(&read("a.json")).unwrap();
    check(Document::Events, &array);
    let mut lines = String::new();
    flate2::read::MultiGzDecoder::new(&read("a.ndjson.gz")[..]).read_to_string(&mut lines).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 100);
    for line in &lines {
        check(Document::Event, line);
    }
    assert_eq!(array, Value::Array(lines.clone()));

    let table = read("a.csv");
    let mut table = csv::Reader::from_reader(&table[..]);
    let names = table.headers().unwrap().clone();
    assert_eq!(names, FlatRow::COLUMNS.to_vec());
    let rows: Vec<Value> = table.records().map(|cells| row(&names, &cells.unwrap())).collect();
    assert_eq!(rows.len(), lines.len());
    for row in &rows {
        check(Document::Flat, row);
    }
    let errors = rows.iter().filter(|row| row["http_status"].is_u64()).count();
    assert!(errors > 0, "some rows have a number in `http_status`");
}

#[test]
fn the_schema_of_a_row_lists_the_columns_in_order() {
    let schema = Value::from(Document::Flat.schema());
    let required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(required, FlatRow::COLUMNS);
}

#[tokio::test]
async fn the_metadata_of_an_archive_matches_its_schemas() {
    let simulator = simulator();
    let root = tempfile::tempdir().unwrap();
    let archive = archive(&simulator, root.path(), "2026-11-17", "2026-11-18").await;
    let folder = archive.contracts().unwrap().remove(0);
    let json = |path: std::path::PathBuf| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    for number in 1..=2 {
        check(Document::Manifest, &json(folder.manifest(number)));
    }
    let report = ionos_activitylog_archive::verify_archive(&archive, None).unwrap();
    check(Document::Verification, &serde_json::to_value(report.document(None)).unwrap());
    check(Document::State, &json(folder.path().join("_state.json")));
    let runs = fs::read_to_string(folder.path().join("_runs.ndjson")).unwrap();
    for run in runs.lines() {
        check(Document::Run, &serde_json::from_str(run).unwrap());
    }
    assert_eq!(runs.lines().count(), 1);
}

#[tokio::test]
async fn the_checkpoint_of_an_interrupted_file_matches_its_schema() {
    let simulator = simulator();
    let folder = tempfile::tempdir().unwrap();
    let target = FileTarget::new(folder.path().join("a.csv.zst")).unwrap();
    let contract = ionos_activitylog::ContractNumber::from(simulator.contracts()[0]);
    let day = DateRange::day("2026-11-17".parse().unwrap(), &chrono::Utc).unwrap();
    let spec = ExportSpec::new("simulator", contract.clone(), day, &target);
    let export = FileExport::open(&target, spec, false).unwrap();
    let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
    let half = day.split(2.try_into().unwrap()).next();
    let windows = stream::iter(half).flat_map(|half| client.events(contract.clone(), half).windows());
    export.write(windows, |_| ()).await.unwrap_err();
    let checkpoint = fs::read(folder.path().join(".a.csv.zst.checkpoint.json")).unwrap();
    let checkpoint: Value = serde_json::from_slice(&checkpoint).unwrap();
    check(Document::Checkpoint, &checkpoint);
    assert_eq!(checkpoint["read_to"], "2026-11-17T12:00:00Z");
}
