use std::fs;

use super::*;
use crate::error::Error;
use crate::fs::FailPoints;
use crate::layout::Archive;

fn now() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn folder(root: &std::path::Path) -> ContractFolder {
    let folder = Archive::new(root).contract(&7.into());
    fs::create_dir_all(folder.path()).unwrap();
    folder
}

fn state(generation: u64) -> State {
    let mut state = State::new(ArchiveIdentity::new("https://api.example.com", &7.into()), now());
    state.generation = generation;
    state
}

#[test]
fn the_previous_state_is_kept_and_used_if_the_last_is_damaged() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    assert_eq!(State::read(&folder).unwrap(), (None, None));
    write(&folder, &state(1), &FailPoints::default()).unwrap();
    write(&folder, &state(2), &FailPoints::default()).unwrap();
    assert_eq!(State::read(&folder).unwrap(), (Some(state(2)), None));

    fs::write(path(&folder), "{").unwrap();
    let (read, warning) = State::read(&folder).unwrap();
    assert_eq!(read, Some(state(1)));
    assert!(warning.unwrap().contains("_state.prev.json"));

    // A damaged state does not replace the good previous one.
    write(&folder, &state(3), &FailPoints::default()).unwrap();
    fs::remove_file(path(&folder)).unwrap();
    assert_eq!(State::read(&folder).unwrap(), (Some(state(1)), None));

    fs::write(path(&folder), "{").unwrap();
    fs::write(folder.path().join("_state.prev.json"), "").unwrap();
    let error = State::read(&folder).unwrap_err();
    assert!(matches!(error, Error::StateLost { .. }));
    assert!(error.hint().contains("ialog state rebuild"), "{error}");
}

#[test]
fn a_state_of_a_later_version_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    fs::write(path(&folder), r#"{"schema":"ialog.state/3"}"#).unwrap();
    assert!(matches!(State::read(&folder), Err(Error::UnsupportedVersion { .. })));
}

#[test]
fn the_error_for_a_held_lock_names_its_owner() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let fail_points = FailPoints::default();
    let lock = ContractLock::acquire(&folder, now(), &fail_points).unwrap();
    let error = ContractLock::acquire(&folder, now(), &fail_points).unwrap_err().to_string();
    let pid = format!("process {}", std::process::id());
    assert!(error.contains(&pid) && error.contains("2026-11-20T12:00:00Z"), "{error}");
    drop(lock);
    ContractLock::acquire(&folder, now(), &fail_points).unwrap();
}

#[cfg(unix)]
#[test]
fn a_lock_file_that_is_a_hard_link_is_not_written() {
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    let victim = root.path().join("victim");
    fs::write(&victim, "content").unwrap();
    fs::hard_link(&victim, folder.path().join("_state.lock")).unwrap();
    let error = ContractLock::acquire(&folder, now(), &FailPoints::default()).unwrap_err().to_string();
    assert!(error.contains("_state.lock") && error.contains("hard link"), "{error}");
    assert_eq!(fs::read(&victim).unwrap(), b"content");
}

#[test]
fn the_delay_between_tries_of_a_gap_doubles_up_to_a_day() {
    let waits: Vec<i64> = [1, 2, 5, 20, 32, u32::MAX]
        .iter()
        .map(|tries| (State::next_try(*tries, now()) - now()).num_minutes())
        .collect();
    assert_eq!(waits, [1, 2, 16, 1_440, 1_440, 1_440]);
}
