//! Paths in the repository, and the crates of the workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cargo;

/// The root of the repository. The paths in the constants of this module are relative to the root.
#[must_use]
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// File with the API description before overlays: the vendor's own file, or a transcription of the vendor's
/// documentation.
pub const VENDOR: &str = "openapi/activitylog-v1.yaml";
/// File with the origin and checksum of the API description.
pub const PROVENANCE: &str = "openapi/PROVENANCE.toml";
/// Folder of the overlays, which are applied in the order of their file names.
pub const OVERLAYS: &str = "openapi/overlay";
/// File with the description after all overlays.
pub const PATCHED: &str = "openapi/activitylog-v1.patched.json";
/// File with the source code of the generated client.
pub const GENERATED: &str = "crates/ionos-activitylog-client/src/generated.rs";
/// Folder of the examples of the crate `ionos-activitylog`.
pub const EXAMPLES: &str = "crates/ionos-activitylog/examples";

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub struct Member {
    /// The package's name.
    pub name: String,
    /// Root source files of the library and the programs of the crate, relative to the root of the repository. Tests
    /// and examples are not listed.
    pub entry_files: Vec<PathBuf>,
}

/// The part of `cargo metadata` that names the crates.
#[derive(Deserialize)]
struct WorkspaceMetadata {
    packages: Vec<WorkspacePackage>,
}

#[derive(Deserialize)]
struct WorkspacePackage {
    name: String,
    targets: Vec<WorkspaceTarget>,
}

#[derive(Deserialize)]
struct WorkspaceTarget {
    kind: Vec<String>,
    src_path: PathBuf,
}

/// The crates of the workspace, sorted by name.
pub fn members(root: &Path) -> Result<Vec<Member>> {
    let printed = cargo::output(root, &["metadata", "--format-version", "1", "--no-deps", "--offline"])?;
    let metadata: WorkspaceMetadata = serde_json::from_str(&printed).context("cannot read cargo metadata")?;
    let mut members = Vec::new();
    for package in metadata.packages {
        let targets = package.targets.into_iter().filter(WorkspaceTarget::is_library_or_program);
        let entry_files = targets.map(|target| relative(root, &target.src_path)).collect();
        members.push(Member { name: package.name, entry_files });
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

impl WorkspaceTarget {
    fn is_library_or_program(&self) -> bool {
        self.kind.iter().any(|kind| kind == "lib" || kind == "bin")
    }
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}
