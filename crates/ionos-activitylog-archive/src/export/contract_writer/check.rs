//! Compares the sizes of parts with the manifests before an export writes anything, because a new manifest would make
//! modified files look valid. Only [`verify_archive`](crate::verify_archive) compares contents, because this takes too
//! long to do in every export.

use super::ContractWriter;
use crate::error::Error;
use crate::layout::ContractFolder;
use crate::state::{ArchiveIdentity, RESTORE_ARCHIVE};

impl ContractWriter {
    /// Fails if a part is missing or has another size than its manifest says, because the range of such a part must not
    /// be sealed (marked as confirmed by a reread).
    pub(super) fn check_parts(&self) -> Result<(), Error> {
        for (date, manifest) in &self.chain.days {
            for part in &manifest.parts {
                let path = self.folder.day(*date).join(part.file.to_string());
                let detail = match std::fs::metadata(&path) {
                    Ok(found) if found.len() == part.bytes => continue,
                    Ok(found) => format!("it has {} bytes, the manifest says {}", found.len(), part.bytes),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => "it is missing".to_owned(),
                    Err(error) => return Err(Error::Open { path, source: error }),
                };
                return Err(Error::Damaged { path, detail, hint: RESTORE_ARCHIVE });
            }
        }
        Ok(())
    }
}

/// Fails if the archive belongs to another service, contract, filter or id rule.
pub(super) fn check_identity(
    folder: &ContractFolder,
    actual: &ArchiveIdentity,
    expected: &ArchiveIdentity,
) -> Result<(), Error> {
    let describe = |identity: &ArchiveIdentity| {
        let filter = match identity.filter.as_str() {
            "" => String::new(),
            filter => format!(", filter {filter:?}"),
        };
        format!("contract {} at {}{filter} (ids by {})", identity.contract, identity.api, identity.id_rule)
    };
    if actual == expected {
        return Ok(());
    }
    Err(Error::IdentityMismatch {
        path: folder.path().to_path_buf(),
        actual: describe(actual),
        expected: describe(expected),
    })
}
