//! A state that is lost is no loss: what it says about the archive is in the manifests.

use std::sync::Arc;

use ionos_activitylog::clock::Clock;

use crate::error::Error;
use crate::fs::FailPoints;
use crate::layout::ContractFolder;
use crate::manifest::{ManifestLink, read_days};
use crate::state;
use crate::state::{ArchiveIdentity, ContractLock, OpenGap, State};

/// A state that was made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebuiltState {
    /// What it says.
    pub state: State,
    /// From how many manifests.
    pub manifests: usize,
}

/// Makes the state of a contract anew from its manifests; what depends on runs is forgotten: how often a gap was tried,
/// and what was counted again. Where manifests do not follow each other, those after the first that does not are linked
/// anew by the next export, if `relink` is set.
///
/// Fails where a manifest is damaged or missing from the chain, where somebody else writes, and where there is no
/// manifest.
pub fn rebuild_state(folder: &ContractFolder, clock: &Arc<dyn Clock>, relink: bool) -> Result<RebuiltState, Error> {
    if !folder.path().is_dir() {
        return Err(Error::NoArchive { path: folder.path().to_path_buf() });
    }
    let fail_points = FailPoints::default();
    let now = clock.now();
    // Whoever writes changes manifests, so they are looked at by whoever may write.
    let _lock = ContractLock::acquire(folder, now, &fail_points)?;
    let days = read_days(folder)?;
    let Some((first, _)) = days.values().next() else {
        return Err(Error::NoArchive { path: folder.path().to_path_buf() });
    };
    let mut state = State::new(ArchiveIdentity::new(&first.api, folder.contract()), now);
    let mut before = None;
    for (date, (manifest, sha256)) in &days {
        if manifest.previous != before && state.relink.is_none() {
            if !relink {
                return Err(Error::Damaged {
                    path: folder.manifest(*date),
                    detail: "it does not follow the manifest before it".to_owned(),
                    hint: "`ialog verify` says more, and --relink takes the manifests as they are",
                });
            }
            state.relink = Some(*date);
        }
        before = Some(ManifestLink { date: *date, sha256: *sha256 });
    }
    state.head = before;
    for (manifest, _) in days.values() {
        state::extend(&mut state.coverage, manifest, &ionos_activitylog::RangeSet::new());
        state.gaps.extend(manifest.gaps.iter().map(|gap| OpenGap::new(gap, now)));
    }
    state.generation = 1;
    state::write(folder, &state, &fail_points)?;
    Ok(RebuiltState { state, manifests: days.len() })
}
