//! Changes manifests. A part belongs to the archive once a manifest names it. Changing a manifest breaks the link from
//! the next manifest. So the state first records the changed day, from which manifests must be linked again. If the
//! chain is broken anywhere else, another program has modified it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use ionos_activitylog::{DateRange, RangeSet};

use super::ContractWriter;
use crate::digest::Digest;
use crate::error::Error;
use crate::fs::{ArchiveFileKind, AtomicFile, FailPoint, folder};
use crate::manifest::{KnownGap, MANIFEST_SCHEMA, Manifest, ManifestLink, Part, ReadRange, Tool};
use crate::part::WrittenRange;
use crate::state::ArchiveIdentity;

impl ContractWriter {
    /// Records ranges in the manifests, in place of the earlier content of these ranges. The parts of the ranges must
    /// be on disk.
    pub(crate) fn commit(&mut self, ranges: Vec<WrittenRange>) -> Result<(), Error> {
        let mut by_day: BTreeMap<NaiveDate, Vec<WrittenRange>> = BTreeMap::new();
        for written in ranges {
            let date = written.range.start().date_naive();
            by_day.entry(date).or_default().push(written);
        }
        for (date, ranges) in by_day {
            let mut manifest = self.manifest(date);
            let replaced: RangeSet = ranges.iter().map(|written| written.range).collect();
            let parts_before = manifest.parts.len();
            manifest.parts.retain(|part| !replaced.covers(part.file.range));
            let replaces = manifest.parts.len() < parts_before;
            manifest.gaps.retain(|gap| gap.range().is_some_and(|range| !replaced.covers(range)));
            let mut gaps = Vec::new();
            for written in ranges {
                cover(&mut manifest.ranges, written.read_range());
                manifest.parts.extend(written.part);
                gaps.extend(written.gaps);
            }
            manifest.gaps.extend(gaps.iter().cloned());
            self.write(manifest)?;
            // Record the tries after writing the manifest, because writing the state drops tries of gaps that no
            // manifest names.
            self.record_gap_tries(&gaps);
            if replaces {
                self.cleanup(Some(date))?;
            }
        }
        Ok(())
    }

    /// Adds a part with late events.
    pub(crate) fn commit_late(&mut self, date: NaiveDate, part: Part) -> Result<(), Error> {
        let mut manifest = self.manifest(date);
        manifest.parts.retain(|known| known.file != part.file);
        manifest.parts.push(part);
        self.write(manifest)
    }

    /// Marks a verified range of a day as not verified, so that the next export reads it again. Its archived events
    /// stay until then.
    pub(crate) fn mark_unverified(
        &mut self,
        date: NaiveDate,
        range: DateRange,
        gaps: Vec<KnownGap>,
        new: Option<Part>,
    ) -> Result<(), Error> {
        self.unseal(range);
        let mut manifest = self.manifest(date);
        let inside = RangeSet::from(range);
        if let Some(new) = new {
            manifest.parts.retain(|known| known.file != new.file);
            manifest.parts.push(new);
        }
        for part in &mut manifest.parts {
            if inside.covers(part.file.range) {
                part.verified = false;
                part.total = None;
            }
        }
        cover(&mut manifest.ranges, ReadRange::unverified(range));
        manifest.gaps.extend(gaps.iter().cloned());
        self.write(manifest)?;
        self.record_gap_tries(&gaps);
        Ok(())
    }

    fn manifest(&self, date: NaiveDate) -> Manifest {
        self.days.get(&date).map_or_else(
            || {
                let ArchiveIdentity { api, contract, .. } = &self.state.identity;
                Manifest::new(api, contract.clone(), date)
            },
            |(manifest, _)| manifest.clone(),
        )
    }

    fn write(&mut self, mut manifest: Manifest) -> Result<(), Error> {
        let date = manifest.date;
        manifest.recompute();
        manifest.schema = MANIFEST_SCHEMA.to_owned();
        manifest.tool = Tool::current();
        let followed = self.days.range(date..).any(|(later, _)| *later > date);
        if followed && self.state.relink.is_none_or(|from| from > date) {
            // The state is written first: see the module documentation.
            self.state.relink = Some(date);
            self.save()?;
        }
        self.write_linked(manifest)?;
        self.manifests_ahead = true;
        Ok(())
    }

    fn write_linked(&mut self, mut manifest: Manifest) -> Result<(), Error> {
        let date = manifest.date;
        let previous = self.days.range(..date).next_back();
        manifest.previous = previous.map(|(date, (_, sha256))| ManifestLink { date: *date, sha256: *sha256 });
        let bytes = manifest.to_bytes();
        if manifest.parts.is_empty() && !self.days.contains_key(&date) {
            // If a discarded part has left the folder, the name of the folder may not be durable yet.
            folder::create_unsynced(&self.folder.day(date), &self.fail_points)?;
            folder::sync(self.folder.path())?;
        } else {
            Self::day_folder(&self.folder, date, &self.fail_points)?;
        }
        AtomicFile::write_all_to(&self.folder.manifest(date), &bytes, ArchiveFileKind::Manifest, &self.fail_points)?;
        self.days.insert(date, (manifest, Digest::sha256(&bytes)));
        Ok(())
    }

    /// From the first changed day on, links each manifest to the manifest before it.
    pub(super) fn relink(&mut self) -> Result<(), Error> {
        let Some(from) = self.state.relink else {
            return Ok(());
        };
        let dates: Vec<NaiveDate> = self.days.range(from..).map(|(date, _)| *date).collect();
        for date in dates {
            let previous = self.days.range(..date).next_back();
            let expected = previous.map(|(date, (_, sha256))| ManifestLink { date: *date, sha256: *sha256 });
            if let Some((manifest, _)) = self.days.get(&date)
                && manifest.previous != expected
            {
                self.write_linked(manifest.clone())?;
                self.fail_points.reach(FailPoint::ChainLinked);
            }
        }
        self.state.relink = None;
        self.save()
    }
}

/// Replaces the content of a range. Adjacent verified ranges with the same proof are merged; ranges that are not
/// verified stay as they were read, so that each can be read again.
fn cover(ranges: &mut Vec<ReadRange>, new: ReadRange) {
    let mut all = Vec::new();
    let replaced: RangeSet = new.range().into_iter().collect();
    for read in ranges.iter() {
        let Some(old) = read.range() else {
            continue;
        };
        let left = RangeSet::from(old).difference(&replaced);
        all.extend(left.iter().map(|left| read.of_part(left)));
    }
    all.push(new);
    all.sort_by_key(|read| read.from);
    all.dedup_by(|next, kept| kept.merge(next));
    *ranges = all;
}
