//! Rebuilds the state of a contract from its manifests.

use std::sync::Arc;

use ionos_activitylog::clock::Clock;

use crate::error::Error;
use crate::fs::FailPoints;
use crate::layout::ContractFolder;
use crate::manifest::{ManifestLink, read_days};
use crate::state;
use crate::state::{ArchiveIdentity, ContractLock, OpenGap, State};

/// A rebuilt state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebuiltState {
    /// The new state.
    pub state: State,
    /// Number of manifests it was rebuilt from.
    pub manifests: usize,
}

/// Rebuilds the state of a contract from its manifests. Facts about runs are lost: tries of gaps, and sealed ranges. If
/// the chain of manifests is broken and `relink` is true, the next export links the manifests again, starting at the
/// break.
///
/// Fails if a manifest is damaged, if the chain is broken and `relink` is false, if another process holds the lock, and
/// if there is no manifest.
pub fn rebuild_state(folder: &ContractFolder, clock: &Arc<dyn Clock>, relink: bool) -> Result<RebuiltState, Error> {
    if !folder.path().is_dir() {
        return Err(Error::NoArchive { path: folder.path().to_path_buf() });
    }
    let fail_points = FailPoints::default();
    let now = clock.now();
    // A running export changes manifests, so they are read under the lock.
    let _lock = ContractLock::acquire(folder, now, &fail_points)?;
    let days = read_days(folder)?;
    let Some((first, _)) = days.values().next() else {
        return Err(Error::NoArchive { path: folder.path().to_path_buf() });
    };
    let mut state = State::new(ArchiveIdentity::new(&first.api, folder.contract()), now);
    let mut previous_link = None;
    for (date, (manifest, sha256)) in &days {
        if manifest.previous != previous_link && state.relink.is_none() {
            if !relink {
                return Err(Error::Damaged {
                    path: folder.manifest(*date),
                    detail: "it does not refer to the manifest before it".to_owned(),
                    hint: "`ialog verify` shows all differences; --relink accepts the manifests as they are",
                });
            }
            state.relink = Some(*date);
        }
        previous_link = Some(ManifestLink { date: *date, sha256: *sha256 });
    }
    state.head = previous_link;
    for (manifest, _) in days.values() {
        state::extend(&mut state.coverage, manifest, &ionos_activitylog::RangeSet::new());
        state.gaps.extend(manifest.gaps.iter().map(|gap| OpenGap::new(gap, now)));
    }
    state.generation = 1;
    state::write(folder, &state, &fail_points)?;
    Ok(RebuiltState { state, manifests: days.len() })
}
