//! Exports the windows of a range to one file, and fails at a window that is not verified. An interrupted export
//! continues from its last checkpoint.

use std::fs::File;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::TryStreamExt;
use ionos_activitylog::internal::{EventMultiset, UndatedEvents};
use ionos_activitylog::{DateRange, Window};

use crate::digest::{Digest, HashingWriter};
use crate::encode::{EventEncoder, FrameWriter};
use crate::error::Error;
use crate::export::{CHECKPOINT_SCHEMA, ExportSpec, FileCheckpoint, FileTarget};
use crate::fs::{FailPoint, FailPoints, ResumableFile};

/// Number of uncompressed bytes between two checkpoints. A checkpoint is saved at the end of the window that reaches
/// this number. Saving a checkpoint takes time, because it waits for the disk.
const CHECKPOINT_BYTES: u64 = 16 << 20;

/// Number of requests between two checkpoints. A checkpoint is saved at the end of the window that reaches this number.
/// After a kill, the next export repeats the requests since the last checkpoint.
const CHECKPOINT_REQUESTS: u64 = 50;

/// Totals of a file export, so far or at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportStats {
    /// Number of events written.
    pub events: u64,
    /// Number of written events that are further versions of another event: they have the same id but different
    /// content, because the event changed while it was read.
    pub amended: u64,
    /// Number of written events that do not fit the event model.
    pub with_issues: u64,
    /// Number of requests, without retries.
    pub requests: u64,
    /// Every event before this time is written. `None` before the first window.
    pub read_to: Option<DateTime<Utc>>,
}

/// An export to one file. A drop of the `FileExport` removes the partial file if no event was written, or if writing
/// failed before the first checkpoint. Any other partial file stays, and the next export continues the file.
///
/// ```no_run
/// use futures_util::{StreamExt, stream};
/// use ionos_activitylog::{Client, ContractNumber, DateRange};
/// use ionos_activitylog_archive::{Error, ExportStats, FileExport, FileTarget, ExportSpec};
///
/// async fn keep(client: &Client, contract: ContractNumber, range: DateRange) -> Result<ExportStats, Error> {
///     let target = FileTarget::new("november.ndjson.zst")?;
///     let spec = ExportSpec::new("https://api.ionos.com", contract.clone(), range, &target);
///     let export = FileExport::open(&target, spec, false)?;
///     let windows = stream::iter(export.remaining_range())
///         .flat_map(|rest| client.events(contract.clone(), rest).windows());
///     export.write(windows, |_| ()).await?.commit()
/// }
/// ```
#[derive(Debug)]
#[must_use = "without .write() nothing is written"]
pub struct FileExport {
    /// `None` only after `finish` has taken the file.
    file: Option<OpenFile>,
}

#[derive(Debug)]
struct OpenFile {
    partial: ResumableFile,
    frames: FrameWriter<HashingWriter<Arc<File>>>,
    encoder: EventEncoder,
    spec: ExportSpec,
    exported: ExportStats,
    resumed: bool,
    /// Work since the last checkpoint.
    since_checkpoint: WorkAmount,
    checkpoint_limit: WorkAmount,
    /// The records without a time that are in the file.
    undated: UndatedEvents,
    /// Whether only a part of a window was written.
    broken: bool,
    fail_points: FailPoints,
}

#[derive(Clone, Copy, Debug, Default)]
struct WorkAmount {
    bytes: u64,
    requests: u64,
    windows: u64,
}

/// A complete file that does not have its final name yet. When a `FinishedExport` is dropped, a partial file with a
/// checkpoint stays, and a partial file without a checkpoint is removed.
#[must_use = "without .commit() there is no file under the final name"]
#[derive(Debug)]
pub struct FinishedExport {
    partial: ResumableFile,
    exported: ExportStats,
}

impl FinishedExport {
    /// Totals of the file.
    #[must_use]
    pub fn stats(&self) -> ExportStats {
        self.exported
    }

    /// Removes the partial file, so that the next export starts over.
    pub fn discard(mut self) {
        self.partial.discard_on_drop();
    }

    /// Makes the file durable and gives the file its final name.
    pub fn commit(self) -> Result<ExportStats, Error> {
        self.partial.commit()?;
        Ok(self.exported)
    }
}

impl FileExport {
    /// Starts a file, or continues one whose export was interrupted. An existing file is replaced only with
    /// `overwrite`, and only once the new file is complete.
    ///
    /// Fails with [`Error::AlreadyComplete`] if an earlier process wrote the whole file and was killed before it could
    /// report success. Only the first call fails in this way; later calls fail with [`Error::AlreadyExists`].
    ///
    /// Fails with [`Error::AlreadyExists`], [`Error::NotAFile`] or [`Error::Create`] if the file cannot be created,
    /// with [`Error::Locked`] while another process writes it, and with [`Error::Write`] if the partial file cannot be
    /// prepared.
    ///
    /// Without `overwrite`, also fails with [`Error::Unfinished`] if the interrupted export has another specification,
    /// and with [`Error::Open`], [`Error::Damaged`] or [`Error::UnsupportedVersion`] if its checkpoint cannot be used.
    /// With `overwrite`, such an export is discarded.
    pub fn open(target: &FileTarget, spec: ExportSpec, overwrite: bool) -> Result<Self, Error> {
        Self::open_with_failpoints(target, spec, overwrite, &FailPoints::default())
    }

