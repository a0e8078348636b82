//! If the service no longer lists a contract of the archive, exports add no further events of this contract. An export
//! of all contracts warns of each such contract.
#![cfg(unix)]

use std::path::Path;

use crate::support::exports::{demo_contract, scratch_folder};
use crate::support::program::{Printed, ialog, names, run, run_in_world};

/// The contract that the simulated service lists in the world `calm`, but not in the world `single`.
fn unlisted_contract(root: &Path) -> String {
    let names = names(root);
    let numbers = names.iter().filter_map(|name| name.strip_prefix("contract="));
    numbers.filter(|number| **number != demo_contract()).map(str::to_owned).next().unwrap()
}

fn export(folder: &Path, world: &str, day: &str, arguments: &[&str]) -> Printed {
    let export = ["export", "--out", "audit", "--from", day, "--to", day];
    run_in_world(folder, world, &[&export[..], arguments].concat())
}

#[test]
fn an_export_of_all_contracts_warns_of_each_archived_contract_that_is_no_longer_listed() {
    let folder = scratch_folder();
    let first = export(folder.path(), "calm", "2026-11-01", &["--contract", "all"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let contract = unlisted_contract(&folder.path().join("audit"));
    std::fs::write(folder.path().join("list"), "all\n").unwrap();
    for arguments in [
        &["--contract", "all"][..],
        &["--contract", "all", "--dry-run"],
        &["--contract", "all", "-q"],
        &["--contract", "@list"],
        &["--contract", &demo_contract(), "--contract", "*"],
    ] {
        let printed = export(folder.path(), "single", "2026-11-02", arguments);
        assert_eq!(printed.code, Some(3), "{arguments:?}: {}", printed.stderr);
        let warning =
            format!("warning: contract {contract} is in the archive, but the service does not list the contract, ");
        assert_eq!(printed.stderr.matches(&warning).count(), 1, "{arguments:?}: {}", printed.stderr);
        assert!(printed.stderr.contains("name them with --contract"), "{arguments:?}: {}", printed.stderr);
        let error =
            "error: incomplete: 1 contract of the archive is not listed by the service: see the warnings above\n";
        assert!(printed.stderr.ends_with(error), "{arguments:?}: {}", printed.stderr);
    }
    // The listed contract was exported.
    let read = ["cat", "audit", "--contract", &demo_contract(), "--from", "2026-11-02", "--to", "2026-11-02"];
    let read = run(ialog(folder.path(), &read));
    assert_eq!(read.code, Some(0), "{}", read.stderr);
}

#[test]
fn an_export_of_named_contracts_says_nothing_about_the_others() {
    let folder = scratch_folder();
    let first = export(folder.path(), "calm", "2026-11-01", &["--contract", "all"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let number = demo_contract();
    let pattern = format!("{}*", &number[..number.len() - 1]);
    for arguments in [&["--contract", &number][..], &["--contract", &pattern], &[]] {
        let printed = export(folder.path(), "single", "2026-11-02", arguments);
        assert_eq!(printed.code, Some(0), "{arguments:?}: {}", printed.stderr);
        assert!(!printed.stderr.contains("warning"), "{arguments:?}: {}", printed.stderr);
    }
    // If the service still lists all contracts, an export of all contracts prints no warning.
    let printed = export(folder.path(), "calm", "2026-11-02", &["--contract", "all"]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
}
