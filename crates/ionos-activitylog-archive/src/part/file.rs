//! Writes one part while its events arrive. Only the ids of the events stay in memory. The file gets its name at the
//! end, because the name contains the digest of the lines.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use ionos_activitylog::internal::EventMultiset;
use ionos_activitylog::{DateRange, Event, EventId};
use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::encode::{Compression, ndjson};
use crate::error::Error;
use crate::fs::{ArchiveFileKind, AtomicFile, FailPoints};
use crate::layout::PartName;
use crate::manifest::Part;

use super::compressor::{CompressedFile, CompressorThread};

/// A part that is being written. If the `PartFile` is dropped, its temporary file is removed.
pub(crate) struct PartFile {
    compressor: CompressorThread,
    compression: Compression,
    folder: PathBuf,
    lines: Sha256,
    ids: EventMultiset,
    pub(crate) count: u64,
    unpacked: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

/// Facts about a part that do not follow from its events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartMeta {
    pub(crate) range: DateRange,
    pub(crate) verified: bool,
    /// Whether the totals of the service match the events. The manifest entry of the part has a total only if both
    /// `counted` and `verified` are true.
    pub(crate) counted: bool,
    pub(crate) late: bool,
}

impl PartFile {
    /// Starts a part in the existing folder of a day.
    pub(crate) fn begin(folder: &Path, compression: Compression, fail_points: &FailPoints) -> Result<Self, Error> {
        let file = AtomicFile::create_in(folder, ArchiveFileKind::Part, fail_points)?;
        Ok(Self {
            compressor: CompressorThread::begin(compression, file)
                .map_err(|error| Error::Write { path: folder.to_path_buf(), source: error })?,
            compression,
            folder: folder.to_path_buf(),
            lines: Sha256::new(),
            ids: EventMultiset::new(),
            count: 0,
            unpacked: 0,
            first: None,
            last: None,
        })
    }

    /// Appends an event, whose time and id are already computed.
    pub(crate) fn add(&mut self, event: &Event, (time, id): (Option<DateTime<Utc>>, EventId)) -> Result<(), Error> {
        let line = ndjson::to_line(event.raw());
        self.lines.update(Sha256::digest(line.as_bytes()));
        self.compressor
            .add(line.as_bytes())
            .map_err(|error| Error::Write { path: self.folder.clone(), source: error })?;
        self.unpacked += line.len() as u64 + 1;
        self.count += 1;
        if let Some(time) = time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        self.ids.insert(id);
        Ok(())
    }

    /// The total that a service would report for this part if it counts each event once, see
    /// [`EventMultiset::expected_total`].
    pub(super) fn expected_total(&self, known: impl Fn(&EventId) -> bool) -> u64 {
        self.ids.expected_total(known)
    }

    /// Number of events of this part that are a further version of another event. The id of such an event occurs
    /// earlier in this part, or `known` returns `true` for this id.
    pub(crate) fn amended(&self, known: impl Fn(&EventId) -> bool) -> u64 {
        self.count.saturating_sub(self.expected_total(known))
    }

    /// Whether a record without a usable `@uuid` occurs more than once.
    pub(super) fn has_repeats(&self) -> bool {
        self.ids.iter().any(|(id, count)| count > 1 && id.is_of_content())
    }

    /// Finishes the part and commits it to disk. `known` returns whether another part of the day has the given id.
    pub(crate) fn finish(self, meta: PartMeta, known: impl Fn(&EventId) -> bool) -> Result<Part, Error> {
        self.end(meta, known)?.commit()
    }

    /// Finishes the part without waiting for the disk; another thread can commit it.
    pub(crate) fn end(self, meta: PartMeta, known: impl Fn(&EventId) -> bool) -> Result<FinishedPart, Error> {
        let expected_total = self.expected_total(&known);
        let unique = self.ids.distinct_unknown(&known);
        let Self { mut compressor, folder, .. } = self;
        compressor.end().map_err(|error| Error::Write { path: folder.clone(), source: error })?;
        Ok(FinishedPart {
            compressor,
            folder,
            meta,
            compression: self.compression,
            digest: self.lines.into(),
            unpacked: self.unpacked,
            count: self.count,
            unique,
            expected_total,
            first: self.first,
            last: self.last,
        })
    }
}

/// A complete part that is not durable yet. If the `FinishedPart` is dropped, its temporary file is removed.
pub(crate) struct FinishedPart {
    compressor: CompressorThread,
    folder: PathBuf,
    meta: PartMeta,
    compression: Compression,
    digest: Digest,
    unpacked: u64,
    count: u64,
    unique: u64,
    expected_total: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

/// Returns the first of `names` that no file of the folder has. Another part with the same lines may already have one
/// of the names: if a range is read again, the service may return one more record that equals an archived one. Both
/// records count as events, so both parts are kept.
///
/// Fails with [`Error::AlreadyExists`] if all names are taken, and with [`Error::Create`] if the folder cannot be
/// searched.
fn free_name(folder: &Path, names: impl Iterator<Item = PartName>) -> Result<PartName, Error> {
    let mut taken = folder.to_path_buf();
    for name in names {
        let path = folder.join(name.to_string());
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(name),
            Err(source) => return Err(Error::Create { path, source }),
            Ok(_) => taken = path,
        }
    }
    Err(Error::AlreadyExists { path: taken })
}

impl FinishedPart {
    /// Syncs and renames the part and returns its manifest entry. The caller must make the name of the day's folder
    /// durable.
    pub(crate) fn commit(self) -> Result<Part, Error> {
        let compressed = self.compressor.wait();
        let CompressedFile { file, sha256, bytes } =
            compressed.map_err(|error| Error::Write { path: self.folder.clone(), source: error })?;
        let PartMeta { range, verified, counted, late } = self.meta;
        let digest = self.digest;
        let names = digest.excerpts().map(|content| PartName { late, range, content, compression: self.compression });
        let name = free_name(&self.folder, names)?;
        file.commit_as_new(&self.folder.join(name.to_string()))?;
        Ok(Part {
            from: range.start(),
            to: range.end(),
            file: name,
            sha256,
            bytes,
            unpacked: self.unpacked,
            count: self.count,
            unique: self.unique,
            total: (verified && counted).then_some(self.expected_total),
            first: self.first,
            last: self.last,
            digest: self.digest,
            verified,
            late,
        })
    }
}
