//! Names the steps around each durable write. Tests kill an export at each step and check that the next export
//! continues.

use std::fmt;
use std::sync::Arc;

/// A step that an export has just completed. A file "has its name" once its temporary file was renamed to the final
/// name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailPoint {
    /// The folder of a contract or day exists.
    FolderMade,
    /// The lock of the contract is held.
    LockTaken,
    /// A window was read from the service.
    WindowRead,
    /// The temporary file of a part exists.
    PartBegun,
    /// All bytes of a part are written, not synced.
    PartWritten,
    /// All bytes of a part are synced.
    PartSynced,
    /// A part has its name.
    PartNamed,
    /// The temporary file of a manifest exists.
    ManifestBegun,
    /// All bytes of a manifest are written, not synced.
    ManifestWritten,
    /// All bytes of a manifest are synced.
    ManifestSynced,
    /// A manifest has its name.
    ManifestNamed,
    /// The temporary file of the state exists.
    StateBegun,
    /// All bytes of the state are written, not synced.
    StateWritten,
    /// All bytes of the state are synced.
    StateSynced,
    /// The previous state is renamed to `_state.prev.json`; the new state does not have its name yet.
    StateKept,
    /// The state has its name.
    StateNamed,
    /// A leftover of a killed export is removed.
    LeftoverRemoved,
    /// A day is closed: its manifest is part of the chain.
    DayClosed,
    /// The run is appended to the run log.
    RunNoted,
    /// The resumable file is open and truncated to the length that its checkpoint names.
    FileBegun,
    /// The resumable file is synced.
    FileSynced,
    /// The next checkpoint is synced under a temporary name.
    CheckpointWritten,
    /// The next checkpoint has its name.
    CheckpointNamed,
    /// The file of a file export has its name.
    FileNamed,
    /// The checkpoint of a finished file is removed.
    CheckpointRemoved,
}

impl FailPoint {
    /// Every fail point of an export to an archive, roughly in the order in which an export reaches them.
    pub const ARCHIVE_EXPORT: [Self; 19] = [
        Self::FolderMade,
        Self::LockTaken,
        Self::StateBegun,
        Self::StateWritten,
        Self::StateSynced,
        Self::StateKept,
        Self::StateNamed,
        Self::WindowRead,
        Self::PartBegun,
        Self::PartWritten,
        Self::PartSynced,
        Self::PartNamed,
        Self::ManifestBegun,
        Self::ManifestWritten,
        Self::ManifestSynced,
        Self::ManifestNamed,
        Self::LeftoverRemoved,
        Self::DayClosed,
        Self::RunNoted,
    ];

    /// Every fail point of an export to one file, in the order of their first occurrence.
    pub const FILE_EXPORT: [Self; 7] = [
        Self::FileBegun,
        Self::WindowRead,
        Self::FileSynced,
        Self::CheckpointWritten,
        Self::CheckpointNamed,
        Self::FileNamed,
        Self::CheckpointRemoved,
    ];

    /// The stable name, such as `part-synced`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FolderMade => "folder-made",
            Self::LockTaken => "lock-taken",
            Self::WindowRead => "window-read",
            Self::PartBegun => "part-begun",
            Self::PartWritten => "part-written",
            Self::PartSynced => "part-synced",
            Self::PartNamed => "part-named",
            Self::ManifestBegun => "manifest-begun",
            Self::ManifestWritten => "manifest-written",
            Self::ManifestSynced => "manifest-synced",
            Self::ManifestNamed => "manifest-named",
            Self::StateBegun => "state-begun",
            Self::StateWritten => "state-written",
            Self::StateSynced => "state-synced",
            Self::StateKept => "state-kept",
            Self::StateNamed => "state-named",
            Self::LeftoverRemoved => "leftover-removed",
            Self::DayClosed => "day-closed",
            Self::RunNoted => "run-noted",
            Self::FileBegun => "file-begun",
            Self::FileSynced => "file-synced",
            Self::CheckpointWritten => "checkpoint-written",
            Self::CheckpointNamed => "checkpoint-named",
            Self::FileNamed => "file-named",
            Self::CheckpointRemoved => "checkpoint-removed",
        }
    }
}

impl fmt::Display for FailPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A callback that is called at each fail point. The default calls nothing.
#[derive(Clone, Default)]
pub struct FailPoints(Option<Arc<dyn Fn(FailPoint) + Send + Sync>>);

impl FailPoints {
    /// Calls the function at each fail point; the export waits until the function returns.
    pub fn new(on_reach: impl Fn(FailPoint) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(on_reach)))
    }

    pub(crate) fn reach(&self, point: FailPoint) {
        if let Some(on_reach) = &self.0 {
            on_reach(point);
        }
    }
}

impl fmt::Debug for FailPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailPoints").field("is_set", &self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fail_point_has_its_own_name() {
        let all = FailPoint::ARCHIVE_EXPORT.iter().chain(&FailPoint::FILE_EXPORT);
        let names: std::collections::BTreeSet<&str> = all.map(|point| point.name()).collect();
        // `WindowRead` is in both lists.
        assert_eq!(names.len(), FailPoint::ARCHIVE_EXPORT.len() + FailPoint::FILE_EXPORT.len() - 1);
    }
}
