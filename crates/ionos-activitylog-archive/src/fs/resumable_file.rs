//! A file that takes hours to write must outlive the process that writes it, and must still not be found under its name
//! before it is whole. So it grows beside that name, as `.NAME.partial`, with a checkpoint that says how much of it
//! counts; whatever lies behind that was written by a process that did not live to say so, and is cut off.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::Digest;
use crate::error::Error;
use crate::export::FileCheckpoint;
use crate::fs::{FailPoint, FailPoints, destination, folder_of, plain, sync_folder};

/// The longest name, in bytes, that is kept whole in the names beside it: file systems take 255.
const MAX_NAME_BYTES: usize = 200;

/// A file in the making that can be gone on with. It is this process's alone as long as it is there.
///
/// Dropped before [`ResumableFile::commit`], its files stay if there is a checkpoint, and are gone otherwise.
#[derive(Debug)]
pub(crate) struct ResumableFile {
    file: Arc<File>,
    paths: SidecarPaths,
    overwrite: bool,
    keep: bool,
    fail_points: FailPoints,
}

/// Names beside the target's, always the same ones for the same target.
#[derive(Clone, Debug)]
struct SidecarPaths {
    target: PathBuf,
    partial: PathBuf,
    checkpoint: PathBuf,
    /// The next checkpoint, before it is whole.
    next: PathBuf,
}

impl SidecarPaths {
    fn of(target: PathBuf) -> Self {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let name = if name.len() > MAX_NAME_BYTES {
            let beginning: String = name.chars().take(40).collect();
            format!("{beginning}-{}", Digest::sha256(name.as_bytes()).short())
        } else {
            name.into_owned()
        };
        let beside = |ending: &str| folder_of(&target).join(format!(".{name}.{ending}"));
        Self {
            partial: beside("partial"),
            checkpoint: beside("checkpoint.json"),
            next: beside("checkpoint.next"),
            target,
        }
    }
}

