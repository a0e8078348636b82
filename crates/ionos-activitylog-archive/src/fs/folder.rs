//! Creates folders and makes names in them durable. The name of a file survives a loss of power once its folder is
//! synced.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fail_point::{FailPoint, FailPoints};
use super::permissions;
use crate::error::Error;

/// The folder of a path; `.` for a bare file name.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes the name of a file durable. Does nothing where folders cannot be synced: on systems other than Unix, and on
/// file systems that refuse to sync a folder, such as some network file systems.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    sync_folder(folder_of(path))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match fs::File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    sync_folder(folder).map_err(|source| Error::Write { path: folder.to_path_buf(), source })
}

/// Whether the path is a folder. False for a link to a folder, because a link could lead out of the archive.
pub(crate) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// Creates a folder and its missing parents, durably. Fails if the path is a link.
pub(crate) fn create_all(path: &Path, fail_points: &FailPoints) -> Result<(), Error> {
    if is_folder(path) {
        return Ok(());
    }
    let failed = |source| Error::Create { path: path.to_path_buf(), source };
    if fs::symlink_metadata(path).is_ok() {
        return Err(failed(io::ErrorKind::NotADirectory.into()));
    }
    let mut missing: Vec<&Path> = path.ancestors().take_while(|one| !one.exists()).collect();
    missing.retain(|one| !one.as_os_str().is_empty());
    permissions::folders().recursive(true).create(path).map_err(failed)?;
    for created in missing {
        sync_folder_of(created).map_err(failed)?;
    }
    fail_points.reach(FailPoint::FolderMade);
    Ok(())
}

/// Creates a folder in an existing folder. The caller must make the name of the new folder durable with [`sync`] of the
/// existing folder. One sync is enough for several new folders.
pub(crate) fn create_unsynced(path: &Path, fail_points: &FailPoints) -> Result<(), Error> {
    match permissions::folders().create(path) {
        Err(_) if is_folder(path) => return Ok(()),
        made => made.map_err(|source| Error::Create { path: path.to_path_buf(), source })?,
    }
    fail_points.reach(FailPoint::FolderMade);
    Ok(())
}

/// Removes a file durably. A missing file is not an error.
pub(crate) fn remove_file(path: &Path, fail_points: &FailPoints) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_path_buf(), source };
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        removed => removed.map_err(failed)?,
    }
    fail_points.reach(FailPoint::LeftoverRemoved);
    sync_folder_of(path).map_err(failed)
}

/// Returns two values. The first is the path at which a file will be written; if `path` is a link, the link is
/// resolved. The second is the metadata of the file that will be replaced, or `None` if no file exists.
///
/// Fails with [`Error::AlreadyExists`] if the file exists and `overwrite` is false, and with [`Error::NotAFile`] if the
/// path is not a regular file, such as a folder or a dangling link.
pub(super) fn destination(path: &Path, overwrite: bool) -> Result<(PathBuf, Option<fs::Metadata>), Error> {
    let path_buf = || path.to_path_buf();
    let refused = |source| Error::Create { path: path_buf(), source };
    let existing = match fs::metadata(path) {
        Ok(existing) => existing,
        Err(_) if path.is_symlink() => return Err(Error::NotAFile { path: path_buf() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((path_buf(), None)),
        Err(error) => return Err(refused(error)),
    };
    if !existing.is_file() {
        return Err(Error::NotAFile { path: path_buf() });
    }
    if !overwrite {
        return Err(Error::AlreadyExists { path: path_buf() });
    }
    let path = fs::canonicalize(path).map_err(refused)?;
    Ok((path, Some(existing)))
}

/// Removes the temporary file name that `tempfile` adds to its errors, because the user does not know that name.
pub(super) fn without_temporary_name(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        return io::Error::new(error.kind(), "its folder does not exist");
    }
    if error.raw_os_error().is_some() {
        return error;
    }
    let Some(inner) = error.get_ref().and_then(|wrapped| wrapped.source()) else {
        return error;
    };
    let code = inner.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
    code.map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_place_of_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (elsewhere, link) = (folder.path().join("elsewhere"), folder.path().join("link"));
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let fail_points = FailPoints::default();
        for created in [create_all(&link, &fail_points), create_unsynced(&link, &fail_points)] {
            assert!(matches!(created, Err(Error::Create { .. })), "{created:?}");
        }
        fs::remove_dir(&elsewhere).unwrap();
        assert!(create_all(&link, &fail_points).is_err(), "a link to nothing");
        assert!(!elsewhere.exists());
    }

    #[test]
    fn a_file_system_that_cannot_sync_a_folder_is_not_an_error() {
        // Linux refuses to sync `/proc`, with EINVAL.
        assert!(fs::File::open("/proc").unwrap().sync_all().is_err());
        sync(Path::new("/proc")).unwrap();
        assert!(sync(Path::new("/proc/no-such-folder")).is_err());
    }
}
