//! Permissions of new files and folders. An audit trail is not for everybody: files are never readable for others, and
//! files that are not complete, states and checkpoints only for their owner.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::path::Path;

/// Permissions that a complete file gets in this folder: readable for the group, unless the umask forbids it. `None` on
/// systems other than Unix.
pub(super) fn of_complete_file(folder: &Path) -> io::Result<Option<Permissions>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask cannot be read without changing it, so a new file shows it.
        let mut builder = tempfile::Builder::new();
        builder.permissions(Permissions::from_mode(0o640));
        Ok(Some(builder.tempfile_in(folder)?.as_file().metadata()?.permissions()))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(None)
    }
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
