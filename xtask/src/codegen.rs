//! `cargo xtask codegen`: generates the client crate from the API description. The input and the output of each step
//! are committed files: description -> patched description -> generated code. All inputs are pinned in the repository,
//! so one commit always gives the same bytes.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::description::overlay::{self, AppliedAction};
use crate::description::{Description, lint};
use crate::generate;
use crate::outputs::Output;
use crate::workspace::{GENERATED, PATCHED, PROVENANCE};

/// Maximum number of lines of the generated client. A longer file is rejected, because it would not be reviewed.
const MAX_LINES: usize = 3_000;

/// The patched description and the overlay actions that produced it.
pub struct PatchedDescription {
    /// The document after all overlays.
    pub document: Value,
    /// The applied actions, in order.
    pub actions: Vec<AppliedAction>,
}

/// Reads the API description, checks its provenance, applies the overlays and lints the result.
pub fn patch_description(root: &Path) -> Result<PatchedDescription> {
    patch(root, Description::read(root)?.document)
}

fn patch(root: &Path, mut document: Value) -> Result<PatchedDescription> {
    let mut actions = Vec::new();
    for file in overlay::read_all(root)? {
        actions.extend(file.apply(&mut document)?);
    }
    lint::check(&document)?;
    Ok(PatchedDescription { document, actions })
}

/// Generates every output without writing it.
pub fn generate_outputs(root: &Path) -> Result<Vec<Output>> {
    let Description { document, provenance } = Description::read(root)?;
    let patched = patch(root, document)?;
    let client = generate::client(&patched.document)?;
    let lines = client.lines().count();
    if lines > MAX_LINES {
        bail!("the generated client has {lines} lines; the maximum for a review is {MAX_LINES}");
    }
    Ok(vec![
        Output { path: PROVENANCE, contents: provenance.text },
        Output { path: PATCHED, contents: format!("{:#}\n", patched.document) },
        Output { path: GENERATED, contents: client },
    ])
}

/// Writes the outputs that changed.
pub fn write(root: &Path) -> Result<()> {
    for output in generate_outputs(root)? {
        let state = if output.write(root)? { "written" } else { "unchanged" };
        println!("{state:<9} {} ({} lines)", output.path, output.contents.lines().count());
    }
    Ok(())
}

/// Prints a diff and fails if a committed file differs from the generated one.
pub fn check(root: &Path) -> Result<()> {
    let mut stale = Vec::new();
    for output in generate_outputs(root)? {
        match output.diff(root)? {
            None => println!("up to date {} ({} lines)", output.path, output.contents.lines().count()),
            Some(diff) => {
                println!("{diff}");
                stale.push(output.path);
            }
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask codegen` and review the difference", stale.join(", "));
    }
    Ok(())
}
