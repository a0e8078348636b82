//! A question about the log is the same whether the service answers it or the files of an archive. What differs is how
//! events are come by, how long that takes, and what is said where they are not all.

use chrono_tz::Tz;
use ionos_activitylog::{Client, ContractNumber, DateRange, Event, Filter, FilterCounts};

use super::{archive, service};
use crate::args::events::EventSelection;
use crate::args::time::{RangeArgs, resolve_range};
use crate::error::{CommandError, TOLD_WITH_EACH, gaps};
use crate::output::plural::format_count;
use crate::output::time::format_range;
use crate::runtime::context::Context;

/// How an archive gets what it does not have.
pub(crate) const EXPORT_AGAIN: &str = "`ialog export` of that time to the same folder reads what is missing";

/// Where the events are that were asked for.
pub(crate) enum EventSource {
    Live(service::ServiceReader),
    Archive(archive::ArchiveSource),
}

/// What a reading came to.
#[derive(Default)]
pub(crate) struct ReadSummary {
    /// How many events were looked at, and how many of them the filter kept.
    pub(crate) counts: FilterCounts,
    /// Where an archive ends that does not go on to now, in words.
    pub(super) ends: Vec<String>,
    /// What is not proven to be complete, in words.
    pub(super) unproven: Vec<String>,
    /// How many of these are beyond what the service lets one reach.
    pub(super) beyond_reach: usize,
    /// How to come by the others.
    pub(super) more: &'static str,
    /// What became of contracts that could not be read.
    pub(super) failures: Vec<(ContractNumber, CommandError)>,
    pub(super) contracts: usize,
}

/// What becomes of each event: false says that no more are wanted.
pub(crate) trait Taker {
    /// Looks at an event before it is known whether the filter keeps it.
    fn see(&mut self, _event: &Event) {}

    /// Takes an event that the filter keeps.
    fn take(
        &mut self,
        contract: &ContractNumber,
        event: Event,
        context: &mut Context<'_>,
    ) -> Result<bool, CommandError>;
}

impl EventSource {
    /// Finds it, and says the range.
    pub(crate) async fn open(
        asked: &EventSelection,
        zone: Tz,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        Self::open_range(asked, asked.when.range(), zone, context).await
    }

    /// The same with a range where none was asked for.
    pub(crate) async fn open_range(
        asked: &EventSelection,
        range: Option<RangeArgs>,
        zone: Tz,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let now = context.clock.now();
        let range = range.map(|range| resolve_range(&range, now.with_timezone(&zone))).transpose()?;
        if let Some(root) = &asked.archive {
            let archived = archive::ArchiveSource::open(root, asked, range, zone)?;
            say_range(range, &format!("archive {}", root.display()), zone, context);
            return Ok(Self::Archive(archived));
        }
        let Some(range) = range else {
            return Err(CommandError::usage(
                "it is not said which time to read",
                "name it with --last 2h or with --since yesterday",
            ));
        };
        let live = service::ServiceReader::connect(asked, range, context).await?;
        say_range(Some(range), &live.contracts_in_words(), zone, context);
        Ok(Self::Live(live))
    }

    /// The time that is read; none for all that an archive has.
    pub(crate) fn range(&self) -> Option<DateRange> {
        match self {
            Self::Live(live) => Some(live.range),
            Self::Archive(archived) => archived.range,
        }
    }

    /// The client of the account that is read; none of an archive.
    pub(crate) fn client(&self) -> Option<Client> {
        match self {
            Self::Live(live) => Some(live.client.clone()),
            Self::Archive(_) => None,
        }
    }

    /// Reads everything, and gives on what the filter keeps.
    pub(crate) async fn read(
        self,
        filter: &Filter,
        taker: &mut dyn Taker,
        context: &mut Context<'_>,
    ) -> Result<ReadSummary, CommandError> {
        match self {
            Self::Live(live) => live.read(filter, taker, context).await,
            Self::Archive(archived) => archived.read(filter, taker, context).await,
        }
    }
}

fn say_range(range: Option<DateRange>, of: &str, zone: Tz, context: &mut Context<'_>) {
    let range = range.map_or_else(|| "all times".to_owned(), |range| format_range(range, zone));
    context.info(format_args!("{range}, {of}"));
}

impl ReadSummary {
    /// Whether there is nothing to show but why.
    pub(crate) fn is_lost(&self) -> bool {
        self.counts.seen == 0 && self.contracts > 0 && self.failures.len() == self.contracts
    }

    /// Whether what was given on is all, as the exit code says it.
    pub(crate) fn verdict(mut self, context: &mut Context<'_>) -> Result<(), CommandError> {
        // What happened since is not in what was given on.
        for end in &self.ends {
            context.warn(end);
        }
        // The error is about what could not be read then, and there may be gaps in what could.
        for gap in self.unproven.iter().filter(|_| !self.failures.is_empty()) {
            context.warn(format_args!("not proven to be complete: {gap}"));
        }
        if self.contracts == 1 && !self.failures.is_empty() {
            return Err(self.failures.swap_remove(0).1);
        }
        if !self.failures.is_empty() {
            return Err(CommandError::of_contracts(
                self.failures,
                self.contracts,
                "could not be read, and what is shown is of the others",
                TOLD_WITH_EACH,
            ));
        }
        if self.unproven.is_empty() {
            return Ok(());
        }
        let gaps = format_count(self.unproven.len() as u64, "gap");
        Err(CommandError::incomplete(
            format!("this is not proven to be all, {gaps}: {}", self.unproven.join("; ")),
            gaps::closed_by(self.more, self.unproven.len(), self.beyond_reach),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ionos_activitylog::clock::VirtualClock;

    use super::*;

    #[test]
    fn a_contract_that_fails_does_not_hide_the_gaps_of_another() {
        let reading = ReadSummary {
            unproven: vec!["contract 2: of an hour 3 events came".to_owned()],
            more: "try again",
            failures: vec![(1.into(), CommandError::unexpected("no answer", "wait"))],
            contracts: 2,
            ..ReadSummary::default()
        };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut context = Context {
            clock: Arc::new(VirtualClock::at(chrono::DateTime::UNIX_EPOCH)),
            account: None,
            stdout: &mut stdout,
            stderr: &mut stderr,
            interactive: false,
            terminal: crate::Terminal::default(),
            cache: crate::Cache::default(),
            interrupt: crate::Interrupt::new(),
            messages: crate::Messages::default(),
            steps: ionos_activitylog_archive::internal::FailPoints::default(),
        };
        let failure = reading.verdict(&mut context).unwrap_err();
        assert_eq!(context.report(&failure), 3);
        assert_eq!(
            String::from_utf8(stderr).unwrap(),
            "not proven to be complete: contract 2: of an hour 3 events came\n\
             contract 1: no answer: wait\n\
             error: 1 of 2 contracts could not be read, and what is shown is of the others: what to do is told with each\n"
        );
    }
}
