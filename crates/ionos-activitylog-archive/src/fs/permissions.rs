//! Permissions of new files and folders. Files are never readable for others. Files that are not complete, states and
//! checkpoints are readable only for their owner.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Creates a temporary file that only its owner may read. Also returns the permissions of a complete file: readable for
/// the group, unless the umask forbids it. `None` on systems other than Unix.
pub(super) fn temporary_file(
    folder: &Path,
    builder: &mut tempfile::Builder<'_, '_>,
) -> io::Result<(NamedTempFile, Option<Permissions>)> {
    // The umask cannot be read without changing it, so a new file shows it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o640));
    let file = builder.tempfile_in(folder)?;
    let complete = if cfg!(unix) { Some(file.as_file().metadata()?.permissions()) } else { None };
    make_private(file.as_file())?;
    Ok((file, complete))
}

/// Permissions that a complete file gets in this folder, as [`temporary_file`] returns them.
pub(super) fn of_complete_file(folder: &Path) -> io::Result<Option<Permissions>> {
    temporary_file(folder, &mut tempfile::Builder::new()).map(|(_, complete)| complete)
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

/// Options for a new file that others may not read.
pub(crate) fn not_for_others(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o640);
    options
}

/// Creates folders that others may not list.
pub(super) fn folders() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder
}
