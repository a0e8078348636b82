//! A part is written while its events come, so that its size does not matter, and its name is known only at its end,
//! because it holds the digest of its lines.

mod cut;
pub(crate) mod read;

use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use ionos_activitylog::{DateRange, Event, EventId};
use sha2::{Digest as _, Sha256};

use crate::compression::Frames;
use crate::durable::{DurableFile, Kind};
use crate::layout::PartName;
use crate::manifest::Part;
use crate::{Compression, Digest, Error, Steps, ndjson};

pub(crate) use cut::{Cutter, FULL, Stretch, is_counted, known_gaps};

/// A part in the making. Dropped, it leaves nothing behind.
pub(crate) struct PartFile {
    frames: Frames<Hashing<BufWriter<DurableFile>>>,
    compression: Compression,
    folder: std::path::PathBuf,
    lines: Sha256,
    ids: HashSet<EventId>,
    /// Events without an identifier of their own that are there more than once.
    twins: u64,
    pub(crate) count: u64,
    unpacked: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

/// What is said of a part besides what is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) range: DateRange,
    pub(crate) verified: bool,
    /// Whether the service counted exactly what came, in every window that brought some of it.
    pub(crate) counted: bool,
    pub(crate) late: bool,
}

impl PartFile {
    /// Starts a part in the folder of a day, which is there.
    pub(crate) fn begin(
        folder: &Path,
        compression: Compression,
        steps: &Steps,
    ) -> Result<Self, Error> {
        let file = DurableFile::begin(folder, Kind::Part, steps)?;
        let file = Hashing::new(BufWriter::with_capacity(1 << 16, file));
        Ok(Self {
            frames: Frames::new(compression, file)
                .map_err(|error| Error::Write(folder.to_path_buf(), error))?,
            compression,
            folder: folder.to_path_buf(),
            lines: Sha256::new(),
            ids: HashSet::new(),
            twins: 0,
            count: 0,
            unpacked: 0,
            first: None,
            last: None,
        })
    }

    /// Adds an event, whose time and id are known, behind all others.
    pub(crate) fn add(
        &mut self,
        event: &Event,
        (time, id): (Option<DateTime<Utc>>, EventId),
    ) -> Result<(), Error> {
        let line = ndjson::line(event.raw());
        self.lines.update(Sha256::digest(line.as_bytes()));
        let failed = |error| Error::Write(self.folder.clone(), error);
        let frame = self.frames.open();
        frame.extend_from_slice(line.as_bytes());
        frame.push(b'\n');
        self.frames.cut().map_err(failed)?;
        self.unpacked += line.len() as u64 + 1;
        self.count += 1;
        if let Some(time) = time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        if let Some(id) = self.ids.replace(id) {
            self.twins += u64::from(id.is_of_content());
        }
        Ok(())
    }

    /// How many of its events a service counts that counts each once, those that are not in `known`: an event that was
    /// amended is one, and events without an identifier that look the same are several.
    fn countable(&self, known: impl Fn(&EventId) -> bool) -> u64 {
        let counts = |id: &&EventId| id.is_of_content() || !known(id);
        self.ids.iter().filter(counts).count() as u64 + self.twins
    }

    /// Brings the part to the disk, and says what it is. `known` are ids that another part of the day has.
    pub(crate) fn finish(
        self,
        about: About,
        known: impl Fn(&EventId) -> bool,
    ) -> Result<Part, Error> {
        let failed = |error| Error::Write(self.folder.clone(), error);
        let countable = self.countable(&known);
        let file = self.frames.finish().map_err(failed)?;
        let (writer, sha256, bytes) = file.end();
        let file = writer
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        let digest = Digest::from(self.lines);
        let name = PartName {
            late: about.late,
            range: about.range,
            content: digest.short(),
            compression: self.compression,
        };
        file.commit(&self.folder.join(name.to_string()))?;
        let unique = self.ids.iter().filter(|id| !known(id)).count() as u64;
        Ok(Part {
            from: name.range.start(),
            to: name.range.end(),
            file: name,
            sha256,
            bytes,
            unpacked: self.unpacked,
            count: self.count,
            unique,
            total: (about.verified && about.counted).then_some(countable),
            first: self.first,
            last: self.last,
            digest,
            verified: about.verified,
            late: about.late,
        })
    }
}

/// Counts and hashes what passes through.
struct Hashing<W> {
    writer: W,
    hash: Sha256,
    bytes: u64,
}

impl<W> Hashing<W> {
    fn new(writer: W) -> Self {
        Self {
            writer,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    fn end(self) -> (W, Digest, u64) {
        (self.writer, self.hash.into(), self.bytes)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
