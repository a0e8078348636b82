//! What can go wrong between the service and the disk, told apart by what one can do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::state::Writer;
use crate::text;

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
    /// A file of an archive is not as it was written.
    Damaged(PathBuf, String),
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
    Locked(PathBuf, Option<Writer>),
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormat(path) => write!(
                f,
                "{} does not end in .ndjson, .csv or .json, with or without .gz or .zst behind it, the formats that can be written",
                shown(path)
            ),
            Self::Exists(path) => write!(f, "{} exists already", shown(path)),
            Self::NotAFile(path) => write!(
                f,
                "{} is no ordinary file, and is not replaced",
                shown(path)
            ),
            Self::Create(path, error) => write!(f, "{} cannot be created: {error}", shown(path)),
            Self::Write(path, error) => write!(f, "{} cannot be written: {error}", shown(path)),
            Self::Open(path, error) => write!(f, "{} cannot be read: {error}", shown(path)),
            Self::Damaged(path, detail) => {
                write!(f, "{} is not as it was written: {detail}", shown(path))
            }
            Self::Newer { path, found, known } => write!(
                f,
                "{} has the form {found}, and this version reads {known}: use the version that wrote it",
                shown(path)
            ),
            Self::Unfinished {
                path,
                found,
                wanted,
            } => write!(
                f,
                "of {} there is an unfinished export of {found}, and not of {wanted}",
                shown(path)
            ),
            Self::Locked(path, holder) => {
                write!(f, "somebody else writes to {}", shown(path))?;
                match holder {
                    Some(Writer {
                        host, pid, since, ..
                    }) => write!(
                        f,
                        ", process {pid} on {} since {}: wait until it has ended",
                        shown(Path::new(host)),
                        text::time(*since)
                    ),
                    None => f.write_str(": wait until it has ended"),
                }
            }
            Self::StateLost(path, detail) => write!(
                f,
                "the state in {} is lost ({detail}), and so is the copy before it: \
                 `ialog state rebuild` makes it anew from the manifests",
                shown(path)
            ),
            Self::Empty(path) => write!(f, "there is no archive in {}", shown(path)),
            Self::Foreign {
                path,
                archived,
                wanted,
            } => write!(
                f,
                "{} is an archive of {archived}, and not of {wanted}: choose another folder",
                shown(path)
            ),
            Self::Read(error) => error.fmt(f),
        }
    }
}

/// A path on one line: a name may hold line breaks and control characters, which could steer a terminal.
pub(crate) fn shown(path: &Path) -> String {
    let escape = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    path.to_string_lossy().chars().map(escape).collect()
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
