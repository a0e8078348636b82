//! Compares manifests, state and file sizes before an export writes, because a new manifest would make modified files
//! look valid. Only [`verify_archive`](crate::verify_archive) compares contents, which takes too long for every export.

use super::ContractWriter;
use crate::error::Error;
use crate::layout::ContractFolder;
use crate::state::ArchiveIdentity;

/// The hint for a file that is missing or differs.
const RESTORE: &str = "restore the archive from a copy, or export to a new folder and keep this one as evidence; \
                       `ialog verify` shows all differences";

impl ContractWriter {
    /// Fails if the state knows a range or a manifest that is not there. Fails as well if no export is open, and there is
    /// more than the state knows.
    pub(super) fn check_against_state(&self) -> Result<(), Error> {
        let lost = self.state.covered_ranges().difference(&self.covered_ranges());
        if let Some(first) = lost.iter().next() {
            return Err(Error::Damaged {
                path: self.folder.day(first.start().date_naive()),
                detail: format!("{first} was archived, but no manifest covers it"),
                hint: RESTORE,
            });
        }
        let is_closed = self.state_existed && !self.state.open;
        let added = self.covered_ranges().difference(&self.state.covered_ranges());
        let is_closed_twice = self.open_on_disk.iter().any(|date| !self.chain.open.contains_key(date));
        if is_closed && (is_closed_twice || !added.is_empty()) {
            return Err(Error::Damaged {
                path: self.folder.path().to_path_buf(),
                detail: "the manifests state more than the state, although the last export ended".to_owned(),
                hint: RESTORE,
            });
        }
        // The state of an interrupted export may be older than the chain.
        let (written, links) = (self.state.head, &self.chain.links);
        let is_known = written.is_none_or(|written| links.contains(&written));
        let is_last = self.state.open || written.is_none() || written == links.last().copied();
        if let Some(head) = written.filter(|_| !is_known || !is_last) {
            let path = match head.number {
                Some(number) => self.folder.manifest(number),
                None => self.folder.manifest_of_version_1(head.date),
            };
            return Err(Error::Damaged {
                path,
                detail: "it is not the last manifest that was written".to_owned(),
                hint: RESTORE,
            });
        }
        Ok(())
    }

    /// Fails if a part is missing or has another size than its manifest says, because the range of such a part must not
    /// be sealed.
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
                return Err(Error::Damaged { path, detail, hint: RESTORE });
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
