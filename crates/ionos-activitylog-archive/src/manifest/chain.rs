//! Reads all manifests of a contract, and fails at the first manifest that does not continue the chain. In contrast,
//! [`verify_archive`](crate::verify_archive) reports every difference.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use chrono::NaiveDate;
use ionos_activitylog::ContractNumber;

use super::{
    CONTRADICTS_CLOSED, IMPORT_SCHEMA, ImportedManifests, MAX_MANIFEST_BYTES, Manifest, ManifestLink, OpenManifestKind,
    OpenManifests,
};
use crate::digest::Digest;
use crate::error::Error;
use crate::fs::{json_file, regular_file};
use crate::layout::{ContractFolder, manifest_number, names};

/// A file of the chain.
#[derive(Clone, Debug)]
pub(crate) enum ChainEntry {
    Manifest(Box<Manifest>),
    /// The first file of the chain, if version 0.1.0 began the archive.
    Imported(ImportedManifests),
}

impl ChainEntry {
    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let name = |schema: &str| schema.split('/').next().map(str::to_owned);
        if json_file::schema_of(bytes).is_ok_and(|schema| name(&schema) == name(IMPORT_SCHEMA)) {
            return Ok(Self::Imported(ImportedManifests::from_bytes(bytes, path)?));
        }
        Ok(Self::Manifest(Box::new(Manifest::from_bytes(bytes, path)?)))
    }

    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Manifest(manifest) => manifest.number,
            Self::Imported(import) => Some(import.number),
        }
    }

    pub(crate) fn contract(&self) -> &ContractNumber {
        match self {
            Self::Manifest(manifest) => &manifest.contract,
            Self::Imported(import) => &import.contract,
        }
    }

    pub(crate) fn date(&self) -> NaiveDate {
        match self {
            Self::Manifest(manifest) => manifest.date,
            Self::Imported(import) => import.last_date(),
        }
    }

    pub(crate) fn previous(&self) -> Option<ManifestLink> {
        match self {
            Self::Manifest(manifest) => manifest.previous,
            Self::Imported(_) => None,
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Manifest(manifest) => manifest.to_bytes(),
            Self::Imported(import) => import.to_bytes(),
        }
    }
}

/// All manifests of a contract.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// For each day, the sum of all its manifests, including the open manifest.
    pub(crate) days: BTreeMap<NaiveDate, Manifest>,
    /// The open manifests whose content is not in the chain yet, by day.
    pub(crate) open: BTreeMap<NaiveDate, Manifest>,
    /// Days in the file of open manifests, including the days that were closed after this file was written.
    pub(crate) open_on_disk: BTreeSet<NaiveDate>,
    /// The last entry of the chain. `None` if the chain is empty.
    pub(crate) head: Option<ManifestLink>,
    /// All entries of the chain, and the manifests of version 1.
    pub(crate) links: Vec<ManifestLink>,
    /// Manifests of version 1 that the chain does not list yet, in order of their days.
    pub(crate) not_imported: Vec<ManifestLink>,
    /// The manifests of `not_imported` that have no link to the manifest before them.
    pub(crate) unlinked: Vec<ManifestLink>,
}

impl Chain {
    /// Reads the manifests of a contract. Empty if the contract has no folder.
    ///
    /// Fails if a file cannot be read, is damaged, or does not continue the chain.
    pub(crate) fn read(folder: &ContractFolder) -> Result<Self, Error> {
        let mut chain = Self::default();
        let open = read_open(folder)?;
        let mut last_of_day = BTreeMap::new();
        let mut earlier = read_version_1(folder)?;
        chain.links.extend(earlier.iter().map(|(link, _)| *link));
        for number in 1..=last_number(folder)? {
            let path = folder.manifest(number);
            let Some(bytes) = regular_file::read_if_exists(&path, MAX_MANIFEST_BYTES)? else {
                return Err(Error::damaged(path, "it is missing, but later manifests exist".to_owned()));
            };
            let entry = ChainEntry::from_bytes(&bytes, &path)?;
            if entry.number() != Some(number) || entry.previous() != chain.head {
                return Err(Error::damaged(path, "it does not continue the chain of manifests".to_owned()));
            }
            let link = ManifestLink { number: Some(number), date: entry.date(), sha256: Digest::sha256(&bytes) };
            chain.head = Some(link);
            chain.links.push(link);
            match entry {
                ChainEntry::Imported(import) => {
                    let found: Vec<ManifestLink> = earlier.iter().map(|(link, _)| *link).collect();
                    if import.contract != *folder.contract() || import.manifests != found {
                        let detail = "it lists manifests that differ from those in the folders of the days".to_owned();
                        return Err(Error::damaged(path, detail));
                    }
                    earlier.drain(..).for_each(|(_, manifest)| chain.add(manifest));
                }
                ChainEntry::Manifest(manifest) => {
                    if manifest.contract != *folder.contract() {
                        return Err(Error::damaged(path, format!("it belongs to contract {}", manifest.contract)));
                    }
                    last_of_day.insert(manifest.date, (number, (*manifest).clone()));
                    chain.add(*manifest);
                }
            }
        }
        if chain.head.is_some() && !earlier.is_empty() {
            let path = earlier.first().map(|(link, _)| folder.manifest_of_version_1(link.date)).unwrap_or_default();
            return Err(Error::damaged(path, "the chain of manifests does not list it".to_owned()));
        }
        let mut previous = None;
        for (link, manifest) in earlier {
            if manifest.previous != previous {
                chain.unlinked.push(link);
            }
            previous = Some(link);
            chain.not_imported.push(link);
            chain.add(manifest);
        }
        chain.add_open(folder, open, &last_of_day)?;
        Ok(chain)
    }

