//! Writes a file that takes hours to write. After a kill, another process can continue the file. The file grows as
//! `.NAME.partial` beside its final name, with a checkpoint that contains the number of valid bytes. The next process
//! removes the bytes that a killed process wrote after the checkpoint.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::Sha256;

use super::atomic_file::temporary_prefix;
use super::fail_point::{FailPoint, FailPoints};
use super::folder::{destination, folder_of, sync_folder_of, without_temporary_name};
use super::permissions::{make_private, of_complete_file, private};
use super::regular_file;
use super::sidecar_paths::{SidecarPaths, remove};
use crate::digest::HashingWriter;
use crate::error::Error;

/// Maximum size of a checkpoint in bytes. A checkpoint contains the text of at most one frame. A frame has less than
/// 1 MiB before its last event, and this event is at most as large as a page. JSON may escape each byte of the text.
const MAX_CHECKPOINT_BYTES: u64 = 512 << 20;

/// A file that grows beside its final name. This process holds the lock of the file, if the file system has locks.
///
/// If the value is dropped without [`ResumableFile::commit`], the partial file stays if it has a checkpoint. Otherwise
/// it is removed.
#[derive(Debug)]
pub(crate) struct ResumableFile {
    file: Arc<File>,
    paths: SidecarPaths,
    overwrite: bool,
    /// Permissions that the file gets with its name.
    permissions: Option<Permissions>,
    /// Whether the partial file and its checkpoint stay when this value is dropped.
    keep: bool,
    fail_points: FailPoints,
}

