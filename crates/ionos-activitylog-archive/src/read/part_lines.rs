//! One file of an archive, event by event, as its manifest says that it is.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use ionos_activitylog::{Event, EventId};
use memchr::memchr_iter;

use crate::encode::unpack;
use crate::error::Error;
use crate::manifest::Part;
use crate::part::lines::unreadable;

/// A file that is not open yet.
pub(super) struct ClosedPart {
    /// Whose it is, as a place among the contracts.
    pub(super) contract: usize,
    pub(super) path: PathBuf,
    pub(super) part: Part,
    /// Its place among all files.
    pub(super) place: usize,
}

/// An event, and what is wanted of each.
pub(super) struct Read {
    pub(super) time: Option<DateTime<Utc>>,
    pub(super) id: EventId,
    pub(super) event: Event,
    pub(super) kept: bool,
}

impl Read {
    pub(super) fn of(event: Event, kept: bool) -> Self {
        Self { time: event.time(), id: event.id(), kept, event }
    }
}

/// The lines of a file.
pub(super) struct Lines {
    pub(super) path: PathBuf,
    unpacked: Box<dyn BufRead + Send>,
    /// How many there are, as the manifest says.
    said: u64,
    /// How many were read.
    pub(super) count: u64,
}

impl Lines {
    pub(super) fn open(closed: &ClosedPart) -> Result<Self, Error> {
        let unpacked = File::open(&closed.path).and_then(|file| {
            let packed = BufReader::with_capacity(1 << 17, file);
            unpack(closed.part.file.compression, packed)
        });
        Ok(Self {
            unpacked: unpacked.map_err(|error| unreadable(&closed.path, error))?,
            path: closed.path.clone(),
            said: closed.part.count,
            count: 0,
        })
    }

    /// The next ones, about so many bytes of them, each with its end; none at the end of the file.
    pub(super) fn next(&mut self, bytes: usize) -> Result<Vec<u8>, Error> {
        let mut text = Vec::with_capacity(bytes + bytes / 8);
        let most = bytes as u64;
        let read = (&mut self.unpacked).take(most).read_to_end(&mut text).and_then(|_| match text.last() {
            None | Some(b'\n') => Ok(0),
            Some(_) => self.unpacked.read_until(b'\n', &mut text),
        });
        read.map_err(|error| unreadable(&self.path, error))?;
        let open = text.last().is_some_and(|last| *last != b'\n');
        self.count += memchr_iter(b'\n', &text).count() as u64 + u64::from(open);
        if text.is_empty() && self.count != self.said {
            return Err(Error::damaged(
                self.path.clone(),
                format!("it has {} events, and its manifest says {}", self.count, self.said),
            ));
        }
        Ok(text)
    }
}

/// The event of a line.
pub(super) fn parse_line(path: &Path, number: u64, line: &[u8]) -> Result<Event, Error> {
    let damaged = |detail: &dyn Display| Error::damaged(path.to_path_buf(), format!("line {number}: {detail}"));
    let line = str::from_utf8(line).map_err(|error| damaged(&error))?;
    Event::from_json(line).map_err(|error| damaged(&error))
}
