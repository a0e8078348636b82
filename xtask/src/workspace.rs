//! Where things are in the repository.

use std::path::{Path, PathBuf};

/// The root of the repository; every path below is relative to such a root.
#[must_use]
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The vendor's description, as published or transcribed.
pub const VENDOR: &str = "openapi/activitylog-v1.yaml";
/// Where the vendor's description comes from.
pub const PROVENANCE: &str = "openapi/PROVENANCE.toml";
/// The patches, applied in the order of their file names.
pub const OVERLAYS: &str = "openapi/overlay";
/// The description after all patches.
pub const PATCHED: &str = "openapi/activitylog-v1.patched.json";
/// The generated client.
pub const GENERATED: &str = "crates/ionos-activitylog-client/src/generated.rs";
/// The examples of the facade.
pub const EXAMPLES: &str = "crates/ionos-activitylog/examples";
