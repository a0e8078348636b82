//! Tests whether `verify` detects edits of an archive. A head is the digest of the last manifest of a contract. Each
//! edit is listed with two exit codes of `verify`: the first without heads, the second with the heads that were kept
//! before the edit. With the kept heads, `verify` detects each edit of the data that these heads cover.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use ionos_activitylog_archive::internal::{parse_state, state_to_bytes};
use ionos_activitylog_archive::{Digest, Manifest, ManifestLink};

use crate::support::exports::{RANGES, demo_contract, export_to_archive, scratch_folder};
use crate::support::program::{Printed, ialog, run};

/// The files of the attacked contract.
struct Victim {
    contract: PathBuf,
}

impl Victim {
    fn manifest(&self, number: u64) -> PathBuf {
        self.contract.join(format!("_manifests/{number:08}.json"))
    }

    fn day(&self, date: &str) -> PathBuf {
        self.contract.join(format!("date={date}"))
    }

    /// The only part of a day.
    fn part(&self, date: &str) -> PathBuf {
        let mut names = fs::read_dir(self.day(date)).unwrap().map(|entry| entry.unwrap().path());
        names.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("part-")).unwrap()
    }

    fn state(&self) -> PathBuf {
        self.contract.join("_state.json")
    }

    /// Removes the two state files and the run log, which name the last manifest. Without them, only the chain itself
    /// can reveal an edit.
    fn forget_state(&self) {
        for name in ["_state.json", "_state.prev.json", "_runs.ndjson"] {
            let _ = fs::remove_file(self.contract.join(name));
        }
    }

    fn run_log(&self) -> PathBuf {
        self.contract.join("_runs.ndjson")
    }

    fn root(&self) -> &Path {
        self.contract.parent().unwrap()
    }
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    let edited = text.replacen(from, to, 1);
    assert_ne!(edited, text, "{from} is not in {}", path.display());
    fs::write(path, edited).unwrap();
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn truncate(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

fn append(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.extend(b"\n");
    fs::write(path, bytes).unwrap();
}

/// Replaces a file by a pipe without a writer.
fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
}

/// Replaces a file by a link to a copy of the file.
fn link_to_copy(path: &Path) {
    let copy = path.with_extension("copy");
    fs::rename(path, &copy).unwrap();
    symlink(&copy, path).unwrap();
}

fn link_to_zeros(path: &Path) {
    let _ = fs::remove_file(path);
    symlink("/dev/zero", path).unwrap();
}

fn folder_instead(path: &Path) {
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
}

/// Replaces a file by a sparse file of one gigabyte, which takes no space on disk.
fn huge(path: &Path) {
    let file = fs::File::create(path).unwrap();
    file.set_len(1 << 30).unwrap();
}

/// Replaces a part by a compressed gigabyte of one letter, in a single line.
fn bomb(path: &Path) {
    let mut encoder = zstd::Encoder::new(fs::File::create(path).unwrap(), 1).unwrap();
    let letters = vec![b'a'; 1 << 20];
    for _ in 0..1 << 10 {
        std::io::Write::write_all(&mut encoder, &letters).unwrap();
    }
    encoder.finish().unwrap();
}

/// Appends a manifest to the chain. The appended manifest has a link to the manifest before it. Returns a link to the
/// appended manifest.
fn append_manifest(victim: &Victim, mut manifest: Manifest) -> ManifestLink {
    let (last, sha256) = Manifest::read(&victim.manifest(4)).unwrap();
    manifest.number = Some(5);
    let mut previous: ManifestLink = serde_json::from_value(serde_json::json!({
        "number": 4, "date": last.date.to_string(), "sha256": sha256.to_string()
    }))
    .unwrap();
    manifest.previous = Some(previous);
    let bytes = manifest.to_bytes();
    fs::write(victim.manifest(5), &bytes).unwrap();
    (previous.number, previous.date, previous.sha256) = (Some(5), manifest.date, Digest::sha256(&bytes));
    previous
}

/// Appends a manifest that adds nothing.
fn append_empty_manifest(victim: &Victim) -> ManifestLink {
    let (last, _) = Manifest::read(&victim.manifest(4)).unwrap();
    let mut added = Manifest::new(last.api, last.contract, last.date);
    added.counts.total = Some(0);
    append_manifest(victim, added)
}

