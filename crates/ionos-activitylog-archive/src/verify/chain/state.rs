//! Compares the chain with the state, see [`StateComparison`].

use chrono::NaiveDate;

use super::{ADDED_MEANWHILE, ChainCheck};
use crate::error::Error;
use crate::layout::STATE;
use crate::state::{ChainSummary, State, StateComparison, StateDifference};
use crate::verify::Problem;

impl ChainCheck<'_> {
    /// Compares the chain with the state. The state names the last manifest that was written and the ranges that were
    /// read. `repeated`: days whose open manifest repeats a manifest that the chain already has. Returns `false` if a
    /// manifest is missing or unreadable, if the state contradicts the manifests, or if the state cannot be opened.
    pub(super) fn check_state(&mut self, repeated: Vec<NaiveDate>) -> bool {
        let path = self.folder.path().join(STATE);
        let (state, is_previous) = match State::read(self.folder) {
            Ok((state, warning)) => {
                let is_previous = warning.is_some();
                self.report.warnings.extend(warning);
                (state, is_previous)
            }
            Err(error) => {
                // Without the state, it is not known whether a file that no manifest names was left by an interrupted
                // export or was added by another program. So if the state cannot be opened, the check is incomplete,
                // and such a file is only a warning. If the state is damaged, the check stays complete.
                self.is_complete &= !matches!(error, Error::Open { .. });
                self.report_error(path, error);
                return self.is_complete;
            }
        };
        let Some(state) = state else {
            if !self.chain.links.is_empty() {
                let shown = self.shown(&path);
                self.warn(format!("{shown} is missing, so the end of the chain was not compared with it"));
            }
            return self.is_complete;
        };
        self.chain.is_unfinished |= state.open;
        if !self.is_complete {
            return false;
        }
        let summary = ChainSummary { links: &self.chain.links, days: &self.days, repeated: &repeated };
        let comparison = StateComparison::new(self.folder, &state, is_previous, summary);
        self.chain.is_unfinished |= is_previous && comparison.has_added;
        let is_equal = comparison.differences.is_empty();
        for difference in comparison.differences {
            self.report_difference(&difference);
            if matches!(difference, StateDifference::RepeatedDay(_)) {
                self.chain.interrupted_days.retain(|date| !repeated.contains(date));
            }
        }
        is_equal
    }

    fn report_difference(&mut self, difference: &StateDifference) {
        let path = difference.path(self.folder);
        let problem = match difference {
            StateDifference::MissingManifests { last, .. } if self.folder.manifest(*last).exists() => {
                self.chain.is_unfinished = true;
                return self.warn(ADDED_MEANWHILE.to_owned());
            }
            StateDifference::MissingManifests { .. } | StateDifference::MissingManifestOfVersion1(_) => {
                self.is_complete = false;
                Problem::Missing
            }
            StateDifference::MissingRange(_) => Problem::Missing,
            StateDifference::OtherManifest(_) => Problem::Chain,
            StateDifference::AddedManifests { .. } => Problem::Extra,
            StateDifference::RepeatedDay(_) | StateDifference::AddedRange(_) | StateDifference::OtherIdentity(_) => {
                Problem::Changed
            }
        };
        self.add_finding(path, problem, difference.detail());
    }
}
