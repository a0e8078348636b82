//! Writes a file under a temporary name in its folder, syncs it, renames it and syncs the folder. So a file under its
//! final name is always complete, even if the process is killed.

use std::fs::Permissions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::fail_point::{FailPoint, FailPoints};
use super::folder::{destination, folder_of, sync_folder_of, without_temporary_name};
use super::permissions::{PARTIAL, of_complete_file, temporary_file};
use super::regular_file::is_regular_file;
use crate::error::Error;

/// A kind of file that an export writes to an archive. The kind decides the prefix of the temporary name and the fail
/// points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveFileKind {
    Part,
    Manifest,
    State,
}

impl ArchiveFileKind {
    const ALL: [Self; 3] = [Self::Part, Self::Manifest, Self::State];

    fn prefix(self) -> &'static str {
        match self {
            Self::Part => ".part.",
            Self::Manifest => ".manifest.",
            Self::State => ".state.",
        }
    }

    fn fail_point(self, step: WriteStep) -> FailPoint {
        match (self, step) {
            (Self::Part, WriteStep::Begun) => FailPoint::PartBegun,
            (Self::Part, WriteStep::Complete) => FailPoint::PartWritten,
            (Self::Part, WriteStep::Synced) => FailPoint::PartSynced,
            (Self::Part, WriteStep::Named) => FailPoint::PartNamed,
            (Self::Manifest, WriteStep::Begun) => FailPoint::ManifestBegun,
            (Self::Manifest, WriteStep::Complete) => FailPoint::ManifestWritten,
            (Self::Manifest, WriteStep::Synced) => FailPoint::ManifestSynced,
            (Self::Manifest, WriteStep::Named) => FailPoint::ManifestNamed,
            (Self::State, WriteStep::Begun) => FailPoint::StateBegun,
            (Self::State, WriteStep::Complete) => FailPoint::StateWritten,
            (Self::State, WriteStep::Synced) => FailPoint::StateSynced,
            (Self::State, WriteStep::Named) => FailPoint::StateNamed,
        }
    }
}

/// A step of writing a file.
#[derive(Clone, Copy, Debug)]
enum WriteStep {
    Begun,
    Complete,
    Synced,
    Named,
}

/// Whether a killed export may have left this temporary file in an archive. A folder or link with such a name is not a
/// leftover, because no export creates one.
pub(crate) fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(PARTIAL)
        && ArchiveFileKind::ALL.iter().any(|kind| name.starts_with(kind.prefix()))
        && is_regular_file(path)
}

/// A file that gets its final name once it is complete. If the `AtomicFile` is dropped before [`AtomicFile::commit`],
/// the temporary file is removed; a killed process leaves `.NAME.RANDOM.partial`.
#[derive(Debug)]
pub struct AtomicFile {
    file: NamedTempFile,
    /// The final path. For a file of an archive, the path of its folder until the final name is known.
    path: PathBuf,
    overwrite: bool,
    /// Permissions that the file gets with its name. `None`: only the owner may read it.
    permissions: Option<Permissions>,
    /// For a file of an archive: its kind and the fail points to reach.
    archive: Option<(ArchiveFileKind, FailPoints)>,
}

