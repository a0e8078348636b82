//! Checks how single manifests of an archive, and the file of open manifests, are read. A manifest that is accepted is
//! the same after it is written and read again.

use ionos_activitylog_archive::internal::{parse_manifest, parse_open_manifests};
use ionos_activitylog_archive::{ImportedManifests, Manifest};

/// Reads bytes as each kind of manifest file.
pub fn check(bytes: &[u8]) {
    if let Ok(manifest) = parse_manifest(bytes) {
        check_manifest(&manifest);
    }
    if let Ok(open) = parse_open_manifests(bytes) {
        open.manifests.iter().for_each(check_manifest);
        assert_eq!(parse_open_manifests(&open.to_bytes()).unwrap(), open);
    }
    let _ = serde_json::from_slice::<ImportedManifests>(bytes);
}

fn check_manifest(manifest: &Manifest) {
    assert_eq!(&parse_manifest(&manifest.to_bytes()).unwrap(), manifest);
    let day = manifest.day().unwrap();
    let (verified, unverified) = (manifest.verified_ranges(), manifest.unverified_ranges());
    for range in verified.union(&unverified).iter() {
        assert!(day.start() <= range.start() && range.end() <= day.end(), "{range} is outside of {day}");
    }
    assert_eq!(manifest.counts.count, manifest.parts.iter().map(|part| part.count).sum::<u64>());
    for part in &manifest.parts {
        // The name of a file must not be a path, which could lead out of the folder.
        let name = part.file.to_string();
        assert!(!name.contains(['/', '\\', '\0']), "{name:?}");
        assert!(part.unique <= part.count);
    }
    for kept in &manifest.kept {
        assert!(!kept.file.contains(['/', '\\', '\0']), "{:?}", kept.file);
    }
}
