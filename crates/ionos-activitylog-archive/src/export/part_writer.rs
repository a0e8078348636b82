//! To check, hash, compress and write a window takes the processor and the disk some time. Were that done where the
//! windows are read, no request would be sent meanwhile. So one thread makes parts of a window while the next ones are
//! read, and another brings to the disk what has ended.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use chrono::{DateTime, NaiveDate, Utc};
use futures_channel::mpsc::{self as answers, TryRecvError};
use futures_util::StreamExt;
use ionos_activitylog::Window;

use super::committing::{WAITING, commit};
use crate::error::Error;
use crate::part::{FinishedRange, PartSplitter, WrittenRange};

/// What was written.
#[derive(Debug, Default)]
#[must_use = "what is on the disk belongs in a manifest, also where more could not be written"]
pub(super) struct WriteReport {
    /// What has ended, and is on the disk.
    pub(super) stretches: Vec<WrittenRange>,
    /// Why there is no more.
    pub(super) error: Option<Error>,
}

enum WriterMessage {
    Window(Window),
    /// The reading ends here.
    End(DateTime<Utc>),
}

/// Writes windows on threads of its own, one at a time. Dropped, it waits for the window and the part that are being
/// written, and leaves nothing of the part that has not ended.
pub(super) struct PartWriter {
    /// None when there is nothing more to write.
    jobs: Option<mpsc::Sender<WriterMessage>>,
    /// One for each window whose events are all in a part.
    cut: answers::UnboundedReceiver<()>,
    under_way: bool,
    /// What is on the disk, in order.
    durable: answers::UnboundedReceiver<WrittenRange>,
    /// The one that commits and the one that cuts; none once they were waited for.
    threads: Option<[JoinHandle<Result<(), Error>>; 2]>,
}

impl PartWriter {
    /// Writes to the days of a contract's folder. Fails when there can be no thread.
    pub(super) fn begin<F>(
        folder: PathBuf,
        splitter: impl FnOnce(SyncSender<FinishedRange>) -> PartSplitter<F>,
    ) -> Result<Self, Error>
    where
        F: Fn(NaiveDate) -> Result<PathBuf, Error> + Send + 'static,
    {
        let (ended, to_commit) = mpsc::sync_channel(WAITING);
        let (done, durable) = answers::unbounded();
        let committing = spawn("archive-disk", move || commit(&to_commit, &folder, &done))?;
        let splitter = splitter(ended);
        let (jobs, todo) = mpsc::channel();
        let (answer, cut) = answers::unbounded();
        let cutting = spawn("archive", move || write(splitter, &todo, &answer))?;
        Ok(Self { jobs: Some(jobs), cut, under_way: false, durable, threads: Some([committing, cutting]) })
    }

    /// Hands the next window over as soon as all of the one before is in parts, and says what is on the disk since.
    pub(super) async fn add(&mut self, window: Window) -> WriteReport {
        let waits = std::mem::replace(&mut self.under_way, true);
        if waits && self.cut.next().await.is_none() {
            return self.drain().await;
        }
        self.hand_over(WriterMessage::Window(window));
        let mut stretches = Vec::new();
        loop {
            match self.durable.try_recv() {
                Ok(stretch) => stretches.push(stretch),
                Err(TryRecvError::Empty) => break,
                // Something has failed.
                Err(TryRecvError::Closed) => {
                    let last = self.drain().await;
                    stretches.extend(last.stretches);
                    return WriteReport { stretches, error: last.error };
                }
            }
        }
        WriteReport { stretches, error: None }
    }

    /// Waits until everything that was handed over and has ended is on the disk. Nothing can be added any more.
    pub(super) async fn drain(&mut self) -> WriteReport {
        self.jobs = None;
        let mut stretches = Vec::new();
        while let Some(stretch) = self.durable.next().await {
            stretches.push(stretch);
        }
        // Then neither has anything left to do, and to wait for them takes no time.
        while self.cut.next().await.is_some() {}
        WriteReport { stretches, error: self.join().err() }
    }

    /// Ends the last part where the reading ends, and waits for the disk.
    pub(super) async fn finish(&mut self, end: DateTime<Utc>) -> WriteReport {
        self.hand_over(WriterMessage::End(end));
        self.drain().await
    }

    fn hand_over(&mut self, job: WriterMessage) {
        // Where nobody takes it, the thread has failed, and why shows when it is waited for.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }

    /// Waits for the threads. What could not be brought to the disk comes before what could not be written.
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
    io::Error::other("the thread that writes it has ended")
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
        // Nobody waits for it any more, and so there is nothing more to write.
        if cut.unbounded_send(()).is_err() {
            break;
        }
    }
    Ok(())
}
