//! Events from the files of an archive: no network, and the manifests say what is missing.

use std::collections::BTreeSet;
use std::path::Path;

use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, DateRange, Filter};
use ionos_activitylog_archive::{Archive, ArchiveReader};

use super::{Reading, Taker};
use crate::cli::{Asked, Named};
use crate::commands::archived::{EVENTS_AT_ONCE, ends_told};
use crate::failure::Failure;
use crate::host::Host;
use crate::progress::OfArchive;

/// What an archive has.
pub(crate) struct Archived {
    reader: ArchiveReader,
    /// Those to read; none for all.
    only: Option<BTreeSet<ContractNumber>>,
    pub(super) range: Option<DateRange>,
    zone: Tz,
}

impl Archived {
    pub(super) fn open(
        root: &Path,
        asked: &Asked,
        range: Option<DateRange>,
        zone: Tz,
    ) -> Result<Self, Failure> {
        let archive = Archive::at(root);
        let only = chosen(&asked.contract);
        // Each has to be there; the reader takes one or all.
        for contract in only.iter().flatten() {
            let _ = ArchiveReader::open(&archive, Some(contract), range)?;
        }
        let one = only.as_ref().filter(|only| only.len() == 1);
        let one = one.and_then(BTreeSet::first);
        let reader = ArchiveReader::open(&archive, one, range)?;
        Ok(Self {
            reader: match asked.when.to {
                None => reader.open_end(),
                Some(_) => reader,
            },
            only,
            range,
            zone,
        })
    }

    pub(super) async fn read(
        mut self,
        filter: &Filter,
        taker: &mut dyn Taker,
        host: &mut Host<'_>,
    ) -> Result<Reading, Failure> {
        let mut reading = Reading::default();
        let only = self.only.take();
        let asked =
            |contract: &ContractNumber| only.as_ref().is_none_or(|only| only.contains(contract));
        let mut reader = self.reader.filter(filter.clone());
        let progress = OfArchive::events(host);
        while let Some(archived) = reader.next() {
            let archived = archived?;
            if !asked(&archived.contract) {
                continue;
            }
            taker.see(&archived.event);
            let kept = reading.counts.count(archived.kept);
            // Files do not let one wait, so a Ctrl-C would not be noticed before the end.
            if reading.counts.seen.is_multiple_of(EVENTS_AT_ONCE) {
                progress.show(reader.progress());
                tokio::task::yield_now().await;
            }
            if kept && !taker.take(&archived.contract, archived.event, host)? {
                return Ok(reading);
            }
        }
        progress.end();
        let ends = reader.ends().into_iter();
        let ends: Vec<_> = ends.filter(|(contract, _)| asked(contract)).collect();
        reading.ends = ends_told(&ends, self.zone);
        let unproven = reader.unproven().into_iter();
        let unproven = unproven.filter(|(contract, _)| asked(contract));
        reading.unproven = unproven
            .map(|(contract, ranges)| {
                format!(
                    "the archive does not have, or has without proof, contract {contract}, {ranges}"
                )
            })
            .collect();
        Ok(reading)
    }
}

/// The contracts that were named; none for all.
fn chosen(named: &[Named]) -> Option<BTreeSet<ContractNumber>> {
    let one = |name: &Named| match name {
        Named::All => None,
        Named::One(contract) => Some(contract.clone()),
    };
    // One "all" among them is all.
    let only: Option<BTreeSet<ContractNumber>> = named.iter().map(one).collect();
    only.filter(|only| !only.is_empty())
}
