//! The commands that use an archive: `export` (to a locked archive, to an archive of the demo, with `--dry-run`),
//! `verify`, `state`, and the commands that read a damaged archive.
#![cfg(unix)]

use std::fs;

use ionos_activitylog_sim::Simulator;

use crate::support::exports::{RANGES, archive_files, assert_sound, export_to_archive, scratch_folder};
use crate::support::program::{ialog, run, run_in_world};

/// A temporary folder with an archive of the first range.
fn exported() -> tempfile::TempDir {
    let folder = scratch_folder();
    let printed = run(export_to_archive(folder.path(), RANGES[0], "calm", None));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    folder
}

#[test]
fn the_error_for_a_locked_archive_names_the_lock_owner() {
    let folder = scratch_folder();
    let root = folder.path().join("audit");
    let contract = Simulator::builder().contracts(2).build().contracts()[0];
    let lock = root.join(format!("contract={contract}/_state.lock"));
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let file = fs::File::create(&lock).unwrap();
    let holder = r#"{"version":"0.1.0","host":"audit-1","pid":4711,"since":"2026-11-20T11:00:00Z"}"#;
    fs::write(&lock, holder).unwrap();
    file.lock().unwrap();
    let printed = run(export_to_archive(folder.path(), RANGES[0], "calm", None));
    assert_eq!(printed.code, Some(3), "{}", printed.stderr);
    assert!(printed.stderr.contains("process 4711 on audit-1 since 2026-11-20T11:00:00Z"), "{}", printed.stderr);
    assert!(
        printed
            .stderr
            .ends_with("error: 1 of 2 contracts failed; the others are archived: run the same command again\n"),
        "{}",
        printed.stderr
    );
    drop(file);
    assert_eq!(run(export_to_archive(folder.path(), RANGES[0], "calm", None)).code, Some(0));
    assert_sound(folder.path(), "after the lock was released");
}

#[test]
fn verify_reports_a_missing_part_with_exit_code_6() {
    let folder = exported();
    let whole = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!((whole.code, whole.stdout.as_str()), (Some(0), ""), "{}", whole.stderr);
    assert!(whole.stderr.contains("OK up to 2026-11-04: 4 days, 120 events."), "{}", whole.stderr);
    assert!(whole.stderr.contains("The end of the chain is not proven"), "{}", whole.stderr);

    let root = folder.path().join("audit");
    let part = archive_files(&root).into_keys().find(|name| name.contains("/part-")).unwrap();
    let content = fs::read(root.join(&part)).unwrap();
    fs::remove_file(root.join(&part)).unwrap();
    let harmed = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!(harmed.code, Some(6));
    assert_eq!(harmed.stdout, format!("{part}: file is missing\n"));

    assert!(harmed.stderr.contains("FAILED: 1 finding in 1 of 4 days. Nothing was found in the other 3 days."));
    // A user who follows the advice must not destroy evidence. So the advice is to keep the archive and restore a copy.
    assert!(harmed.stderr.contains("keep the archive as evidence; restore a copy"), "{}", harmed.stderr);
    fs::write(root.join(&part), content).unwrap();
    let healed = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!(healed.code, Some(0), "{}", healed.stderr);
    assert!(root.join(&part).exists());
}

/// The head of a contract is the SHA-256 of its last manifest.
#[test]
fn verify_compares_the_last_manifest_with_a_kept_head() {
    let folder = exported();
    let verify = |heads: &[String]| {
        let mut command = ialog(folder.path(), &["verify", "audit"]);
        for head in heads {
            command.args(["--head", head]);
        }
        run(command)
    };
    let printed = verify(&[]);
    let heads: Vec<String> =
        printed.stderr.lines().filter_map(|line| Some(line.split_once("with SHA-256 ")?.1.to_owned())).collect();
    assert_eq!(heads.len(), 2, "{}", printed.stderr);
    assert_eq!(verify(&heads).code, Some(0));
    let other = verify(&heads[1..]);
    assert_eq!((other.code, other.stdout.lines().count()), (Some(6), 1), "{}", other.stdout);
    assert!(other.stdout.contains("no manifest has one of the --head values"), "{}", other.stdout);
}

