//! To check, hash, compress and write a window takes the processor and the disk some time. Were that done where the
//! windows are read, no request would be sent meanwhile. So a thread writes one window while the next ones are read.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use chrono::{DateTime, NaiveDate, Utc};
use futures_channel::mpsc as answers;
use futures_util::StreamExt;
use ionos_activitylog::Window;

use crate::Error;
use crate::part::{Cutter, Stretch};

/// What was written.
#[derive(Debug, Default)]
#[must_use = "what is on the disk belongs in a manifest, also where more could not be written"]
pub(super) struct Written {
    /// What has ended, and is on the disk.
    pub(super) stretches: Vec<Stretch>,
    /// Why there is no more.
    pub(super) error: Option<Error>,
}

enum Job {
    Window(Window),
    /// The reading ends here.
    End(DateTime<Utc>),
}

/// Writes windows on a thread of its own, one at a time. Dropped, it waits for the one that is being written, and leaves
/// nothing of the part that has not ended.
pub(super) struct Writing {
    /// None when there is nothing more to write.
    jobs: Option<mpsc::Sender<Job>>,
    answers: answers::UnboundedReceiver<Written>,
    thread: Option<JoinHandle<()>>,
    under_way: bool,
}

impl Writing {
    /// Fails when there can be no thread.
    pub(super) fn begin<F>(cutter: Cutter<F>) -> Result<Self, Error>
    where
        F: Fn(NaiveDate) -> Result<PathBuf, Error> + Send + 'static,
    {
        let (jobs, todo) = mpsc::channel();
        let (answer, answers) = answers::unbounded();
        let thread = thread::Builder::new()
            .name("archive".to_owned())
            .spawn(move || write(cutter, &todo, &answer))
            .map_err(|error| Error::Write(PathBuf::from("the archive"), error))?;
        Ok(Self {
            jobs: Some(jobs),
            answers,
            thread: Some(thread),
            under_way: false,
        })
    }

    /// Hands the next window over as soon as the one before is written, and says what has ended since.
    pub(super) async fn add(&mut self, window: Window) -> Written {
        let written = self.settle().await;
        if written.error.is_none() {
            self.hand_over(Job::Window(window));
        }
        written
    }

    /// Waits until everything that was handed over is written.
    pub(super) async fn settle(&mut self) -> Written {
        if !std::mem::take(&mut self.under_way) {
            return Written::default();
        }
        // It answers every job, unless it was ended from outside.
        self.answers.next().await.unwrap_or_else(|| Written {
            stretches: Vec::new(),
            error: Some(Error::Write(PathBuf::from("the archive"), ended())),
        })
    }

    /// Ends the last part where the reading ends.
    pub(super) async fn end(&mut self, end: DateTime<Utc>) -> Written {
        let mut written = self.settle().await;
        if written.error.is_none() {
            self.hand_over(Job::End(end));
            let last = self.settle().await;
            written.stretches.extend(last.stretches);
            written.error = last.error;
        }
        written
    }

    fn hand_over(&mut self, job: Job) {
        // Where nobody takes it, nobody answers either, and that is told.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
            self.under_way = true;
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn ended() -> io::Error {
    io::Error::other("the thread that writes it has ended")
}

fn write<F: Fn(NaiveDate) -> Result<PathBuf, Error>>(
    mut cutter: Cutter<F>,
    todo: &mpsc::Receiver<Job>,
    answer: &answers::UnboundedSender<Written>,
) {
    while let Ok(job) = todo.recv() {
        let (done, last) = match job {
            Job::Window(window) => (cutter.add(&window), false),
            Job::End(end) => (cutter.end(end), true),
        };
        let last = last || done.is_err();
        let written = Written {
            stretches: cutter.take_done(),
            error: done.err(),
        };
        // Nobody waits for it any more, and so there is nothing more to write.
        if answer.unbounded_send(written).is_err() || last {
            return;
        }
    }
}
