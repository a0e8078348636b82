//! Compares the sizes of parts with the manifests before an export writes anything, because a new manifest would make
//! modified files look valid. Only [`verify_archive`](crate::verify_archive) compares contents, because this takes too
//! long to do in every export.

use super::ContractWriter;
use crate::error::Error;
use crate::state::RESTORE_ARCHIVE;

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