/// Compresses a part again, so that its bytes change, and appends a manifest with the new digest of the part. The lines
/// must stay the same, because the name of the part contains their digest.
fn restate_part(victim: &Victim) -> ManifestLink {
    let (mut last, _) = Manifest::read(&victim.manifest(4)).unwrap();
    let path = victim.part(&last.date.to_string());
    let lines = zstd::decode_all(fs::File::open(&path).unwrap()).unwrap();
    let bytes = zstd::encode_all(lines.as_slice(), 19).unwrap();
    (last.parts[0].bytes, last.parts[0].sha256) = (bytes.len() as u64, Digest::sha256(&bytes));
    fs::write(path, bytes).unwrap();
    append_manifest(victim, last)
}

/// Records `head` in the state as the last manifest.
fn set_head(victim: &Victim, head: ManifestLink) {
    let mut state = parse_state(&fs::read(victim.state()).unwrap()).unwrap();
    state.head = Some(head);
    fs::write(victim.state(), state_to_bytes(&state)).unwrap();
}

/// Writes `open.json` with the content of a closed manifest, in which the first occurrence of `from` is replaced by
/// `to`.
fn open_again(victim: &Victim, number: u64, from: &str, to: &str) {
    let (mut manifest, _) = Manifest::read(&victim.manifest(number)).unwrap();
    (manifest.number, manifest.previous) = (None, None);
    let open = serde_json::json!({ "schema": "ialog.open-manifests/1", "manifests": [manifest] });
    let path = victim.contract.join("_manifests/open.json");
    fs::write(&path, open.to_string().replacen(from, to, 1)).unwrap();
}

/// Writes `open.json` with a manifest of a day without events.
fn open_empty_day(victim: &Victim) {
    let (closed, _) = Manifest::read(&victim.manifest(1)).unwrap();
    let mut manifest = Manifest::new(closed.api, closed.contract, "2026-11-10".parse().unwrap());
    let mut range = closed.ranges[0];
    let day = manifest.day().unwrap();
    (range.from, range.to, range.total) = (day.start(), day.end(), range.total.map(|_| 0));
    manifest.ranges.push(range);
    manifest.counts.total = range.total;
    let open = serde_json::json!({ "schema": "ialog.open-manifests/1", "manifests": [manifest] });
    fs::write(victim.contract.join("_manifests/open.json"), open.to_string()).unwrap();
}

fn open_state(victim: &Victim) {
    replace(&victim.state(), "\"open\": false", "\"open\": true");
}

/// Exit codes of `verify` without and with the kept heads.
type Codes = (i32, i32);

/// `verify` detects the edit even without the kept heads.
const FOUND: Codes = (6, 6);
/// `verify` detects the edit only with the kept heads.
const NEEDS_HEAD: Codes = (0, 6);
/// `verify` detects the edit only with the kept heads. Without them, it reports that the end of the archive is not
/// proven, because the state or the run log is missing.
const FOUND_WITH_HEAD: Codes = (3, 6);
/// The edit does not change the data that the chain proves.
const HARMLESS: Codes = (0, 0);
/// The edit does not change the data that the chain proves, but `verify` reports that the archive is incomplete.
const INCOMPLETE: Codes = (3, 3);
/// The state or the run log cannot be used, so only the kept heads prove the end of the archive.
const END_NEEDS_HEAD: Codes = (3, 0);

type Edit = (String, Box<dyn Fn(&Victim)>, Codes);

/// An edit with its name and the expected exit codes.
fn edit(name: impl Into<String>, codes: Codes, change: impl Fn(&Victim) + 'static) -> Edit {
    (name.into(), Box::new(change), codes)
}