impl ResumableFile {
    /// Opens and locks the partial file of `path`. Creates this file, unless an earlier process has left one.
    ///
    /// Fails with the errors of [`AtomicFile::create`](super::AtomicFile::create), and with [`Error::Locked`] while
    /// another process holds the lock.
    pub(crate) fn open(path: &Path, overwrite: bool, fail_points: &FailPoints) -> Result<Self, Error> {
        let found = destination(path, overwrite);
        if let Err(Error::AlreadyExists { .. }) = found {
            SidecarPaths::new(path.to_path_buf()).remove_stale_checkpoint();
        }
        let (target, existing) = found?;
        let paths = SidecarPaths::new(target);
        let refused = |source| Error::Create { path: path.to_path_buf(), source: without_temporary_name(source) };
        let file = loop {
            let mut options = File::options();
            private(options.read(true).write(true).create(true).truncate(false));
            let file = regular_file::open_to_continue(&mut options, &paths.partial).map_err(|source| {
                let path = if source.raw_os_error().is_some() { path } else { &paths.partial };
                Error::Create { path: path.to_path_buf(), source: without_temporary_name(source) }
            })?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked { path: path.to_path_buf(), owner: None });
                }
                // The file system has no locks.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(source)) => {
                    regular_file::remove_if_empty(&file, &paths.partial);
                    return Err(Error::NoLocks { path: path.to_path_buf(), source });
                }
            }
            // Another process may have renamed or removed the file between opening and locking it.
            if is_same_file(&file, &paths.partial) {
                break file;
            }
        };
        // An earlier version of the program may have left a file that other users can read.
        make_private(&file).map_err(refused)?;
        let permissions = match existing {
            Some(existing) => Some(existing.permissions()),
            None => of_complete_file(folder_of(&paths.partial), &temporary_prefix(path)).map_err(refused)?,
        };
        let keep = paths.checkpoint.exists();
        let fail_points = fail_points.clone();
        Ok(Self { keep, file: Arc::new(file), paths, overwrite, permissions, fail_points })
    }

    /// The bytes and the path of the checkpoint beside a file that already has its final name. A process leaves such a
    /// checkpoint only if it is killed after it renames the file and before it removes the checkpoint. `None` if there
    /// is no checkpoint or a partial file exists.
    pub(crate) fn checkpoint_of_named(path: &Path) -> Option<(Vec<u8>, PathBuf)> {
        let paths = SidecarPaths::new(path.to_path_buf());
        if paths.partial.exists() || !paths.target.exists() {
            return None;
        }
        let bytes = regular_file::read_if_exists(&paths.checkpoint, MAX_CHECKPOINT_BYTES).ok()??;
        Some((bytes, paths.checkpoint))
    }

    /// The bytes and the path of the checkpoint. `None` if there is no checkpoint.
    pub(crate) fn checkpoint(&self) -> Result<Option<(Vec<u8>, &Path)>, Error> {
        let path = &self.paths.checkpoint;
        let bytes = regular_file::read_if_exists(path, MAX_CHECKPOINT_BYTES)?;
        Ok(bytes.map(|bytes| (bytes, path.as_path())))
    }

    /// The hash of the first `bytes` bytes of the partial file. The hash is not finished, so more bytes can be added to
    /// it.
    pub(crate) fn hash(&self, bytes: u64) -> Result<Sha256, Error> {
        let mut hashing = HashingWriter::new(io::sink());
        let hashed =
            (&*self.file).seek(SeekFrom::Start(0)).and_then(|_| io::copy(&mut (&*self.file).take(bytes), &mut hashing));
        hashed.map_err(|error| self.failed(error))?;
        Ok(hashing.hash)
    }

    /// Fails with [`Error::Damaged`] if the partial file is shorter than its checkpoint says.
    pub(crate) fn check_length(&self, expected: u64) -> Result<(), Error> {
        let length = self.file.metadata().map_err(|error| self.failed(error))?.len();
        if length < expected {
            let detail = format!("it has {length} bytes, but its checkpoint counts {expected}");
            return Err(Error::damaged(self.paths.partial.clone(), detail));
        }
        Ok(())
    }

    /// Truncates the partial file to `kept_bytes`, the number of bytes that its checkpoint counts, and returns the
    /// file, positioned at its end. With `None`, the file starts from zero, and an old checkpoint is removed. `Some(0)`
    /// keeps the checkpoint, because it may hold the text of the first frame.
    pub(crate) fn begin(&mut self, kept_bytes: Option<u64>) -> Result<Arc<File>, Error> {
        if kept_bytes.is_none() {
            self.keep = false;
            remove(&self.paths.checkpoint).map_err(|error| self.failed(error))?;
        }
        let bytes = kept_bytes.unwrap_or_default();
        remove(&self.paths.next_checkpoint).map_err(|error| self.failed(error))?;
        let begun = self.file.set_len(bytes).and_then(|()| (&*self.file).seek(SeekFrom::Start(bytes)));
        begun.map_err(|error| self.failed(error))?;
        self.fail_points.reach(FailPoint::FileBegun);
        Ok(self.file.clone())
    }

    /// Syncs the bytes written so far, then replaces the checkpoint.
    pub(crate) fn save(&mut self, checkpoint: &[u8]) -> Result<(), Error> {
        self.check_present()?;
        let saved = self.file.sync_data().and_then(|()| {
            self.fail_points.reach(FailPoint::FileSynced);
            self.paths.replace_checkpoint(checkpoint, &self.fail_points)
        });
        saved.map_err(|error| self.failed(error))?;
        self.keep = true;
        Ok(())
    }

    /// From now on, a drop of this value removes the partial file and its checkpoint.
    pub(crate) fn discard_on_drop(&mut self) {
        self.keep = false;
    }

    /// The path that the file has until it is complete.
    pub(crate) fn partial_path(&self) -> &Path {
        &self.paths.partial
    }

    /// The final path.
    pub(crate) fn target(&self) -> &Path {
        &self.paths.target
    }

    /// Syncs the file, gives it its name and removes the checkpoint.
    ///
    /// Fails with [`Error::AlreadyExists`] if another file now has the final name and must not be replaced. In this
    /// case, the partial file stays if it has a checkpoint.
    pub(crate) fn commit(mut self) -> Result<(), Error> {
        self.check_present()?;
        if let Some(permissions) = &self.permissions {
            self.file.set_permissions(permissions.clone()).map_err(|error| self.failed(error))?;
        }
        self.file.sync_all().map_err(|error| self.failed(error))?;
        let paths = self.paths.clone();
        let partial = tempfile::TempPath::try_from_path(&paths.partial).map_err(|error| self.failed(error))?;
        let named =
            if self.overwrite { partial.persist(&paths.target) } else { partial.persist_noclobber(&paths.target) };
        if let Err(error) = named {
            let tempfile::PathPersistError { error, path } = error;
            // `TempPath` must not remove the partial file; `Drop` decides whether it stays.
            let _ = path.keep();
            return Err(match error.kind() {
                io::ErrorKind::AlreadyExists => Error::AlreadyExists { path: paths.target },
                _ => self.failed(error),
            });
        }
        self.keep = true;
        self.fail_points.reach(FailPoint::FileNamed);
        // Remove the checkpoint only after the name is durable: a loss of power may undo the renaming.
        let cleaned = sync_folder_of(&paths.target)
            .and_then(|()| remove(&paths.checkpoint))
            .and_then(|()| sync_folder_of(&paths.target));
        cleaned.map_err(|error| self.failed(error))?;
        self.fail_points.reach(FailPoint::CheckpointRemoved);
        Ok(())
    }

    /// Fails if another program has removed or replaced the partial file. Without this check, a new checkpoint could
    /// count bytes that are lost.
    fn check_present(&mut self) -> Result<(), Error> {
        if is_same_file(&self.file, &self.paths.partial) {
            return Ok(());
        }
        self.keep = false;
        let source = io::Error::new(io::ErrorKind::NotFound, "it no longer exists");
        Err(Error::Write { path: self.paths.partial.clone(), source })
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Write { path: self.paths.target.clone(), source }
    }
}

