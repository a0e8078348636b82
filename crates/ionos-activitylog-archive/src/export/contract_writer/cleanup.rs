//! Removes the leftovers of killed exports. A file that [`verify_archive`](crate::verify_archive) reports as a finding
//! is never removed: it can be evidence, or the only copy of events whose manifests were lost.

use std::path::{Path, PathBuf};

use super::ContractWriter;
use crate::error::Error;
use crate::fs::regular_file::is_regular_file;
use crate::fs::{folder, is_leftover};
use crate::layout::{is_kept_file, names};
use crate::manifest::Manifest;

/// A file that no manifest names, and that contains events or kept records (records that are in no part).
pub(super) struct UnnamedFile {
    pub(super) path: PathBuf,
    /// Whether an interrupted export can have left the file.
    pub(super) can_be_leftover: bool,
}

impl ContractWriter {
    /// Returns the files that no manifest names, if an interrupted export can have left all of them. Otherwise fails:
    /// another program has added a file, or the manifest that named a file was removed.
    pub(super) fn leftovers(&self, was_interrupted: bool) -> Result<Vec<PathBuf>, Error> {
        let unnamed = self.unnamed_files()?;
        let is_added = |file: &&UnnamedFile| !(was_interrupted && file.can_be_leftover);
        let added: Vec<PathBuf> = unnamed.iter().filter(is_added).map(|file| file.path.clone()).collect();
        if added.is_empty() {
            return Ok(unnamed.into_iter().map(|file| file.path).collect());
        }
        Err(Error::UnnamedFiles { paths: added })
    }

    /// The files that no manifest names, of all days, in order of date.
    pub(super) fn unnamed_files(&self) -> Result<Vec<UnnamedFile>, Error> {
        let mut unnamed = Vec::new();
        for date in self.folder.days()? {
            let folder = self.folder.day(date);
            if !folder::is_folder(&folder) {
                // A link could lead out of the archive.
                continue;
            }
            let manifest = self.chain.days.get(&date);
            let pending = self.kept.get(&date);
            for name in names(&folder)?.into_iter().filter(|name| is_kept_file(name)) {
                let named =
                    manifest.into_iter().flat_map(|manifest| &manifest.kept).chain(pending.into_iter().flatten());
                let is_named = named.into_iter().any(|kept| kept.file == name);
                let path = folder.join(name);
                if !is_named && is_regular_file(&path) {
                    unnamed.push(UnnamedFile { path, can_be_leftover: true });
                }
            }
            for name in self.folder.parts(date)? {
                let path = folder.join(name.to_string());
                if !manifest.is_some_and(|manifest| manifest.names(&name)) && is_regular_file(&path) {
                    let can_be_leftover = Manifest::can_be_leftover(manifest, &name);
                    unnamed.push(UnnamedFile { path, can_be_leftover });
                }
            }
        }
        Ok(unnamed)
    }

    /// Removes files. Returns their number.
    pub(super) fn remove(&self, paths: &[PathBuf]) -> Result<u64, Error> {
        paths.iter().try_for_each(|path| folder::remove_file(path, &self.fail_points))?;
        Ok(paths.len() as u64)
    }

    /// Removes temporary files, which are never complete. Returns their number.
    pub(super) fn remove_partial_files(&self) -> Result<u64, Error> {
        let mut removed = self.remove_partial_files_in(self.folder.path())?;
        if self.folder.manifests().is_dir() {
            removed += self.remove_partial_files_in(&self.folder.manifests())?;
        }
        for date in self.folder.days()? {
            let folder = self.folder.day(date);
            if folder::is_folder(&folder) {
                removed += self.remove_partial_files_in(&folder)?;
            }
        }
        Ok(removed)
    }

    fn remove_partial_files_in(&self, folder: &Path) -> Result<u64, Error> {
        let paths = names(folder)?.into_iter().map(|name| folder.join(name));
        let partial: Vec<PathBuf> = paths.filter(|path| is_leftover(path)).collect();
        self.remove(&partial)
    }
}
