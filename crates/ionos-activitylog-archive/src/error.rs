//! What can go wrong between the service and the disk, told apart by what one can do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::encode::text;
use crate::encode::text::shown;
use crate::lock_owner::LockOwner;

/// Why something with a file or an archive failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file's name says no format that can be written.
    UnknownFormat(PathBuf),
    /// The file exists and may not be replaced.
    Exists(PathBuf),
    /// What exists under the name is no ordinary file, and is never replaced.
    NotAFile(PathBuf),
    /// The file cannot be begun, so nothing was read either.
    Create(PathBuf, io::Error),
    /// The file was begun and cannot be written to its end.
    Write(PathBuf, io::Error),
    /// Something of an archive cannot be opened, listed or read.
    Open(PathBuf, io::Error),
    /// A file of an archive is not as it was written: which, in what, and what to do about it.
    Damaged(PathBuf, String, &'static str),
    /// A file of an archive was written by a later version.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: String,
        /// The form that is known here.
        known: String,
    },
    /// An interrupted export of something else waits under the file's name to be gone on with.
    Unfinished {
        /// The file.
        path: PathBuf,
        /// What it was to hold.
        found: String,
        /// What it is to hold now.
        wanted: String,
    },
    /// Somebody else writes to the file or folder; who, where that is known.
    Locked(PathBuf, Option<LockOwner>),
    /// Neither the state in the folder nor the copy before it can be read.
    StateLost(PathBuf, String),
    /// There is no archive in the folder.
    Empty(PathBuf),
    /// The archive in the folder is of something else.
    Foreign {
        /// The folder of the contract.
        path: PathBuf,
        /// What it is of.
        archived: String,
        /// What was to be exported to it.
        wanted: String,
    },
    /// The events cannot be read.
    Read(ionos_activitylog::Error),
}

impl Error {
    /// An archive cannot be written for a reason that is no single file's.
    pub(crate) fn unwritten(error: io::Error) -> Self {
        Self::Write(PathBuf::from("the archive"), error)
    }

    /// A file of an archive of which nothing more is known than what is wrong.
    pub(crate) fn damaged(path: PathBuf, detail: String) -> Self {
        Self::Damaged(path, detail, "put it back from a copy; `ialog verify` says what else is wrong")
    }

    /// What happened, in one line without the hint.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::UnknownFormat(path) => format!(
                "{} does not end in .ndjson, .csv or .json, with or without .gz or .zst behind it, the formats that can be written",
                shown(path)
            ),
            Self::Exists(path) => format!("{} exists already", shown(path)),
            Self::NotAFile(path) => {
                format!("{} is no ordinary file, and is not replaced", shown(path))
            }
            Self::Create(path, error) => format!("{} cannot be created: {error}", shown(path)),
            Self::Write(path, error) => format!("{} cannot be written: {error}", shown(path)),
            Self::Open(path, error) => format!("{} cannot be read: {error}", shown(path)),
            Self::Damaged(path, detail, _) => {
                format!("{} is not as it was written: {detail}", shown(path))
            }
            Self::Newer { path, found, known } => {
                format!("{} has the form {found}, and this version reads {known}", shown(path))
            }
            Self::Unfinished { path, found, wanted } => {
                format!("of {} there is an unfinished export of {found}, and not of {wanted}", shown(path))
            }
            Self::Locked(path, holder) => {
                let holder = holder.as_ref().map(|LockOwner { host, pid, since, .. }| {
                    let host = shown(Path::new(host));
                    format!(", process {pid} on {host} since {}", text::time(*since))
                });
                let holder = holder.unwrap_or_default();
                format!("somebody else writes to {}{holder}", shown(path))
            }
            Self::StateLost(path, detail) => {
                format!("the state in {} is lost ({detail}), and so is the copy before it", shown(path))
            }
            Self::Empty(path) => format!("there is no archive in {}", shown(path)),
            Self::Foreign { path, archived, wanted } => {
                format!("{} is an archive of {archived}, and not of {wanted}", shown(path))
            }
            Self::Read(error) => error.summary(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::UnknownFormat(_) | Self::Exists(_) | Self::NotAFile(_) | Self::Create(..) => "choose another name",
            Self::Write(..) => "try again where it can be written",
            Self::Open(..) => "name one that is there and may be read",
            Self::Damaged(_, _, hint) => hint,
            Self::Newer { .. } => "use the version that wrote it",
            Self::Unfinished { .. } => "finish that one first, or choose another name",
            Self::Locked(..) => "wait until it has ended",
            Self::StateLost(..) => "`ialog state rebuild` makes it anew from the manifests",
            Self::Empty(_) => "name the folder that was exported to",
            Self::Foreign { .. } => "choose another folder",
            Self::Read(error) => error.hint().unwrap_or("correct it"),
        }
    }
}

/// [`Error::summary`] and [`Error::hint`].
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            _ => write!(f, "{}: {}", self.summary(), self.hint()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Create(_, error) | Self::Write(_, error) | Self::Open(_, error) => Some(error),
            Self::Read(error) => error.source(),
            Self::UnknownFormat(_)
            | Self::Exists(_)
            | Self::NotAFile(_)
            | Self::Damaged(..)
            | Self::Unfinished { .. }
            | Self::Locked(..)
            | Self::StateLost(..)
            | Self::Empty(_)
            | Self::Foreign { .. }
            | Self::Newer { .. } => None,
        }
    }
}
