//! An archive may begin or end within a day. `ialog verify` does not claim more of such a day than is archived.

use crate::support::exports::scratch_folder;
use crate::support::program::{ialog, run, run_in_world};

/// Contract, start and end of an export.
type ExportedRange = (&'static str, &'static str, &'static str);

#[test]
fn verify_states_the_exact_time_if_the_archive_begins_or_ends_within_a_day() {
    let cases: [(&[ExportedRange], &str); 6] = [
        (&[("33586252", "2026-11-16", "2026-11-17")], "OK up to 2026-11-17: "),
        (&[("33586252", "2026-11-16", "2026-11-18T00:00:01Z")], "OK up to 2026-11-18T00:00:01Z: "),
        (&[("33586252", "2026-11-16T23:59:59Z", "2026-11-17")], "OK from 2026-11-16T23:59:59Z up to 2026-11-17: "),
        (
            &[("33586252", "2026-11-17T06:00:00Z", "2026-11-17T18:00:00Z")],
            "OK from 2026-11-17T06:00:00Z up to 2026-11-17T18:00:00Z: ",
        ),
        // Of several contracts, the range that is proven for all of them.
        (
            &[("33586252", "2026-11-16", "2026-11-18T12:00:00Z"), ("48454223", "2026-11-15", "2026-11-18")],
            "OK up to 2026-11-18T12:00:00Z: ",
        ),
        (
            &[("33586252", "2026-11-16", "2026-11-18"), ("48454223", "2026-11-15T01:00:00Z", "2026-11-17")],
            "OK from 2026-11-16 up to 2026-11-17: ",
        ),
    ];
    for (exports, expected) in cases {
        let folder = scratch_folder();
        for (contract, from, to) in exports {
            let arguments = ["export", "--contract", contract, "--from", from, "--to", to, "--out", "audit"];
            let exported = run_in_world(folder.path(), "calm", &arguments);
            assert_eq!(exported.code, Some(0), "{}", exported.stderr);
        }
        let verified = run(ialog(folder.path(), &["verify", "audit"]));
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
        assert!(verified.stderr.lines().any(|line| line.starts_with(expected)), "{expected}: {}", verified.stderr);
    }
}
