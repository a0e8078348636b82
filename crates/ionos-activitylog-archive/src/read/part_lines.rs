//! Reads one part line by line and compares the number of lines and the digest of the file with the manifest.

use std::fmt::Display;
use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

use ionos_activitylog::Event;
use memchr::memchr_iter;

use crate::error::Error;
use crate::manifest::Part;
use crate::part::lines::{MAX_LINE_BYTES, PartReader, too_many_lines, unreadable};

/// A part that is not open yet.
pub(super) struct ClosedPart {
    /// Index of its contract among the contracts of the reader.
    pub(super) contract: usize,
    pub(super) path: PathBuf,
    pub(super) part: Part,
    /// Position among all parts of the reader, ordered by time and contract.
    pub(super) index: usize,
}

/// The lines of a part.
pub(super) struct PartLines {
    pub(super) path: PathBuf,
    unpacked: PartReader,
    /// Number of lines according to the manifest.
    expected: u64,
    /// Number of lines read so far.
    pub(super) count: u64,
}

impl PartLines {
    pub(super) fn open(closed: &ClosedPart) -> Result<Self, Error> {
        let unpacked = PartReader::open(&closed.path, &closed.part);
        Ok(Self {
            unpacked: unpacked.map_err(|error| unreadable(&closed.path, error))?,
            path: closed.path.clone(),
            expected: closed.part.count,
            count: 0,
        })
    }

    /// Reads about `bytes` bytes of whole lines, with their line ends. Empty at the end of the part.
    ///
    /// Fails with [`Error::Damaged`] as soon as more lines were read than the manifest states. At the end of the part,
    /// also fails with [`Error::Damaged`] if the number of lines or the SHA-256 of the file differs from the manifest.
    pub(super) fn read_lines(&mut self, bytes: usize) -> Result<Vec<u8>, Error> {
        if self.count > self.expected {
            return Err(Error::damaged(self.path.clone(), too_many_lines(self.expected)));
        }
        let mut text = Vec::with_capacity(bytes + bytes / 8);
        let limit = bytes as u64;
        let read = (&mut self.unpacked).take(limit).read_to_end(&mut text).and_then(|_| match text.last() {
            None | Some(b'\n') => Ok(0),
            Some(_) => (&mut self.unpacked).take(MAX_LINE_BYTES).read_until(b'\n', &mut text),
        });
        read.map_err(|error| unreadable(&self.path, error))?;
        let unterminated = text.last().is_some_and(|last| *last != b'\n');
        self.count += memchr_iter(b'\n', &text).count() as u64 + u64::from(unterminated);
        if text.is_empty() && self.count != self.expected {
            return Err(Error::damaged(
                self.path.clone(),
                format!("it has {} events, its manifest says {}", self.count, self.expected),
            ));
        }
        if text.is_empty() {
            self.unpacked.check_file(&self.path)?;
        }
        Ok(text)
    }
}

/// Parses the event of a line. `number` is the number of the line, from 1.
pub(super) fn parse_line(path: &Path, number: u64, line: &[u8]) -> Result<Event, Error> {
    let damaged = |detail: &dyn Display| Error::damaged(path.to_path_buf(), format!("line {number}: {detail}"));
    let line = str::from_utf8(line).map_err(|error| damaged(&error))?;
    Event::from_json(line).map_err(|error| damaged(&error))
}
