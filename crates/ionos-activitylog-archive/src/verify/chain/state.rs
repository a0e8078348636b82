//! Compares the chain with the state, which can add findings and switch no check off.
//!
//! An export opens the state before it writes, and closes it after all else. So a kill leaves a chain that is longer than
//! its state only if the state is open.

use chrono::NaiveDate;
use ionos_activitylog::RangeSet;

use super::ChainCheck;
use crate::error::Error;
use crate::layout::STATE;
use crate::manifest::{ManifestLink, ReadRange};
use crate::state::State;
use crate::verify::Problem;

impl ChainCheck<'_> {
    /// Compares the chain with the state, which names the last manifest that was written and the ranges that were read.
    /// `repeated`: days of open manifests that closed manifests repeat.
    pub(super) fn check_state(&mut self, repeated: Vec<NaiveDate>) {
        let path = self.folder.path().join(STATE);
        let (state, is_previous) = match State::read(self.folder) {
            Ok((state, warning)) => {
                let is_previous = warning.is_some();
                self.report.warnings.extend(warning);
                (state, is_previous)
            }
            Err(error) => {
                // An interrupted export may have written the files that no manifest names.
                self.is_complete &= !matches!(error, Error::Open { .. });
                return self.report_error(path, error);
            }
        };
        let Some(state) = state else {
            if !self.chain.links.is_empty() {
                let shown = self.shown(&path);
                self.warn(format!("{shown} is missing, so the end of the chain was not compared with it"));
            }
            return;
        };
        self.chain.is_unfinished |= state.open;
        if !self.is_complete {
            return;
        }
        let links = &self.chain.links;
        let place = state.head.map(|written| links.iter().position(|link| *link == written));
        let added = match place {
            Some(None) => return self.report_other_head(state.head),
            Some(Some(place)) => links.get(place + 1..).unwrap_or_default(),
            // Version 0.1.0 wrote no head while manifests were to be linked again.
            None => links
                .iter()
                .position(|link| link.number.is_some())
                .and_then(|first| links.get(first..))
                .unwrap_or_default(),
        };
        // If the state is damaged, an export may have been interrupted since its previous copy was written.
        let is_closed = !state.open && !is_previous;
        if let Some(first) = added.first().copied() {
            self.chain.is_unfinished |= is_previous;
            if is_closed {
                return self.report_added(first, added.len());
            }
        }
        let ranges = self.days.values().flat_map(|manifest| &manifest.ranges);
        let covered: RangeSet = ranges.filter_map(ReadRange::range).collect();
        for lost in state.covered_ranges().difference(&covered).iter() {
            let detail = format!("{} was archived, but no manifest covers it", crate::verify::range(lost));
            self.add_finding(self.folder.day(lost.start().date_naive()), Problem::Missing, detail);
        }
        if !is_closed {
            return;
        }
        if let Some(date) = repeated.first() {
            self.chain.interrupted_days.retain(|date| !repeated.contains(date));
            let detail =
                format!("file was changed: it repeats the closed manifest of {date}, but no export was interrupted");
            self.add_finding(self.folder.open_manifests(), Problem::Changed, detail);
        } else if let Some(added) = covered.difference(&state.covered_ranges()).iter().next() {
            let detail = format!(
                "it does not have {}, which a manifest states, although the last export ended: one of the two was changed",
                crate::verify::range(added)
            );
            self.add_finding(path, Problem::Changed, detail);
        }
    }

    /// Reports that the chain does not have the last manifest that the state names.
    fn report_other_head(&mut self, written: Option<ManifestLink>) {
        let Some(written) = written else { return };
        let last = self.chain.manifests;
        let (file, is_beyond) = match written.number {
            Some(number) => (self.folder.manifest(number), number > last),
            None => {
                let file = self.folder.manifest_of_version_1(written.date);
                (file.clone(), !file.exists())
            }
        };
        match written.number {
            Some(_) if is_beyond && file.exists() => {
                self.chain.is_unfinished = true;
                let warning = "an export has added manifests during the verification: verify again".to_owned();
                self.warn(warning);
            }
            Some(number) if is_beyond => {
                let place = format!("from the end of the chain, whose last manifest was {number}");
                self.report_missing(last + 1, number, &place);
            }
            _ if is_beyond => {
                self.is_complete = false;
                self.add_finding(file, Problem::Missing, "file is missing: it was the last manifest");
            }
            _ => {
                let detail = "not the manifest that was written: file was changed or added";
                self.add_finding(file, Problem::Chain, detail);
            }
        }
    }

    /// Reports manifests that were added after the last export had ended.
    fn report_added(&mut self, first: ManifestLink, count: usize) {
        let file = match first.number {
            Some(number) => self.folder.manifest(number),
            None => self.folder.manifest_of_version_1(first.date),
        };
        let others = if count > 1 { format!(", and {} after it", count - 1) } else { String::new() };
        let detail = format!("file was added{others}: the last export ended with the manifest before it");
        self.add_finding(file, Problem::Extra, detail);
    }
}
