//! Writes events that are already on disk, such as those of an archive, to a file in another format. Starting over is
//! fast, so there are no checkpoints, and an interruption leaves no file under the final name.

use std::io::BufWriter;

use ionos_activitylog::{ContractNumber, Event};

use crate::encode::{EventEncoder, FrameWriter};
use crate::error::Error;
use crate::export::FileTarget;
use crate::fs::AtomicFile;

/// A file of events that is being written. The file is removed if the writer is dropped before
/// [`EventFileWriter::commit`].
#[derive(Debug)]
#[must_use = "without .commit() there is no file under the final name"]
pub struct EventFileWriter {
    frames: FrameWriter<BufWriter<AtomicFile>>,
    encoder: EventEncoder,
    target: FileTarget,
    events: u64,
}

impl EventFileWriter {
    /// Starts a file. Fails with the errors of [`AtomicFile::create`].
    pub fn create(target: &FileTarget, overwrite: bool) -> Result<Self, Error> {
        let file = BufWriter::new(AtomicFile::create(target.path(), overwrite)?);
        let failed = |error| Error::Write { path: target.path().to_path_buf(), source: error };
        let mut frames = FrameWriter::new(target.compression(), file).map_err(failed)?;
        let encoder = EventEncoder::new(target.format());
        encoder.begin(frames.open()).map_err(failed)?;
        Ok(Self { frames, encoder, target: target.clone(), events: 0 })
    }

    /// Appends an event of a contract's log.
    pub fn add(&mut self, contract: &ContractNumber, event: &Event) -> Result<(), Error> {
        let out = self.frames.open();
        let written = self.encoder.event(contract, event, self.events, out).and_then(|()| self.frames.end_frame());
        written.map_err(|error| Error::Write { path: self.target.path().to_path_buf(), source: error })?;
        self.events += 1;
        Ok(())
    }

    /// Makes the file durable, gives it its final name, and returns the number of events in the file.
    pub fn commit(mut self) -> Result<u64, Error> {
        let failed = |error| Error::Write { path: self.target.path().to_path_buf(), source: error };
        self.encoder.end(self.frames.open());
        let file = self.frames.finish().map_err(failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.commit()?;
        Ok(self.events)
    }
}
