//! An example that is compiled and never run is wrong before long. So every one is run, whatever is in the folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{cargo, workspace};

/// Runs each example of the facade. Fails when one fails or prints nothing, and when there is none.
pub fn run(root: &Path) -> Result<()> {
    let names = names(&root.join(workspace::EXAMPLES))?;
    if names.is_empty() {
        bail!("there is no example in {}", workspace::EXAMPLES);
    }
    for name in names {
        println!("ci: example {name}");
        let package = ["run", "--quiet", "--package", "ionos-activitylog"];
        let printed = cargo::output(root, &[&package[..], &["--example", &name]].concat())?;
        if printed.trim().is_empty() {
            bail!("the example {name} prints nothing, so nobody sees what it shows");
        }
    }
    Ok(())
}

/// The names of the examples in a folder, in their order. A folder in it holds what they share.
fn names(folder: &Path) -> Result<Vec<String>> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().and_then(|name| name.to_str());
            let name = name.with_context(|| format!("{} is no name", path.display()))?;
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
    fn every_source_file_in_the_folder_is_an_example_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.rs", "a.rs", "notes.md"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("support")).unwrap();
        assert_eq!(names(folder.path()).unwrap(), ["a", "b"]);
    }
}
