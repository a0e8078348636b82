//! Reads and writes the state file. The previous state is kept as a copy. If both files are lost, no data is lost,
//! because the state can be rebuilt from the manifests.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Certainty, MAX_STATE_BYTES, STATE_SCHEMA, STATE_SCHEMA_1, State};
use crate::error::Error;
use crate::fs::{ArchiveFileKind, AtomicFile, FailPoint, FailPoints, json_file, regular_file};
use crate::layout::{ContractFolder, PREVIOUS_STATE, STATE};

/// Path of the state file.
#[cfg(test)]
pub(crate) fn path(folder: &ContractFolder) -> PathBuf {
    folder.path().join(STATE)
}

/// Why a state file cannot be used.
enum StateUnavailable {
    Missing,
    Unusable(Error),
}

pub(super) fn read(folder: &ContractFolder) -> Result<(Option<State>, Option<String>), Error> {
    let first = match read_one(folder.path().join(STATE)) {
        Ok(state) => return Ok((Some(state), None)),
        Err(StateUnavailable::Unusable(error)) if !matches!(error, Error::Damaged { .. }) => return Err(error),
        Err(lost) => lost,
    };
    match (first, read_one(folder.path().join(PREVIOUS_STATE))) {
        (StateUnavailable::Missing, Err(StateUnavailable::Missing)) => Ok((None, None)),
        // The process was killed between renaming the old state and the new one.
        (StateUnavailable::Missing, Ok(state)) => Ok((Some(state), None)),
        (StateUnavailable::Unusable(error), Ok(state)) => {
            let warning = format!("{}; using the previous copy, {PREVIOUS_STATE}", error);
            Ok((Some(state), Some(warning)))
        }
        // A file that cannot be read now may be undamaged. It may also be the only file that shows that a manifest was
        // removed. So the state does not count as lost.
        (_, Err(StateUnavailable::Unusable(error))) if !matches!(error, Error::Damaged { .. }) => Err(error),
        (StateUnavailable::Unusable(error), Err(_))
        | (StateUnavailable::Missing, Err(StateUnavailable::Unusable(error))) => {
            Err(Error::StateLost { path: folder.path().to_path_buf(), detail: error.to_string() })
        }
    }
}

fn read_one(path: PathBuf) -> Result<State, StateUnavailable> {
    let read = regular_file::read_if_exists(&path, MAX_STATE_BYTES).map_err(StateUnavailable::Unusable)?;
    let bytes = read.ok_or(StateUnavailable::Missing)?;
    State::from_bytes(&bytes, &path).map_err(StateUnavailable::Unusable)
}

impl State {
    /// Reads a state of any version. Fails with the same errors as [`json_file::parse`].
    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        json_file::parse(bytes, &[STATE_SCHEMA_1, STATE_SCHEMA], path).map(from_version_1)
    }
}

/// Converts a state of version 1 to the current version; returns any other state unchanged. Version 1 calls a range
/// sealed if a later total of the service equals the number of archived events. The current version calls such a range
/// recounted.
fn from_version_1(mut state: State) -> State {
    if state.schema == STATE_SCHEMA_1 {
        state.schema = STATE_SCHEMA.to_owned();
        // If `relink` is set, an export of version 0.1.0 was interrupted before it had linked all manifests again. The
        // state then does not name the latest manifest, so its head is dropped.
        state.head = state.head.filter(|_| state.relink.take().is_none());
        let sealed = state.coverage.iter_mut().filter(|entry| entry.state == Certainty::Sealed);
        sealed.for_each(|entry| entry.state = Certainty::Recounted);
    }
    state
}

/// Writes the state and keeps the previous one.
pub(crate) fn write(folder: &ContractFolder, state: &State, fail_points: &FailPoints) -> Result<(), Error> {
    let (path, before) = (folder.path().join(STATE), folder.path().join(PREVIOUS_STATE));
    let mut file = AtomicFile::create_in(folder.path(), ArchiveFileKind::State, fail_points)?;
    file.write_all(&json_file::to_pretty(state)).map_err(|error| Error::Write { path: path.clone(), source: error })?;
    // A damaged state must not replace the good previous one.
    let keep = read_one(path.clone()).is_ok();
    file.commit_as_after(&path, || {
        if keep {
            fs::rename(&path, &before).map_err(|error| Error::Write { path: before.clone(), source: error })?;
            fail_points.reach(FailPoint::StateKept);
        }
        Ok(())
    })
}
