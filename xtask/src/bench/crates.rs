//! The number of crates that the facade depends on. Users must trust, build and update each of them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::table::BenchRow;
use crate::cargo;

/// A set of features of the facade, and the maximum number of crates that the facade may depend on with these features.
struct FeatureSet {
    name: &'static str,
    arguments: &'static [&'static str],
    max_crates: u32,
}

/// The limits allow a few more crates than today, because an update may split a crate in two. The limits do not allow a
/// second HTTP or TLS library, which would add many crates.
const FEATURE_SETS: [FeatureSet; 2] = [
    FeatureSet { name: "default features", arguments: &[], max_crates: 130 },
    FeatureSet { name: "only rustls", arguments: &["--no-default-features", "--features", "rustls"], max_crates: 110 },
];

pub(super) fn count(root: &Path) -> Result<Vec<BenchRow>> {
    let row = |features: &FeatureSet| {
        let tree = ["tree", "--edges", "normal", "--package", "ionos-activitylog"];
        let args = [&tree[..], &["--prefix", "none"], features.arguments].concat();
        let crates = count_distinct(&cargo::output(root, &args)?);
        let name = format!("distinct crates, {}", features.name);
        Ok(BenchRow::at_most(name, crates as f64, "", features.max_crates.into()).with_decimals(0))
    };
    FEATURE_SETS.iter().map(row).collect()
}

/// The number of crates in the output of `cargo tree`, including the facade itself. Two versions of a crate count as
/// two crates. `cargo tree` may print a crate again; the repeated line ends in "(*)".
fn count_distinct(tree: &str) -> usize {
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    let crates: BTreeSet<&str> = lines.filter(|line| !line.is_empty()).collect();
    crates.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_is_printed_twice_counts_once() {
        let tree = "a v1.0.0 (/here)\nb v1.0.0\nc v2.0.0\nb v1.0.0 (*)\n\nb v2.0.0\n";
        assert_eq!(count_distinct(tree), 4);
    }
}
