use std::fs;

use super::*;

fn parse_time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn part(from: &str, to: &str, content: &[u8], late: bool) -> Part {
    let (from, to, digest) = (parse_time(from), parse_time(to), Digest::sha256(content));
    let file = PartName {
        late,
        range: DateRange::new(from, to).unwrap(),
        content: digest.short(),
        compression: crate::encode::Compression::Zstd,
    };
    Part {
        file,
        from,
        to,
        sha256: Digest::sha256(b"file"),
        bytes: 4,
        unpacked: 10,
        count: 2,
        unique: 2,
        total: Some(2),
        first: Some(parse_time("2026-11-20T01:00:00.1234Z")),
        last: None,
        digest,
        verified: true,
        late,
    }
}

fn manifest() -> Manifest {
    let date = "2026-11-20".parse().unwrap();
    let mut manifest = Manifest::new("https://api.example.com", 7.into(), date);
    manifest.ranges = vec![ReadRange::verified(day(date).unwrap(), Some(6), Some(RangeProof::EventsMatchTotal))];
    manifest.parts = vec![
        part("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", b"late", true),
        part("2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z", b"b", false),
        part("2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z", b"a", false),
    ];
    manifest.recompute();
    manifest
}

#[test]
fn a_manifest_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("00000001.json");
    let manifest = manifest();
    fs::write(&path, manifest.to_bytes()).unwrap();
    let (read, digest) = Manifest::read(&path).unwrap();
    assert_eq!(read, manifest);
    assert_eq!(digest, Digest::sha256(&manifest.to_bytes()));
    assert_eq!(manifest.counts, EventCounts { count: 6, unique: 6, total: Some(6) });
    assert!(manifest.parts[2].late, "late parts come last");
}

#[test]
fn a_manual_edit_is_found() {
    let manifest = manifest();
    let edits: [fn(&mut Manifest); 15] = [
        |m| m.counts.count += 1,
        |m| m.counts.total = None,
        |m| drop(m.parts.remove(0)),
        |m| m.parts.swap(0, 1),
        |m| m.parts[0].count = 0,
        |m| m.parts[0].digest = Digest::sha256(b"other"),
        |m| m.ranges[0].to = parse_time("2026-11-20T23:00:00Z"),
        |m| m.ranges[0].verified = false,
        |m| m.ranges[0].total = None,
        |m| m.ranges[0].total = Some(7),
        |m| m.number = Some(0),
        |m| m.number = Some(2),
        |m| m.previous = Some(ManifestLink { number: Some(1), date: m.date, sha256: m.digest }),
        |m| m.parts[1].from = parse_time("2026-11-20T11:00:00Z"),
        // Version 1 has no proofs.
        |m| m.schema = MANIFEST_SCHEMA_1.to_owned(),
    ];
    for (index, edit) in edits.iter().enumerate() {
        let mut edited = manifest.clone();
        edit(&mut edited);
        let path = Path::new("m.json");
        let read = Manifest::from_bytes(&edited.to_bytes(), path);
        assert!(matches!(read, Err(Error::Damaged { .. })), "edit {index}");
    }
}

#[test]
fn a_manifest_of_a_later_version_is_refused() {
    let text = r#"{"schema":"ialog.manifest/3","everything":"else"}"#;
    let error = Manifest::from_bytes(text.as_bytes(), Path::new("m.json")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "m.json has the format ialog.manifest/3; this version reads ialog.manifest/1 and ialog.manifest/2"
    );
}

#[test]
fn a_range_has_a_proof_member_only_if_it_has_a_proof() {
    let mut manifest = manifest();
    let text = String::from_utf8(manifest.to_bytes()).unwrap();
    assert!(text.contains("\"total\": 6,\n      \"proof\": \"events-match-total\""), "{text}");
    manifest.ranges[0].proof = Some(RangeProof::IdenticalScans(3));
    let text = String::from_utf8(manifest.to_bytes()).unwrap();
    assert!(text.contains("\"proof\": {\n        \"identical-scans\": 3\n      }"), "{text}");
    (manifest.ranges[0].proof, manifest.ranges[0].total) = (None, None);
    manifest.schema = MANIFEST_SCHEMA_1.to_owned();
    let bytes = manifest.to_bytes();
    assert!(!String::from_utf8_lossy(&bytes).contains("proof"));
    assert_eq!(Manifest::from_bytes(&bytes, Path::new("m.json")).unwrap(), manifest);
}

