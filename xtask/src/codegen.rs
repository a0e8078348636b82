//! `cargo xtask codegen`: from the vendor's description to the client crate in three readable steps, all committed:
//! vendor file -> patched description -> generated code. Inputs are pinned and in the repository, so the same
//! commit always gives the same bytes.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::description::overlay::{self, AppliedAction};
use crate::description::{Description, lint};
use crate::generate;
use crate::outputs::Output;
use crate::workspace::{GENERATED, PATCHED, PROVENANCE};

/// The generated client stays reviewable: more lines than this is an error.
const MOST_LINES: usize = 3_000;

/// The patched description, and every overlay action that led to it.
pub struct Patched {
    /// The document after all overlays.
    pub document: Value,
    /// The actions in the order in which they were applied.
    pub actions: Vec<AppliedAction>,
}

/// Reads the vendor's description, checks its provenance, applies the overlays and lints the result.
pub fn patched(root: &Path) -> Result<Patched> {
    patch(root, Description::read(root)?.document)
}

fn patch(root: &Path, mut document: Value) -> Result<Patched> {
    let mut actions = Vec::new();
    for file in overlay::read_all(root)? {
        actions.extend(file.apply(&mut document)?);
    }
    lint::check(&document)?;
    Ok(Patched { document, actions })
}

/// Everything that codegen writes.
pub fn outputs(root: &Path) -> Result<Vec<Output>> {
    let Description { document, provenance } = Description::read(root)?;
    let patched = patch(root, document)?;
    let client = generate::client(&patched.document)?;
    let lines = client.lines().count();
    if lines >= MOST_LINES {
        bail!("the generated client has {lines} lines, {MOST_LINES} are the most a reviewer should be asked to read");
    }
    Ok(vec![
        Output { path: PROVENANCE, contents: provenance.text },
        Output { path: PATCHED, contents: format!("{:#}\n", patched.document) },
        Output { path: GENERATED, contents: client },
    ])
}

/// Writes what has changed.
pub fn write(root: &Path) -> Result<()> {
    for output in outputs(root)? {
        let state = if output.write(root)? { "written" } else { "unchanged" };
        println!("{state:<9} {} ({} lines)", output.path, output.contents.lines().count());
    }
    Ok(())
}

/// Fails with a diff when a committed file is not what would be generated.
pub fn check(root: &Path) -> Result<()> {
    let mut stale = Vec::new();
    for output in outputs(root)? {
        match output.diff(root)? {
            None => println!("up to date {} ({} lines)", output.path, output.contents.lines().count()),
            Some(diff) => {
                println!("{diff}");
                stale.push(output.path);
            }
        }
    }
    if !stale.is_empty() {
        bail!("{} not up to date, run `cargo xtask codegen` and review the difference", stale.join(", "));
    }
    Ok(())
}