#[test]
fn verify_detects_a_deleted_contract_only_with_the_kept_head_of_the_contract() {
    let folder = exported();
    let verify = |arguments: &[&str]| run(ialog(folder.path(), &[&["verify", "audit"], arguments].concat()));
    let whole = verify(&[]);
    let heads: Vec<&str> = whole.stderr.lines().filter_map(|line| Some(line.split_once("with SHA-256 ")?.1)).collect();
    let [first, second] = heads[..] else { panic!("{}", whole.stderr) };
    let contract = Simulator::builder().contracts(2).build().contracts()[0];
    fs::remove_dir_all(folder.path().join(format!("audit/contract={contract}"))).unwrap();
    let present = verify(&[]);
    assert_eq!(present.code, Some(0), "{}", present.stderr);
    let (gone, kept) = if present.stderr.contains(first) { (second, first) } else { (first, second) };
    for (arguments, code, finding) in [
        (&["--head", kept][..], 0, ""),
        (&["--head", kept, "--head", gone], 6, "does not match a manifest of any contract"),
        (&["--head", gone], 6, "no manifest has one of the --head values"),
        (&["--head", kept, "--head", gone, "-o", "json"], 6, "does not match a manifest of any contract"),
    ] {
        let printed = verify(arguments);
        assert_eq!(printed.code, Some(code), "{arguments:?}: {}", printed.stderr);
        assert!(printed.stdout.contains(finding), "{arguments:?}: {}", printed.stdout);
        assert!(!printed.stderr.contains("OK up to") || code == 0, "{arguments:?}: {}", printed.stderr);
    }
}

