//! Collects the licence texts of all crates that are linked into the program, because most licences require that their
//! text is distributed with the program. Equal texts are collected once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cargo;

/// Beginnings of the names of licence and notice files, in lower case.
const FILE_PREFIXES: [&str; 5] = ["licen", "copying", "copyright", "notice", "unlicense"];

#[derive(Deserialize)]
struct DependencyMetadata {
    packages: Vec<DependencyPackage>,
}

#[derive(Deserialize)]
struct DependencyPackage {
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: PathBuf,
    /// `None` for the crates of this workspace.
    source: Option<String>,
}

/// The text of THIRD-PARTY.txt: the licences of all crates that are linked into the program for a target, except for
/// the crates of this workspace.
pub(super) fn third_party_licences(root: &Path, target: &str) -> Result<String> {
    let linked = linked_crates(root, target)?;
    let metadata = ["metadata", "--format-version", "1", "--locked"];
    let metadata: DependencyMetadata = serde_json::from_str(&cargo::output(root, &metadata)?)?;
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut packages: Vec<&DependencyPackage> = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some())
        .filter(|package| linked.contains(&(package.name.clone(), package.version.clone())))
        .collect();
    packages.sort_by_key(|package| (&package.name, &package.version));
    for package in packages {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("see its text below");
        writeln!(list, "{name}: {licence}")?;
        for text in licence_texts(package)? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    let mut all = format!("This program contains crates of other authors under these licences (SPDX):\n\n{list}");
    for (text, names) in texts {
        write!(all, "\n{}\n{}\n\n{text}\n", "=".repeat(80), names.join(", "))?;
    }
    Ok(all)
}

/// Names and versions of the crates that are linked into the program. Procedural macros and build dependencies are not
/// linked.
fn linked_crates(root: &Path, target: &str) -> Result<BTreeSet<(String, String)>> {
    let tree = [
        "tree",
        "--locked",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--package",
        "ialog",
        "--target",
        target,
    ];
    let printed = cargo::output(root, &tree)?;
    Ok(printed.lines().filter_map(name_and_version).collect())
}

/// The crate in a line of `cargo tree`.
fn name_and_version(line: &str) -> Option<(String, String)> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?);
    Some((name.to_owned(), version.strip_prefix('v')?.to_owned()))
}

/// The texts of the licence files in a crate's folder. White space at line ends is removed, so that equal texts compare
/// equal.
fn licence_texts(package: &DependencyPackage) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent();
    let folder = folder.with_context(|| format!("the package {} has no folder", package.name))?;
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
        let is_licence = name.is_some_and(|name| FILE_PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
        if is_licence && path.is_file() {
            let text = fs::read(&path)?;
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
            texts.push(lines.join("\n"));
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_cargo_tree_names_a_crate() {
        for (line, expected) in [
            ("serde v1.0.228", Some(("serde", "1.0.228"))),
            ("zstd v0.14.0 (*)", Some(("zstd", "0.14.0"))),
            ("ialog v0.1.0 (/somewhere/ialog)", Some(("ialog", "0.1.0"))),
            ("", None),
        ] {
            let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
            assert_eq!(name_and_version(line), expected);
        }
    }

    #[test]
    fn licences_of_linked_crates_are_listed_with_their_texts_except_for_this_workspace() {
        let root = crate::workspace::root();
        let all = third_party_licences(&root, &cargo::host_target(&root).unwrap()).unwrap();
        let (list, texts) = all.split_once("====").unwrap();
        assert!(list.contains("\nserde_json 1."), "{list}");
        assert!(!list.contains("ionos-activitylog"), "{list}");
        // A procedural macro is not linked.
        assert!(!list.contains("\nserde_derive "), "{list}");
        for part in ["Permission is hereby granted", "Apache License", "zstd-sys"] {
            assert!(texts.contains(part), "{part}");
        }
    }
}
