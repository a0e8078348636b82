//! Reports files of a contract that no manifest names.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::ChainCheck;
use crate::fs::is_leftover;
use crate::fs::regular_file::is_regular_file;
use crate::layout::{
    LOCK, MANIFEST_OF_VERSION_1, MANIFESTS, OPEN_MANIFESTS, PREVIOUS_STATE, PartName, RUN_LOG, STATE, day_of,
    is_kept_file, manifest_number,
};
use crate::manifest::Manifest;
use crate::state::ContractLock;
use crate::verify::Problem;

/// Files and folders of a contract that belong to the archive but are not named in manifests.
const UNLISTED_FILES: [&str; 5] = [STATE, PREVIOUS_STATE, LOCK, RUN_LOG, MANIFESTS];

impl ChainCheck<'_> {
    /// Reports files that no manifest names.
    pub(super) fn check_files(&mut self) {
        self.chain.is_unfinished |= ContractLock::is_held(self.folder);
        let folder = self.folder.path().to_path_buf();
        for name in self.list(&folder).unwrap_or_default() {
            match day_of(&name) {
                Some(date) => self.check_day(date),
                None if UNLISTED_FILES.contains(&name.as_str()) => self.check_unlisted(&folder.join(&name), &name),
                None => self.check_foreign(folder.join(&name)),
            }
        }
        let folder = self.folder.manifests();
        if folder.is_dir() {
            for name in self.list(&folder).unwrap_or_default() {
                if manifest_number(&name).is_none() && name != OPEN_MANIFESTS {
                    self.check_foreign(folder.join(&name));
                }
            }
        }
        self.report_unnamed_by_missing();
    }

    /// Reports the files that may be named in a manifest that is missing or unreadable.
    fn report_unnamed_by_missing(&mut self) {
        if let Some(first) = self.unnamed.first() {
            let shown = self.shown(first);
            let others = match self.unnamed.len() - 1 {
                0 => String::new(),
                others => format!(", and {others} other files,"),
            };
            let warning = format!("{shown}{others} may be named in a manifest that is missing or unreadable");
            self.warn(warning);
        }
    }

    /// Reports an entry of [`UNLISTED_FILES`] that is a link, a pipe or the like.
    fn check_unlisted(&mut self, path: &Path, name: &str) {
        let is_usual = std::fs::symlink_metadata(path).is_ok_and(|found| match name {
            MANIFESTS => found.is_dir(),
            _ => found.is_file(),
        });
        if !is_usual {
            self.add_finding(path.to_path_buf(), Problem::Extra, "not the kind of file that an export writes here");
        }
    }

    fn check_day(&mut self, date: NaiveDate) {
        let folder = self.folder.day(date);
        for name in self.list(&folder).unwrap_or_default() {
            match name.parse::<PartName>() {
                Ok(part) => self.check_part_name(date, &part, folder.join(&name)),
                Err(_) if name == MANIFEST_OF_VERSION_1 => {}
                Err(_) if is_kept_file(&name) => self.check_kept_name(date, &name, folder.join(&name)),
                Err(_) => self.check_foreign(folder.join(&name)),
            }
        }
    }

    /// Reports a part that no manifest names.
    fn check_part_name(&mut self, date: NaiveDate, part: &PartName, path: PathBuf) {
        let day = self.days.get(&date);
        if day.is_none_or(|day| !day.names(part)) {
            let can_be_leftover = Manifest::can_be_leftover(day, part);
            self.report_unnamed(path, can_be_leftover);
        }
    }

    /// Reports kept records that no manifest names.
    fn check_kept_name(&mut self, date: NaiveDate, name: &str, path: PathBuf) {
        if self.days.get(&date).is_none_or(|day| day.kept.iter().all(|kept| kept.file != name)) {
            self.report_unnamed(path, true);
        }
    }

    /// Reports a file that no manifest names. If the file can be from an export that is running or was killed, the
    /// report is only a warning. Even then, the result of the verification is not `ok`.
    fn report_unnamed(&mut self, path: PathBuf, can_be_leftover: bool) {
        if !is_regular_file(&path) {
            self.foreign.report(&mut self.report, self.root, path);
        } else if !self.is_complete {
            self.unnamed.push(path);
        } else if can_be_leftover && (self.chain.is_unfinished || self.may_have_leftovers) {
            let shown = self.shown(&path);
            let warning = format!("no manifest names {shown}: it is from an export that is running or was killed");
            self.warn(warning);
        } else {
            self.add_finding(path, Problem::Extra, "no manifest names this file: it was added");
        }
    }

    fn check_foreign(&mut self, path: PathBuf) {
        if is_leftover(&path) {
            let shown = self.shown(&path);
            self.warn(format!("{shown} was left by a killed export; the next export removes it"));
        } else {
            self.foreign.report(&mut self.report, self.root, path);
        }
    }
}
