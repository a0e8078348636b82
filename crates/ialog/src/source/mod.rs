//! A question about the log is the same whether the service answers it or the files of an archive. What differs is how
//! events are come by, how long that takes, and what is said where they are not all.

mod archive;
mod live;

use chrono_tz::Tz;
use ionos_activitylog::{Client, ContractNumber, DateRange, Event, Filter, FilterCounts};

use crate::cli::{Asked, Range};
use crate::commands::counted;
use crate::failure::{Failure, TOLD_WITH_EACH};
use crate::host::Host;
use crate::{gaps, times, zone};

/// How an archive gets what it does not have.
pub(crate) const EXPORT_AGAIN: &str = "`ialog export` of that time to the same folder reads what is missing";

/// Where the events are that were asked for.
pub(crate) enum Source {
    Live(live::Live),
    Archive(archive::Archived),
}

/// What a reading came to.
#[derive(Default)]
pub(crate) struct Reading {
    /// How many events were looked at, and how many of them the filter kept.
    pub(crate) counts: FilterCounts,
    /// Where an archive ends that does not go on to now, in words.
    ends: Vec<String>,
    /// What is not proven to be complete, in words.
    unproven: Vec<String>,
    /// How many of these are beyond what the service lets one reach.
    beyond_reach: usize,
    /// How to come by the others.
    more: &'static str,
    /// What became of contracts that could not be read.
    failures: Vec<(ContractNumber, Failure)>,
    contracts: usize,
}

/// What becomes of each event: false says that no more are wanted.
pub(crate) trait Taker {
    /// Looks at an event before it is known whether the filter keeps it.
    fn see(&mut self, _event: &Event) {}

    /// Takes an event that the filter keeps.
    fn take(&mut self, contract: &ContractNumber, event: Event, host: &mut Host<'_>) -> Result<bool, Failure>;
}

impl Source {
    /// Finds it, and says the range.
    pub(crate) async fn open(asked: &Asked, zone: Tz, host: &mut Host<'_>) -> Result<Self, Failure> {
        Self::open_range(asked, asked.when.range(), zone, host).await
    }

    /// The same with a range where none was asked for.
    pub(crate) async fn open_range(
        asked: &Asked,
        range: Option<Range>,
        zone: Tz,
        host: &mut Host<'_>,
    ) -> Result<Self, Failure> {
        let now = host.clock.now();
        let range = range.map(|range| times::resolve(&range, now.with_timezone(&zone))).transpose()?;
        if let Some(root) = &asked.archive {
            let archived = archive::Archived::open(root, asked, range, zone)?;
            say_range(range, &format!("archive {}", root.display()), zone, host);
            return Ok(Self::Archive(archived));
        }
        let Some(range) = range else {
            return Err(Failure::usage(
                "it is not said which time to read",
                "name it with --last 2h or with --since yesterday",
            ));
        };
        let live = live::Live::connect(asked, range, host).await?;
        say_range(Some(range), &live.contracts_in_words(), zone, host);
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
        host: &mut Host<'_>,
    ) -> Result<Reading, Failure> {
        match self {
            Self::Live(live) => live.read(filter, taker, host).await,
            Self::Archive(archived) => archived.read(filter, taker, host).await,
        }
    }
}

fn say_range(range: Option<DateRange>, of: &str, zone: Tz, host: &mut Host<'_>) {
    let range = range.map_or_else(|| "all times".to_owned(), |range| zone::told(range, zone));
    host.say(format_args!("{range}, {of}"));
}

impl Reading {
    /// Whether there is nothing to show but why.
    pub(crate) fn is_lost(&self) -> bool {
        self.counts.seen == 0 && self.contracts > 0 && self.failures.len() == self.contracts
    }

    /// Whether what was given on is all, as the exit code says it.
    pub(crate) fn verdict(mut self, host: &mut Host<'_>) -> Result<(), Failure> {
        // What happened since is not in what was given on.
        for end in &self.ends {
            host.insist(end);
        }
        // The error is about what could not be read then, and there may be gaps in what could.
        for gap in self.unproven.iter().filter(|_| !self.failures.is_empty()) {
            host.insist(format_args!("not proven to be complete: {gap}"));
        }
        if self.contracts == 1 && !self.failures.is_empty() {
            return Err(self.failures.swap_remove(0).1);
        }
        if !self.failures.is_empty() {
            return Err(Failure::of_contracts(
                self.failures,
                self.contracts,
                "could not be read, and what is shown is of the others",
                TOLD_WITH_EACH,
            ));
        }
        if self.unproven.is_empty() {
            return Ok(());
        }
        let gaps = counted(self.unproven.len() as u64, "gap");
        Err(Failure::incomplete(
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
        let reading = Reading {
            unproven: vec!["contract 2: of an hour 3 events came".to_owned()],
            more: "try again",
            failures: vec![(1.into(), Failure::unexpected("no answer", "wait"))],
            contracts: 2,
            ..Reading::default()
        };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut host = Host {
            clock: Arc::new(VirtualClock::at(chrono::DateTime::UNIX_EPOCH)),
            account: None,
            stdout: &mut stdout,
            stderr: &mut stderr,
            interactive: false,
            terminal: crate::Terminal::default(),
            cache: crate::Cache::default(),
            interrupt: crate::Interrupt::new(),
            talk: crate::Talk::default(),
            steps: ionos_activitylog_archive::Steps::default(),
        };
        let failure = reading.verdict(&mut host).unwrap_err();
        assert_eq!(failure.report(&mut host), 3);
        assert_eq!(
            String::from_utf8(stderr).unwrap(),
            "not proven to be complete: contract 2: of an hour 3 events came\n\
             contract 1: no answer: wait\n\
             error: 1 of 2 contracts could not be read, and what is shown is of the others: what to do is told with each\n"
        );
    }
}
