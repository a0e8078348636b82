//! Reads all manifests of a contract.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Manifest;
use crate::digest::Digest;
use crate::error::Error;
use crate::layout::ContractFolder;

/// All manifests of a contract with their digests, by day. Skips a day whose folder has no manifest: an unfinished
/// export has left this folder.
pub(crate) fn read_days(folder: &ContractFolder) -> Result<BTreeMap<NaiveDate, (Manifest, Digest)>, Error> {
    let mut days = BTreeMap::new();
    for date in folder.days()? {
        let path = folder.manifest(date);
        match Manifest::read(&path) {
            Err(Error::Open { source: error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {}
            read => {
                let (manifest, digest) = read?;
                if manifest.date != date || manifest.contract != *folder.contract() {
                    return Err(Error::damaged(
                        path,
                        format!("it belongs to contract {}, {}", manifest.contract, manifest.date),
                    ));
                }
                days.insert(date, (manifest, digest));
            }
        }
    }
    Ok(days)
}
