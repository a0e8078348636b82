//! Reading an archive back as it was asked for, and what to say of what it does not have.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, Filter};
use ionos_activitylog_archive::{ArchiveReader, Archived};

use crate::cli::FromArchive;
use crate::commands::{archived_contracts, demo};
use crate::failure::Failure;
use crate::host::Host;
use crate::progress::OfArchive;
use crate::source::EXPORT_AGAIN;
use crate::{gaps, times, zone};

/// So many events are read before signals are listened to.
const EVENTS_AT_ONCE: u64 = 256;

/// Files do not let one wait, so a Ctrl-C would not be noticed before their end. So now and then it is somebody else's
/// turn, and people are told how far it is.
pub(crate) struct Turns {
    progress: OfArchive,
    /// Events that had been read at the last turn.
    read: u64,
}

impl Turns {
    pub(crate) fn begin(host: &mut Host<'_>) -> Self {
        Self { progress: OfArchive::events(host), read: 0 }
    }

    /// To be awaited after each event.
    pub(crate) async fn give(&mut self, reader: &ArchiveReader) {
        let (read, all) = reader.progress();
        if read.saturating_sub(self.read) >= EVENTS_AT_ONCE {
            self.read = read;
            self.progress.show((read, all));
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn end(&self) {
        self.progress.end();
    }
}

/// The events that were asked for.
pub(crate) struct Asked {
    reader: ArchiveReader,
    turns: Turns,
    /// It goes with the folder of a demo.
    _found: demo::Found,
    filter: Filter,
}

impl Asked {
    pub(crate) async fn open(arguments: &FromArchive, host: &mut Host<'_>) -> Result<Self, Failure> {
        let now = host.clock.now();
        let range = arguments.range.asked();
        let range = range.map(|range| times::resolve(&range, now)).transpose()?;
        let filter = Filter::parse(arguments.filters())?;
        let found = demo::archive(arguments.root.folder()?, host).await?;
        let contracts = archived_contracts(&found.archive, &arguments.contract)?;
        let reader = ArchiveReader::open(&found.archive, contracts.as_deref(), range)?;
        let reader = match arguments.range.to {
            None => reader.open_end(),
            Some(_) => reader,
        };
        Ok(Self { reader: reader.filter(filter.clone()), turns: Turns::begin(host), _found: found, filter })
    }

    /// The next event that the filter keeps.
    pub(crate) async fn next(&mut self) -> Result<Option<Archived>, Failure> {
        while let Some(archived) = self.reader.next() {
            let archived = archived?;
            self.turns.give(&self.reader).await;
            if archived.kept {
                return Ok(Some(archived));
            }
        }
        Ok(None)
    }

    /// Says how many of how many it were where some were left out, and fails where the archive does not prove that it
    /// has all.
    pub(crate) fn end(self, host: &mut Host<'_>) -> Result<(), Failure> {
        self.turns.end();
        if !self.filter.is_empty() {
            host.say(format_args!("{} match", self.reader.counts()));
        }
        for end in ends_told(&self.reader.ends(), Tz::UTC) {
            host.insist(end);
        }
        let unproven = self.reader.unproven();
        if unproven.is_empty() {
            return Ok(());
        }
        let beyond_reach =
            unproven.iter().filter(|(contract, ranges)| self.reader.is_beyond_reach(contract, ranges)).count();
        let listed: Vec<String> =
            unproven.iter().map(|(contract, ranges)| format!("contract {contract}, {ranges}")).collect();
        Err(Failure::incomplete(
            format!(
                "the archive does not prove that this is all; it does not have, or has without proof: {}",
                listed.join("; ")
            ),
            gaps::closed_by(EXPORT_AGAIN, unproven.len(), beyond_reach),
        ))
    }
}

/// Where an archive ends that does not go on to now, in words: what happened since is not in the answer.
pub(crate) fn ends_told(ends: &[(ContractNumber, DateTime<Utc>)], zone: Tz) -> Vec<String> {
    let same = ends.chunk_by(|(_, one), (_, other)| one == other);
    let told = same.filter_map(|same| {
        let (contract, end) = same.first()?;
        let of = match same.len() {
            all if all == ends.len() => String::new(),
            1 => format!(" of contract {contract}"),
            several => format!(" of {several} contracts"),
        };
        Some(format!("the archive{of} ends at {}", zone::told_time(*end, zone)))
    });
    told.collect()
}
