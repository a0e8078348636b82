//! Finds configuration files that contain a secret and that other users of the machine can read or write.

use std::path::Path;

use ionos_activitylog::{Origin, Setting};

/// A warning about each file that contains credentials and is open to other users. `None` if there is no such file, or
/// if the system has no Unix permissions.
pub(crate) fn describe_readable(settings: &[Setting]) -> Option<String> {
    let credentials = settings.iter().filter(|setting| setting.name() == "credentials");
    // Include files whose credentials are overridden, because such a file still contains a secret.
    let mut paths: Vec<&Path> = credentials
        .flat_map(|setting| std::iter::once(setting).chain(setting.overridden()))
        .filter_map(|setting| match setting.origin() {
            Origin::File { path, .. } => Some(path.as_path()),
            _ => None,
        })
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let warnings: Vec<String> = paths.into_iter().filter_map(describe_file).collect();
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

#[cfg(unix)]
fn describe_file(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;

    use crate::output::shell::shell_quote;

    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = path.display().to_string();
        format!(
            "{path} contains a secret, and other users can open it (mode {mode:o}): run chmod 600 {}",
            shell_quote(&path)
        )
    })
}

#[cfg(not(unix))]
fn describe_file(_: &Path) -> Option<String> {
    None
}
