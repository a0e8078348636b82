//! Events from the files of an archive: no network, and the manifests say what is missing.

use std::path::Path;

use chrono_tz::Tz;
use ionos_activitylog::{DateRange, Filter};
use ionos_activitylog_archive::ArchiveReader;

use super::{Reading, Taker};
use crate::cli::Asked;
use crate::commands::archived::{Turns, ends_told};
use crate::commands::{archive_at, archived_contracts};
use crate::failure::Failure;
use crate::host::Host;

/// What an archive has.
pub(crate) struct Archived {
    reader: ArchiveReader,
    pub(super) range: Option<DateRange>,
    zone: Tz,
}

impl Archived {
    pub(super) fn open(root: &Path, asked: &Asked, range: Option<DateRange>, zone: Tz) -> Result<Self, Failure> {
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
        host: &mut Host<'_>,
    ) -> Result<Reading, Failure> {
        let mut reading = Reading { more: super::EXPORT_AGAIN, ..Reading::default() };
        let mut reader = self.reader.filter(filter.clone());
        let mut turns = Turns::begin(host);
        while let Some(archived) = reader.next() {
            let archived = archived?;
            taker.see(&archived.event);
            reading.counts = reader.counts();
            turns.give(&reader).await;
            if archived.kept && !taker.take(&archived.contract, archived.event, host)? {
                return Ok(reading);
            }
        }
        reading.counts = reader.counts();
        turns.end();
        reading.ends = ends_told(&reader.ends(), self.zone);
        let unproven = reader.unproven();
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
