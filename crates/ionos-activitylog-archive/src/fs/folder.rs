//! What an archive has written must still be there after a loss of power, and never half of it. So every file of an
//! archive is written under another name in its folder, brought to the disk, given its name, and then the folder is
//! brought to the disk too.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::Error;
use crate::fs::{FailPoint, FailPoints, folder_of, plain, sync_folder, sync_names};

/// What the names of files in the making end in.
const PARTIAL: &str = ".partial";

/// What a file is, which decides about the names of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveFileKind {
    Part,
    Manifest,
    State,
}

impl ArchiveFileKind {
    fn begun(self) -> FailPoint {
        match self {
            Self::Part => FailPoint::PartBegun,
            Self::Manifest => FailPoint::ManifestBegun,
            Self::State => FailPoint::StateBegun,
        }
    }

    fn written(self) -> FailPoint {
        match self {
            Self::Part => FailPoint::PartWritten,
            Self::Manifest => FailPoint::ManifestWritten,
            Self::State => FailPoint::StateWritten,
        }
    }

    fn synced(self) -> FailPoint {
        match self {
            Self::Part => FailPoint::PartSynced,
            Self::Manifest => FailPoint::ManifestSynced,
            Self::State => FailPoint::StateSynced,
        }
    }

    fn named(self) -> FailPoint {
        match self {
            Self::Part => FailPoint::PartNamed,
            Self::Manifest => FailPoint::ManifestNamed,
            Self::State => FailPoint::StateNamed,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Part => ".part.",
            Self::Manifest => ".manifest.",
            Self::State => ".state.",
        }
    }
}

/// A file in the making. Dropped before it has its name, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct DurableFile {
    file: NamedTempFile,
    kind: ArchiveFileKind,
    fail_points: FailPoints,
}

impl DurableFile {
    /// Starts a file in a folder that is there.
    pub(crate) fn begin(folder: &Path, kind: ArchiveFileKind, fail_points: &FailPoints) -> Result<Self, Error> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(kind.prefix()).suffix(PARTIAL);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|error| Error::Write(folder.to_path_buf(), plain(error)))?;
        fail_points.reach(kind.begun());
        Ok(Self { file, kind, fail_points: fail_points.clone() })
    }

    /// Brings the bytes to the disk and gives the file its name in the same folder, in place of whatever has it.
    pub(crate) fn commit(self, path: &Path) -> Result<(), Error> {
        self.commit_after(path, || Ok(()))
    }

    /// The same; does something between the two.
    pub(crate) fn commit_after(self, path: &Path, between: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        let Self { file, kind, fail_points } = self;
        let failed = |error| Error::Write(path.to_path_buf(), error);
        fail_points.reach(kind.written());
        file.as_file().sync_all().map_err(failed)?;
        fail_points.reach(kind.synced());
        between()?;
        file.persist(path).map_err(|error| failed(error.error))?;
        fail_points.reach(kind.named());
        sync_folder(path).map_err(failed)
    }
}

impl Write for DurableFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// Writes a whole file.
pub(crate) fn write(path: &Path, bytes: &[u8], kind: ArchiveFileKind, fail_points: &FailPoints) -> Result<(), Error> {
    let mut file = DurableFile::begin(folder_of(path), kind, fail_points)?;
    file.write_all(bytes).map_err(|error| Error::Write(path.to_path_buf(), error))?;
    file.commit(path)
}

/// Makes a folder and those that it is in, and makes that last.
pub(crate) fn make_folder(path: &Path, fail_points: &FailPoints) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let failed = |error| Error::Create(path.to_path_buf(), error);
    let mut missing: Vec<&Path> = path.ancestors().take_while(|one| !one.exists()).collect();
    missing.retain(|one| !one.as_os_str().is_empty());
    fs::create_dir_all(path).map_err(failed)?;
    for made in missing {
        sync_folder(made).map_err(failed)?;
    }
    fail_points.reach(FailPoint::FolderMade);
    Ok(())
}

/// Makes a folder in one that is there. It lasts once the other is brought to the disk, which is up to the caller: see
/// [`sync`].
pub(crate) fn add_folder(path: &Path, fail_points: &FailPoints) -> Result<(), Error> {
    match fs::create_dir(path) {
        Err(_) if path.is_dir() => return Ok(()),
        made => made.map_err(|error| Error::Create(path.to_path_buf(), error))?,
    }
    fail_points.reach(FailPoint::FolderMade);
    Ok(())
}

/// Makes the names in a folder last.
pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    sync_names(folder).map_err(|error| Error::Write(folder.to_path_buf(), error))
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path, fail_points: &FailPoints) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        removed => removed.map_err(|error| Error::Write(path.to_path_buf(), error))?,
    }
    fail_points.reach(FailPoint::LeftoverRemoved);
    sync_folder(path).map_err(|error| Error::Write(path.to_path_buf(), error))
}

/// Whether a process that was killed may have left a file of this name.
pub(crate) fn is_leftover(name: &str) -> bool {
    let kinds = [ArchiveFileKind::Part, ArchiveFileKind::Manifest, ArchiveFileKind::State];
    name.ends_with(PARTIAL) && kinds.iter().any(|kind| name.starts_with(kind.prefix()))
}