/// A change of one file, with the name of the change.
type FileChange = (&'static str, fn(&Path));

/// Changes that are possible for any file.
const FILE_CHANGES: [FileChange; 9] = [
    ("removed", |path| fs::remove_file(path).unwrap()),
    ("flipped", flip),
    ("truncated", truncate),
    ("longer", append),
    ("empty", |path| fs::write(path, "").unwrap()),
    ("a pipe", pipe),
    ("a link to a copy", link_to_copy),
    ("a link to zeros", link_to_zeros),
    ("a folder", folder_instead),
];

fn edits() -> Vec<Edit> {
    let mut edits = Vec::new();
    for (name, change) in FILE_CHANGES {
        edits.push(edit(format!("first manifest: {name}"), FOUND, move |victim| change(&victim.manifest(1))));
        edits.push(edit(format!("manifest in the middle: {name}"), FOUND, move |victim| change(&victim.manifest(2))));
        edits.push(edit(format!("last manifest: {name}"), FOUND, move |victim| change(&victim.manifest(4))));
        edits.push(edit(format!("part: {name}"), FOUND, move |victim| change(&victim.part("2026-11-03"))));
        // The state is a hint, so it is no finding if it is removed or damaged. A flipped bit may damage the state or
        // may change one of its values, so this change has no certain result.
        let codes = match name {
            "flipped" => continue,
            "removed" | "truncated" | "empty" => END_NEEDS_HEAD,
            "longer" => HARMLESS,
            _ => FOUND,
        };
        edits.push(edit(format!("state without its copy: {name}"), codes, move |victim| {
            let _ = fs::remove_file(victim.contract.join("_state.prev.json"));
            change(&victim.state());
        }));
    }
    edits.extend([
        edit("part: a bomb", FOUND, |victim| bomb(&victim.part("2026-11-03"))),
        edit("part: huge", FOUND, |victim| huge(&victim.part("2026-11-03"))),
        edit("manifest: huge", FOUND, |victim| huge(&victim.manifest(2))),
        edit("state: huge", END_NEEDS_HEAD, |victim| huge(&victim.state())),
        edit("parts of two days swapped", FOUND, |victim| {
            let (one, other) = (victim.part("2026-11-01"), victim.part("2026-11-02"));
            let (a, b) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
            fs::write(one, b).unwrap();
            fs::write(other, a).unwrap();
        }),
        edit("part in another day", FOUND, |victim| {
            let part = victim.part("2026-11-01");
            fs::copy(&part, victim.day("2026-11-02").join(part.file_name().unwrap())).unwrap();
        }),
        edit("part of a day that was not read, and an open state", INCOMPLETE, |victim| {
            let day = victim.day("2026-12-24");
            fs::create_dir(&day).unwrap();
            let name = "part-20261224T000000Z-20261225T000000Z-0123456789abcdef.ndjson";
            fs::write(day.join(name), "{}\n").unwrap();
            replace(&victim.state(), "\"open\": false", "\"open\": true");
        }),
        edit("manifests swapped", FOUND, |victim| {
            let (one, other) = (victim.manifest(2), victim.manifest(3));
            let (a, b) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
            fs::write(one, b).unwrap();
            fs::write(other, a).unwrap();
        }),
        edit("well-formed edit of the first manifest", FOUND, |victim| {
            replace(&victim.manifest(1), "\"name\": \"ialog\"", "\"name\": \"igolo\"");
        }),
        edit("well-formed edit of the last manifest", FOUND, |victim| {
            replace(&victim.manifest(4), "\"name\": \"ialog\"", "\"name\": \"igolo\"");
        }),
        edit("well-formed edit of the last manifest, no state", FOUND_WITH_HEAD, |victim| {
            victim.forget_state();
            replace(&victim.manifest(4), "\"name\": \"ialog\"", "\"name\": \"igolo\"");
        }),
        edit("first manifest edited, and a state of version 1 that asks to link again", FOUND, |victim| {
            replace(&victim.manifest(1), "\"name\": \"ialog\"", "\"name\": \"igolo\"");
            replace(&victim.state(), "ialog.state/2", "ialog.state/1");
            replace(&victim.state(), "\"coverage\": [", "\"relink\": \"2026-11-01\",\n  \"coverage\": [");
        }),
        edit("end of the chain removed", FOUND, |victim| {
            fs::remove_file(victim.manifest(4)).unwrap();
            fs::remove_dir_all(victim.day("2026-11-02")).unwrap();
        }),
        // The last manifest covers a day between two others, so the archive lacks a range between two archived days.
        edit("end of the chain removed, no state", (3, 6), |victim| {
            victim.forget_state();
            fs::remove_file(victim.manifest(4)).unwrap();
            fs::remove_dir_all(victim.day("2026-11-02")).unwrap();
        }),
        edit("end of the chain and first days removed, no state", FOUND_WITH_HEAD, |victim| {
            victim.forget_state();
            for number in [3, 4] {
                fs::remove_file(victim.manifest(number)).unwrap();
            }
            for date in ["2026-11-01", "2026-11-02"] {
                fs::remove_dir_all(victim.day(date)).unwrap();
            }
        }),
        edit("start of the chain removed", FOUND, |victim| {
            victim.forget_state();
            fs::remove_file(victim.manifest(1)).unwrap();
            fs::remove_dir_all(victim.day("2026-11-03")).unwrap();
        }),
        edit("all manifests removed", FOUND, |victim| {
            victim.forget_state();
            fs::remove_dir_all(victim.contract.join("_manifests")).unwrap();
        }),
        edit("all days and manifests removed", (3, 6), |victim| {
            victim.forget_state();
            fs::remove_dir_all(&victim.contract).unwrap();
            fs::create_dir(&victim.contract).unwrap();
        }),
        edit("the contract removed", NEEDS_HEAD, |victim| fs::remove_dir_all(&victim.contract).unwrap()),
        edit("the contract renamed", FOUND, |victim| {
            fs::rename(&victim.contract, victim.root().join("CONTRACT=7")).unwrap();
        }),
        edit("a day removed", FOUND, |victim| fs::remove_dir_all(victim.day("2026-11-03")).unwrap()),
        edit("a day renamed", FOUND, |victim| {
            fs::rename(victim.day("2026-11-03"), victim.day("2026-11-13")).unwrap();
        }),
        edit("a day: a link", FOUND, |victim| {
            let elsewhere = victim.contract.with_file_name("elsewhere");
            fs::rename(victim.day("2026-11-03"), &elsewhere).unwrap();
            symlink(&elsewhere, victim.day("2026-11-03")).unwrap();
        }),
        edit("the manifests: a link", FOUND, |victim| {
            let elsewhere = victim.contract.with_file_name("elsewhere");
            fs::rename(victim.contract.join("_manifests"), &elsewhere).unwrap();
            symlink(&elsewhere, victim.contract.join("_manifests")).unwrap();
        }),
        edit("a manifest with too high a number", FOUND, |victim| {
            fs::copy(victim.manifest(4), victim.manifest(99_999_999)).unwrap();
        }),
        edit("a manifest number twice, written differently", FOUND, |victim| {
            fs::copy(victim.manifest(4), victim.contract.join("_manifests/4.json")).unwrap();
        }),
        edit("a manifest of version 1", FOUND, |victim| {
            fs::write(victim.day("2026-11-03").join("_manifest.json"), "{}").unwrap();
        }),
        edit("open manifests that are no JSON", FOUND, |victim| {
            fs::write(victim.contract.join("_manifests/open.json"), "{").unwrap();
        }),
        edit("open manifests: a pipe", FOUND, |victim| pipe(&victim.contract.join("_manifests/open.json"))),
        edit("a closed manifest opened again", FOUND, |victim| {
            let manifest = fs::read_to_string(victim.manifest(4)).unwrap();
            let open = format!("{{\"schema\":\"ialog.open-manifests/1\",\"manifests\":[{manifest}]}}");
            fs::write(victim.contract.join("_manifests/open.json"), open).unwrap();
        }),
        edit("the last manifest opened again", FOUND, |victim| open_again(victim, 4, "", "")),
        edit("the last manifest opened again, and an open state", INCOMPLETE, |victim| {
            open_again(victim, 4, "", "");
            open_state(victim);
        }),
        edit("the last manifest opened again and edited, and an open state", FOUND, |victim| {
            open_again(victim, 4, "\"name\":\"ialog\"", "\"name\":\"igolo\"");
            open_state(victim);
        }),
        edit("an earlier manifest opened again, and an open state", FOUND, |victim| {
            open_again(victim, 2, "", "");
            open_state(victim);
        }),
        edit("a manifest added", FOUND, |victim| {
            append_empty_manifest(victim);
        }),
        edit("a manifest added, and an open state", INCOMPLETE, |victim| {
            append_empty_manifest(victim);
            open_state(victim);
        }),
        // The chain alone does not show whether manifests were added at its end. The report says that the state is
        // missing, and which manifests `--head` does not cover.
        edit("a manifest added, no state", INCOMPLETE, |victim| {
            append_empty_manifest(victim);
            victim.forget_state();
        }),
        edit("a part listed again in an added manifest", FOUND, |victim| {
            let head = restate_part(victim);
            set_head(victim, head);
        }),
        edit("a part listed again in an added manifest, no state", FOUND, |victim| {
            restate_part(victim);
            victim.forget_state();
        }),
        edit("folder with the name of a leftover", FOUND, |victim| {
            fs::create_dir(victim.contract.join(".part.x.partial")).unwrap();
        }),
        edit("link with the name of a leftover", FOUND, |victim| {
            symlink(victim.part("2026-11-03"), victim.day("2026-11-03").join(".part.x.partial")).unwrap();
        }),
        edit("lock with a second name (hard link)", HARMLESS, |victim| {
            fs::hard_link(victim.contract.join("_state.lock"), victim.root().with_file_name("lock")).unwrap();
        }),
        edit("file in the root", FOUND, |victim| fs::write(victim.root().join("evil.ndjson"), "{}").unwrap()),
        edit("folder in the root", FOUND, |victim| fs::create_dir(victim.root().join("contract=abc")).unwrap()),
        edit("file in the contract", FOUND, |victim| fs::write(victim.contract.join("notes"), "").unwrap()),
        edit("file in a day", FOUND, |victim| fs::write(victim.day("2026-11-03").join("x.ndjson"), "").unwrap()),
        edit("file in the manifests", FOUND, |victim| {
            fs::write(victim.contract.join("_manifests/readme"), "").unwrap();
        }),
        edit("files that operating systems create", HARMLESS, |victim| {
            fs::write(victim.root().join(".DS_Store"), "").unwrap();
            fs::create_dir(victim.contract.join("@eaDir")).unwrap();
            fs::write(victim.day("2026-11-03").join("._part"), "").unwrap();
        }),
        edit("state: open", INCOMPLETE, |victim| {
            replace(&victim.state(), "\"open\": false", "\"open\": true");
        }),
        edit("state: a range that was not read", FOUND, |victim| {
            replace(&victim.state(), "\"from\": \"2026-11-01T", "\"from\": \"2025-11-01T");
        }),
        edit("state: another head", FOUND, |victim| {
            replace(&victim.state(), "\"number\": 4", "\"number\": 5");
        }),
        edit("state: another service", FOUND, |victim| {
            replace(&victim.state(), "\"api\": \"", "\"api\": \"https://example.com");
        }),
        edit("state: another rule for ids", FOUND, |victim| {
            replace(&victim.state(), "\"id_rule\": \"", "\"id_rule\": \"x");
        }),
        edit("state: a filter", FOUND, |victim| {
            replace(&victim.state(), "\"filter\": \"\"", "\"filter\": \"user=a\"");
        }),
        edit("state: another contract", FOUND, |victim| {
            replace(&victim.state(), &format!("\"contract\": \"{}\"", demo_contract()), "\"contract\": \"7\"");
        }),
        edit("well-formed edit of the last manifest, only the run log shows it", FOUND, |victim| {
            for name in ["_state.json", "_state.prev.json"] {
                let _ = fs::remove_file(victim.contract.join(name));
            }
            replace(&victim.manifest(4), "\"name\": \"ialog\"", "\"name\": \"igolo\"");
        }),
        edit("end of the chain removed, only the run log shows it", FOUND, |victim| {
            for name in ["_state.json", "_state.prev.json"] {
                let _ = fs::remove_file(victim.contract.join(name));
            }
            fs::remove_file(victim.manifest(4)).unwrap();
            fs::remove_dir_all(victim.day("2026-11-02")).unwrap();
        }),
        edit("run log: a manifest that is not in the chain", FOUND, |victim| {
            replace(&victim.run_log(), "\"number\":", "\"number\":1");
        }),
        // Nothing in the archive confirms or contradicts what these edits change.
        edit("run log: another number of events", HARMLESS, |victim| {
            replace(&victim.run_log(), "\"events\":", "\"events\":1");
        }),
        edit("run log: removed", END_NEEDS_HEAD, |victim| fs::remove_file(victim.run_log()).unwrap()),
        edit("run log: an unfinished line", HARMLESS, |victim| {
            let text = fs::read_to_string(victim.run_log()).unwrap() + "{\"schema\":";
            fs::write(victim.run_log(), text).unwrap();
        }),
        edit("run log: huge", END_NEEDS_HEAD, |victim| huge(&victim.run_log())),
        // This open manifest names no files. Only an interrupted export leaves such a manifest. Here no export was
        // interrupted, so the state or the chain contradicts the manifest.
        edit("open manifests: a day without files", FOUND, |victim| {
            open_empty_day(victim);
        }),
        // An interrupted export may leave such a manifest. So the manifest is not a finding, but the day of the
        // manifest is not proven.
        edit("open manifests: a day without files, and an open state", INCOMPLETE, |victim| {
            open_empty_day(victim);
            open_state(victim);
        }),
        edit("state: an unknown member", END_NEEDS_HEAD, |victim| {
            let _ = fs::remove_file(victim.contract.join("_state.prev.json"));
            replace(&victim.state(), "\"open\": false", "\"open\": false,\n  \"trust\": true");
        }),
    ]);
    edits
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

#[test]
fn verify_has_the_listed_exit_codes_after_each_edit_of_an_archive() {
    let original = scratch_folder();
    for range in RANGES {
        let printed = run(export_to_archive(original.path(), range, "calm", None));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    let whole = run(ialog(original.path(), &["verify", "audit"]));
    let heads: Vec<&str> = whole.stderr.lines().filter_map(|line| Some(line.split_once("with SHA-256 ")?.1)).collect();
    assert_eq!((whole.code, heads.len()), (Some(0), 2), "{}", whole.stderr);
    let with_heads = ["verify", "audit", "--head", heads[0], "--head", heads[1]];
    assert_eq!(run(ialog(original.path(), &with_heads)).code, Some(0));

    let edits = edits();
    assert!(edits.len() >= 60, "only {} edits", edits.len());
    let mut wrong = Vec::new();
    for (name, change, (code, code_with_heads)) in edits {
        let folder = scratch_folder();
        copy(&original.path().join("audit"), &folder.path().join("audit"));
        change(&Victim { contract: folder.path().join(format!("audit/contract={}", demo_contract())) });
        for (arguments, expected) in [(&["verify", "audit"][..], code), (&with_heads, code_with_heads)] {
            let printed = run(ialog(folder.path(), arguments));
            if printed.code != Some(expected) {
                wrong.push(format!("{name}: {:?}, not {expected}: {}{}", printed.code, printed.stdout, printed.stderr));
            }
            assert_eq!(printed.code == Some(6), printed.stderr.contains("FAILED: "), "{name}: {}", printed.stderr);
            assert!(printed.code != Some(6) || !printed.stderr.contains("OK up to"), "{name}: {}", printed.stderr);
        }
        for arguments in [
            &["cat", "audit", "-q"][..],
            &["query", "--archive", "audit", "--from", "2026-11-01", "--to", "2026-11-04", "--count", "-q"],
            &["state", "show", "audit"],
        ] {
            assert_ended(&run(ialog(folder.path(), arguments)), &name);
        }
        let exported = run(export_to_archive(folder.path(), RANGES[0], "calm", None));
        assert_ended(&exported, &name);
        // An export to a forged archive does not hide the forgery from `verify`.
        if code_with_heads == 6 {
            let after = run(ialog(folder.path(), &with_heads));
            assert_eq!(after.code, Some(6), "{name}, after an export: {}{}", after.stdout, after.stderr);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Fails unless a command ended by itself with one of the documented exit codes.
fn assert_ended(printed: &Printed, name: &str) {
    assert!(matches!(printed.code, Some(0..=6)), "{name}: code {:?}, {}", printed.code, printed.stderr);
    assert!(!printed.stderr.contains("panicked"), "{name}: {}", printed.stderr);
}
