//! Rebuilds the state of a contract from its manifests.

use std::path::PathBuf;
use std::sync::Arc;

use ionos_activitylog::clock::Clock;

use crate::error::Error;
use crate::fs::FailPoints;
use crate::layout::ContractFolder;
use crate::manifest::Chain;
use crate::state;
use crate::state::{ArchiveIdentity, ConfirmedRanges, ContractLock, OpenGap, State, StateComparison};

/// A rebuilt state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebuiltState {
    /// The new state.
    pub state: State,
    /// Number of days whose manifests were read.
    pub days: usize,
}

/// Rebuilds the state of a contract from its manifests. Facts about runs are lost: how often each gap was read, and
/// which ranges were recounted or are sealed (see [`Certainty`](crate::state::Certainty)).
///
/// Fails if a manifest is damaged or does not continue the chain, if another process holds the lock, or if there is no
/// manifest. Fails with [`Error::UnnamedFiles`] if no state can be read and a part exists that no manifest names: the
/// part shows that its manifest is missing. Also fails if the present state can be read and differs from the chain in a
/// way that no export causes, because a rebuilt state would hide what was removed or added.
pub fn rebuild_state(folder: &ContractFolder, clock: &Arc<dyn Clock>) -> Result<RebuiltState, Error> {
    if !folder.path().is_dir() {
        return Err(Error::NoArchive { path: folder.path().to_path_buf() });
    }
    let fail_points = FailPoints::default();
    let now = clock.now();
    // A running export adds manifests, so they are read under the lock.
    let _lock = ContractLock::acquire(folder, now, &fail_points)?;
    let present = match State::read(folder) {
        Ok((state, warning)) => state.map(|state| (state, warning.is_some())),
        Err(Error::StateLost { .. }) => None,
        Err(error) => return Err(error),
    };
    let chain = Chain::read(folder)?;
    let Some(first) = chain.days.values().next() else {
        return Err(Error::NoArchive { path: folder.path().to_path_buf() });
    };
    if present.is_none() {
        let paths = unnamed_parts(folder, &chain)?;
        if !paths.is_empty() {
            return Err(Error::UnnamedFiles { paths });
        }
    }
    let mut state = State::new(ArchiveIdentity::new(&first.api, folder.contract()), now);
    state.head = chain.links.last().copied();
    if let Some((present, is_previous)) = present {
        let comparison = StateComparison::of_chain(folder, &present, is_previous, &chain);
        comparison.check(folder)?;
        // Keep the state open after an interrupted export, so that the next export finishes the interrupted one and
        // removes its leftovers.
        state.open = present.open || is_previous && comparison.has_added;
        state.open_since = present.open_since;
        state.uncompared = present.uncompared;
    }
    for manifest in chain.days.values() {
        state::extend(&mut state.coverage, manifest, &ConfirmedRanges::default());
        state.gaps.extend(manifest.gaps.iter().map(|gap| OpenGap::new(gap, now)));
    }
    state.generation = 1;
    state::write(folder, &state, &fail_points)?;
    Ok(RebuiltState { state, days: chain.days.len() })
}

/// The parts that no manifest names, in order of their days.
fn unnamed_parts(folder: &ContractFolder, chain: &Chain) -> Result<Vec<PathBuf>, Error> {
    let mut unnamed = Vec::new();
    for date in folder.days()? {
        let day = chain.days.get(&date);
        let parts = folder.parts(date)?.into_iter().filter(|part| day.is_none_or(|day| !day.names(part)));
        unnamed.extend(parts.map(|part| folder.day(date).join(part.to_string())));
    }
    Ok(unnamed)
}
