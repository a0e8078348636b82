//! Whoever finds a file under its name must find all of it, whatever happened to the process that wrote it. So the
//! bytes go to a file of another name in the same folder, are made durable there, and then take the name at once.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// A file in the making. Dropped before [`AtomicFile::commit`], it leaves nothing behind; a process that is killed
/// leaves `.NAME.RANDOM.partial`.
#[derive(Debug)]
pub struct AtomicFile {
    file: NamedTempFile,
    path: PathBuf,
    overwrite: bool,
}

impl AtomicFile {
    /// Starts a file that will be at `path`, following a link that stands there. A file that is replaced hands its
    /// permissions on.
    ///
    /// Fails when something is there already and `overwrite` is not set, when it is no ordinary file, and when the
    /// folder cannot be written to; so all this is known before any work is done.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, Error> {
        let (path, existing) = destination(path, overwrite)?;
        let mut builder = tempfile::Builder::new();
        let prefix = prefix(&path);
        builder.prefix(&prefix).suffix(".partial");
        // A new file gets what the user's mask leaves, as any other.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let refused = |error| Error::Create(path.clone(), plain(error));
        let file = builder.tempfile_in(folder_of(&path)).map_err(refused)?;
        if let Some(existing) = existing {
            file.as_file().set_permissions(existing.permissions()).map_err(refused)?;
        }
        Ok(Self { file, path, overwrite })
    }

    /// Makes the bytes durable and gives the file its name.
    ///
    /// Fails with [`Error::Exists`] when another file took the name meanwhile and `overwrite` was not set.
    pub fn commit(self) -> Result<(), Error> {
        let Self { file, path, overwrite } = self;
        let failed = |error| Error::Write(path.clone(), error);
        file.as_file().sync_all().map_err(failed)?;
        let named = if overwrite { file.persist(&path) } else { file.persist_noclobber(&path) };
        match named.map_err(|error| error.error) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Error::Exists(path));
            }
            Err(error) => return Err(failed(error)),
        }
        sync_folder(&path).map_err(failed)
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

/// Where a file will be, with what it replaces there; follows a link. Fails as [`AtomicFile::create`].
pub(crate) fn destination(path: &Path, overwrite: bool) -> Result<(PathBuf, Option<fs::Metadata>), Error> {
    let refused = |error| Error::Create(path.to_path_buf(), error);
    let existing = match fs::metadata(path) {
        Ok(existing) => existing,
        // A link to nowhere.
        Err(_) if path.is_symlink() => return Err(Error::NotAFile(path.to_path_buf())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((path.to_path_buf(), None));
        }
        Err(error) => return Err(refused(error)),
    };
    if !existing.is_file() {
        return Err(Error::NotAFile(path.to_path_buf()));
    }
    if !overwrite {
        return Err(Error::Exists(path.to_path_buf()));
    }
    let path = fs::canonicalize(path).map_err(refused)?;
    Ok((path, Some(existing)))
}

/// Tells whoever finds a leftover what it was to become. Cut, because the whole name has to fit too.
fn prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beginning: String = name.chars().take(40).collect();
    format!(".{beginning}.")
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A name is durable once the folder that holds it is. Elsewhere than on Unix a folder cannot be synced.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    sync_names(folder_of(path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_names(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The error without the temporary name that tempfile adds to it, which means nothing to the user.
pub(crate) fn plain(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        return io::Error::new(error.kind(), "its folder does not exist");
    }
    if error.raw_os_error().is_some() {
        return error;
    }
    let inner = error.get_ref().and_then(|wrapped| wrapped.source());
    let code = inner.and_then(|inner| inner.downcast_ref::<io::Error>()?.raw_os_error());
    code.map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_has_the_name_before_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut file = AtomicFile::create(&path, false).unwrap();
        file.write_all(b"whole").unwrap();
        assert!(!path.exists());
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["a.ndjson"]);
    }

    #[test]
    fn a_file_that_is_dropped_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(&folder.path().join("a.ndjson"), false).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn an_existing_file_is_replaced_only_on_demand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "old").unwrap();
        assert!(matches!(AtomicFile::create(&path, false), Err(Error::Exists(_))));
        let mut file = AtomicFile::create(&path, true).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let file = AtomicFile::create(&path, false).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(matches!(file.commit(), Err(Error::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(names(folder.path()), ["a.ndjson"]);
    }

    #[test]
    fn what_is_no_ordinary_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(AtomicFile::create(folder.path(), true), Err(Error::NotAFile(_))));
        let missing = folder.path().join("missing/a.ndjson");
        assert!(matches!(AtomicFile::create(&missing, false), Err(Error::Create(..))));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_its_file_is_replaced() {
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
    fn a_link_to_nowhere_is_refused_before_any_work() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("missing"), &link).unwrap();
        for overwrite in [false, true] {
            assert!(matches!(AtomicFile::create(&link, overwrite), Err(Error::NotAFile(_))));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_hands_its_permissions_on() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        AtomicFile::create(&path, true).unwrap().commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_longest_name_that_a_folder_takes_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n".repeat(255));
        AtomicFile::create(&path, false).unwrap().commit().unwrap();
        assert!(path.exists());
    }
}
