//! An archive survives what processes do not: killed at any instant and started again, an export leaves the same bytes
//! as one that nobody disturbed.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use ionos_activitylog_archive::{Archive, Step, verify_archive};
use ionos_activitylog_sim::Simulator;

use crate::program::{Printed, ialog, run};

/// Later days first, so that the chain has to be linked anew.
pub const RANGES: [(&str, &str); 2] = [("2026-11-03", "2026-11-04"), ("2026-11-01", "2026-11-02")];

/// An export in a simulated world.
pub fn export(folder: &Path, (from, to): (&str, &str), world: &str, kill: Option<&str>) -> Command {
    let mut command = ialog(
        folder,
        &["export", "--contract", "all", "--attempts", "20", "--from", from, "--to", to, "--out", "audit"],
    );
    command.env("IALOG_TEST_WORLD", world);
    if let Some(kill) = kill {
        command.env("IALOG_TEST_KILL", kill);
    }
    command
}

/// A folder in memory, where there is one: what a killed process leaves does not depend on the disk, and waiting for
/// the disk would be most of the time.
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Every file that depends on the events alone.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if !name.contains("/_state") && !name.ends_with("/_runs.ndjson") {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

/// A folder with an archive of the first range.
fn exported() -> tempfile::TempDir {
    let folder = scratch();
    let printed = run(export(folder.path(), RANGES[0], "calm", None));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    folder
}

/// What an export leaves that nobody disturbed.
pub fn undisturbed() -> BTreeMap<String, Vec<u8>> {
    let folder = scratch();
    for range in RANGES {
        let printed = run(export(folder.path(), range, "calm", None));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    files(&folder.path().join("audit"))
}

/// Whatever happened, nothing in the archive contradicts anything else.
pub fn assert_sound(folder: &Path, when: &str) {
    let archive = Archive::at(folder.join("audit"));
    if archive.contracts().is_ok_and(|contracts| !contracts.is_empty()) {
        let report = verify_archive(&archive, None).unwrap();
        assert!(report.is_whole(), "{when}: {:?}", report.findings);
    }
}

/// Runs an export that may be killed; says whether it was.
fn is_killed(command: Command, when: &str) -> bool {
    let mut command = command;
    let output = command.output().unwrap();
    let killed = output.status.signal() == Some(9);
    let printed = Printed::from(output);
    assert!(killed || printed.code == Some(0), "{when}: {:?} {}", printed.code, printed.stderr);
    killed
}

#[test]
fn killed_at_every_step_it_is_the_same_in_the_end() {
    let expected = undisturbed();
    let mut passed = BTreeSet::new();
    for step in Step::ALL {
        for before in [0, 3] {
            let folder = scratch();
            let kill = format!("{step}:{before}");
            for range in RANGES {
                // A part that was named and not noted yet is what there is to remove.
                if step == Step::LeftoverRemoved {
                    let first = export(folder.path(), range, "calm", Some("part-written:1"));
                    is_killed(first, &kill);
                }
                if is_killed(export(folder.path(), range, "calm", Some(&kill)), &kill) {
                    passed.insert(step.name());
                    assert_sound(folder.path(), &kill);
                    let again = run(export(folder.path(), range, "calm", None));
                    assert_eq!(again.code, Some(0), "{kill}: {}", again.stderr);
                }
            }
            assert_sound(folder.path(), &kill);
            assert_eq!(files(&folder.path().join("audit")), expected, "{kill}");
        }
    }
    let all: BTreeSet<&str> = Step::ALL.iter().map(|step| step.name()).collect();
    assert_eq!(passed, all, "there was a kill at each");
}

/// A sequence that looks random and is the same each time.
pub fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(state >> 33)
    })
}

/// Kills exports at random points until there were so many kills, each archive until it is done.
fn kill_at_random(world: &str, kills: usize, seed: u64) {
    let expected = undisturbed();
    let mut numbers = numbers(seed);
    let mut next = |below: u64| numbers.next().unwrap() % below;
    let mut killed = 0;
    while killed < kills {
        let folder = scratch();
        for range in RANGES {
            loop {
                // Ever later, so that it ends.
                let kill = match next(8) {
                    0 => format!("request:{}", next(6)),
                    _ => format!("step:{}", next(110)),
                };
                let when = format!("{world} {kill} after {killed} kills");
                if !is_killed(export(folder.path(), range, world, Some(&kill)), &when) {
                    break;
                }
                killed += 1;
                assert_sound(folder.path(), &when);
            }
        }
        assert_sound(folder.path(), world);
        assert_eq!(files(&folder.path().join("audit")), expected, "{world}");
    }
}

#[test]
fn killed_at_two_hundred_random_points_it_is_the_same_in_the_end() {
    kill_at_random("calm", 200, 1);
}

#[test]
fn killed_at_random_points_in_a_storm_it_is_the_same_in_the_end() {
    kill_at_random("stormy", 60, 2);
}

/// The system decides where the process is then, and not the process.
#[test]
fn killed_from_outside_it_is_the_same_in_the_end() {
    let expected = undisturbed();
    for files_before in 0..10 {
        let folder = scratch();
        let root = folder.path().join("audit");
        for range in RANGES {
            let mut command = export(folder.path(), range, "calm", None);
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            while child.try_wait().unwrap().is_none() && count(&root) < files_before {
                std::thread::yield_now();
            }
            let _ = child.kill();
            child.wait().unwrap();
            assert_sound(folder.path(), "killed from outside");
            let again = run(export(folder.path(), range, "calm", None));
            assert_eq!(again.code, Some(0), "{}", again.stderr);
        }
        assert_eq!(files(&root), expected);
    }
}

/// How many files there are, as far as one can say while they come and go.
fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.path() {
            path if path.is_dir() => count(&path),
            _ => 1,
        })
        .sum()
}