impl ResumableFile {
    /// Takes the file in the making for a target, new or left by another process. Fails as
    /// [`AtomicFile::create`](crate::AtomicFile::create), and with [`Error::Locked`] while another process has it.
    pub(crate) fn open(path: &Path, overwrite: bool, fail_points: &FailPoints) -> Result<Self, Error> {
        let found = destination(path, overwrite);
        if let Err(Error::Exists(_)) = found {
            clean(&SidecarPaths::of(path.to_path_buf()));
        }
        let (target, existing) = found?;
        let paths = SidecarPaths::of(target);
        let refused = |error| Error::Create(path.to_path_buf(), plain(error));
        let file = loop {
            let file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&paths.partial)
                .map_err(refused)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked(path.to_path_buf(), None));
                }
                // Where a file system knows no locks, there is none.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(refused(error)),
            }
            // Between the two it may have been given its name, or removed.
            if is_at(&file, &paths.partial) {
                break file;
            }
        };
        if let Some(existing) = existing {
            file.set_permissions(existing.permissions()).map_err(refused)?;
        }
        Ok(Self {
            keep: paths.checkpoint.exists(),
            file: Arc::new(file),
            paths,
            overwrite,
            fail_points: fail_points.clone(),
        })
    }

    /// What the last process to write it left. Fails with [`Error::Damaged`] or [`Error::Newer`] for what is no
    /// checkpoint or not of this file.
    pub(crate) fn checkpoint(&self) -> Result<Option<FileCheckpoint>, Error> {
        let path = &self.paths.checkpoint;
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::Open(path.clone(), error)),
        };
        let checkpoint = FileCheckpoint::from_bytes(&bytes, path)?;
        let there = self.file.metadata().map_err(|error| self.failed(error))?;
        if there.len() < checkpoint.bytes {
            return Err(Error::damaged(
                self.paths.partial.clone(),
                format!("it has {} bytes, and {} were written", there.len(), checkpoint.bytes),
            ));
        }
        Ok(Some(checkpoint))
    }

    /// Goes on behind the bytes that a checkpoint counts, and cuts off the rest. Without one, everything is begun anew,
    /// and an old checkpoint counts no more; one with no bytes is not none, as it may hold the text of the first frame.
    pub(crate) fn begin(&mut self, kept: Option<&FileCheckpoint>) -> Result<Arc<File>, Error> {
        if kept.is_none() {
            self.keep = false;
            remove(&self.paths.checkpoint).map_err(|error| self.failed(error))?;
        }
        let bytes = kept.map_or(0, |kept| kept.bytes);
        remove(&self.paths.next).map_err(|error| self.failed(error))?;
        let begun = self.file.set_len(bytes).and_then(|()| (&*self.file).seek(SeekFrom::Start(bytes)));
        begun.map_err(|error| self.failed(error))?;
        self.fail_points.reach(FailPoint::FileBegun);
        Ok(self.file.clone())
    }

    /// Brings to the disk what was written so far, and then the checkpoint that says so.
    pub(crate) fn save(&mut self, checkpoint: &FileCheckpoint) -> Result<(), Error> {
        self.check_there()?;
        let paths = &self.paths;
        let saved = self.file.sync_data().and_then(|()| {
            self.fail_points.reach(FailPoint::FileSynced);
            let mut next = File::create(&paths.next)?;
            next.set_permissions(self.file.metadata()?.permissions())?;
            next.write_all(&checkpoint.to_bytes())?;
            next.sync_all()?;
            self.fail_points.reach(FailPoint::CheckpointWritten);
            fs::rename(&paths.next, &paths.checkpoint)?;
            self.fail_points.reach(FailPoint::CheckpointNamed);
            sync_folder(&paths.checkpoint)
        });
        saved.map_err(|error| self.failed(error))?;
        self.keep = true;
        Ok(())
    }

    /// Nothing of it is worth keeping.
    pub(crate) fn forget(&mut self) {
        self.keep = false;
    }

    /// Where it will be.
    pub(crate) fn target(&self) -> &Path {
        &self.paths.target
    }

    /// Makes the bytes durable and gives the file its name. Fails with [`Error::Exists`] when another file took the
    /// name meanwhile and may not be replaced; then the file in the making stays if there is a checkpoint.
    pub(crate) fn commit(mut self) -> Result<(), Error> {
        self.check_there()?;
        self.file.sync_all().map_err(|error| self.failed(error))?;
        let paths = self.paths.clone();
        let partial = tempfile::TempPath::try_from_path(&paths.partial).map_err(|error| self.failed(error))?;
        let named =
            if self.overwrite { partial.persist(&paths.target) } else { partial.persist_noclobber(&paths.target) };
        if let Err(error) = named {
            let tempfile::PathPersistError { error, path } = error;
            // It is not a temporary file, which would be removed here: whether it stays is decided elsewhere.
            let _ = path.keep();
            return Err(match error.kind() {
                io::ErrorKind::AlreadyExists => Error::Exists(paths.target),
                _ => self.failed(error),
            });
        }
        // Only leftovers are left now.
        self.keep = true;
        self.fail_points.reach(FailPoint::FileNamed);
        // A name that a loss of power takes back must still have its checkpoint.
        let cleaned = sync_folder(&paths.target)
            .and_then(|()| remove(&paths.checkpoint))
            .and_then(|()| sync_folder(&paths.target));
        cleaned.map_err(|error| self.failed(error))?;
        self.fail_points.reach(FailPoint::CheckpointRemoved);
        Ok(())
    }

    /// Fails where somebody else has removed the file or put another in its place: what is written goes nowhere then, and
    /// a checkpoint would speak of what nobody has.
    fn check_there(&mut self) -> Result<(), Error> {
        if is_at(&self.file, &self.paths.partial) {
            return Ok(());
        }
        self.keep = false;
        let gone = io::Error::new(io::ErrorKind::NotFound, "it is gone");
        Err(Error::Write(self.paths.partial.clone(), gone))
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::Write(self.paths.target.clone(), error)
    }
}

