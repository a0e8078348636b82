//! Adds ranges, parts, gaps and kept records to the manifests. A part belongs to the archive once a manifest names it.
//!
//! An addition to a day goes into the open manifest of the day. The open manifest is closed when the export has read
//! the day to its end, or when the export adds something to a later day. A closed manifest has the next number of the
//! chain and never changes again. Days are closed in order of date. So an export that is interrupted and finished later
//! writes the same chain as an export without an interruption.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::ContractWriter;
use crate::digest::Digest;
use crate::error::Error;
use crate::fs::{ArchiveFileKind, AtomicFile, FailPoint, folder};
use crate::manifest::{ImportedManifests, Manifest, ManifestLink, OpenManifests, day};
use crate::part::WrittenRange;
use crate::state::ArchiveIdentity;

impl ContractWriter {
    /// Records ranges that were read for the first time. Their parts must be on disk.
    pub(crate) fn commit(&mut self, ranges: Vec<WrittenRange>) -> Result<(), Error> {
        let mut by_day: BTreeMap<NaiveDate, Manifest> = BTreeMap::new();
        for written in ranges {
            let date = written.range.start().date_naive();
            let mut one = self.empty_manifest(date);
            one.ranges.push(written.read_range());
            one.parts.extend(written.part);
            one.gaps.extend(written.gaps);
            by_day.entry(date).or_insert_with(|| self.empty_manifest(date)).add(&one);
        }
        by_day.into_values().try_for_each(|addition| self.add(addition))
    }

    /// A manifest for a day. The manifest has no ranges, parts and gaps yet.
    pub(crate) fn empty_manifest(&self, date: NaiveDate) -> Manifest {
        let ArchiveIdentity { api, contract, .. } = &self.state.identity;
        Manifest::new(api, contract.clone(), date)
    }

    /// Adds the ranges, parts, gaps and kept records of `addition` to the open manifest of its day. Before that, closes
    /// the earlier days. After that, closes the day itself if it was read to its end. After an error, the caller must
    /// not add anything else, because the chain would then have later days without this day: see
    /// [`ContractWriter::has_failed`].
    pub(crate) fn add(&mut self, addition: Manifest) -> Result<(), Error> {
        let added = self.try_add(addition);
        self.has_failed = added.is_err();
        added
    }

    fn try_add(&mut self, mut addition: Manifest) -> Result<(), Error> {
        let date = addition.date;
        addition.kept.extend(self.kept.remove(&date).unwrap_or_default());
        self.close_days(|open| open < date)?;
        let is_at_end = day(date).is_some_and(|day| addition.ranges.iter().any(|range| range.to == day.end()));
        let empty = self.empty_manifest(date);
        let open = self.chain.open.entry(date).or_insert_with(|| empty.clone());
        open.add_to_open(&addition);
        let known = self.chain.days.entry(date).or_insert(empty);
        known.add(&addition);
        known.restate_parts(open);
        self.manifests_ahead = true;
        if is_at_end {
            // If `open.json` has this day, write the addition to `open.json` first. After a kill, both the chain and
            // `open.json` may have the day, and readers recognise the day as closed only if the two manifests are
            // equal.
            if self.open_on_disk.contains(&date) {
                self.write_open()?;
            }
            self.close_days(|open| open == date)?;
        }
        if self.chain.open.contains_key(&date) {
            self.write_open()?;
        }
        // Record the tries of the gaps after writing the manifest, because writing the state drops the tries of every
        // gap that no manifest names.
        self.record_gap_tries(&addition.gaps);
        Ok(())
    }

    /// Closes the manifests of the open days that `is_selected` accepts, in order of date. A day that is not over stays
    /// open.
    pub(super) fn close_days(&mut self, is_selected: impl Fn(NaiveDate) -> bool) -> Result<(), Error> {
        let dates = self.chain.open.keys().copied();
        let dates: Vec<NaiveDate> = dates.filter(|date| is_selected(*date) && self.is_over(*date)).collect();
        for date in dates {
            let Some(mut manifest) = self.chain.open.remove(&date) else { continue };
            (manifest.number, manifest.previous) = (Some(self.next_number()), self.chain.head);
            manifest.recompute();
            let path = self.folder.manifest(self.next_number());
            manifest.check().map_err(|detail| Error::InconsistentManifest { path, detail })?;
            self.append(date, &manifest.to_bytes())?;
        }
        // Write the chain before the open manifests: if a kill comes in between, readers recognise an open manifest
        // that the chain already has.
        if self.open_on_disk.iter().any(|date| !self.chain.open.contains_key(date)) {
            self.write_open()?;
        }
        Ok(())
    }

    /// Writes the first file of the chain: a list of the manifests that version 0.1.0 wrote. Does nothing if there are
    /// none.
    pub(super) fn import(&mut self) -> Result<(), Error> {
        let manifests = std::mem::take(&mut self.chain.not_imported);
        let Some(last) = manifests.last() else {
            return Ok(());
        };
        let (date, unlinked) = (last.date, std::mem::take(&mut self.chain.unlinked));
        let import = ImportedManifests::new(self.folder.contract().clone(), manifests, unlinked);
        self.append(date, &import.to_bytes())
    }

    fn next_number(&self) -> u64 {
        self.chain.head.and_then(|head| head.number).unwrap_or_default() + 1
    }

    /// Writes the next file of the chain. Fails if another process has written it.
    fn append(&mut self, date: NaiveDate, bytes: &[u8]) -> Result<(), Error> {
        let number = self.next_number();
        folder::create_all(&self.folder.manifests(), &self.fail_points)?;
        let path = self.folder.manifest(number);
        AtomicFile::write_new(&path, bytes, ArchiveFileKind::Manifest, &self.fail_points)?;
        let link = ManifestLink { number: Some(number), date, sha256: Digest::sha256(bytes) };
        self.chain.head = Some(link);
        self.chain.links.push(link);
        self.manifests_ahead = true;
        self.fail_points.reach(FailPoint::DayClosed);
        Ok(())
    }

    fn write_open(&mut self) -> Result<(), Error> {
        let path = self.folder.open_manifests();
        if self.chain.open.is_empty() {
            folder::remove_file(&path, &self.fail_points)?;
        } else {
            folder::create_all(&self.folder.manifests(), &self.fail_points)?;
            for manifest in self.chain.open.values() {
                let inconsistent = |detail| Error::InconsistentManifest { path: path.clone(), detail };
                manifest.check().map_err(inconsistent)?;
            }
            let open = OpenManifests::new(self.chain.open.values().cloned());
            AtomicFile::write_all_to(&path, &open.to_bytes(), ArchiveFileKind::Manifest, &self.fail_points)?;
        }
        self.open_on_disk = self.chain.open.keys().copied().collect();
        Ok(())
    }
}
