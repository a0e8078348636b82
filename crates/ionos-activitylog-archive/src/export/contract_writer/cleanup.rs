//! An export that was killed leaves files that belong to nothing, and a part that was replaced belongs to nothing any
//! more. Both would be taken for something that somebody has put there, and so they are removed; what this program did
//! not leave is never touched.

use std::path::Path;

use chrono::NaiveDate;

use super::ContractWriter;
use crate::error::Error;
use crate::fs::{folder, is_leftover};
use crate::layout::names;

impl ContractWriter {
    /// Removes what an export that was killed or has failed has left, and parts that were replaced: files in the making,
    /// and parts in no manifest. Where no export is known that may have left one, only if a manifest has its time.
    pub(super) fn cleanup(&self, only: Option<NaiveDate>) -> Result<(), Error> {
        let dates = match only {
            Some(date) => vec![date],
            None => {
                self.remove_partial_files(self.folder.path())?;
                self.folder.days()?
            }
        };
        for date in dates {
            let folder = self.folder.day(date);
            self.remove_partial_files(&folder)?;
            let manifest = self.days.get(&date).map(|(manifest, _)| manifest);
            let covered = manifest.map(|manifest| manifest.verified_ranges().union(&manifest.unverified_ranges()));
            for name in self.folder.parts(date)? {
                let listed = manifest.is_some_and(|manifest| manifest.parts.iter().any(|part| part.file == name));
                let left = only.is_none() && self.known && self.state.open
                    || covered.as_ref().is_some_and(|covered| covered.covers(name.range));
                if !listed && left {
                    folder::remove_file(&folder.join(name.to_string()), &self.fail_points)?;
                }
            }
        }
        Ok(())
    }

    fn remove_partial_files(&self, folder: &Path) -> Result<(), Error> {
        for name in names(folder)? {
            if is_leftover(&name) {
                folder::remove_file(&folder.join(name), &self.fail_points)?;
            }
        }
        Ok(())
    }
}