    /// Like [`FileExport::open`], but the export calls the callback of `fail_points` at each fail point in
    /// [`FailPoint::FILE_EXPORT`].
    pub fn open_with_failpoints(
        target: &FileTarget,
        spec: ExportSpec,
        overwrite: bool,
        fail_points: &FailPoints,
    ) -> Result<Self, Error> {
        // Look at the checkpoint first: opening removes the checkpoint of a file that already has its final name.
        let is_complete = !overwrite && FileCheckpoint::shows_complete_file(target.path(), &spec);
        let mut partial = ResumableFile::open(target.path(), overwrite, fail_points).map_err(|error| match error {
            Error::AlreadyExists { path } if is_complete => Error::AlreadyComplete { path },
            error => error,
        })?;
        let kept = match FileCheckpoint::read(&partial) {
            Ok(Some((kept, hash))) if kept.reading == spec => Some((kept, hash)),
            Ok(None) => None,
            _ if overwrite => None,
            Ok(Some((other, _))) => {
                return Err(Error::Unfinished {
                    path: target.path().to_path_buf(),
                    actual: other.reading.to_string(),
                    expected: spec.to_string(),
                    resumable: other.reading.range_if_only_difference(&spec),
                });
            }
            Err(error) => return Err(error),
        };
        let failed = |error| Error::Write { path: target.path().to_path_buf(), source: error };
        let file = partial.begin(kept.as_ref().map(|(kept, _)| kept.bytes))?;
        let (kept, file) = match kept {
            Some((kept, hash)) => {
                let bytes = kept.bytes;
                (Some(kept), HashingWriter::resumed(file, hash, bytes))
            }
            None => (None, HashingWriter::new(file)),
        };
        let mut frames = FrameWriter::new(target.compression(), file).map_err(failed)?;
        let encoder = EventEncoder::new(target.format());
        let mut exported = ExportStats::default();
        let mut undated = UndatedEvents::default();
        let resumed = kept.is_some();
        match kept {
            Some(kept) => {
                exported = ExportStats {
                    events: kept.events,
                    amended: kept.amended,
                    with_issues: kept.with_issues,
                    requests: kept.requests,
                    read_to: Some(kept.read_to),
                };
                undated = UndatedEvents::from_digests(kept.undated.iter().map(|digest| *digest.bytes()));
                frames.resume(kept.open.into_bytes());
            }
            None => encoder.begin(frames.open()).map_err(failed)?,
        }
        let file = OpenFile {
            partial,
            frames,
            encoder,
            spec,
            exported,
            resumed,
            since_checkpoint: WorkAmount::default(),
            checkpoint_limit: WorkAmount { bytes: CHECKPOINT_BYTES, requests: CHECKPOINT_REQUESTS, windows: u64::MAX },
            undated,
            broken: false,
            fail_points: fail_points.clone(),
        };
        Ok(Self { file: Some(file) })
    }

    /// The range that remains to be read. `None` if everything was read.
    #[must_use]
    pub fn remaining_range(&self) -> Option<DateRange> {
        let file = self.file.as_ref()?;
        let begin = file.exported.read_to.unwrap_or(file.spec.from);
        DateRange::new(begin, file.spec.to).ok()
    }

    /// Totals at the checkpoint that the export continues from. `None` for a new file.
    #[must_use]
    pub fn resumed_from(&self) -> Option<ExportStats> {
        let file = self.file.as_ref()?;
        file.resumed.then_some(file.exported)
    }

    /// Writes every event of the windows, which must cover [`FileExport::remaining_range`] in order.
    ///
    /// Calls `progress` after each window. Fails with [`Error::Read`] if a window cannot be read or is not verified,
    /// and with [`Error::Write`] if the file cannot be written or the windows end too early. An error, or dropping the
    /// future, has the same effect on the partial file as dropping the [`FileExport`].
    pub async fn write(
        mut self,
        windows: impl Stream<Item = Result<Window, ionos_activitylog::Error>>,
        mut progress: impl FnMut(&ExportStats),
    ) -> Result<FinishedExport, Error> {
        let mut windows = pin!(windows);
        while let Some(window) = self.verified(windows.try_next().await)? {
            if let Some(file) = &mut self.file {
                file.add(&window)?;
                progress(&file.exported);
            }
        }
        self.finish()
    }

    /// Returns the window if it was read and is verified. After the last window of the range, windows that were read
    /// again may follow. If such a window fails, the file is discarded, because a resumed export would continue at the
    /// end of the range and would not read the failed window.
    fn verified(&mut self, window: Result<Option<Window>, ionos_activitylog::Error>) -> Result<Option<Window>, Error> {
        let verdict = |window: &Window| window.verdict();
        let window = window.and_then(|window| window.as_ref().map_or(Ok(()), verdict).map(|()| window));
        window.map_err(|source| {
            if let Some(file) = &mut self.file
                && file.exported.read_to == Some(file.spec.to)
            {
                file.discard();
            }
            Error::Read { source }
        })
    }

