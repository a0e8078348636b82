//! Each crate that a library brings along has to be trusted, built and kept up to date by everybody who uses it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::table::Row;
use crate::cargo;

/// A set of features, how it is called in the table, and how many crates it may bring along.
struct Features {
    name: &'static str,
    arguments: &'static [&'static str],
    limit: u32,
}

/// The limits leave room for what a security update splits off, and for no second HTTP or TLS library.
const CHECKED: [Features; 2] = [
    Features { name: "default features", arguments: &[], limit: 130 },
    Features { name: "only rustls", arguments: &["--no-default-features", "--features", "rustls"], limit: 110 },
];

pub(super) fn count(root: &Path) -> Result<Vec<Row>> {
    let row = |features: &Features| {
        let tree = ["tree", "--edges", "normal", "--package", "ionos-activitylog"];
        let args = [&tree[..], &["--prefix", "none"], features.arguments].concat();
        let crates = distinct(&cargo::output(root, &args)?);
        let what = format!("distinct crates, {}", features.name);
        Ok(Row::limited(what, crates as f64, "", features.limit.into()).whole())
    };
    CHECKED.iter().map(row).collect()
}

/// Crates in what `cargo tree` prints, the library itself among them. A version of its own is a crate of its own; one
/// that was printed before ends in "(*)".
fn distinct(tree: &str) -> usize {
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    let crates: BTreeSet<&str> = lines.filter(|line| !line.is_empty()).collect();
    crates.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_however_often_it_is_printed() {
        let tree = "a v1.0.0 (/here)\nb v1.0.0\nc v2.0.0\nb v1.0.0 (*)\n\nb v2.0.0\n";
        assert_eq!(distinct(tree), 4);
    }
}