impl AtomicFile {
    /// Starts a file whose final path is `path`. If `path` is a link, the file replaces the target of the link. If the
    /// file replaces another file, it gets the permissions of that file.
    ///
    /// Fails with [`Error::AlreadyExists`] if the file exists and `overwrite` is false, with [`Error::NotAFile`] if the
    /// path is not a regular file, and with [`Error::Create`] if the folder is not writable. These errors occur before
    /// any work is done.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, Error> {
        let (path, existing) = destination(path, overwrite)?;
        let refused = |source| Error::Create { path: path.clone(), source: without_temporary_name(source) };
        let (folder, prefix) = (folder_of(&path), temporary_prefix(&path));
        let file = temporary_file(folder, &prefix).map_err(refused)?;
        let permissions = match existing {
            Some(existing) => Some(existing.permissions()),
            None => of_complete_file(folder, &prefix).map_err(refused)?,
        };
        Ok(Self { file, path, overwrite, permissions, archive: None })
    }

    /// Starts a file of an archive in an existing folder. The file gets its name from [`AtomicFile::commit_as`] and
    /// replaces any file of that name.
    pub(crate) fn create_in(folder: &Path, kind: ArchiveFileKind, fail_points: &FailPoints) -> Result<Self, Error> {
        let path = folder.to_path_buf();
        let refused = |source| Error::Write { path: path.clone(), source: without_temporary_name(source) };
        let file = temporary_file(folder, kind.prefix()).map_err(refused)?;
        let permissions = match kind {
            ArchiveFileKind::State => None,
            ArchiveFileKind::Part | ArchiveFileKind::Manifest => {
                of_complete_file(folder, kind.prefix()).map_err(refused)?
            }
        };
        let file = Self { file, path, overwrite: true, permissions, archive: Some((kind, fail_points.clone())) };
        file.reach(WriteStep::Begun);
        Ok(file)
    }

    /// Writes a file of an archive at once. Replaces any file of that name.
    pub(crate) fn write_all_to(
        path: &Path,
        bytes: &[u8],
        kind: ArchiveFileKind,
        fail_points: &FailPoints,
    ) -> Result<(), Error> {
        Self::create_in(folder_of(path), kind, fail_points)?.commit_bytes(path, bytes)
    }

    /// Like [`AtomicFile::write_all_to`], but fails with [`Error::AlreadyExists`] if the file exists.
    pub(crate) fn write_new(
        path: &Path,
        bytes: &[u8],
        kind: ArchiveFileKind,
        fail_points: &FailPoints,
    ) -> Result<(), Error> {
        let file = Self::create_in(folder_of(path), kind, fail_points)?;
        Self { overwrite: false, ..file }.commit_bytes(path, bytes)
    }

    fn commit_bytes(mut self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.write_all(bytes).map_err(|source| Error::Write { path: path.to_path_buf(), source })?;
        self.commit_as(path)
    }

    /// Makes the file durable and gives it its final name.
    ///
    /// Fails with [`Error::AlreadyExists`] if another file has taken the name and `overwrite` is false.
    pub fn commit(self) -> Result<(), Error> {
        self.publish(|| Ok(()))
    }

    /// Makes the file durable and renames it to `path`, which is in the same folder.
    pub(crate) fn commit_as(self, path: &Path) -> Result<(), Error> {
        self.commit_as_after(path, || Ok(()))
    }

    /// Like [`AtomicFile::commit_as`], but fails with [`Error::AlreadyExists`] if the file exists.
    pub(crate) fn commit_as_new(self, path: &Path) -> Result<(), Error> {
        Self { overwrite: false, ..self }.commit_as(path)
    }

    /// Like [`AtomicFile::commit_as`], but calls a function between syncing and renaming.
    pub(crate) fn commit_as_after(
        mut self,
        path: &Path,
        before_rename: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.path = path.to_path_buf();
        self.publish(before_rename)
    }

    fn publish(self, before_rename: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |source| Error::Write { path: path.clone(), source };
        self.reach(WriteStep::Complete);
        if let Some(permissions) = &self.permissions {
            self.file.as_file().set_permissions(permissions.clone()).map_err(failed)?;
        }
        self.file.as_file().sync_all().map_err(failed)?;
        self.reach(WriteStep::Synced);
        before_rename()?;
        let Self { file, overwrite, archive, .. } = self;
        let named = if overwrite { file.persist(&path) } else { file.persist_noclobber(&path) };
        if let Err(error) = named {
            return Err(match error.error {
                error if error.kind() == io::ErrorKind::AlreadyExists => Error::AlreadyExists { path },
                error => failed(error),
            });
        }
        if let Some((kind, fail_points)) = archive {
            fail_points.reach(kind.fail_point(WriteStep::Named));
        }
        sync_folder_of(&path).map_err(failed)
    }

    fn reach(&self, step: WriteStep) {
        if let Some((kind, fail_points)) = &self.archive {
            fail_points.reach(kind.fail_point(step));
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// The prefix of a temporary name, which shows to which file a leftover belongs. The prefix contains at most 40
/// characters of the file name, to leave room for the random part of the temporary name.
pub(super) fn temporary_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beginning: String = name.chars().take(40).collect();
    format!(".{beginning}.")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_has_its_name_only_after_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut file = AtomicFile::create(&path, false).unwrap();
        file.write_all(b"whole").unwrap();
        assert!(!path.exists());
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["a.ndjson"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_regular_file_is_a_leftover() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path(".part.a.partial"), "").unwrap();
        fs::write(path(".part.a"), "").unwrap();
        fs::create_dir(path(".part.b.partial")).unwrap();
        std::os::unix::fs::symlink(path(".part.a.partial"), path(".part.c.partial")).unwrap();
        let leftovers: Vec<String> = names(folder.path()).into_iter().filter(|name| is_leftover(&path(name))).collect();
        assert_eq!(leftovers, [".part.a.partial"]);
    }

    #[test]
    fn a_dropped_file_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(&folder.path().join("a.ndjson"), false).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn an_existing_file_is_replaced_only_with_overwrite() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "old").unwrap();
        assert!(matches!(AtomicFile::create(&path, false), Err(Error::AlreadyExists { .. })));
        let mut file = AtomicFile::create(&path, true).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_file_created_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let file = AtomicFile::create(&path, false).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(matches!(file.commit(), Err(Error::AlreadyExists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(names(folder.path()), ["a.ndjson"]);
    }

    #[test]
    fn only_a_regular_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(AtomicFile::create(folder.path(), true), Err(Error::NotAFile { .. })));
        let missing = folder.path().join("missing/a.ndjson");
        assert!(matches!(AtomicFile::create(&missing, false), Err(Error::Create { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn the_target_of_a_link_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut file = AtomicFile::create(&link, true).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_link_is_refused_before_any_work() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("missing"), &link).unwrap();
        for overwrite in [false, true] {
            assert!(matches!(AtomicFile::create(&link, overwrite), Err(Error::NotAFile { .. })));
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_new_file_has_the_permissions_of_the_replaced_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        AtomicFile::create(&path, true).unwrap().commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    /// If other users may read a file even for a moment, a user who opens the file in that moment can also read what is
    /// written later.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_written_is_private_from_the_start() {
        use std::mem::MaybeUninit;

        use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

        use crate::fs::ResumableFile;
        let folder = tempfile::tempdir().unwrap();
        let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
        let flags = WatchFlags::ATTRIB | WatchFlags::MODIFY;
        inotify::add_watch(&watch, folder.path(), flags).unwrap();
        // Names of the files whose permissions changed before the first byte was written.
        let changed = || {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut events = Reader::new(&watch, &mut buffer);
            let mut names = Vec::new();
            while let Ok(event) = events.next() {
                if event.events().contains(ReadFlags::MODIFY) {
                    break;
                }
                names.push(event.file_name().unwrap().to_str().unwrap().to_owned());
            }
            while events.next().is_ok() {}
            names
        };
        let fail_points = FailPoints::default();
        for kind in ArchiveFileKind::ALL {
            AtomicFile::create_in(folder.path(), kind, &fail_points).unwrap().write_all(b"x").unwrap();
            assert_eq!(changed(), [""; 0], "{kind:?}");
        }
        AtomicFile::create(&folder.path().join("a.csv"), false).unwrap().write_all(b"x").unwrap();
        assert_eq!(changed(), [""; 0]);
        let mut partial = ResumableFile::open(&folder.path().join("b.csv"), false, &fail_points).unwrap();
        partial.begin(None).unwrap();
        changed();
        partial.save(b"checkpoint").unwrap();
        assert_eq!(changed(), [""; 0], "the checkpoint is private from the start");
    }

    #[test]
    fn the_longest_possible_name_works() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n".repeat(255));
        AtomicFile::create(&path, false).unwrap().commit().unwrap();
        assert!(path.exists());
    }
}
