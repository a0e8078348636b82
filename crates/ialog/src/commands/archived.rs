//! Reading an archive back as it was asked for, and what to say of what it does not have.

use ionos_activitylog::{Filter, FilterCounts};
use ionos_activitylog_archive::{ArchiveReader, Archived};

use crate::cli::FromArchive;
use crate::commands::{archived_contracts, demo};
use crate::failure::Failure;
use crate::host::Host;
use crate::times;

/// So many events are read before signals are listened to.
const EVENTS_AT_ONCE: u64 = 256;

/// The events that were asked for.
pub(crate) struct Asked {
    reader: ArchiveReader,
    /// It goes with the folder of a demo.
    _found: demo::Found,
    filter: Filter,
    counts: FilterCounts,
}

impl Asked {
    pub(crate) async fn open(
        arguments: &FromArchive,
        host: &mut Host<'_>,
    ) -> Result<Self, Failure> {
        let now = host.clock.now();
        let range = arguments.range.asked();
        let range = range.map(|range| times::resolve(&range, now)).transpose()?;
        let filter = Filter::parse(arguments.filters())?;
        let found = demo::archive(arguments.root.folder(), host).await?;
        let contracts = archived_contracts(&found.archive, &arguments.contract)?;
        Ok(Self {
            reader: ArchiveReader::open(&found.archive, contracts.as_deref(), range)?
                .filter(filter.clone()),
            _found: found,
            filter,
            counts: FilterCounts::default(),
        })
    }

    /// The next event that the filter keeps.
    pub(crate) async fn next(&mut self) -> Result<Option<Archived>, Failure> {
        for archived in self.reader.by_ref() {
            let archived = archived?;
            let kept = self.counts.count(archived.kept);
            // Files do not let one wait, so a Ctrl-C would not be noticed before the end.
            if self.counts.seen.is_multiple_of(EVENTS_AT_ONCE) {
                tokio::task::yield_now().await;
            }
            if kept {
                return Ok(Some(archived));
            }
        }
        Ok(None)
    }

    /// Says how many of how many it were where some were left out, and fails where the archive does not prove that it
    /// has all.
    pub(crate) fn end(self, host: &mut Host<'_>) -> Result<(), Failure> {
        if !self.filter.is_empty() {
            host.say(format_args!("{} match", self.counts));
        }
        let unproven = self.reader.unproven();
        if unproven.is_empty() {
            return Ok(());
        }
        let listed: Vec<String> = unproven
            .iter()
            .map(|(contract, ranges)| format!("contract {contract}, {ranges}"))
            .collect();
        Err(Failure::incomplete(
            format!(
                "the archive does not prove that this is all; it does not have, or has without proof: {}",
                listed.join("; ")
            ),
            crate::source::EXPORT_AGAIN,
        ))
    }
}
