//! Compresses, hashes and writes the lines of a part on a separate thread, because this work takes about as long as
//! parsing the lines. The thread ends with the part.

use std::io::{self, BufWriter};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use crate::digest::{Digest, HashingWriter};
use crate::encode::{Compression, FRAME_BYTES, FrameWriter};
use crate::fs::AtomicFile;

/// Number of bytes that are handed to the thread at once if the part is not compressed.
const PLAIN_BYTES: usize = 1 << 17;

/// Maximum number of frames (blocks of lines) that wait for compression. A longer queue would use more memory and save
/// no time, because all frames take about the same time.
const FRAMES_WAITING: usize = 1;

/// A file whose lines are compressed while more lines arrive. If the `CompressorThread` is dropped, the file is
/// removed.
pub(super) struct CompressorThread {
    /// Lines of the next frame.
    open: Vec<u8>,
    /// Size in bytes at which the next frame is complete.
    full: usize,
    /// `None` once all lines were handed over.
    frames: Option<SyncSender<Vec<u8>>>,
    /// Buffers to reuse.
    spare: Receiver<Vec<u8>>,
    /// `None` once the thread was joined.
    thread: Option<JoinHandle<io::Result<CompressedFile>>>,
}

/// A file that has all bytes of its part, but is not synced yet.
pub(super) struct CompressedFile {
    pub(super) file: AtomicFile,
    pub(super) sha256: Digest,
    pub(super) bytes: u64,
}

impl CompressorThread {
    /// Fails if the thread cannot be started.
    pub(super) fn begin(compression: Compression, file: AtomicFile) -> io::Result<Self> {
        let file = HashingWriter::new(BufWriter::with_capacity(1 << 16, file));
        let into = FrameWriter::new(compression, file)?;
        let (frames, todo) = sync_channel(FRAMES_WAITING);
        let (used, spare) = channel();
        let thread =
            thread::Builder::new().name("archive-pack".to_owned()).spawn(move || compress(&todo, into, &used))?;
        Ok(Self {
            open: Vec::new(),
            full: match compression {
                Compression::None => PLAIN_BYTES,
                Compression::Gzip | Compression::Zstd => FRAME_BYTES,
            },
            frames: Some(frames),
            spare,
            thread: Some(thread),
        })
    }

    /// Appends a line, which is passed without its line end. Also fails if an earlier line could not be written.
    pub(super) fn add(&mut self, line: &[u8]) -> io::Result<()> {
        self.open.extend_from_slice(line);
        self.open.push(b'\n');
        if self.open.len() < self.full {
            return Ok(());
        }
        self.hand_over()
    }

    /// Hands over the last frame.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if !self.open.is_empty() {
            self.hand_over()?;
        }
        self.frames = None;
        // A finished part may wait for the disk; it needs no buffers meanwhile.
        self.open = Vec::new();
        (_, self.spare) = channel();
        Ok(())
    }

    /// Waits until all lines are compressed and written.
    pub(super) fn wait(mut self) -> io::Result<CompressedFile> {
        self.end()?;
        self.join()
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let next = self.spare.try_recv().unwrap_or_default();
        let frame = std::mem::replace(&mut self.open, next);
        let sent = self.frames.as_ref().map(|frames| frames.send(frame));
        match sent {
            Some(Ok(())) => Ok(()),
            // The thread ends early only if it failed.
            _ => self.join().and_then(|_| Err(thread_ended_error())),
        }
    }

    fn join(&mut self) -> io::Result<CompressedFile> {
        self.frames = None;
        let thread = self.thread.take().ok_or_else(thread_ended_error)?;
        thread.join().map_err(|_| thread_ended_error())?
    }
}

impl Drop for CompressorThread {
    fn drop(&mut self) {
        // The result of the thread contains the file. Dropping the result removes the file. A failed thread has already
        // removed it.
        let _ = self.join();
    }
}

fn thread_ended_error() -> io::Error {
    io::Error::other("the compressor thread has ended")
}

fn compress(
    todo: &Receiver<Vec<u8>>,
    mut into: FrameWriter<HashingWriter<BufWriter<AtomicFile>>>,
    used: &Sender<Vec<u8>>,
) -> io::Result<CompressedFile> {
    for mut frame in todo {
        into.add(&frame)?;
        frame.clear();
        // Sending fails once all lines were handed over, because `end` drops the receiver.
        let _ = used.send(frame);
    }
    let HashingWriter { inner, hash, bytes } = into.finish()?;
    let file = inner.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(CompressedFile { file, sha256: hash.into(), bytes })
}