#[test]
fn verify_calls_an_archive_incomplete_and_not_damaged_if_the_service_reports_more_events() {
    let folder = scratch_folder();
    let run_in = |world: &str, arguments: &[&str]| run_in_world(folder.path(), world, arguments);
    let exported = run_in("hostile", &["export", "--from", "2026-10-24", "--to", "2026-10-26", "--out", "audit"]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let more = "incomplete: the service reports 2 more events than the archive has";
    for (world, arguments, code) in [
        ("hostile", &["verify", "audit", "--online"][..], 0),
        ("operations", &["verify", "audit", "--online"], 3),
        ("operations", &["verify", "audit", "--online", "-q"], 3),
        ("operations", &["verify", "audit", "--online", "-o", "json"], 3),
    ] {
        let printed = run_in(world, arguments);
        assert_eq!(printed.code, Some(code), "{arguments:?}: {}", printed.stderr);
        assert_eq!(printed.stderr.contains(more), code == 3, "{arguments:?}: {}", printed.stderr);
        assert_eq!(printed.stderr.contains("run `ialog export --recount`"), code == 3, "{}", printed.stderr);
        let names_day =
            printed.stderr.contains("date=2026-10-25: ") && printed.stderr.contains("reports 4 events, 2 are");
        assert_eq!(names_day, code == 3, "{arguments:?}: {}", printed.stderr);
        assert!(!printed.stderr.contains("FAILED"), "{arguments:?}: {}", printed.stderr);
        // Standard output has only findings. Events that the archive does not have are not findings.
        if arguments.contains(&"json") {
            let document: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
            assert_eq!(document["findings"], serde_json::json!([]));
        } else {
            assert_eq!(printed.stdout, "", "{arguments:?}");
        }
    }
    // If the archive is also damaged, the exit code is 6, the code for damage.
    let root = folder.path().join("audit");
    let part = archive_files(&root).into_keys().find(|name| name.contains("/part-")).unwrap();
    fs::remove_file(root.join(&part)).unwrap();
    let damaged = run_in("operations", &["verify", "audit", "--online"]);
    assert_eq!((damaged.code, damaged.stdout), (Some(6), format!("{part}: file is missing\n")), "{}", damaged.stderr);
    assert!(damaged.stderr.contains("keep the archive as evidence"), "{}", damaged.stderr);
}

#[test]
fn verify_online_does_not_report_ok_if_the_comparison_with_the_service_fails() {
    let folder = scratch_folder();
    let run_in = |world: &str, arguments: &[&str]| run_in_world(folder.path(), world, arguments);
    let contract = ["--contract", "33586252", "--out", "audit"];
    let exported = run_in("calm", &[&["export", "--from", "2026-11-01", "--to", "2026-11-02"][..], &contract].concat());
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    for (world, code, result, unknown_days) in
        [("calm", 0, "ok", 0), ("partial", 3, "incomplete", 2), ("forbidden", 4, "incomplete", 2)]
    {
        let printed = run_in(world, &["verify", "audit", "--online", "-o", "json"]);
        assert_eq!(printed.code, Some(code), "{world}: {}", printed.stderr);
        assert_eq!(printed.stderr.contains("OK up to"), code == 0, "{world}: {}", printed.stderr);
        let document: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
        assert_eq!(document["result"], result, "{world}");
        assert_eq!(document["totals"]["unknown_days"], unknown_days, "{world}");
    }
}

#[test]
fn cat_and_convert_exit_with_the_code_for_damage_if_a_part_is_missing() {
    let folder = exported();
    let root = folder.path().join("audit");
    let part = archive_files(&root).into_keys().find(|name| name.contains("/part-")).unwrap();
    fs::remove_file(root.join(&part)).unwrap();
    for arguments in [&["cat", "audit"][..], &["convert", "audit", "--out", "a.csv"]] {
        let printed = run(ialog(folder.path(), arguments));
        assert_eq!(printed.code, Some(6), "{}", printed.stderr);
        let said = format!("audit/{part} was modified after it was written: it is missing");
        assert!(printed.stderr.contains(&said), "{}", printed.stderr);
    }
    assert!(!folder.path().join("a.csv").exists());
}

/// The commands that read an archive. Each of them reads the whole archive of [`exported`], which starts on 2026-11-03.
const READERS: [&[&str]; 6] = [
    &["cat", "audit"],
    &["convert", "audit", "--out", "a.csv"],
    &["query", "--archive", "audit", "--from", "2026-11-03"],
    &["stats", "--archive", "audit", "--from", "2026-11-03"],
    &["trace", "--archive", "audit", "--from", "2026-11-03", "00000000-0000-4000-8000-000000000000"],
    &["show", "--archive", "audit", "--from", "2026-11-03", "00000000-0000-4000-8000-000000000000"],
];

#[test]
fn all_readers_and_state_rebuild_refuse_an_archive_whose_last_manifest_is_missing() {
    let folder = exported();
    let root = folder.path().join("audit");
    let last = archive_files(&root).into_keys().rfind(|name| name.ends_with("/00000002.json")).unwrap();
    fs::remove_file(root.join(&last)).unwrap();
    for arguments in READERS.into_iter().chain([&["state", "rebuild", "audit"][..], &["verify", "audit"]]) {
        let printed = run(ialog(folder.path(), arguments));
        assert_eq!(printed.code, Some(6), "{arguments:?}: {}", printed.stderr);
        let said = printed.stdout + &printed.stderr;
        assert!(said.contains("file is missing: the last manifest of the chain was"), "{arguments:?}: {said}");
    }
}

#[test]
fn no_command_accepts_a_part_whose_digest_differs_from_the_manifest() {
    let folder = exported();
    let root = folder.path().join("audit");
    let first = run(ialog(folder.path(), &["cat", "audit"]));
    let first: serde_json::Value = serde_json::from_str(first.stdout.lines().next().unwrap()).unwrap();
    let id = first["@uuid"].as_str().unwrap();
    // Appends bytes after the end of the compressed data. They change the digest of the part, but none of its lines.
    for name in archive_files(&root).into_keys().filter(|name| name.contains("/part-")) {
        let path = root.join(name);
        let content = [fs::read(&path).unwrap().as_slice(), b"\x50\x2a\x4d\x18\x00\x00\x00\x00"].concat();
        fs::write(&path, content).unwrap();
    }
    let show = ["show", "--archive", "audit", "--from", "2026-11-03", id];
    for arguments in READERS.into_iter().chain([&show[..]]) {
        let printed = run(ialog(folder.path(), arguments));
        assert_eq!(printed.code, Some(6), "{arguments:?}: {}", printed.stderr);
        assert!(printed.stderr.contains("its SHA-256 differs"), "{arguments:?}: {}", printed.stderr);
    }
}

#[test]
fn bounds_of_a_range_are_exact_to_the_millisecond() {
    let folder = exported();
    let all = run(ialog(folder.path(), &["cat", "audit"]));
    let record: serde_json::Value = serde_json::from_str(all.stdout.lines().next().unwrap()).unwrap();
    let time: chrono::DateTime<chrono::Utc> = record["meta"]["time"].as_str().unwrap().parse().unwrap();
    let text = |milliseconds: i64| {
        let time = time + chrono::TimeDelta::milliseconds(milliseconds);
        time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    for (from, to, expected) in [(0, 1, 1), (1, 2, 0), (-1, 0, 0)] {
        let (from, to) = (text(from), text(to));
        for command in [&["cat", "audit"][..], &["query", "--archive", "audit", "--no-fold", "-o", "ndjson"]] {
            let arguments = [command, &["--from", &from, "--to", &to]].concat();
            let printed = run(ialog(folder.path(), &arguments));
            assert_eq!(printed.stdout.lines().count(), expected, "{arguments:?}: {}", printed.stderr);
        }
    }
}

#[test]
fn the_state_is_shown_and_rebuilt() {
    let folder = exported();
    let shown = run(ialog(folder.path(), &["state", "show", "audit"]));
    assert_eq!((shown.code, shown.stdout.lines().count()), (Some(0), 2));
    let line: serde_json::Value = serde_json::from_str(shown.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(line["coverage"][0]["from"], "2026-11-03T00:00:00Z");
    let rebuilt = run(ialog(folder.path(), &["state", "rebuild", "audit"]));
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.stderr);
    let nothing = run(ialog(folder.path(), &["state", "show", "missing"]));
    assert_eq!(nothing.code, Some(2), "{}", nothing.stderr);
}

#[test]
fn a_dry_run_prints_the_plan_and_writes_no_file() {
    let folder = scratch_folder();
    let mut command = export_to_archive(folder.path(), RANGES[0], "calm", None);
    let printed = run({
        command.arg("--dry-run");
        command
    });
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert!(printed.stdout.contains("to read 2026-11-03T00:00:00Z .. 2026-11-05T00:00:00Z\n"), "{}", printed.stdout);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn manifests_name_the_api_description_that_the_code_is_generated_from() {
    let path = xtask::workspace::root().join("openapi/PROVENANCE.toml");
    let provenance = fs::read_to_string(path).unwrap();
    for (name, value) in [
        ("info_version", ionos_activitylog_archive::DESCRIPTION_VERSION),
        ("sha256", ionos_activitylog_archive::DESCRIPTION_SHA256),
    ] {
        let line = format!("\n{name} = \"{value}\"\n");
        assert!(provenance.contains(&line), "copy {name} from PROVENANCE.toml to manifest/mod.rs");
    }
}

#[test]
fn an_account_is_not_exported_to_an_archive_of_the_demo() {
    let folder = scratch_folder();
    let range = ["--from", "2026-11-01", "--to", "2026-11-01"];
    let export = |account: &[&str]| {
        let mut command = ialog(folder.path(), &["export", "--out", "audit"]);
        command.args(range).args(account);
        command
    };
    let printed = run(export(&["--demo"]));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let manifest = archive_files(&folder.path().join("audit"))
        .into_iter()
        .find(|(name, _)| name.ends_with("_manifests/00000001.json"))
        .unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.1).unwrap();
    assert_eq!(manifest["api"], "demo");

    let contract = Simulator::builder().build().contracts()[0].to_string();
    let mut command = export(&["--contract", &contract]);
    command.env("IONOS_TOKEN", "t").env("IONOS_API_URL", "http://127.0.0.1:9");
    let printed = run(command);
    assert_eq!(printed.code, Some(2), "{}", printed.stderr);
    assert!(printed.stderr.contains("is an archive of ") && printed.stderr.contains("demo"), "{}", printed.stderr);
}
