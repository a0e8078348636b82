//! One module for each command.

pub(crate) mod archive;
pub(crate) mod archived;
pub(crate) mod cat;
pub(crate) mod completion;
pub(crate) mod contracts;
pub(crate) mod convert;
mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod man;
pub(crate) mod query;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod sim;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod trace;
pub(crate) mod verify;
pub(crate) mod whoami;

use std::path::Path;

use ionos_activitylog::ContractNumber;
use ionos_activitylog_archive::{Archive, ContractFolder};

use crate::cli::{self, Asked, Range};
use crate::failure::Failure;

/// A number of things in words.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Where to look for something when nobody says when it was: as far back as this in a live log, and everywhere in an
/// archive.
fn looked_back(asked: &Asked) -> Result<Option<Range>, Failure> {
    const LOOKED_BACK: &str = "30d";
    Ok(match asked.when.range() {
        None if asked.archive.is_none() => Some(Range { last: Some(LOOKED_BACK.parse()?), from: None, to: None }),
        range => range,
    })
}

/// The archive in a folder that was named. The folder of a contract in an archive is refused: there is no archive in it,
/// and another one there would belong to neither.
pub(crate) fn archive_at(root: &Path) -> Result<Archive, Failure> {
    let archive = Archive::at(root);
    match archive.around() {
        Some(around) => Err(Failure::usage(
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
    named: &[cli::Named],
) -> Result<Option<Vec<ContractNumber>>, Failure> {
    if named.is_empty() {
        return Ok(None);
    }
    let folders = archive.contracts()?;
    let contracts: Vec<ContractNumber> = folders.iter().map(ContractFolder::contract).cloned().collect();
    if contracts.is_empty() {
        return Err(ionos_activitylog_archive::Error::Empty(archive.root().to_path_buf()).into());
    }
    let place = format!("that archive {archive} has");
    let there = cli::There { contracts: &contracts, place: &place };
    let chosen = cli::choose(named, &there)?;
    for contract in &chosen {
        there.has(contract)?;
    }
    let mut contracts = contracts;
    contracts.retain(|contract| chosen.contains(contract));
    Ok(Some(contracts))
}