impl Drop for ResumableFile {
    fn drop(&mut self) {
        if !self.keep {
            // The checkpoint first: without it, the other is nothing.
            let _ = remove(&self.paths.checkpoint);
            if is_at(&self.file, &self.paths.partial) {
                let _ = remove(&self.paths.partial);
            }
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Removes what a process that was killed right behind naming the file had no time to remove.
fn clean(paths: &SidecarPaths) {
    if !paths.partial.exists() {
        let _ = remove(&paths.checkpoint);
        let _ = remove(&paths.next);
    }
}

/// Whether it is the file that is there.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(own), Ok(other)) => identity(own) == identity(other),
        _ => false,
    }
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use ionos_activitylog::DateRange;

    use super::*;
    use crate::export::{CHECKPOINT_SCHEMA, ExportSpec, FileTarget};
    use crate::layout::names;

    fn checkpoint(bytes: u64) -> FileCheckpoint {
        let range = DateRange::day("2026-11-20".parse().unwrap(), &Utc).unwrap();
        let target = FileTarget::new("a.ndjson").unwrap();
        FileCheckpoint {
            schema: CHECKPOINT_SCHEMA.to_owned(),
            reading: ExportSpec::new("https://api.example.com", 7.into(), range, &target),
            bytes,
            read_to: range.start(),
            events: 0,
            with_issues: 0,
            requests: 0,
            open: String::new(),
        }
    }

    fn open(path: &Path, overwrite: bool) -> Result<ResumableFile, Error> {
        ResumableFile::open(path, overwrite, &FailPoints::default())
    }

    #[test]
    fn what_was_not_said_to_be_there_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut partial = open(&path, false).unwrap();
        let mut file = partial.begin(None).unwrap();
        file.write_all(b"kept").unwrap();
        partial.save(&checkpoint(4)).unwrap();
        file.write_all(b" and not").unwrap();
        drop((partial, file));
        assert_eq!(names(folder.path()).unwrap(), [".a.ndjson.checkpoint.json", ".a.ndjson.partial"]);

        let mut partial = open(&path, false).unwrap();
        assert_eq!(partial.checkpoint().unwrap(), Some(checkpoint(4)));
        let mut file = partial.begin(Some(&checkpoint(4))).unwrap();
        file.write_all(b"!").unwrap();
        drop(file);
        partial.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"kept!");
        assert_eq!(names(folder.path()).unwrap(), ["a.ndjson"]);
    }

    #[test]
    fn without_a_checkpoint_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(folder.path().join(".a.ndjson.partial"), "left by a kill").unwrap();
        let mut partial = open(&path, false).unwrap();
        assert_eq!(partial.checkpoint().unwrap(), None);
        partial.begin(None).unwrap().write_all(b"half").unwrap();
        drop(partial);
        assert_eq!(names(folder.path()).unwrap(), [""; 0]);
    }

    #[test]
    fn a_file_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let partial = open(&path, false).unwrap();
        let second = open(&path, false);
        assert!(matches!(second, Err(Error::Locked(..))));
        drop(partial);
        open(&path, false).unwrap();
    }

    #[test]
    fn a_file_that_lost_bytes_is_not_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut partial = open(&path, false).unwrap();
        partial.begin(None).unwrap().write_all(b"four").unwrap();
        partial.save(&checkpoint(5)).unwrap();
        let error = partial.checkpoint().unwrap_err().summary();
        assert!(error.ends_with("it has 4 bytes, and 5 were written"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_vanished_is_not_gone_on_with_and_another_in_its_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let beside = folder.path().join(".a.ndjson.partial");
        for another in [false, true] {
            let mut partial = open(&path, false).unwrap();
            partial.begin(None).unwrap().write_all(b"ours").unwrap();
            partial.save(&checkpoint(4)).unwrap();
            fs::remove_file(&beside).unwrap();
            if another {
                fs::write(&beside, "theirs").unwrap();
            }
            let error = partial.save(&checkpoint(4)).unwrap_err();
            assert!(error.summary().ends_with(".partial cannot be written: it is gone"), "{error}");
            assert!(matches!(partial.commit(), Err(Error::Write(..))));
            let left: &[&str] = if another { &[".a.ndjson.partial"] } else { &[] };
            assert_eq!(names(folder.path()).unwrap(), left);
        }
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut partial = open(&path, false).unwrap();
        partial.begin(None).unwrap().write_all(b"ours").unwrap();
        partial.save(&checkpoint(4)).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(matches!(partial.commit(), Err(Error::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(fs::read(folder.path().join(".a.ndjson.partial")).unwrap(), b"ours");
    }

    #[test]
    fn what_is_left_of_a_kill_behind_the_naming_is_cleaned() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "whole").unwrap();
        fs::write(folder.path().join(".a.ndjson.checkpoint.json"), "{}").unwrap();
        assert!(matches!(open(&path, false), Err(Error::Exists(_))));
        assert_eq!(names(folder.path()).unwrap(), ["a.ndjson"]);
    }

    #[test]
    fn the_longest_name_that_a_folder_takes_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        for end in ["a", "b"] {
            let path = folder.path().join("n".repeat(254) + end);
            let mut partial = open(&path, false).unwrap();
            partial.begin(None).unwrap();
            partial.save(&checkpoint(0)).unwrap();
            // Another name has others beside it.
            std::mem::forget(partial);
        }
        assert_eq!(names(folder.path()).unwrap().len(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_hands_its_permissions_on_from_the_start() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let mut partial = open(&path, true).unwrap();
        partial.begin(None).unwrap();
        partial.save(&checkpoint(0)).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
