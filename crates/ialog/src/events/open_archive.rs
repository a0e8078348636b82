//! Opens the archive that was named, and chooses among its contracts.

use std::path::Path;

use ionos_activitylog::ContractNumber;
use ionos_activitylog_archive::{Archive, ContractFolder};

use crate::args::contracts::{ContractSelector, KnownContracts, choose};
use crate::error::CommandError;

/// The archive in a folder that was named. The folder of a contract in an archive is refused: there is no archive in it,
/// and another one there would belong to neither.
pub(crate) fn archive_at(root: &Path) -> Result<Archive, CommandError> {
    let archive = Archive::new(root);
    match archive.enclosing_archive() {
        Some(around) => Err(CommandError::usage(
            format!("{archive} is the folder of a contract in an archive, and no archive of its own"),
            format!("name {around}"),
        )),
        None => Ok(archive),
    }
}

/// The contracts of an archive that were named, in the order of the archive; none for all. Fails for one that the archive
/// does not have.
pub(crate) fn archived_contracts(
    archive: &Archive,
    named: &[ContractSelector],
) -> Result<Option<Vec<ContractNumber>>, CommandError> {
    if named.is_empty() {
        return Ok(None);
    }
    let folders = archive.contracts()?;
    let contracts: Vec<ContractNumber> = folders.iter().map(ContractFolder::contract).cloned().collect();
    if contracts.is_empty() {
        return Err(ionos_activitylog_archive::Error::NoArchive { path: archive.root().to_path_buf() }.into());
    }
    let place = format!("that archive {archive} has");
    let there = KnownContracts { contracts: &contracts, place: &place };
    let chosen = choose(named, &there)?;
    for contract in &chosen {
        there.has(contract)?;
    }
    let mut contracts = contracts;
    contracts.retain(|contract| chosen.contains(contract));
    Ok(Some(contracts))
}
