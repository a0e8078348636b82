//! Keeps records that belong to no part, see [`KeptRecords`].

use std::path::Path;

use ionos_activitylog::Window;

use super::run::ContractExportRun;
use crate::encode::ndjson;
use crate::error::Error;
use crate::fs::{ArchiveFileKind, AtomicFile};
use crate::manifest::KeptRecords;

use super::contract_writer::ContractWriter;

impl ContractExportRun<'_> {
    /// Writes files with those records of a window that belong to no part. The next addition to the manifest of the day
    /// names these files.
    pub(super) fn keep_records(&mut self, window: &Window) -> Result<(), Error> {
        let unreadable = window.unreadable.iter().filter(|record| !record.bytes.is_empty());
        let mut kept: Vec<(KeptRecords, Vec<u8>)> = unreadable
            .map(|record| (KeptRecords::unreadable(&record.bytes, record.range, record.position), record.bytes.clone()))
            .collect();
        if !window.out_of_window.is_empty() {
            let lines: String =
                window.out_of_window.iter().map(|event| ndjson::to_line(event.raw()).into_owned() + "\n").collect();
            let records = KeptRecords::out_of_window(lines.as_bytes(), window.range, window.out_of_window.len() as u64);
            kept.push((records, lines.into_bytes()));
        }
        let date = window.range.start().date_naive();
        for (records, bytes) in kept {
            if self.writer.is_kept(date, &records) {
                continue;
            }
            let fail_points = &self.exporter.fail_points;
            let folder = ContractWriter::day_folder(&self.writer.folder, date, fail_points)?;
            let path = folder.join(Path::new(&records.file));
            AtomicFile::write_all_to(&path, &bytes, ArchiveFileKind::Part, fail_points)?;
            self.done.kept += records.count;
            self.writer.keep(date, records);
        }
        Ok(())
    }
}
