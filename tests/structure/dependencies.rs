//! Dependencies between crates point one way: ialog -> archive -> facade -> client, and ialog -> sim -> client.
//! Packages of tests and benchmarks may depend on any crate. Only one of these packages is a dependency of another
//! crate: xtask depends on `workspace-bench-results`.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};
use xtask::workspace;

#[test]
fn dependencies_between_members_point_one_way() {
    let metadata = MetadataCommand::new().current_dir(workspace::root()).no_deps().exec().unwrap();
    let members: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut found = BTreeSet::new();
    for package in &metadata.packages {
        for dependency in package.dependencies.iter().filter(|d| members.contains(d.name.as_str())) {
            let kind = match dependency.kind {
                DependencyKind::Normal => "->",
                DependencyKind::Development => "-> (tests)",
                _ => "-> (build)",
            };
            found.insert(format!("{} {kind} {}", package.name, dependency.name));
        }
    }
    found.retain(|line| !line.starts_with("workspace-"));
    let expected = [
        "ialog -> ionos-activitylog",
        "ialog -> ionos-activitylog-archive",
        "ialog -> ionos-activitylog-sim",
        "ionos-activitylog -> (tests) ionos-activitylog-sim",
        "ionos-activitylog -> ionos-activitylog-client",
        "ionos-activitylog-archive -> (tests) ionos-activitylog-sim",
        "ionos-activitylog-archive -> ionos-activitylog",
        "ionos-activitylog-sim -> ionos-activitylog-client",
        "xtask -> workspace-bench-results",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
