//! Compares manifests, state and file sizes before an export writes, because a new manifest would make modified files
//! look valid. Only [`verify_archive`](crate::verify_archive) compares contents, which takes too long for every export.

use super::ContractWriter;
use crate::error::Error;
use crate::layout::ContractFolder;
use crate::manifest::ManifestLink;
use crate::state::ArchiveIdentity;

impl ContractWriter {
    pub(super) fn check_against_state(&self) -> Result<(), Error> {
        let lost = self.state.covered_ranges().difference(&self.covered_ranges());
        if let Some(first) = lost.iter().next() {
            let path = self.folder.manifest(first.start().date_naive());
            return Err(Error::Damaged {
                path,
                detail: format!("{first} was archived, but no manifest covers it"),
                hint: "`ialog verify` shows all differences; after `ialog state rebuild`, the next export reads it again",
            });
        }
        if let Some(head) = self.state.head.filter(|_| !self.state.open) {
            let found = self.head();
            if found != Some(head) {
                return Err(Error::Damaged {
                    path: self.folder.manifest(head.date),
                    detail: "it is not the last manifest that was written".to_owned(),
                    hint: "`ialog verify` shows all differences; `ialog state rebuild` accepts it as it is",
                });
            }
        }
        Ok(())
    }

    pub(super) fn check_chain(&self) -> Result<(), Error> {
        let mut previous: Option<ManifestLink> = None;
        for (date, (manifest, digest)) in &self.days {
            if manifest.previous != previous {
                let path = previous
                    .map_or_else(|| self.folder.manifest(*date), |previous| self.folder.manifest(previous.date));
                return Err(Error::Damaged {
                    path,
                    detail: format!("the manifest of {date} does not refer to it"),
                    hint: "run `ialog verify` to see all differences",
                });
            }
            previous = Some(ManifestLink { date: *date, sha256: *digest });
        }
        Ok(())
    }

    /// Fails if a part is missing or has another size than its manifest says, because the range of such a part must not
    /// be sealed.
    pub(super) fn check_parts(&self) -> Result<(), Error> {
        for (date, (manifest, _)) in &self.days {
            for part in &manifest.parts {
                let path = self.folder.day(*date).join(part.file.to_string());
                let detail = match std::fs::metadata(&path) {
                    Ok(found) if found.len() == part.bytes => continue,
                    Ok(found) => format!("it has {} bytes, the manifest says {}", found.len(), part.bytes),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => "it is missing".to_owned(),
                    Err(error) => return Err(Error::Open { path, source: error }),
                };
                return Err(Error::Damaged {
                    path,
                    detail,
                    hint: "restore it from a copy, or remove the folder of its day and run `ialog state rebuild --relink` to read \
                     the day again; `ialog verify` shows all differences",
                });
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
