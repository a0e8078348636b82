//! The result of reading events: the number of events, and whether the events are proven to be complete.
//! [`ReadSummary::verdict`] decides whether the command fails.

use ionos_activitylog::{ContractNumber, FilterCounts};

use crate::error::gaps::gap_hint;
use crate::error::{CommandError, HINTS_ABOVE};
use crate::events::named_contracts::MixedContract;
use crate::events::versions::FoundVersions;
use crate::output::plural::format_count;
use crate::runtime::context::Context;

/// Ranges that are not proven to be complete.
pub(crate) struct UnprovenRanges {
    /// The sentence that names the ranges.
    pub(super) text: String,
    /// Number of ranges in the sentence; 1 if the ranges are not known.
    pub(super) gaps: usize,
}

impl UnprovenRanges {
    /// One range.
    pub(super) fn one(text: String) -> Self {
        Self { text, gaps: 1 }
    }
}

/// The result of reading events.
#[derive(Default)]
pub(crate) struct ReadSummary {
    /// The number of events read, and the number of those that the filter kept.
    pub(crate) counts: FilterCounts,
    /// The changed versions among the events that the filter kept.
    pub(super) versions: FoundVersions,
    /// Sentences that say where the archive ends within the range. If the user gave the end of the range, each sentence
    /// starts with "warning: ". Contracts with the same end share a sentence.
    pub(super) archive_ends: Vec<String>,
    /// The note about events of an archive that may be outside of the range; `None` if there are no such events.
    pub(super) uncertain: Option<String>,
    /// For events of the service: one entry for each gap. For events of an archive: one entry for each reason why a
    /// contract is not proven to be complete, such as missing ranges or an unknown end.
    pub(super) unproven: Vec<UnprovenRanges>,
    /// Number of gaps in `unproven` that stay open even if they are read again, because the service cannot return all
    /// events of these gaps.
    pub(super) beyond_reach: usize,
    /// One sentence for each contract whose events were not compared with the total of the range.
    pub(super) not_cross_checked: Vec<String>,
    /// A hint that says how to read the missing ranges, except the ranges that the service cannot return completely.
    pub(super) retry_hint: &'static str,
    /// The contracts whose events may be those of another contract.
    pub(super) mixed: Vec<MixedContract>,
    /// The contracts that could not be read, and why.
    pub(super) failures: Vec<(ContractNumber, CommandError)>,
    /// Number of contracts to read from the service, including those that failed; 0 for an archive.
    pub(super) contracts: usize,
}

impl ReadSummary {
    /// Whether all contracts failed before any event was read, so that only errors can be shown.
    pub(crate) fn is_lost(&self) -> bool {
        self.counts.seen == 0 && self.contracts > 0 && self.failures.len() == self.contracts
    }

    /// Prints how many of the events that the filter kept are changed versions of another event. Prints nothing if
    /// there are no such events.
    pub(crate) fn show_versions(&self, context: &mut Context<'_>) {
        if let Some(note) = self.versions.describe(self.counts.kept) {
            context.warn(note);
        }
    }

    /// Fails unless all contracts were read and their events are proven to be complete. Also fails if two contracts
    /// have the same events. Prints a warning for each archive end, for each contract that may be mixed up, and for
    /// each gap that the error does not mention.
    pub(crate) fn verdict(mut self, context: &mut Context<'_>) -> Result<(), CommandError> {
        for end in &self.archive_ends {
            context.warn(end);
        }
        if let Some(uncertain) = &self.uncertain {
            context.warn(uncertain);
        }
        for contract in &self.not_cross_checked {
            context.info(contract);
        }
        MixedContract::warn(&self.mixed, context);
        // If contracts failed, the error names only these contracts, so the gaps of the others need a warning.
        for gap in self.unproven.iter().filter(|_| !self.failures.is_empty()) {
            context.warn(format_args!("incomplete: {}", gap.text));
        }
        if self.contracts == 1 && !self.failures.is_empty() {
            return Err(self.failures.swap_remove(0).1);
        }
        if !self.failures.is_empty() {
            return Err(CommandError::of_contracts(
                self.failures,
                self.contracts,
                "could not be read; the output covers the others",
                HINTS_ABOVE,
            ));
        }
        if self.unproven.is_empty() {
            return MixedContract::error(&self.mixed).map_or(Ok(()), Err);
        }
        let gaps = self.unproven.iter().map(|one| one.gaps).sum();
        let texts: Vec<&str> = self.unproven.iter().map(|one| one.text.as_str()).collect();
        Err(CommandError::incomplete(
            format!("incomplete, {}: {}", format_count(gaps as u64, "gap"), texts.join("; ")),
            gap_hint(self.retry_hint, gaps, self.beyond_reach),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ionos_activitylog::clock::VirtualClock;

    use super::*;

    #[test]
    fn a_failed_contract_does_not_hide_the_gaps_of_another() {
        let summary = ReadSummary {
            unproven: vec![UnprovenRanges::one("contract 2: received 3 events, the service reports 5".to_owned())],
            retry_hint: "try again",
            failures: vec![(1.into(), CommandError::unexpected("no answer", "wait"))],
            contracts: 2,
            ..ReadSummary::default()
        };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut context = Context {
            clock: Arc::new(VirtualClock::starting_at(chrono::DateTime::UNIX_EPOCH)),
            account: None,
            stdout: &mut stdout,
            stderr: &mut stderr,
            terminal: crate::output::terminal::Terminal::default(),
            cache_dir: None,
            interrupt: crate::runtime::interrupt::Interrupt::new(),
            messages: crate::output::messages::Messages::default(),
            fail_points: ionos_activitylog_archive::internal::FailPoints::default(),
        };
        let error = summary.verdict(&mut context).unwrap_err();
        assert_eq!(context.report(&error), 3);
        assert_eq!(
            String::from_utf8(stderr).unwrap(),
            "incomplete: contract 2: received 3 events, the service reports 5\n\
             contract 1: no answer: wait\n\
             error: 1 of 2 contracts could not be read; the output covers the others: see the messages above\n"
        );
    }
}
