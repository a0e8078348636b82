//! Verifying and reading an archive takes bounded memory, even if a person who can write to the archive places a huge
//! file there. The file is a large file of kept records (records that are in no part), or a part with a long line.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ionos_activitylog_archive::{Digest, Manifest};
use serde_json::{Value, json};

use crate::support::exports::{RANGES, demo_contract, export_to_archive, scratch_folder};
use crate::support::program::{ialog, prepared_by_shell, run};

/// Maximum address space of the program.
const MEMORY_LIMIT_KIB: u64 = 450 * 1024;

/// Size of each placed file in bytes. The file is sparse, so it takes no space on disk.
const FILE_BYTES: u64 = 1 << 30;

/// Exports an archive and edits its last manifest. Returns the folder of the day that this manifest describes.
fn edited_archive(root: &Path, change: impl FnOnce(&mut Value)) -> PathBuf {
    for range in RANGES {
        let printed = run(export_to_archive(root, range, "calm", None));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    let contract = root.join(format!("audit/contract={}", demo_contract()));
    let path = contract.join("_manifests/00000004.json");
    let (manifest, _) = Manifest::read(&path).unwrap();
    let day = contract.join(format!("date={}", manifest.date));
    let mut value = serde_json::to_value(manifest).unwrap();
    change(&mut value);
    let manifest: Manifest = serde_json::from_value(value).unwrap();
    fs::write(&path, manifest.to_bytes()).unwrap();
    for name in ["_state.json", "_state.prev.json", "_runs.ndjson"] {
        let _ = fs::remove_file(contract.join(name));
    }
    day
}

/// Creates a file of zeros.
fn create_zeros(path: &Path) {
    let _ = fs::remove_file(path);
    fs::File::create(path).unwrap().set_len(FILE_BYTES).unwrap();
}

fn with_limited_memory(command: &Command) -> Command {
    prepared_by_shell(&format!("export MALLOC_ARENA_MAX=1; ulimit -v {MEMORY_LIMIT_KIB}"), command)
}

#[test]
fn kept_records_are_hashed_without_loading_them() {
    let folder = scratch_folder();
    let digest = Digest::sha256(b"");
    let name = format!("kept-{}.bin", digest.short());
    let day = edited_archive(folder.path(), |manifest| {
        manifest["kept"] = json!([{
            "file": name, "sha256": digest.to_string(), "bytes": FILE_BYTES, "count": u64::MAX, "position": 0,
            "from": "2026-11-02T00:00:00Z", "to": "2026-11-03T00:00:00Z", "reason": "not-json"
        }]);
    });
    create_zeros(&day.join(&name));
    let printed = run(with_limited_memory(&ialog(folder.path(), &["verify", "audit"])));
    assert_eq!(printed.code, Some(6), "{}", printed.stderr);
    assert_eq!(printed.stdout.lines().count(), 1, "{}", printed.stdout);
    assert!(printed.stdout.contains(&format!("{name}: file was changed: ")), "{}", printed.stdout);
}

#[test]
fn a_line_of_any_length_is_read_only_up_to_a_limit() {
    let folder = scratch_folder();
    let mut name = String::new();
    let day = edited_archive(folder.path(), |manifest| {
        let part = &mut manifest["parts"][0];
        part["unpacked"] = FILE_BYTES.into();
        part["bytes"] = FILE_BYTES.into();
        let plain = part["file"].as_str().unwrap().trim_end_matches(".zst").to_owned();
        part["file"] = plain.clone().into();
        name = plain;
    });
    fs::remove_file(day.join(format!("{name}.zst"))).unwrap();
    create_zeros(&day.join(&name));
    for (arguments, place) in [(&["verify", "audit"][..], "; line 1: "), (&["cat", "audit"], "line 1: ")] {
        let printed = run(with_limited_memory(&ialog(folder.path(), arguments)));
        assert_eq!(printed.code, Some(6), "{arguments:?}: {}", printed.stderr);
        let said = printed.stdout + &printed.stderr;
        assert!(
            said.contains(&name) && said.contains(place),
            "{arguments:?}: {}",
            &said[said.len().saturating_sub(999)..]
        );
    }
}