#[test]
fn two_exports_at_once_do_not_meet() {
    let folder = scratch();
    let root = folder.path().join("audit");
    let contract = Simulator::builder().contracts(2).build().contracts()[0];
    let lock = root.join(format!("contract={contract}/_state.lock"));
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let file = fs::File::create(&lock).unwrap();
    let holder = r#"{"version":"0.1.0","host":"audit-1","pid":4711,"since":"2026-11-20T11:00:00Z"}"#;
    fs::write(&lock, holder).unwrap();
    file.lock().unwrap();
    let printed = run(export(folder.path(), RANGES[0], "calm", None));
    assert_eq!(printed.code, Some(3), "{}", printed.stderr);
    assert!(printed.stderr.contains("process 4711 on audit-1 since 2026-11-20T11:00:00Z"), "{}", printed.stderr);
    assert!(
        printed
            .stderr
            .ends_with("error: 1 of 2 contracts failed, and the others are archived: the same command tries again\n"),
        "{}",
        printed.stderr
    );
    drop(file);
    assert_eq!(run(export(folder.path(), RANGES[0], "calm", None)).code, Some(0));
    assert_sound(folder.path(), "afterwards");
}

#[test]
fn a_harmed_archive_has_its_own_exit_code_and_names_the_file() {
    let folder = exported();
    let whole = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!((whole.code, whole.stdout.as_str()), (Some(0), ""), "{}", whole.stderr);
    assert!(whole.stderr.contains("It does not prove"), "{}", whole.stderr);

    let root = folder.path().join("audit");
    let part = files(&root).into_keys().find(|name| name.contains("/part-")).unwrap();
    fs::remove_file(root.join(&part)).unwrap();
    let harmed = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!(harmed.code, Some(6));
    assert_eq!(harmed.stdout, format!("{part}: the part is gone\n"));

    // What it says to do brings the day back.
    assert!(
        harmed.stderr.contains(
            "move its folder out of the archive, have the state made anew with `ialog state rebuild audit --relink`, \
             and export the time again"
        ),
        "{}",
        harmed.stderr
    );
    let day = root.join(&part).parent().unwrap().to_path_buf();
    fs::remove_dir_all(day).unwrap();
    let rebuild = ialog(folder.path(), &["state", "rebuild", "audit", "--relink"]);
    let again = export(folder.path(), RANGES[0], "calm", None);
    for command in [rebuild, again, ialog(folder.path(), &["verify", "audit"])] {
        let healed = run(command);
        assert_eq!(healed.code, Some(0), "{}", healed.stderr);
    }
    assert!(root.join(&part).exists());
}

#[test]
fn the_last_manifest_is_compared_with_one_that_was_kept() {
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
    assert!(other.stdout.contains("not among those that were kept"), "{}", other.stdout);
}

#[test]
fn a_part_that_is_gone_has_the_exit_code_of_damage_when_it_is_read_back() {
    let folder = exported();
    let root = folder.path().join("audit");
    let part = files(&root).into_keys().find(|name| name.contains("/part-")).unwrap();
    fs::remove_file(root.join(&part)).unwrap();
    for arguments in [&["cat", "audit"][..], &["convert", "audit", "--out", "a.csv"]] {
        let printed = run(ialog(folder.path(), arguments));
        assert_eq!(printed.code, Some(6), "{}", printed.stderr);
        let said = format!("audit/{part} is not as it was written: it is gone");
        assert!(printed.stderr.contains(&said), "{}", printed.stderr);
    }
    assert!(!folder.path().join("a.csv").exists());
}

#[test]
fn the_state_is_shown_and_made_anew() {
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
fn a_dry_run_prints_the_plan_and_leaves_no_trace() {
    let folder = scratch();
    let mut command = export(folder.path(), RANGES[0], "calm", None);
    let printed = run({
        command.arg("--dry-run");
        command
    });
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert!(printed.stdout.contains("to read 2026-11-03T00:00:00Z .. 2026-11-05T00:00:00Z\n"), "{}", printed.stdout);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Manifests say which description of the API the program knows.
#[test]
fn manifests_name_the_description_that_the_code_is_made_from() {
    let path = xtask::workspace::root().join("openapi/PROVENANCE.toml");
    let provenance = fs::read_to_string(path).unwrap();
    for (name, value) in [
        ("info_version", ionos_activitylog_archive::DESCRIPTION_VERSION),
        ("sha256", ionos_activitylog_archive::DESCRIPTION_SHA256),
    ] {
        let line = format!("\n{name} = \"{value}\"\n");
        assert!(provenance.contains(&line), "put it into manifest/mod.rs: {name}");
    }
}

#[test]
fn an_archive_of_a_demo_is_not_gone_on_with_for_an_account() {
    let folder = scratch();
    let range = ["--from", "2026-11-01", "--to", "2026-11-01"];
    let export = |account: &[&str]| {
        let mut command = ialog(folder.path(), &["export", "--out", "audit"]);
        command.args(range).args(account);
        command
    };
    let printed = run(export(&["--demo"]));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let manifest =
        files(&folder.path().join("audit")).into_iter().find(|(name, _)| name.ends_with("_manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.1).unwrap();
    assert_eq!(manifest["api"], "demo");

    let contract = Simulator::builder().build().contracts()[0].to_string();
    let mut command = export(&["--contract", &contract]);
    command.env("IONOS_TOKEN", "t").env("IONOS_API_URL", "http://127.0.0.1:9");
    let printed = run(command);
    assert_eq!(printed.code, Some(2), "{}", printed.stderr);
    assert!(printed.stderr.contains("is an archive of ") && printed.stderr.contains("demo"), "{}", printed.stderr);
}
