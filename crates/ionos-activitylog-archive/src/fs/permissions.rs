//! Permissions of new files and folders. A complete file is readable for its owner and its group. A state, a checkpoint
//! and a file that is not complete are readable only for their owner.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Suffix of temporary files.
pub(super) const PARTIAL: &str = ".partial";

/// Creates a temporary file with this prefix. From its creation on, only its owner may read the file. Otherwise,
/// another user could open it early and then read everything that is written to it later.
pub(super) fn temporary_file(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    temporary_file_with_mode(folder, prefix, 0o600)
}

/// Permissions that a complete file gets in this folder: readable for the group, unless the umask or the folder forbids
/// it. `None` on systems other than Unix.
pub(super) fn of_complete_file(folder: &Path, prefix: &str) -> io::Result<Option<Permissions>> {
    if !cfg!(unix) {
        return Ok(None);
    }
    // The umask cannot be read without changing it. So create an empty file, which shows the umask and is removed at
    // once.
    let file = temporary_file_with_mode(folder, prefix, 0o640)?;
    Ok(Some(file.as_file().metadata()?.permissions()))
}

fn temporary_file_with_mode(folder: &Path, prefix: &str, mode: u32) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(PARTIAL);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder.tempfile_in(folder)
}

/// Makes a file readable for its owner alone.
pub(crate) fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(())
    }
}

/// Options for a new file that only its owner may read.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Options for a new file that only its owner and its group may read.
pub(crate) fn not_for_others(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o640);
    options
}

/// Returns a builder for folders that only their owner and their group may list.
pub(super) fn folders() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder
}