    fn finish(mut self) -> Result<FinishedExport, Error> {
        let ended = || io::Error::other("the windows ended before the end of the range");
        match self.file.take() {
            Some(file) if file.exported.read_to == Some(file.spec.to) => file.finish(),
            Some(file) => {
                let error = Error::Write { path: file.partial.target().to_path_buf(), source: ended() };
                self.file = Some(file);
                Err(error)
            }
            None => Err(Error::Write { path: std::path::PathBuf::new(), source: ended() }),
        }
    }
}

impl OpenFile {
    fn add(&mut self, window: &Window) -> Result<(), Error> {
        self.fail_points.reach(FailPoint::WindowRead);
        self.broken = true;
        self.write(window)
            .map_err(|error| Error::Write { path: self.partial.target().to_path_buf(), source: error })?;
        self.broken = false;
        self.exported.requests = self.exported.requests.saturating_add(window.requests);
        // The last window may be of an earlier time: it contains events that reached the log while the range was read.
        self.exported.read_to = self.exported.read_to.max(Some(window.range.end()));
        self.since_checkpoint.requests += window.requests;
        self.since_checkpoint.windows += 1;
        let due = self.since_checkpoint.bytes >= self.checkpoint_limit.bytes
            || self.since_checkpoint.requests >= self.checkpoint_limit.requests
            || self.since_checkpoint.windows >= self.checkpoint_limit.windows;
        if due && self.exported.events > 0 {
            self.save()?;
        }
        Ok(())
    }

    /// Makes sure that the partial file is removed when this value is dropped, even if the file has a checkpoint.
    fn discard(&mut self) {
        self.broken = true;
        self.partial.discard_on_drop();
    }

    fn write(&mut self, window: &Window) -> io::Result<()> {
        // `window.amended` also counts versions that a filter has excluded. So count the versions that are written.
        let (mut ids, has_versions) = (EventMultiset::new(), window.amended > 0);
        for event in &window.events {
            if !self.undated.insert(event) {
                continue;
            }
            if has_versions {
                let id = event.id();
                let is_version = !id.is_of_content() && ids.insert(id) > 0;
                self.exported.amended = self.exported.amended.saturating_add(is_version.into());
            }
            let out = self.frames.open();
            let before = out.len();
            let contract = &self.spec.contract;
            self.encoder.event(contract, event, self.exported.events, out)?;
            self.since_checkpoint.bytes += (out.len() - before) as u64;
            self.frames.end_frame()?;
            self.exported.events = self.exported.events.saturating_add(1);
            let has_issues = u64::from(!event.issues().is_empty());
            self.exported.with_issues = self.exported.with_issues.saturating_add(has_issues);
        }
        Ok(())
    }

    /// Makes everything up to the end of the last window durable.
    fn save(&mut self) -> Result<(), Error> {
        let failed = |error| Error::Write { path: self.partial.target().to_path_buf(), source: error };
        // The conversion is lossless: all formats are UTF-8, and a frame ends only between two events, so the open text
        // never starts within a character.
        let open = String::from_utf8_lossy(self.frames.pause().map_err(failed)?).into_owned();
        let HashingWriter { hash, bytes, .. } = self.frames.writer();
        let mut checkpoint = FileCheckpoint {
            schema: CHECKPOINT_SCHEMA.to_owned(),
            reading: self.spec.clone(),
            bytes: *bytes,
            sha256: hash.clone().into(),
            read_to: self.exported.read_to.unwrap_or(self.spec.from),
            events: self.exported.events,
            amended: self.exported.amended,
            with_issues: self.exported.with_issues,
            requests: self.exported.requests,
            open,
            undated: self.undated.digests().into_iter().map(Digest::from_bytes).collect(),
            digest: Digest::sha256(&[]),
        };
        checkpoint.digest = checkpoint.own_digest();
        self.partial.save(&checkpoint.to_bytes())?;
        self.since_checkpoint = WorkAmount::default();
        Ok(())
    }

    fn finish(mut self) -> Result<FinishedExport, Error> {
        let Self { encoder, exported, .. } = self;
        encoder.end(self.frames.open());
        if exported.events == 0 {
            self.partial.discard_on_drop();
        }
        let path = self.partial.target().to_path_buf();
        self.frames.finish().map_err(|error| Error::Write { path, source: error })?;
        Ok(FinishedExport { partial: self.partial, exported })
    }
}

impl Drop for FileExport {
    fn drop(&mut self) {
        let Some(mut file) = self.file.take() else {
            return;
        };
        if file.exported.events == 0 {
            file.partial.discard_on_drop();
        } else if file.since_checkpoint.windows > 0 && !file.broken {
            // If saving fails, the last checkpoint stays.
            let _ = file.save();
        }
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
