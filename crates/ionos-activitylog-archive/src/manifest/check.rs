//! Checks that the redundant values of a manifest agree: counts are sums over the parts, the digest covers the parts,
//! and parts lie in ranges that were read. This finds most manual edits of a single value without opening a part.

use ionos_activitylog::{DateRange, RangeSet};

use super::{EventCounts, MANIFEST_SCHEMA_1, Manifest, Part};
use crate::digest;

impl Manifest {
    /// Fails with a description of the first contradiction in the manifest. Every manifest is checked when it is read
    /// and before it is written, so that no export writes a manifest that a reader refuses.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Some(day) = self.day() else {
            return Err(format!("{} is not a valid day", self.date));
        };
        self.check_ranges(day)?;
        let (verified, unverified) = (self.verified_ranges(), self.unverified_ranges());
        let covered = verified.union(&unverified);
        for gap in &self.gaps {
            let known = gap.range().is_some_and(|range| unverified.covers(range));
            if !known {
                return Err(format!("it has a gap at {}, outside of its unverified ranges", gap.from));
            }
        }
        for part in &self.parts {
            check_part(part, &covered, &verified)?;
        }
        let ordinary: Vec<&Part> = self.parts.iter().filter(|part| !part.late).collect();
        for pair in ordinary.windows(2) {
            if let [a, b] = pair
                && a.to > b.from
            {
                return Err(format!("{} and {} overlap", a.file, b.file));
            }
        }
        if let Some(kept) = self.kept.iter().find(|kept| !kept.has_own_name()) {
            return Err(format!("its entry for {:?} contradicts the file name", kept.file));
        }
        let mut recomputed = self.clone();
        recomputed.recompute();
        if recomputed.parts != self.parts || recomputed.gaps != self.gaps || recomputed.kept != self.kept {
            return Err("its parts are not in order".to_owned());
        }
        if recomputed.counts != self.counts {
            let (stated, summed) = (describe(&self.counts), describe(&recomputed.counts));
            return Err(format!("it states {stated}, but its parts have {summed}"));
        }
        if self.digest != digest::combine(self.parts.iter().map(|part| &part.digest)) {
            return Err("its digest does not match its parts".to_owned());
        }
        let is_version_1 = self.schema == MANIFEST_SCHEMA_1;
        if is_version_1 && self.previous.is_some_and(|previous| previous.date >= self.date) {
            return Err("its previous manifest is not of an earlier day".to_owned());
        }
        let expected = self.number.filter(|_| !is_version_1).and_then(|number| number.checked_sub(1));
        if self.previous.and_then(|previous| previous.number) != expected.filter(|number| *number > 0)
            || self.number == Some(0)
            || is_version_1 && self.number.is_some()
        {
            return Err("its number does not follow the number of its previous manifest".to_owned());
        }
        Ok(())
    }

    fn check_ranges(&self, day: DateRange) -> Result<(), String> {
        let is_version_1 = self.schema == MANIFEST_SCHEMA_1;
        let mut end = day.start();
        for range in &self.ranges {
            if range.range().is_none() || range.from < end || range.to > day.end() {
                return Err(format!("the range from {} is out of order or outside of the day", range.from));
            }
            if range.counted && !range.verified {
                return Err(format!("the range from {} is counted but not verified", range.from));
            }
            if range.proof.is_some() && (!range.verified || self.schema == MANIFEST_SCHEMA_1) {
                return Err(format!(
                    "the range from {} must not have a proof, because the range is not verified or the manifest has version 1",
                    range.from
                ));
            }
            let has_total = range.total.is_some();
            if has_total && (!range.verified || is_version_1) || range.counted && !has_total && !is_version_1 {
                return Err(format!("the total of the range from {} contradicts its other members", range.from));
            }
            end = range.to;
        }
        Ok(())
    }
}

fn check_part(part: &Part, covered: &RangeSet, verified: &RangeSet) -> Result<(), String> {
    let file = &part.file;
    let range = file.range;
    // The parser of the name has already checked that `content` has 16 hex digits.
    let has_own_content = part.digest.to_string().contains(&file.content);
    if (part.from, part.to, part.late) != (range.start(), range.end(), file.late) || !has_own_content {
        return Err(format!("its entry for {file} contradicts the file name"));
    }
    if !covered.covers(range) {
        return Err(format!("the range of {file} is not among the ranges that were read"));
    }
    if part.verified != verified.covers(range) {
        return Err(format!("{file} and its range differ in whether they are verified"));
    }
    if part.total.is_some() && !part.verified {
        return Err(format!("{file} has a total but is not verified"));
    }
    if part.count == 0 || part.unique > part.count {
        return Err(format!("{file} has {} events and {} ids", part.count, part.unique));
    }
    Ok(())
}

/// The sums of a manifest, for a message.
fn describe(counts: &EventCounts) -> String {
    let total = counts.total.map_or_else(|| "no total".to_owned(), |total| format!("a total of {total}"));
    format!("{} events with {} ids and {total}", counts.count, counts.unique)
}
