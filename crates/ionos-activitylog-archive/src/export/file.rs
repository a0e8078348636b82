//! Events onto disk: from the verified windows of a range to one file that holds them all, or to no file. What was
//! written before an interruption is not read again.

use std::fs::File;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::TryStreamExt;
use ionos_activitylog::{DateRange, Window};

use crate::encode::{EventEncoder, FrameWriter};
use crate::error::Error;
use crate::export::{CHECKPOINT_SCHEMA, ExportSpec, FileCheckpoint, FileTarget};
use crate::fs::{FailPoint, FailPoints, ResumableFile};

/// How much is written at the most, before it is compressed, between two checkpoints; and at least a window. Each costs
/// a wait for the disk.
const BYTES_BETWEEN: u64 = 16 << 20;

/// How many requests are made at the most between two checkpoints: so many are made again after a kill.
const REQUESTS_BETWEEN: u64 = 50;

/// What has been exported, so far or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportStats {
    /// Events written.
    pub events: u64,
    /// Of these, events that do not fit the model; they are written like the others.
    pub with_issues: u64,
    /// Requests that it took, retries not counted.
    pub requests: u64,
    /// Up to where everything was written; none before the first window.
    pub read_to: Option<DateTime<Utc>>,
}

/// A file that is being written. Dropped, it leaves what was written to be gone on with; without any event it leaves
/// nothing.
///
/// ```no_run
/// use futures_util::{StreamExt, stream};
/// use ionos_activitylog::{Client, ContractNumber, DateRange};
/// use ionos_activitylog_archive::{Error, ExportStats, FileExport, FileTarget, ExportSpec};
///
/// async fn keep(client: &Client, contract: ContractNumber, range: DateRange) -> Result<ExportStats, Error> {
///     let target = FileTarget::new("november.ndjson.zst")?;
///     let reading = ExportSpec::new("https://api.ionos.com", contract.clone(), range, &target);
///     let export = FileExport::open(&target, reading, false)?;
///     let windows = stream::iter(export.remaining_range())
///         .flat_map(|rest| client.events(contract.clone(), rest).windows());
///     export.write(windows, |_| ()).await?.commit()
/// }
/// ```
#[derive(Debug)]
#[must_use = "without .write() nothing is written"]
pub struct FileExport {
    /// None only once it was handed on.
    file: Option<OpenFile>,
}

#[derive(Debug)]
struct OpenFile {
    partial: ResumableFile,
    frames: FrameWriter<Arc<File>>,
    encoder: EventEncoder,
    reading: ExportSpec,
    exported: ExportStats,
    resumed: bool,
    /// What came since the last checkpoint.
    since: WorkAmount,
    between: WorkAmount,
    /// A window was written in part.
    broken: bool,
    fail_points: FailPoints,
}

#[derive(Clone, Copy, Debug, Default)]
struct WorkAmount {
    bytes: u64,
    requests: u64,
    windows: u64,
}

/// A file that holds every event and does not have its name yet. Dropped, it leaves what there was at the last checkpoint.
#[must_use = "without .commit() the file does not come into being"]
#[derive(Debug)]
pub struct FinishedExport {
    partial: ResumableFile,
    exported: ExportStats,
}

impl FinishedExport {
    /// What the file holds.
    #[must_use]
    pub fn stats(&self) -> ExportStats {
        self.exported
    }

    /// Makes the file durable and gives it its name.
    pub fn commit(self) -> Result<ExportStats, Error> {
        self.partial.commit()?;
        Ok(self.exported)
    }
}

impl FileExport {
    /// Begins a file, or goes on with one whose export was interrupted, possibly by the end of its process. What stands
    /// under its name already is replaced only with `overwrite`, and not before the new file is whole.
    ///
    /// Fails with [`Error::Exists`], [`Error::NotAFile`] and [`Error::Create`] when there can be no such file, with
    /// [`Error::Locked`] while another process writes it, and with [`Error::Unfinished`] when what was interrupted is
    /// something else. With `overwrite` that is given up.
    pub fn open(target: &FileTarget, reading: ExportSpec, overwrite: bool) -> Result<Self, Error> {
        Self::open_with_failpoints(target, reading, overwrite, &FailPoints::default())
    }