impl Drop for ResumableFile {
    fn drop(&mut self) {
        if !self.keep {
            // Remove the checkpoint first: without a checkpoint, the next process discards a leftover partial file.
            let _ = remove(&self.paths.checkpoint);
            if is_same_file(&self.file, &self.paths.partial) {
                let _ = remove(&self.paths.partial);
            }
        }
    }
}

/// Whether the file at a path is still this open file.
#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(own), Ok(other)) => identity(own) == identity(other),
        _ => false,
    }
}

/// On systems other than Unix, an open file keeps its name.
#[cfg(not(unix))]
fn is_same_file(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::layout::names;

    const CHECKPOINT: &[u8] = b"checkpoint";

    fn open(path: &Path, overwrite: bool) -> Result<ResumableFile, Error> {
        ResumableFile::open(path, overwrite, &FailPoints::default())
    }

    #[test]
    fn bytes_after_the_checkpoint_are_truncated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut partial = open(&path, false).unwrap();
        let mut file = partial.begin(None).unwrap();
        file.write_all(b"kept").unwrap();
        partial.save(CHECKPOINT).unwrap();
        file.write_all(b" and not").unwrap();
        drop((partial, file));
        assert_eq!(names(folder.path()).unwrap(), [".a.ndjson.checkpoint.json", ".a.ndjson.partial"]);

        let mut partial = open(&path, false).unwrap();
        assert_eq!(partial.checkpoint().unwrap().unwrap().0, CHECKPOINT);
        let mut file = partial.begin(Some(4)).unwrap();
        file.write_all(b"!").unwrap();
        drop(file);
        partial.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"kept!");
        assert_eq!(names(folder.path()).unwrap(), ["a.ndjson"]);
    }

    #[test]
    fn a_file_without_a_checkpoint_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(folder.path().join(".a.ndjson.partial"), "left by a kill").unwrap();
        let mut partial = open(&path, false).unwrap();
        assert_eq!(partial.checkpoint().unwrap(), None);
        partial.begin(None).unwrap().write_all(b"half").unwrap();
        drop(partial);
        assert_eq!(names(folder.path()).unwrap(), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn a_partial_file_that_leads_elsewhere_is_refused_and_stays() {
        type Place = fn(&Path, &Path) -> io::Result<()>;
        let cases: [(Place, &str); 2] = [
            (|victim, link| fs::hard_link(victim, link), "the file has another name (a hard link)"),
            (|victim, link| std::os::unix::fs::symlink(victim, link), "it is not a regular file"),
        ];
        for (place, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            let victim = folder.path().join("victim");
            fs::write(&victim, "content").unwrap();
            place(&victim, &folder.path().join(".a.ndjson.partial")).unwrap();
            for overwrite in [false, true] {
                let error = open(&folder.path().join("a.ndjson"), overwrite).unwrap_err().to_string();
                assert!(error.contains(".a.ndjson.partial cannot be created: ") && error.contains(expected), "{error}");
            }
            assert_eq!(fs::read(&victim).unwrap(), b"content");
        }
    }

    /// A checkpoint is replaced and never written in place. So if the path of the checkpoint is a hard link to another
    /// file, the content of that file does not change.
    #[cfg(unix)]
    #[test]
    fn a_file_with_a_hard_link_in_place_of_a_checkpoint_keeps_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "content").unwrap();
        for name in [".a.ndjson.checkpoint.json", ".a.ndjson.checkpoint.next"] {
            fs::hard_link(&victim, folder.path().join(name)).unwrap();
        }
        let mut partial = open(&folder.path().join("a.ndjson"), false).unwrap();
        partial.begin(None).unwrap().write_all(b"ours").unwrap();
        partial.save(CHECKPOINT).unwrap();
        partial.commit().unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"content");
    }

    #[test]
    fn a_second_writer_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let partial = open(&path, false).unwrap();
        let second = open(&path, false);
        assert!(matches!(second, Err(Error::Locked { .. })));
        drop(partial);
        open(&path, false).unwrap();
    }

    #[test]
    fn a_file_shorter_than_its_checkpoint_is_not_continued() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut partial = open(&path, false).unwrap();
        partial.begin(None).unwrap().write_all(b"four").unwrap();
        partial.save(CHECKPOINT).unwrap();
        let error = partial.check_length(5).unwrap_err().to_string();
        assert!(error.ends_with("it has 4 bytes, but its checkpoint counts 5"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_removed_file_is_not_continued_and_its_replacement_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let beside = folder.path().join(".a.ndjson.partial");
        for another in [false, true] {
            let mut partial = open(&path, false).unwrap();
            partial.begin(None).unwrap().write_all(b"ours").unwrap();
            partial.save(CHECKPOINT).unwrap();
            fs::remove_file(&beside).unwrap();
            if another {
                fs::write(&beside, "theirs").unwrap();
            }
            let error = partial.save(CHECKPOINT).unwrap_err();
            assert!(error.to_string().ends_with(".partial cannot be written: it no longer exists"), "{error}");
            assert!(matches!(partial.commit(), Err(Error::Write { .. })));
            let left: &[&str] = if another { &[".a.ndjson.partial"] } else { &[] };
            assert_eq!(names(folder.path()).unwrap(), left);
        }
    }

    #[test]
    fn a_file_created_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut partial = open(&path, false).unwrap();
        partial.begin(None).unwrap().write_all(b"ours").unwrap();
        partial.save(CHECKPOINT).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(matches!(partial.commit(), Err(Error::AlreadyExists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(fs::read(folder.path().join(".a.ndjson.partial")).unwrap(), b"ours");
    }

    #[test]
    fn the_checkpoint_of_a_finished_file_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "whole").unwrap();
        fs::write(folder.path().join(".a.ndjson.checkpoint.json"), "{}").unwrap();
        assert!(matches!(open(&path, false), Err(Error::AlreadyExists { .. })));
        assert_eq!(names(folder.path()).unwrap(), ["a.ndjson"]);
    }

    #[test]
    fn the_longest_possible_name_works() {
        let folder = tempfile::tempdir().unwrap();
        for end in ["a", "b"] {
            let path = folder.path().join("n".repeat(254) + end);
            let mut partial = open(&path, false).unwrap();
            partial.begin(None).unwrap();
            partial.save(CHECKPOINT).unwrap();
            // Leaves the files as a kill does. Two long names must not share their files.
            std::mem::forget(partial);
        }
        assert_eq!(names(folder.path()).unwrap().len(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn the_partial_file_and_its_checkpoint_are_readable_only_for_their_owner() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let mut partial = open(&path, true).unwrap();
        partial.begin(None).unwrap();
        partial.save(CHECKPOINT).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
