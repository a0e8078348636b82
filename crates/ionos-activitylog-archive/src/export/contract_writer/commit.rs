//! A part belongs to the archive with the manifest that names it, and a manifest that changes breaks the chain behind it.
//! So the state says from where on the chain is being linked anew before it is broken, and no longer once it is whole:
//! whoever finds it broken otherwise knows that somebody else broke it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use ionos_activitylog::{DateRange, RangeSet};

use super::ContractWriter;
use crate::digest::Digest;
use crate::error::Error;
use crate::fs::{ArchiveFileKind, AtomicFile, FailPoint, folder};
use crate::manifest::{KnownGap, Manifest, ManifestLink, Part, ReadRange, Tool};
use crate::part::WrittenRange;
use crate::state::ArchiveIdentity;

impl ContractWriter {
    /// Takes what was read, whose parts are on the disk, into the manifests: stretches in order, in place of what was
    /// there of their time.
    pub(crate) fn commit(&mut self, stretches: Vec<WrittenRange>) -> Result<(), Error> {
        let mut by_day: BTreeMap<NaiveDate, Vec<WrittenRange>> = BTreeMap::new();
        for stretch in stretches {
            let date = stretch.range.start().date_naive();
            by_day.entry(date).or_default().push(stretch);
        }
        for (date, stretches) in by_day {
            let mut manifest = self.manifest(date);
            let replaced: RangeSet = stretches.iter().map(|stretch| stretch.range).collect();
            let before = manifest.parts.len();
            manifest.parts.retain(|part| !replaced.covers(part.file.range));
            let replaces = manifest.parts.len() < before;
            manifest.gaps.retain(|gap| gap.range().is_some_and(|range| !replaced.covers(range)));
            let mut gaps = Vec::new();
            for stretch in stretches {
                cover(
                    &mut manifest.ranges,
                    ReadRange::new(stretch.range, stretch.verified).counted_if(stretch.counted),
                );
                manifest.parts.extend(stretch.part);
                gaps.extend(stretch.gaps);
            }
            manifest.gaps.extend(gaps.iter().cloned());
            self.write(manifest)?;
            // Not before: the state takes its gaps from manifests whenever it is written.
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

    /// Takes back that a verified time of a day is proven to be complete. So it is read again as a whole, and what is
    /// archived of it stays until then.
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
        cover(&mut manifest.ranges, ReadRange::new(range, false));
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
        manifest.tool = Tool::current();
        let followed = self.days.range(date..).any(|(later, _)| *later > date);
        if followed && self.state.relink.is_none_or(|from| from > date) {
            // Known before it is so: whoever finds the chain broken must know that nobody else broke it.
            self.state.relink = Some(date);
            self.save()?;
        }
        self.write_linked(manifest)?;
        self.manifests_ahead = true;
        Ok(())
    }

    fn write_linked(&mut self, mut manifest: Manifest) -> Result<(), Error> {
        let date = manifest.date;
        let before = self.days.range(..date).next_back();
        manifest.previous = before.map(|(date, (_, sha256))| ManifestLink { date: *date, sha256: *sha256 });
        let bytes = manifest.to_bytes();
        if manifest.parts.is_empty() && !self.days.contains_key(&date) {
            // Its folder may be there because of a part that was given up, and whether its name lasts is not known then.
            folder::create_unsynced(&self.folder.day(date), &self.fail_points)?;
            folder::sync(self.folder.path())?;
        } else {
            Self::day_folder(&self.folder, date, &self.fail_points)?;
        }
        AtomicFile::write_all_to(&self.folder.manifest(date), &bytes, ArchiveFileKind::Manifest, &self.fail_points)?;
        self.days.insert(date, (manifest, Digest::sha256(&bytes)));
        Ok(())
    }

    /// Has each manifest after the first that was changed follow the one before it.
    pub(super) fn relink(&mut self) -> Result<(), Error> {
        let Some(from) = self.state.relink else {
            return Ok(());
        };
        let dates: Vec<NaiveDate> = self.days.range(from..).map(|(date, _)| *date).collect();
        for date in dates {
            let before = self.days.range(..date).next_back();
            let right = before.map(|(date, (_, sha256))| ManifestLink { date: *date, sha256: *sha256 });
            if let Some((manifest, _)) = self.days.get(&date)
                && manifest.previous != right
            {
                self.write_linked(manifest.clone())?;
                self.fail_points.reach(FailPoint::ChainLinked);
            }
        }
        self.state.relink = None;
        self.save()
    }
}

/// Puts a range in the place of whatever there was of its time. Verified ranges that touch become one; others stay as
/// they were read, so that they can be read again as such.
fn cover(ranges: &mut Vec<ReadRange>, new: ReadRange) {
    let mut all = Vec::new();
    let taken: RangeSet = new.range().into_iter().collect();
    for covered in ranges.iter() {
        let Some(old) = covered.range() else {
            continue;
        };
        let left = RangeSet::from(old).difference(&taken);
        let left = left.iter();
        all.extend(left.map(|left| ReadRange::new(left, covered.verified).counted_if(covered.counted)));
    }
    all.push(new);
    all.sort_by_key(|covered| covered.from);
    all.dedup_by(|next, kept| {
        let joined = kept.verified && next.verified && kept.to == next.from;
        if joined {
            kept.to = next.to;
            kept.counted &= next.counted;
        }
        joined
    });
    *ranges = all;
}