    /// The same, and tells each step, those of [`FailPoint::FILE_EXPORT`].
    pub fn open_with_failpoints(
        target: &FileTarget,
        reading: ExportSpec,
        overwrite: bool,
        fail_points: &FailPoints,
    ) -> Result<Self, Error> {
        let mut partial = ResumableFile::open(target.path(), overwrite, fail_points)?;
        let kept = match FileCheckpoint::read(&partial) {
            Ok(Some(kept)) if kept.reading == reading => Some(kept),
            Ok(None) => None,
            _ if overwrite => None,
            Ok(Some(other)) => {
                return Err(Error::Unfinished {
                    path: target.path().to_path_buf(),
                    found: other.reading.to_string(),
                    wanted: reading.to_string(),
                });
            }
            Err(error) => return Err(error),
        };
        let failed = |error| Error::Write { path: target.path().to_path_buf(), source: error };
        let file = partial.begin(kept.as_ref().map(|kept| kept.bytes))?;
        let mut frames = FrameWriter::new(target.compression(), file).map_err(failed)?;
        let encoder = EventEncoder::new(target.format());
        let mut exported = ExportStats::default();
        let resumed = kept.is_some();
        match kept {
            Some(kept) => {
                exported = ExportStats {
                    events: kept.events,
                    with_issues: kept.with_issues,
                    requests: kept.requests,
                    read_to: Some(kept.read_to),
                };
                frames.resume(kept.open.into_bytes());
            }
            None => encoder.begin(frames.open()).map_err(failed)?,
        }
        let file = OpenFile {
            partial,
            frames,
            encoder,
            reading,
            exported,
            resumed,
            since: WorkAmount::default(),
            between: WorkAmount { bytes: BYTES_BETWEEN, requests: REQUESTS_BETWEEN, windows: u64::MAX },
            broken: false,
            fail_points: fail_points.clone(),
        };
        Ok(Self { file: Some(file) })
    }

    /// What is left to read; none when everything was read before.
    #[must_use]
    pub fn remaining_range(&self) -> Option<DateRange> {
        let file = self.file.as_ref()?;
        let begin = file.exported.read_to.unwrap_or(file.reading.from);
        DateRange::new(begin, file.reading.to).ok()
    }

    /// What was written before an interruption; none for a file that was begun anew.
    #[must_use]
    pub fn resumed_from(&self) -> Option<ExportStats> {
        let file = self.file.as_ref()?;
        file.resumed.then_some(file.exported)
    }

    /// Writes every event of the windows, in their order, up to the point where the file gets its name. The windows are
    /// those of [`FileExport::rest`].
    ///
    /// `progress` is called after each window. On an error, for a window that is not verified, and when the future is
    /// dropped, there is no file under the name, and what was written so far is left to be gone on with.
    pub async fn write(
        mut self,
        windows: impl Stream<Item = Result<Window, ionos_activitylog::Error>>,
        mut progress: impl FnMut(&ExportStats),
    ) -> Result<FinishedExport, Error> {
        let mut windows = pin!(windows);
        while let Some(window) = windows.try_next().await.map_err(|source| Error::Read { source })? {
            window.verdict().map_err(|source| Error::Read { source })?;
            if let Some(file) = &mut self.file {
                file.add(&window)?;
                progress(&file.exported);
            }
        }
        self.finish()
    }

    fn finish(mut self) -> Result<FinishedExport, Error> {
        let ended = || io::Error::other("the reading ended before the end of its range");
        match self.file.take() {
            Some(file) if file.exported.read_to == Some(file.reading.to) => file.finish(),
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
        self.exported.requests += window.requests;
        self.exported.read_to = Some(window.range.end());
        self.since.requests += window.requests;
        self.since.windows += 1;
        let due = self.since.bytes >= self.between.bytes
            || self.since.requests >= self.between.requests
            || self.since.windows >= self.between.windows;
        if due && self.exported.events > 0 {
            self.save()?;
        }
        Ok(())
    }

    fn write(&mut self, window: &Window) -> io::Result<()> {
        for event in &window.events {
            let out = self.frames.open();
            let before = out.len();
            let contract = &self.reading.contract;
            self.encoder.event(contract, event, self.exported.events, out)?;
            self.since.bytes += (out.len() - before) as u64;
            self.frames.cut()?;
            self.exported.events += 1;
            self.exported.with_issues += u64::from(!event.issues().is_empty());
        }
        Ok(())
    }

    /// Behind a window: everything up to its end is on the disk afterwards.
    fn save(&mut self) -> Result<(), Error> {
        let failed = |error| Error::Write { path: self.partial.target().to_path_buf(), source: error };
        // Formats are text, and a frame ends behind an event.
        let open = String::from_utf8_lossy(self.frames.pause().map_err(failed)?).into_owned();
        let bytes = io::Seek::stream_position(&mut &**self.frames.writer()).map_err(failed)?;
        let checkpoint = FileCheckpoint {
            schema: CHECKPOINT_SCHEMA.to_owned(),
            reading: self.reading.clone(),
            bytes,
            read_to: self.exported.read_to.unwrap_or(self.reading.from),
            events: self.exported.events,
            with_issues: self.exported.with_issues,
            requests: self.exported.requests,
            open,
        };
        self.partial.save(&checkpoint.to_bytes())?;
        self.since = WorkAmount::default();
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
        } else if file.since.windows > 0 && !file.broken {
            // Where that fails, what there was at the last checkpoint stays.
            let _ = file.save();
        }
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
