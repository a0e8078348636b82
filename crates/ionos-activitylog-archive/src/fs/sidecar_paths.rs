//! The files beside a file that is written over hours: the partial file and its checkpoint. Their names follow from the
//! final name, so that the next process finds them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::fail_point::{FailPoint, FailPoints};
use super::folder::{folder_of, sync_folder_of};
use super::permissions::private;
use crate::digest::Digest;

/// If the final name has at most this number of bytes, the names of the partial file and the checkpoint contain the
/// whole final name. If the final name is longer, they contain only its beginning and its digest, because file systems
/// allow names of at most 255 bytes.
const MAX_NAME_BYTES: usize = 200;

/// The final path and the paths beside it, which depend only on the final path.
#[derive(Clone, Debug)]
pub(super) struct SidecarPaths {
    pub(super) target: PathBuf,
    pub(super) partial: PathBuf,
    pub(super) checkpoint: PathBuf,
    /// The next checkpoint, until it is complete.
    pub(super) next_checkpoint: PathBuf,
}

impl SidecarPaths {
    pub(super) fn new(target: PathBuf) -> Self {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let name = if name.len() > MAX_NAME_BYTES {
            let beginning: String = name.chars().take(40).collect();
            format!("{beginning}-{}", Digest::sha256(name.as_bytes()).short())
        } else {
            name.into_owned()
        };
        let beside = |suffix: &str| folder_of(&target).join(format!(".{name}.{suffix}"));
        Self {
            partial: beside("partial"),
            checkpoint: beside("checkpoint.json"),
            next_checkpoint: beside("checkpoint.next"),
            target,
        }
    }

    /// Removes the checkpoint of a process that was killed between renaming the file and removing its checkpoint.
    pub(super) fn remove_stale_checkpoint(&self) {
        if !self.partial.exists() {
            let _ = remove(&self.checkpoint);
            let _ = remove(&self.next_checkpoint);
        }
    }

    /// Replaces the checkpoint durably.
    ///
    /// `AtomicFile` does not fit: its temporary names are random, so every killed process would leave another file
    /// beside the user's file. Here, the temporary name is fixed, so that the next process replaces the file of a
    /// killed one. No two processes use the name at once, because the partial file is locked.
    pub(super) fn replace_checkpoint(&self, bytes: &[u8], fail_points: &FailPoints) -> io::Result<()> {
        // Do not continue a file of this name that an earlier process has left.
        remove(&self.next_checkpoint)?;
        let mut options = File::options();
        let mut next = private(options.write(true).create_new(true)).open(&self.next_checkpoint)?;
        next.write_all(bytes)?;
        next.sync_all()?;
        fail_points.reach(FailPoint::CheckpointWritten);
        fs::rename(&self.next_checkpoint, &self.checkpoint)?;
        fail_points.reach(FailPoint::CheckpointNamed);
        sync_folder_of(&self.checkpoint)
    }
}

/// Removes a file. A missing file is not an error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
