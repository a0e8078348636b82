//! Errors of files and archives. Each variant has its message beside it, and a hint with the remedy.

use std::io;
use std::path::PathBuf;

use ionos_activitylog::DateRange;

use crate::encode::text::single_line;
use crate::lock_owner::LockOwner;

/// Why an operation on a file or an archive failed. `Display` gives what happened, [`Error::hint`] what to do about it.
///
/// Messages are single lines: control characters of paths are escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file name has no supported extension.
    #[error("{} has no supported file extension", single_line(path))]
    UnknownFormat {
        /// The requested file.
        path: PathBuf,
    },
    /// The file exists and must not be replaced.
    #[error("{} already exists", single_line(path))]
    AlreadyExists {
        /// The file that exists.
        path: PathBuf,
    },
    /// An earlier process completed the export of this specification, but was killed before it reported success.
    #[error(
        "{} is complete: an earlier run of this export was killed after it had written the whole file",
        single_line(path)
    )]
    AlreadyComplete {
        /// The complete file.
        path: PathBuf,
    },
    /// The path exists and is not a regular file, for example because it is a folder. Such a path is never replaced.
    #[error("{} is not a regular file and cannot be replaced", single_line(path))]
    NotAFile {
        /// The requested path.
        path: PathBuf,
    },
    /// A file or folder cannot be created, or a file cannot be locked or opened for writing.
    #[error("{} cannot be created: {source}", single_line(path))]
    Create {
        /// The file or folder to create.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file or folder of an export cannot be written, synced, renamed or removed. Also used if an export to a file
    /// receives windows only for the beginning of its range.
    #[error("{} cannot be written: {source}", single_line(path))]
    Write {
        /// The file or folder that is written.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A thread that writes the archive could not be started, or ended before its work was done.
    #[error("the archive cannot be written: {source}")]
    Thread {
        /// The error of the operating system, or the reason why the thread ended.
        source: io::Error,
    },
    /// A file or folder cannot be opened, listed or read.
    #[error("{} cannot be read: {source}", single_line(path))]
    Open {
        /// The file or folder to read.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file is missing or differs from what was written.
    #[error("{} was modified after it was written: {detail}", single_line(path))]
    Damaged {
        /// The file that is missing or differs.
        path: PathBuf,
        /// The difference.
        detail: String,
        /// The hint, see [`Error::hint`].
        hint: &'static str,
    },
    /// An export was about to write a manifest that readers would refuse, and has not written it.
    #[error("{} was not written: {detail}", single_line(path))]
    InconsistentManifest {
        /// The file that was not written.
        path: PathBuf,
        /// The values of the manifest that contradict each other.
        detail: String,
    },
    /// The archive contains files of events that no manifest names. These files cannot come from an interrupted export.
    #[error("no manifest names {}", describe_files(paths))]
    UnnamedFiles {
        /// The files, in order. Never empty.
        paths: Vec<PathBuf>,
    },
    /// A later version of this crate wrote the file.
    #[error("{} has the format {actual}; this version reads {expected}", single_line(path))]
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
        /// The format and version of the file, such as `ialog.manifest/3`.
        actual: String,
        /// The versions of this format that can be read, such as `ialog.manifest/1 and ialog.manifest/2`.
        expected: String,
    },
    /// The file has an interrupted export of another API, contract, range, filter, format or compression.
    #[error("{} has an unfinished export of {actual}, not of {expected}", single_line(path))]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// The content of the interrupted export.
        actual: String,
        /// The content of the export that was requested.
        expected: String,
        /// Range of the interrupted export. `None` if the two exports differ in more than their ranges. An export of
        /// this range resumes the interrupted one.
        resumable: Option<DateRange>,
    },
    /// Another process writes to the file or folder.
    #[error("another process{} writes to {}", owner.as_ref().map(|owner| format!(", {owner},")).unwrap_or_default(), single_line(path))]
    Locked {
        /// The file or folder.
        path: PathBuf,
        /// The other process, if the lock file names it.
        owner: Option<LockOwner>,
    },
    /// The file system does not support locks, so this process could not notice another process that writes.
    #[error("{} cannot be locked: {source}", single_line(path))]
    NoLocks {
        /// The file or folder to lock.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Neither the state file of a contract nor its previous copy can be read.
    #[error("the state in {} and its previous copy cannot be read: {detail}", single_line(path))]
    StateLost {
        /// The folder of the contract.
        path: PathBuf,
        /// Why the state file cannot be read. If the state file is missing, why the previous copy cannot be read.
        detail: String,
    },
    /// The folder holds no archive.
    #[error("there is no archive in {}", single_line(path))]
    NoArchive {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds the archive of another API, contract, filter or rule for event ids.
    #[error("{} is an archive of {actual}, not of {expected}", single_line(path))]
    IdentityMismatch {
        /// The folder of the contract.
        path: PathBuf,
        /// Identity of the archive.
        actual: String,
        /// Identity that the export or the comparison with the service needs.
        expected: String,
    },
    /// Reading events from the service failed.
    #[error("{}", source.summary())]
    Read {
        /// The error of the client.
        source: ionos_activitylog::Error,
    },
}

impl Error {
    /// The [`Error::Damaged`] of a file that can only be restored from a copy.
    pub(crate) fn damaged(path: PathBuf, detail: String) -> Self {
        Self::Damaged { path, detail, hint: "restore it from a copy; `ialog verify` shows all differences" }
    }

    /// What to do about the error, in one line.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::UnknownFormat { .. } => "use .ndjson, .csv or .json, optionally followed by .gz or .zst",
            Self::AlreadyComplete { .. } => "use the file as it is, or replace it",
            Self::AlreadyExists { .. } | Self::NotAFile { .. } | Self::Create { .. } => "choose another name",
            Self::Write { .. } => "check free space and permissions, then run the same command again",
            Self::Thread { .. } => "run the same command again",
            Self::Open { .. } => "check that the path exists and is readable",
            Self::Damaged { hint, .. } => hint,
            Self::InconsistentManifest { .. } => "this is a bug, please report it; the archived data is unchanged",
            Self::UnnamedFiles { .. } => {
                "if manifests are missing, restore them from a copy; otherwise keep a copy of the archive as evidence and \
                 move the files out of it"
            }
            Self::UnsupportedVersion { .. } => "use the program version that wrote the file",
            Self::Unfinished { .. } => "finish that export first, or choose another name",
            Self::Locked { .. } => "wait until the other process has ended",
            Self::NoLocks { .. } => "use a file system with locks, or mount this one with locks enabled",
            Self::StateLost { .. } => "run `ialog state rebuild` to recreate the state from the manifests",
            Self::NoArchive { .. } => "specify the folder of an existing archive",
            Self::IdentityMismatch { .. } => "choose another folder, or use the API of the archive",
            Self::Read { source } => source.hint().unwrap_or("correct the setting or the request"),
        }
    }
}

