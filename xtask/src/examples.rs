//! Runs every example of the facade, because an example that compiles may still fail.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{cargo, workspace};

/// Runs each example of the facade. Fails if an example fails or prints nothing, or if there is no example.
pub fn run(root: &Path) -> Result<()> {
    let names = example_names(&root.join(workspace::EXAMPLES))?;
    if names.is_empty() {
        bail!("{} contains no example", workspace::EXAMPLES);
    }
    for name in names {
        println!("ci: example {name}");
        let package = ["run", "--quiet", "--package", "ionos-activitylog"];
        let printed = cargo::output(root, &[&package[..], &["--example", &name]].concat())?;
        if printed.trim().is_empty() {
            bail!("the example {name} prints nothing; change it to print its result");
        }
    }
    Ok(())
}

/// The names of the examples in a folder, sorted. The subfolders contain shared code and are skipped.
fn example_names(folder: &Path) -> Result<Vec<String>> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().and_then(|name| name.to_str());
            let name = name.with_context(|| format!("the file name of {} is not UTF-8", path.display()))?;
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_source_files_of_the_folder_are_examples() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.rs", "a.rs", "notes.md"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("support")).unwrap();
        assert_eq!(example_names(folder.path()).unwrap(), ["a", "b"]);
    }
}
