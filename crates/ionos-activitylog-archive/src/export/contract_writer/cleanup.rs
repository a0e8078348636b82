//! Removes the leftovers of killed exports, which [`verify_archive`](crate::verify_archive) would report. Never touches
//! files that this program did not write.

use std::path::Path;

use super::ContractWriter;
use crate::error::Error;
use crate::fs::regular_file::is_regular_file;
use crate::fs::{folder, is_leftover};
use crate::layout::{is_kept_file, names};

impl ContractWriter {
    /// Removes temporary files, and parts that no manifest names. Parts whose range no manifest covers are removed only
    /// if the state shows an interrupted export.
    pub(super) fn cleanup(&self) -> Result<(), Error> {
        self.remove_partial_files(self.folder.path())?;
        if self.folder.manifests().is_dir() {
            self.remove_partial_files(&self.folder.manifests())?;
        }
        let was_interrupted = self.state_existed && self.state.open;
        for date in self.folder.days()? {
            let folder = self.folder.day(date);
            if !folder::is_folder(&folder) {
                // A link could lead out of the archive.
                continue;
            }
            self.remove_partial_files(&folder)?;
            let manifest = self.chain.days.get(&date);
            let covered = manifest.map(|manifest| manifest.verified_ranges().union(&manifest.unverified_ranges()));
            let is_file = |name: &str| is_regular_file(&folder.join(name));
            for name in names(&folder)?.into_iter().filter(|name| is_kept_file(name) && is_file(name)) {
                let is_named = manifest.is_some_and(|manifest| manifest.kept.iter().any(|kept| kept.file == name));
                let is_pending = self.kept.get(&date).is_some_and(|kept| kept.iter().any(|kept| kept.file == name));
                if !is_named && !is_pending && was_interrupted {
                    folder::remove_file(&folder.join(name), &self.fail_points)?;
                }
            }
            for name in self.folder.parts(date)? {
                let listed = manifest.is_some_and(|manifest| manifest.parts.iter().any(|part| part.file == name));
                let is_covered = covered.as_ref().is_some_and(|covered| covered.covers(name.range));
                let name = name.to_string();
                if !listed && (was_interrupted || is_covered) && is_file(&name) {
                    folder::remove_file(&folder.join(name), &self.fail_points)?;
                }
            }
        }
        Ok(())
    }

    fn remove_partial_files(&self, folder: &Path) -> Result<(), Error> {
        for name in names(folder)? {
            let path = folder.join(name);
            if is_leftover(&path) {
                folder::remove_file(&path, &self.fail_points)?;
            }
        }
        Ok(())
    }
}
