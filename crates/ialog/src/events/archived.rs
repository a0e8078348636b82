//! Reading an archive back as it was asked for, and what to say of what it does not have.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, Filter};
use ionos_activitylog_archive::{ArchiveReader, ArchivedEvent};

use crate::args::archive::ArchiveSelection;
use crate::args::time::resolve_range;
use crate::error::{CommandError, gaps};
use crate::events::demo;
use crate::events::open_archive::archived_contracts;
use crate::events::source::EXPORT_AGAIN;
use crate::output::progress::ArchiveProgress;
use crate::output::time::format_time;
use crate::runtime::context::Context;

/// So many events are read before signals are listened to.
const EVENTS_AT_ONCE: u64 = 256;

/// Files do not let one wait, so a Ctrl-C would not be noticed before their end. So now and then it is somebody else's
/// turn, and people are told how far it is.
pub(crate) struct Turns {
    progress: ArchiveProgress,
    /// Events that had been read at the last turn.
    read: u64,
}

impl Turns {
    pub(crate) fn begin(context: &mut Context<'_>) -> Self {
        Self { progress: ArchiveProgress::events(context), read: 0 }
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
    _found: demo::OpenedArchive,
    filter: Filter,
}

impl Asked {
    pub(crate) async fn open(arguments: &ArchiveSelection, context: &mut Context<'_>) -> Result<Self, CommandError> {
        let now = context.clock.now();
        let range = arguments.range.asked();
        let range = range.map(|range| resolve_range(&range, now)).transpose()?;
        let filter = Filter::parse(arguments.filters())?;
        let found = demo::archive(arguments.root.folder()?, context).await?;
        let contracts = archived_contracts(&found.archive, &arguments.contract)?;
        let reader = ArchiveReader::open(&found.archive, contracts.as_deref(), range)?;
        let reader = match arguments.range.to {
            None => reader.open_end(),
            Some(_) => reader,
        };
        Ok(Self { reader: reader.filter(filter.clone()), turns: Turns::begin(context), _found: found, filter })
    }

    /// The next event that the filter keeps.
    pub(crate) async fn next(&mut self) -> Result<Option<ArchivedEvent>, CommandError> {
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
    pub(crate) fn end(self, context: &mut Context<'_>) -> Result<(), CommandError> {
        self.turns.end();
        if !self.filter.is_empty() {
            context.info(format_args!("{} match", self.reader.counts()));
        }
        for end in ends_told(&self.reader.early_ends(), Tz::UTC) {
            context.warn(end);
        }
        let unproven = self.reader.incomplete_ranges();
        if unproven.is_empty() {
            return Ok(());
        }
        let beyond_reach =
            unproven.iter().filter(|(contract, ranges)| self.reader.is_beyond_reach(contract, ranges)).count();
        let listed: Vec<String> =
            unproven.iter().map(|(contract, ranges)| format!("contract {contract}, {ranges}")).collect();
        Err(CommandError::incomplete(
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
        Some(format!("the archive{of} ends at {}", format_time(*end, zone)))
    });
    told.collect()
}
