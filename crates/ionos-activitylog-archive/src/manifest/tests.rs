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
    manifest.ranges = vec![ReadRange::verified(day(date).unwrap(), true, Some(RangeProof::EventsMatchTotal))];
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
    let path = folder.path().join("_manifest.json");
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
    let edits: [fn(&mut Manifest); 11] = [
        |m| m.counts.count += 1,
        |m| m.counts.total = None,
        |m| drop(m.parts.remove(0)),
        |m| m.parts.swap(0, 1),
        |m| m.parts[0].count = 0,
        |m| m.parts[0].digest = Digest::sha256(b"other"),
        |m| m.ranges[0].to = parse_time("2026-11-20T23:00:00Z"),
        |m| m.ranges[0].verified = false,
        |m| m.ranges[0].counted = false,
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
    assert!(text.contains("\"counted\": true,\n      \"proof\": \"events-match-total\""), "{text}");
    manifest.ranges[0].proof = Some(RangeProof::IdenticalScans(3));
    let text = String::from_utf8(manifest.to_bytes()).unwrap();
    assert!(text.contains("\"proof\": {\n        \"identical-scans\": 3\n      }"), "{text}");
    manifest.ranges[0].proof = None;
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
        let mut first = ReadRange::verified(morning, true, one);
        assert_eq!(first.merge(&ReadRange::verified(afternoon, true, other)), merged, "{one:?} {other:?}");
        assert_eq!(first.to, if merged { afternoon.end() } else { morning.end() });
    }
    let mut unverified = ReadRange::unverified(morning);
    assert!(!unverified.merge(&ReadRange::unverified(afternoon)), "unverified ranges are read again separately");
}
