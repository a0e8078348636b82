//! Compares the chain with the state, see [`StateComparison`].

use std::path::Path;

use chrono::NaiveDate;

use super::{ADDED_MEANWHILE, ChainCheck};
use crate::encode::text::single_line;
use crate::error::Error;
use crate::fs::regular_file;
use crate::layout::STATE;
use crate::state::{ChainSummary, State, StateComparison, StateDifference};
use crate::verify::Problem;

impl ChainCheck<'_> {
    /// Compares the chain with the state. The state names the last manifest that was written and the ranges that were
    /// read. `repeated`: days whose open manifest repeats a manifest that the chain already has. Returns `false` if a
    /// manifest is missing or unreadable, or if the state contradicts the manifests. A state that is missing or cannot
    /// be used is no finding, because the state is a hint and not evidence. But then the end of the chain is not
    /// proven.
    pub(super) fn check_state(&mut self, repeated: Vec<NaiveDate>) -> bool {
        let path = self.folder.path().join(STATE);
        let shown = self.shown(&path);
        let (state, is_previous) = match State::read(self.folder) {
            Ok((state, warning)) => {
                let is_previous = warning.is_some();
                self.report.warnings.extend(warning);
                if is_previous {
                    self.lack_evidence(format!("{shown} cannot be used"));
                }
                (state, is_previous)
            }
            Err(error) => {
                // An unreadable state may show that an export was interrupted. If the state is damaged, files that no
                // manifest names are findings.
                self.may_have_leftovers = matches!(error, Error::Open { .. });
                match &error {
                    // `check_unlisted` reports a link, a pipe or the like.
                    Error::Open { source, .. } if regular_file::is_not_regular(source) => {}
                    Error::Open { source, .. } => self.lack_evidence(format!("{shown} cannot be read ({source})")),
                    Error::UnsupportedVersion { actual, .. } => {
                        self.lack_evidence(format!(
                            "{shown} has the unknown format {}",
                            single_line(Path::new(actual))
                        ));
                    }
                    _ => {
                        self.warn(error.to_string());
                        self.lack_evidence(format!("{shown} cannot be used"));
                    }
                }
                return self.is_complete;
            }
        };
        let Some(state) = state else {
            if !self.chain.links.is_empty() || !self.days.is_empty() {
                self.lack_evidence(format!("{shown} is missing"));
            }
            return self.is_complete;
        };
        match is_previous {
            // An export may have ended since the previous copy was written, so the copy does not show whether an export
            // is unfinished.
            true => self.may_have_leftovers |= state.open,
            false => self.chain.is_unfinished |= state.open,
        }
        if !self.is_complete {
            return false;
        }
        let summary = ChainSummary { links: &self.chain.links, days: &self.days, repeated: &repeated };
        let comparison = StateComparison::new(self.folder, &state, is_previous, summary);
        self.chain.checks.state = !is_previous;
        self.may_have_leftovers |= is_previous && comparison.has_added;
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
