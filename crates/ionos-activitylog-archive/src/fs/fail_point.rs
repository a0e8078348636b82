//! That a process may be killed at any instant and nothing is lost can only be tested by killing it at every instant that
//! matters. Those are named here: every point around a write that is to last.

use std::fmt;
use std::sync::Arc;

/// A point that an export has just passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailPoint {
    /// The folder of a contract or day is there.
    FolderMade,
    /// Nobody else writes to the contract now.
    LockTaken,
    /// A window has come.
    WindowRead,
    /// There is a file for a part, under another name.
    PartBegun,
    /// All bytes of a part were given to its file.
    PartWritten,
    /// They are on the disk.
    PartSynced,
    /// The part has its name.
    PartNamed,
    /// There is a file for a manifest, under another name.
    ManifestBegun,
    /// All bytes of a manifest were given to its file.
    ManifestWritten,
    /// They are on the disk.
    ManifestSynced,
    /// The manifest has its name.
    ManifestNamed,
    /// There is a file for the state, under another name.
    StateBegun,
    /// All bytes of the state were given to its file.
    StateWritten,
    /// They are on the disk.
    StateSynced,
    /// The state before is kept under its second name, and there is none under the first.
    StateKept,
    /// The state has its name.
    StateNamed,
    /// A file that is in no manifest is gone.
    LeftoverRemoved,
    /// A later manifest follows the changed one.
    ChainLinked,
    /// The run is in the list of runs.
    RunNoted,
    /// There is a file in the making, new or left by another process, cut to what counts.
    FileBegun,
    /// What was written to it so far is on the disk.
    FileSynced,
    /// The next checkpoint is on the disk, under another name.
    CheckpointWritten,
    /// It has its name.
    CheckpointNamed,
    /// The file is whole and has its name.
    FileNamed,
    /// There is no checkpoint any more.
    CheckpointRemoved,
}

impl FailPoint {
    /// Every step of an export to an archive, in the order in which it passes them first.
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
        Self::ChainLinked,
        Self::RunNoted,
    ];

    /// Every step of an export to one file, in the order in which it passes them first.
    pub const FILE_EXPORT: [Self; 7] = [
        Self::FileBegun,
        Self::WindowRead,
        Self::FileSynced,
        Self::CheckpointWritten,
        Self::CheckpointNamed,
        Self::FileNamed,
        Self::CheckpointRemoved,
    ];

    /// A name that stays the same.
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
            Self::ChainLinked => "chain-linked",
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

/// Whoever wants to know each step; by default nobody.
#[derive(Clone, Default)]
pub struct FailPoints(Option<Arc<dyn Fn(FailPoint) + Send + Sync>>);

impl FailPoints {
    /// Calls the function at each step, while the export waits for it.
    pub fn new(on_reach: impl Fn(FailPoint) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(on_reach)))
    }

    pub(crate) fn reach(&self, step: FailPoint) {
        if let Some(on_reach) = &self.0 {
            on_reach(step);
        }
    }
}

impl fmt::Debug for FailPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.0.is_some() { "somebody" } else { "nobody" };
        f.debug_tuple("FailPoints").field(&who).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_a_name_of_its_own() {
        let all = FailPoint::ARCHIVE_EXPORT.iter().chain(&FailPoint::FILE_EXPORT);
        let names: std::collections::BTreeSet<&str> = all.map(|step| step.name()).collect();
        // A window is read for either.
        assert_eq!(names.len(), FailPoint::ARCHIVE_EXPORT.len() + FailPoint::FILE_EXPORT.len() - 1);
    }
}