    /// Adds the open manifests whose content the chain does not have yet.
    fn add_open(
        &mut self,
        folder: &ContractFolder,
        open: Vec<Manifest>,
        last_of_day: &BTreeMap<NaiveDate, (u64, Manifest)>,
    ) -> Result<(), Error> {
        let damaged = |detail: &str| Err(Error::damaged(folder.open_manifests(), detail.to_owned()));
        let mut repeated = Vec::new();
        for manifest in open {
            let date = manifest.date;
            self.open_on_disk.insert(date);
            let last = last_of_day.get(&date);
            match OpenManifests::compare(&manifest, last.map(|(_, last)| last), self.days.get(&date)) {
                OpenManifestKind::Addition => {
                    self.open.insert(date, manifest.clone());
                    self.add(manifest);
                }
                OpenManifestKind::Repetition => repeated.extend(last.map(|(number, _)| *number)),
                OpenManifestKind::Contradiction => return damaged(CONTRADICTS_CLOSED),
            }
        }
        let last = self.head.and_then(|head| head.number).unwrap_or_default();
        if OpenManifests::repeats_the_end(repeated, last) { Ok(()) } else { damaged(CONTRADICTS_CLOSED) }
    }

    fn add(&mut self, manifest: Manifest) {
        match self.days.get_mut(&manifest.date) {
            Some(sum) => sum.add(&manifest),
            None => drop(self.days.insert(manifest.date, manifest.into_sum())),
        }
    }
}

/// The open manifests, in order of their days.
fn read_open(folder: &ContractFolder) -> Result<Vec<Manifest>, Error> {
    let path = folder.open_manifests();
    let manifests = OpenManifests::read(&path)?.manifests;
    if let Some(other) = manifests.iter().find(|manifest| manifest.contract != *folder.contract()) {
        return Err(Error::damaged(path, format!("it belongs to contract {}", other.contract)));
    }
    Ok(manifests)
}

/// The largest number of a manifest. 0 if there is none.
fn last_number(folder: &ContractFolder) -> Result<u64, Error> {
    match names(&folder.manifests()) {
        Err(Error::Open { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(0),
        names => Ok(names?.iter().filter_map(|name| manifest_number(name)).max().unwrap_or_default()),
    }
}

/// The manifests of version 1, in order of their days. Empty if the contract has no folder.
fn read_version_1(folder: &ContractFolder) -> Result<Vec<(ManifestLink, Manifest)>, Error> {
    let mut manifests = Vec::new();
    for date in folder.days()? {
        let path = folder.manifest_of_version_1(date);
        let Some(bytes) = regular_file::read_if_exists(&path, MAX_MANIFEST_BYTES)? else { continue };
        let manifest = Manifest::from_bytes_of_version_1(&bytes, &path)?;
        if manifest.date != date || manifest.contract != *folder.contract() {
            let detail = format!("it belongs to contract {}, {}", manifest.contract, manifest.date);
            return Err(Error::damaged(path, detail));
        }
        manifests.push((ManifestLink { number: None, date, sha256: Digest::sha256(&bytes) }, manifest));
    }
    Ok(manifests)
}

/// The sum of the manifests of each day, in order of the days. Fails in the same cases as [`Chain::read`].
pub(crate) fn read_days(folder: &ContractFolder) -> Result<BTreeMap<NaiveDate, Manifest>, Error> {
    Chain::read(folder).map(|chain| chain.days)
}
