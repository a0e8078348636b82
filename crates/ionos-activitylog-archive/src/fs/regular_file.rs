//! Opens files with predictable names. Another user may have put something else in the place of such a file. Only
//! regular files are opened: a pipe or a device could block or never end, and a link could lead to a file outside of
//! the archive. A file that is written in place must have no other name (hard link), because the content would change
//! under the other name as well. Every read has a maximum number of bytes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::digest::{Digest, HashingWriter};
use crate::error::Error;

/// The error of a file that is not a regular file.
#[derive(Debug, thiserror::Error)]
#[error("it is not a regular file")]
pub(crate) struct NotRegularFile;

/// Whether a file was not opened because it is a link or not a regular file.
pub(crate) fn is_not_regular(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|error| error.is::<NotRegularFile>())
}

/// Whether there is a regular file at the path, and not a link to one.
pub(crate) fn is_regular_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// Opens a file for reading. Fails at once, without waiting, if the path is a link or not a regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    open_with(File::options().read(true), path)
}

/// The error of a file that would be written in place and has another name.
#[derive(Debug, thiserror::Error)]
#[error("the file has another name (a hard link), and writing to the file would also change it under that name")]
pub(crate) struct HasAnotherName;

/// Opens or creates a file with `options`, to write to the file in place. Fails in the cases of [`open`], and also if
/// the file has another name.
pub(crate) fn open_to_continue(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = open_with(options, path)?;
    if has_another_name(&file.metadata()?) { Err(io::Error::other(HasAnotherName)) } else { Ok(file) }
}

/// Opens or creates a file to replace its content in place. Fails and changes nothing if the path is a link or not a
/// regular file, or if the file has another name (a hard link).
pub fn open_to_overwrite(path: &Path) -> io::Result<File> {
    let file = open_to_continue(File::options().write(true).create(true).truncate(false), path)?;
    file.set_len(0)?;
    Ok(file)
}

/// Removes an empty file that was opened and cannot be locked. A file with content stays. An error of the removal does
/// not matter, because the caller returns the error of the lock.
pub(crate) fn remove_if_empty(file: &File, path: &Path) {
    if file.metadata().is_ok_and(|found| found.len() == 0) {
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(unix)]
fn has_another_name(found: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 1
}

/// On systems other than Unix, the number of names of a file is not known.
#[cfg(not(unix))]
fn has_another_name(_: &std::fs::Metadata) -> bool {
    false
}

/// Like [`open`], but with `options`, which must not truncate the file.
fn open_with(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Without NONBLOCK, opening a pipe waits for its other end.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let not_regular = || io::Error::other(NotRegularFile);
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(not_regular()),
        // If the metadata cannot be read, continue: the error of opening the file is clearer.
        _ => {}
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    Ok(file)
}

/// SHA-256 of the first `max` bytes of a file, or of the whole file if it is shorter.
pub(crate) fn digest(path: &Path, max: u64) -> io::Result<Digest> {
    let mut hashing = HashingWriter::new(io::sink());
    io::copy(&mut open(path)?.take(max), &mut hashing)?;
    Ok(hashing.hash.into())
}

/// Reads a whole file of at most `max` bytes. Fails with [`Error::Open`] if it cannot be read, and with
/// [`Error::Damaged`] if it is longer.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    open(path)
        .and_then(|file| file.take(max.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|source| Error::Open { path: path.to_path_buf(), source })?;
    if bytes.len() as u64 > max {
        return Err(Error::damaged(path.to_path_buf(), format!("it has more than {max} bytes")));
    }
    Ok(bytes)
}

/// Like [`read`], but returns `None` if the file does not exist.
pub(crate) fn read_if_exists(path: &Path, max: u64) -> Result<Option<Vec<u8>>, Error> {
    match read(path, max) {
        Err(Error::Open { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_above_the_maximum_size_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(read_if_exists(&path, 3).unwrap(), None);
        fs::write(&path, "abc").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"abc");
        assert!(matches!(read(&path, 2), Err(Error::Damaged { .. })));
        assert!(matches!(read_if_exists(folder.path(), 2), Err(Error::Open { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_a_hard_link_is_read_and_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "victim").unwrap();
        let write = || open_to_continue(File::options().write(true), &file);
        assert!(write().is_ok());
        fs::hard_link(&file, &link).unwrap();
        assert_eq!(read(&link, 6).unwrap(), b"victim");
        assert!(write().unwrap_err().to_string().contains("hard link"));
    }

    #[test]
    fn a_file_that_cannot_be_locked_is_removed_only_if_it_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        for (content, stays) in [("", false), ("kept", true)] {
            let path = folder.path().join(".a.partial");
            fs::write(&path, content).unwrap();
            remove_if_empty(&open(&path).unwrap(), &path);
            assert_eq!(path.exists(), stays, "{content:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_refused_keeps_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "content").unwrap();
        let (hard, soft) = (folder.path().join("hard"), folder.path().join("soft"));
        std::os::unix::fs::symlink(&victim, &soft).unwrap();
        assert!(open_to_overwrite(&soft).is_err());
        fs::hard_link(&victim, &hard).unwrap();
        assert!(open_to_overwrite(&hard).is_err());
        assert_eq!(fs::read(&victim).unwrap(), b"content");
        fs::remove_file(&hard).unwrap();
        open_to_overwrite(&victim).unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_pipe_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link, pipe) = (folder.path().join("file"), folder.path().join("link"), folder.path().join("pipe"));
        fs::write(&file, "victim").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        for path in [&link, &pipe, Path::new("/dev/zero")] {
            assert!(open(path).is_err(), "{}", path.display());
            assert!(open_to_continue(File::options().write(true), path).is_err(), "{}", path.display());
        }
    }
}
