//! Events from the files of an archive: no network, and the manifests say what is missing.

use std::path::Path;

use chrono_tz::Tz;
use ionos_activitylog::{DateRange, Filter};
use ionos_activitylog_archive::ArchiveReader;

use crate::args::events::EventSelection;
use crate::error::CommandError;
use crate::events::archived::{Turns, ends_told};
use crate::events::open_archive::{archive_at, archived_contracts};
use crate::events::source::{EXPORT_AGAIN, ReadSummary, Taker};
use crate::runtime::context::Context;

/// What an archive has.
pub(crate) struct ArchiveSource {
    reader: ArchiveReader,
    pub(super) range: Option<DateRange>,
    zone: Tz,
}

impl ArchiveSource {
    pub(super) fn open(
        root: &Path,
        asked: &EventSelection,
        range: Option<DateRange>,
        zone: Tz,
    ) -> Result<Self, CommandError> {
        let archive = archive_at(root)?;
        let contracts = archived_contracts(&archive, &asked.contract)?;
        let reader = ArchiveReader::open(&archive, contracts.as_deref(), range)?;
        Ok(Self {
            reader: match asked.when.to {
                None => reader.open_end(),
                Some(_) => reader,
            },
            range,
            zone,
        })
    }

    pub(super) async fn read(
        self,
        filter: &Filter,
        taker: &mut dyn Taker,
        context: &mut Context<'_>,
    ) -> Result<ReadSummary, CommandError> {
        let mut reading = ReadSummary { more: EXPORT_AGAIN, ..ReadSummary::default() };
        let mut reader = self.reader.filter(filter.clone());
        let mut turns = Turns::begin(context);
        while let Some(archived) = reader.next() {
            let archived = archived?;
            taker.see(&archived.event);
            reading.counts = reader.counts();
            turns.give(&reader).await;
            if archived.kept && !taker.take(&archived.contract, archived.event, context)? {
                return Ok(reading);
            }
        }
        reading.counts = reader.counts();
        turns.end();
        reading.ends = ends_told(&reader.early_ends(), self.zone);
        let unproven = reader.incomplete_ranges();
        let beyond_reach = unproven.iter().filter(|(contract, ranges)| reader.is_beyond_reach(contract, ranges));
        reading.beyond_reach = beyond_reach.count();
        reading.unproven = unproven
            .into_iter()
            .map(|(contract, ranges)| {
                format!("the archive does not have, or has without proof, contract {contract}, {ranges}")
            })
            .collect();
        Ok(reading)
    }
}
