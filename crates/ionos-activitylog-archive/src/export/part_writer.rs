//! Writes windows on two threads, so that requests continue meanwhile: one thread splits windows into parts, the other
//! commits finished parts to disk.
//!
//! A part is reported only once it survives a loss of power: its bytes, its name in the folder of the day, and the name
//! of that folder are synced. Parts that are committed together share the last of these syncs.

use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use chrono::{DateTime, NaiveDate, Utc};
use futures_channel::mpsc::{self as answers, TryRecvError};
use futures_util::StreamExt;
use ionos_activitylog::Window;

use crate::error::Error;
use crate::fs::folder;
use crate::part::{FinishedRange, PartSplitter, WrittenRange};

/// The ranges that were written since the last report, and the error that stopped the writer, if any.
#[derive(Debug, Default)]
#[must_use = "the ranges that are on disk belong in a manifest, even if other ranges could not be written"]
pub(super) struct WriteReport {
    /// Ranges whose parts are on disk, in order.
    pub(super) ranges: Vec<WrittenRange>,
    /// The error that has stopped the writer. `None` if there was no error.
    pub(super) error: Option<Error>,
}

enum WriterMessage {
    Window(Box<Window>),
    /// The end of the range to read.
    End(DateTime<Utc>),
}

/// Writes windows on two threads. Dropping a `PartWriter` waits for the current window and the current commit, and
/// removes all parts that are not committed by then.
pub(super) struct PartWriter {
    /// `None` once no more windows are accepted.
    jobs: Option<mpsc::Sender<WriterMessage>>,
    /// Receives one message for each window that was split into parts.
    cut: answers::UnboundedReceiver<()>,
    under_way: bool,
    /// Receives the ranges whose parts are on disk, in order.
    durable: answers::UnboundedReceiver<WrittenRange>,
    /// The thread that commits and the one that splits. `None` once they were joined.
    threads: Option<[JoinHandle<Result<(), Error>>; 2]>,
}

impl PartWriter {
    /// Starts the threads, which write to the folders of a contract's days. Fails if a thread cannot be started.
    pub(super) fn begin<F>(
        folder: PathBuf,
        splitter: impl FnOnce(SyncSender<FinishedRange>) -> PartSplitter<F>,
    ) -> Result<Self, Error>
    where
        F: Fn(NaiveDate) -> Result<PathBuf, Error> + Send + 'static,
    {
        let (ended, to_commit) = mpsc::sync_channel(MAX_WAITING_PARTS);
        let (done, durable) = answers::unbounded();
        let committing = spawn("archive-disk", move || commit(&to_commit, &folder, &done))?;
        let splitter = splitter(ended);
        let (jobs, todo) = mpsc::channel();
        let (answer, cut) = answers::unbounded();
        let cutting = spawn("archive", move || write(splitter, &todo, &answer))?;
        Ok(Self { jobs: Some(jobs), cut, under_way: false, durable, threads: Some([committing, cutting]) })
    }

    /// Waits until the splitting thread has split the previous window into parts. Then passes the next window to it.
    /// Returns the ranges whose parts reached the disk since the last call.
    pub(super) async fn add(&mut self, window: Window) -> WriteReport {
        let has_previous = std::mem::replace(&mut self.under_way, true);
        if has_previous && self.cut.next().await.is_none() {
            return self.drain().await;
        }
        self.hand_over(WriterMessage::Window(Box::new(window)));
        let mut ranges = Vec::new();
        loop {
            match self.durable.try_recv() {
                Ok(range) => ranges.push(range),
                Err(TryRecvError::Empty) => break,
                // A thread has failed.
                Err(TryRecvError::Closed) => {
                    let last = self.drain().await;
                    ranges.extend(last.ranges);
                    return WriteReport { ranges, error: last.error };
                }
            }
        }
        WriteReport { ranges, error: None }
    }

    /// Waits until every finished part is on disk. No window can be added afterwards.
    pub(super) async fn drain(&mut self) -> WriteReport {
        self.jobs = None;
        let mut ranges = Vec::new();
        while let Some(range) = self.durable.next().await {
            ranges.push(range);
        }
        // The committing thread has ended. Wait for the end of the splitting thread without blocking the caller's
        // thread.
        while self.cut.next().await.is_some() {}
        WriteReport { ranges, error: self.join().err() }
    }

    /// Ends the last part at `end`, the end of the range, and waits until every part is on disk.
    pub(super) async fn finish(&mut self, end: DateTime<Utc>) -> WriteReport {
        self.hand_over(WriterMessage::End(end));
        self.drain().await
    }

    fn hand_over(&mut self, job: WriterMessage) {
        // If the thread has failed, joining it reports the error.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }

    /// Joins the threads. If both have failed, returns the error of the committing thread.
    fn join(&mut self) -> Result<(), Error> {
        let threads = self.threads.take().into_iter().flatten();
        let ended: Vec<_> = threads.map(|thread| thread.join()).collect();
        ended.into_iter().try_for_each(|result| result.map_err(|_| Error::Thread { source: ended_early() })?)
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        self.jobs = None;
        self.durable.close();
        let _ = self.join();
    }
}

fn spawn(
    name: &str,
    work: impl FnOnce() -> Result<(), Error> + Send + 'static,
) -> Result<JoinHandle<Result<(), Error>>, Error> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|source| Error::Thread { source })
}

fn ended_early() -> io::Error {
    io::Error::other("the writer thread has ended")
}

fn write<F: Fn(NaiveDate) -> Result<PathBuf, Error>>(
    mut splitter: PartSplitter<F>,
    todo: &mpsc::Receiver<WriterMessage>,
    cut: &answers::UnboundedSender<()>,
) -> Result<(), Error> {
    while let Ok(job) = todo.recv() {
        match job {
            WriterMessage::Window(window) => splitter.add(&window)?,
            WriterMessage::End(end) => return splitter.end(end),
        }
        // If the receiver was dropped, no more windows follow.
        if cut.unbounded_send(()).is_err() {
            break;
        }
    }
    Ok(())
}

/// Maximum number of finished parts that wait to be committed to disk. Each of these parts holds a file open.
pub(super) const MAX_WAITING_PARTS: usize = 3;

/// Commits ranges and sends them to `done`, up to the first error. Later parts are removed. Stops if the receiver is
/// dropped.
pub(super) fn commit(
    ended: &mpsc::Receiver<FinishedRange>,
    folder: &Path,
    done: &answers::UnboundedSender<WrittenRange>,
) -> Result<(), Error> {
    while let Ok(first) = ended.recv() {
        let mut durable = Vec::new();
        let mut result = Ok(());
        let batch = iter::once(first).chain(ended.try_iter()).take(1 + MAX_WAITING_PARTS);
        for range in batch {
            if done.is_closed() {
                return Ok(());
            }
            match range.commit() {
                Ok(range) => durable.push(range),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        // Sync also if no folder is new: a killed export may have created the folder of a day without syncing its name.
        if durable.iter().any(|range| range.part.is_some()) {
            folder::sync(folder)?;
        }
        for range in durable {
            // A closed receiver is noticed with the next range.
            let _ = done.unbounded_send(range);
        }
        result?;
    }
    Ok(())
}
