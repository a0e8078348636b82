//! Tests the messages that a maintainer gets after a change of the description. The tests change a copy of the files.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use xtask::workspace::{self, GENERATED, OVERLAYS, PATCHED, PROVENANCE, VENDOR};
use xtask::{codegen, spec};

/// A temporary copy of the files that codegen reads and writes.
fn copy() -> TempDir {
    let (root, copy) = (workspace::root(), tempfile::tempdir().unwrap());
    let overlays = fs::read_dir(root.join(OVERLAYS)).unwrap();
    let overlays = overlays.map(|entry| entry.unwrap().path().strip_prefix(&root).unwrap().to_path_buf());
    let files = [VENDOR, PROVENANCE, PATCHED, GENERATED].map(Into::into);
    for file in overlays.chain(files) {
        let to = copy.path().join(&file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root.join(&file), to).unwrap();
    }
    copy
}

fn replace(root: &Path, file: &str, from: &str, to: &str) {
    let path = root.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} does not hold {from:?}");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn error(done: anyhow::Result<()>) -> String {
    format!("{:#}", done.unwrap_err())
}

#[test]
fn generating_twice_changes_nothing() {
    let copy = copy();
    codegen::check(copy.path()).unwrap();
    for output in codegen::generate_outputs(copy.path()).unwrap() {
        assert!(!output.write(copy.path()).unwrap(), "{} was written again", output.path);
    }
}

#[test]
fn a_renamed_property_fails_the_check_with_a_diff_and_the_command_to_run() {
    let copy = copy();
    replace(copy.path(), VENDOR, "username:", "userName:");
    let message = error(codegen::check(copy.path()));
    assert_eq!(
        message,
        format!(
            "out of date: {PROVENANCE}, {PATCHED}, {GENERATED}; run `cargo xtask codegen` and review the difference"
        )
    );
    let outputs = codegen::generate_outputs(copy.path()).unwrap();
    let diff = outputs.iter().find(|output| output.path == GENERATED).unwrap().diff(copy.path()).unwrap().unwrap();
    assert!(
        diff.contains("+            rename = \"userName\"") || diff.contains("+        #[serde(rename = \"userName\""),
        "{diff}"
    );

    codegen::write(copy.path()).unwrap();
    codegen::check(copy.path()).unwrap();
}

#[test]
fn an_overlay_action_whose_target_is_gone_is_reported_with_its_reason() {
    let copy = copy();
    replace(copy.path(), VENDOR, "principal:", "actor:");
    let message = error(codegen::write(copy.path()));
    assert!(message.contains("openapi/overlay/01-names.yaml action 4 on \"$.components.schemas"), "{message}");
    assert!(message.contains("The name is the vendor's word."), "{message}");
    assert!(message.contains("change the target or delete the action"), "{message}");
}

#[test]
fn a_raw_schema_that_is_no_longer_marked_is_noticed() {
    let copy = copy();
    let overlay = format!("{OVERLAYS}/05-raw-records.yaml");
    replace(copy.path(), &overlay, "x-raw: true", "x-note: true");
    // Without the mark, the type is not replaced, so the generated code differs from the committed code.
    assert!(error(codegen::check(copy.path())).contains("out of date"));
    let outputs = codegen::generate_outputs(copy.path()).unwrap();
    let diff = outputs.iter().find(|output| output.path == GENERATED).unwrap().diff(copy.path()).unwrap().unwrap();
    assert!(diff.contains("-        pub source: ::std::option::Option<crate::Raw<crate::types::Event>>"), "{diff}");
}

#[test]
fn an_imported_vendor_file_must_not_be_edited() {
    let copy = copy();
    let theirs = copy.path().join("theirs.yaml");
    fs::copy(copy.path().join(VENDOR), &theirs).unwrap();
    spec::diff(copy.path(), &theirs).unwrap();
    spec::import(copy.path(), &theirs, "https://example.com/spec.yaml", "2026-12-01").unwrap();
    let record = fs::read_to_string(copy.path().join(PROVENANCE)).unwrap();
    for line in ["kind = \"vendor\"", "date = \"2026-12-01\"", "url = \"https://example.com/spec.yaml\""] {
        assert!(record.contains(line), "{record}");
    }
    assert!(!record.contains("[certain]"), "{record}");
    codegen::check(copy.path()).unwrap();

    replace(copy.path(), VENDOR, "username:", "userName:");
    let message = error(codegen::check(copy.path()));
    assert!(message.contains("differs from the vendor's file"), "{message}");
}

#[test]
fn a_failed_import_changes_nothing() {
    let copy = copy();
    let theirs = copy.path().join("theirs.json");
    let before = fs::read(copy.path().join(VENDOR)).unwrap();
    for (text, reason) in [
        (r#"{"openapi": "3.1.0", "info": {"version": "v1"}}"#, "supports only 3.0"),
        ("\tno: yaml: [", "not a valid YAML or JSON document"),
    ] {
        fs::write(&theirs, text).unwrap();
        let message = error(spec::import(copy.path(), &theirs, "https://example.com", "2026-12-01"));
        assert!(message.contains(reason), "{message}");
    }
    let source = error(spec::import(copy.path(), &copy.path().join(VENDOR), "example.com", "yesterday"));
    assert!(source.contains("yesterday"), "{source}");
    assert_eq!(fs::read(copy.path().join(VENDOR)).unwrap(), before);
}

#[test]
fn the_description_is_printed_without_the_overlays_of_code_generation() {
    let root = workspace::root();
    let overlaid = |names: [&str; 2]| -> serde_json::Value {
        let overlays = names.map(|name| root.join(format!("tests/fuzz/{name}.overlay.yaml")));
        serde_json::from_str(&spec::apply_overlays(&root, &overlays).unwrap()).unwrap()
    };
    // The fuzzer uses these two pairs of overlays, so both pairs must match the description.
    overlaid(["errors", "pages"]);
    let document = overlaid(["errors", "requests"]);
    let statuses = |path: &str| {
        let responses = document["paths"][path]["get"]["responses"].as_object();
        let mut statuses: Vec<_> = responses.unwrap().keys().cloned().collect();
        statuses.sort();
        statuses
    };
    assert_eq!(statuses("/activitylog/v1"), ["200", "405"]);
    assert_eq!(
        statuses("/activitylog/v1/contracts/{contractNumber}"),
        ["200", "400", "401", "403", "404", "405", "429"]
    );
    // The overlays of code generation are not applied.
    let hits = "/components/schemas/GetByContractResponse/properties/hits";
    let hits = document.pointer(hits).unwrap();
    assert_eq!(hits["properties"]["total"]["type"], "integer");
    assert_eq!(hits.get("title"), None);
}

#[test]
fn an_error_in_an_overlay_of_another_folder_names_the_path_of_the_overlay() {
    let copy = copy();
    let overlay = copy.path().join("mine.yaml");
    let action = "{target: $.gone, description: Needed for X. Can go when Y., update: {a: 1}}";
    let text = format!("overlay: 1.0.0\ninfo: {{title: t, version: v}}\nactions: [{action}]\n");
    fs::write(&overlay, text).unwrap();
    let missing = copy.path().join("missing.yaml");
    for (path, reason) in [(&overlay, "action 1 on \"$.gone\""), (&missing, "cannot read")] {
        let message = error(spec::apply_overlays(copy.path(), std::slice::from_ref(path)).map(drop));
        assert!(message.contains(reason), "{message}");
        assert!(message.contains(&path.display().to_string()), "{message}");
        assert!(!message.contains(OVERLAYS), "{message}");
    }
}