/// Maximum number of files that a message names.
const MAX_NAMED_FILES: usize = 3;

/// The paths of the first files, and the number of the other files.
fn describe_files(paths: &[PathBuf]) -> String {
    let mut named: Vec<String> = paths.iter().take(MAX_NAMED_FILES).map(|path| single_line(path)).collect();
    match paths.len().saturating_sub(named.len()) {
        0 => {}
        1 => named.push("1 other file".to_owned()),
        others => named.push(format!("{others} other files")),
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_has_a_hint() {
        let path = || PathBuf::from("folder/week\n\u{1b}[2J.ndjson");
        let source = || io::Error::from(io::ErrorKind::StorageFull);
        for error in [
            Error::UnknownFormat { path: path() },
            Error::AlreadyExists { path: path() },
            Error::AlreadyComplete { path: path() },
            Error::NotAFile { path: path() },
            Error::Create { path: path(), source: source() },
            Error::Write { path: path(), source: source() },
            Error::Thread { source: source() },
            Error::Open { path: path(), source: source() },
            Error::damaged(path(), "4 bytes are missing".to_owned()),
            Error::InconsistentManifest { path: path(), detail: "4 events are missing".to_owned() },
            Error::UnnamedFiles { paths: vec![path(); 5] },
            Error::Locked { path: path(), owner: None },
            Error::NoArchive { path: path() },
        ] {
            let message = error.to_string();
            assert!(!message.is_empty() && !message.contains(char::is_control), "{message}");
            assert!(!error.hint().is_empty(), "{message}");
        }
    }
}
