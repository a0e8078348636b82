//! Tests that each reader of a part stops soon after the first line that shows that the part was changed. Otherwise a
//! reader could run for a long time, because a small compressed file can contain any number of lines.

use super::*;
use crate::error::Error;
use crate::read::ArchiveReader;

/// Number of lines that are added to a part. Each reader must stop long before the last of them.
const ADDED: usize = 200_000;

/// Adds lines to the part of the second day, and updates the size and the digest of its file in the manifest. `line`
/// returns the line to add; its argument is the last line of the part. Returns the number of lines that the manifest
/// states.
fn add_lines(simulator: &Simulator, root: &Path, line: impl Fn(&str) -> String) -> u64 {
    let path = part_path(simulator, root, 1);
    let mut lines = String::from_utf8(zstd::decode_all(fs::File::open(&path).unwrap()).unwrap()).unwrap();
    let added = line(lines.lines().last().unwrap()) + "\n";
    lines += &added.repeat(ADDED);
    let file = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    let folder = folder(simulator, root);
    let mut manifests = manifests_of(&folder);
    let part = &mut manifests[1].parts[0];
    (part.sha256, part.bytes, part.unpacked) = (Digest::sha256(&file), file.len() as u64, lines.len() as u64);
    let stated = part.count;
    fs::write(&path, file).unwrap();
    write_chain(&folder, &manifests, false);
    stated
}

#[tokio::test]
async fn verify_stops_at_the_first_line_that_is_not_a_record() {
    for line in ["", "x"] {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path(), Compression::Zstd).await;
        let before = verify_archive(&Archive::new(root.path()), None).unwrap();
        // All lines are wrong, so the first one ends the check.
        let path = part_path(&simulator, root.path(), 1);
        let file = zstd::encode_all(format!("{line}\n").repeat(ADDED).as_bytes(), 1).unwrap();
        fs::write(&path, &file).unwrap();
        let folder = folder(&simulator, root.path());
        let mut manifests = manifests_of(&folder);
        let part = &mut manifests[1].parts[0];
        (part.sha256, part.bytes) = (Digest::sha256(&file), file.len() as u64);
        part.unpacked = ((line.len() + 1) * ADDED) as u64;
        write_chain(&folder, &manifests, false);
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert_eq!(found(root.path()), [finding("02/part", Some(1), Problem::Record)], "{line:?}");
        assert!(report.events < before.events, "{line:?}: {}", report.events);
    }
}

#[tokio::test]
async fn verify_stops_at_the_first_line_above_the_stated_number() {
    for line in [|_: &str| String::new(), |last: &str| last.to_owned()] {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path(), Compression::Zstd).await;
        let before = verify_archive(&Archive::new(root.path()), None).unwrap();
        let stated = add_lines(&simulator, root.path(), line);
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert_eq!(found(root.path()), [finding("02/part", None, Problem::Count)]);
        let expected = format!("it has more events than the {stated} that its manifest states");
        assert!(report.findings[0].detail.contains(&expected), "{}", report.findings[0]);
        assert_eq!(report.events, before.events + 1);
    }
}

#[tokio::test]
async fn verify_names_the_additional_lines_of_a_changed_file() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::None).await;
    edit(&part_path(&simulator, root.path(), 1), |lines| lines.extend(vec![String::new(); 9]));
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(found(root.path()), [finding("02/part", None, Problem::Changed)]);
    let detail = &report.findings[0].detail;
    assert!(detail.ends_with("; it has more events than the 29 that its manifest states"), "{detail}");
}

#[tokio::test]
async fn readers_stop_soon_after_the_stated_number_of_lines() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let stated = add_lines(&simulator, root.path(), str::to_owned);
    let expected = format!("it has more events than the {stated} that its manifest states");
    let (mut events, mut error) = (0, None);
    for read in ArchiveReader::open(&Archive::new(root.path()), None, None).unwrap() {
        match read {
            Ok(_) => events += 1,
            Err(damaged) => error = Some(damaged),
        }
    }
    assert!(events < ADDED / 10, "{events}");
    let error = error.unwrap();
    assert!(matches!(&error, Error::Damaged { detail, .. } if *detail == expected), "{error}");
    // A reread compares the parts with the answers of the service.
    let reread = exporter(&simulator, root.path(), NOW).reread(true);
    let error = export(&reread, &simulator, days()).await.unwrap_err();
    assert!(error.to_string().ends_with(&expected), "{error}");
}