#[test]
fn adjacent_ranges_with_equal_proofs_are_merged() {
    let range = |from: &str, to: &str| DateRange::new(parse_time(from), parse_time(to)).unwrap();
    let (morning, afternoon) =
        (range("2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z"), range("2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z"));
    let matching = Some(RangeProof::EventsMatchTotal);
    for (one, other, merged) in [
        (matching, matching, true),
        (None, None, true),
        (None, matching, false),
        (matching, Some(RangeProof::IdenticalScans(3)), false),
    ] {
        let mut first = ReadRange::verified(morning, Some(3), one);
        assert_eq!(first.merge(&ReadRange::verified(afternoon, Some(4), other)), merged, "{one:?} and {other:?}");
        let expected = if merged { (afternoon.end(), Some(7)) } else { (morning.end(), Some(3)) };
        assert_eq!((first.to, first.total), expected);
    }
    let mut unverified = ReadRange::unverified(morning);
    assert!(!unverified.merge(&ReadRange::unverified(afternoon)), "unverified ranges are read again separately");
}

#[test]
fn later_manifests_of_a_day_add_to_the_first() {
    let range = |from: &str, to: &str| DateRange::new(parse_time(from), parse_time(to)).unwrap();
    let (start, noon, end) = ("2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z");
    let date = "2026-11-20".parse().unwrap();
    let empty = || Manifest::new("https://api.example.com", 7.into(), date);
    let gap =
        KnownGap { from: parse_time(start), to: parse_time(noon), reason: "overflow".into(), seen: 2, total: None };
    let mut first = empty();
    first.ranges = vec![ReadRange::unverified(range(start, noon))];
    first.gaps = vec![gap];
    first.parts = vec![part(start, noon, b"a", false)];
    let mut rest = empty();
    rest.ranges = vec![ReadRange::verified(range(noon, end), Some(2), None)];
    rest.parts = vec![part(noon, end, b"b", false)];
    let mut healed = empty();
    healed.ranges = vec![ReadRange::verified(range(start, noon), Some(4), None)];
    healed.parts = vec![part(start, noon, b"c", true)];
    let mut sum = first.into_sum();
    sum.add(&rest);
    assert_eq!((sum.counts.total, sum.gaps.len(), sum.parts.len()), (None, 1, 2));
    sum.add(&healed);
    assert_eq!(sum.ranges, [ReadRange::verified(range(start, end), Some(6), None)]);
    assert_eq!((sum.counts, sum.gaps.len()), (EventCounts { count: 6, unique: 6, total: Some(6) }, 0));
    assert_eq!((sum.total_in(range(start, end)), sum.total_in(range(start, noon))), (Some(6), Some(0)));
}

#[test]
fn a_later_manifest_does_not_change_what_an_earlier_one_states_about_a_file() {
    let (start, end) = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let date = "2026-11-20".parse().unwrap();
    let mut sum = Manifest::new("https://api.example.com", 7.into(), date);
    sum.parts = vec![part(start, end, b"a", false)];
    let mut later = Manifest::new("https://api.example.com", 7.into(), date);
    later.parts = vec![Part { sha256: Digest::sha256(b"recompressed"), bytes: 1, ..part(start, end, b"a", false) }];
    let stated = sum.parts.clone();
    sum.add(&later);
    assert_eq!(sum.parts, stated);
}

#[test]
fn an_open_manifest_has_the_current_version() {
    let open = OpenManifests::new([manifest()]);
    let text = String::from_utf8(open.to_bytes()).unwrap();
    assert_eq!(OpenManifests::from_bytes(text.as_bytes(), Path::new("open.json")).unwrap(), open);
    for schema in [MANIFEST_SCHEMA_1, "ialog.manifest/3", "other"] {
        let edited = text.replace(MANIFEST_SCHEMA, schema);
        let error = OpenManifests::from_bytes(edited.as_bytes(), Path::new("open.json")).unwrap_err();
        assert!(error.to_string().contains(&format!("2026-11-20: its format is {schema:?}")), "{error}");
    }
}
