//! Nearly every licence asks for its text to go along with a program. So the texts of all crates that are linked into it
//! are gathered, each text once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cargo;

/// How the names of files begin that hold a licence, or what it asks for.
const NAMES: [&str; 5] = ["licen", "copying", "copyright", "notice", "unlicense"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: PathBuf,
    /// None for the crates of this workspace.
    source: Option<String>,
}

/// The licences of all crates from elsewhere that the program is made of on a target.
pub(super) fn third_party(root: &Path, target: &str) -> Result<String> {
    let linked = linked(root, target)?;
    let metadata = ["metadata", "--format-version", "1", "--locked"];
    let metadata: Metadata = serde_json::from_str(&cargo::output(root, &metadata)?)?;
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut packages: Vec<&Package> = metadata
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
        for text in texts_of(package)? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    let mut all = format!("This program is made of crates of other authors, under these licences (SPDX):\n\n{list}");
    for (text, names) in texts {
        write!(all, "\n{}\n{}\n\n{text}\n", "=".repeat(80), names.join(", "))?;
    }
    Ok(all)
}

/// The names and versions of what is linked into the program. What only builds it is not.
fn linked(root: &Path, target: &str) -> Result<BTreeSet<(String, String)>> {
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

/// What a line of `cargo tree` names.
fn name_and_version(line: &str) -> Option<(String, String)> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?);
    Some((name.to_owned(), version.strip_prefix('v')?.to_owned()))
}

/// The texts that lie in a crate's folder, white space at the ends of lines left out, so that the same is the same.
fn texts_of(package: &Package) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent();
    let folder = folder.with_context(|| format!("{} has no folder", package.name))?;
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
        let is_one = name.is_some_and(|name| NAMES.iter().any(|begins| name.starts_with(begins)));
        if is_one && path.is_file() {
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
    fn each_line_of_the_tree_names_a_crate() {
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
    fn licences_of_others_are_named_with_their_texts_and_ours_is_not_among_them() {
        let root = crate::workspace::root();
        let all = third_party(&root, &cargo::host(&root).unwrap()).unwrap();
        let (list, texts) = all.split_once("====").unwrap();
        assert!(list.contains("\nserde_json 1."), "{list}");
        assert!(!list.contains("ionos-activitylog"), "{list}");
        // It only makes code.
        assert!(!list.contains("\nserde_derive "), "{list}");
        for part in ["Permission is hereby granted", "Apache License", "zstd-sys"] {
            assert!(texts.contains(part), "{part}");
        }
    }
}
