//! An archive is many files, and whoever asks what happened wants one answer: the events of a time, each once, in the
//! order in which they happened. Files of one day may overlap, because events that came late have a file of their own.
//!
//! So files are opened when the time comes that they are of, the earliest event of those that are open goes first, and
//! no more of a file is in memory than its current line.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use ionos_activitylog::{ContractNumber, DateRange, Event, EventId, RangeSet};

use crate::manifest::Part;
use crate::part::read::{unpack, unreadable};
use crate::{Archive, Error, Manifest};

/// An event in an archive.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Archived {
    /// Whose log it is in.
    pub contract: ContractNumber,
    /// The event.
    pub event: Event,
}

/// The events of an archive in the order of their times, those of one time in the order of their contracts and ids.
///
/// ```no_run
/// use ionos_activitylog_archive::{Archive, ArchiveReader, Error};
///
/// fn print_all(root: &str) -> Result<(), Error> {
///     for archived in ArchiveReader::open(&Archive::at(root), None, None)? {
///         println!("{}", archived?.event.raw());
///     }
///     Ok(())
/// }
/// ```
///
/// A file that is not as its manifest says ends the events in [`Error::Damaged`] when it shows: where it is gone or
/// cannot be unpacked, where a line is no JSON and where the count is another. Whether files were changed otherwise says [`verify_archive`](crate::verify_archive).
#[must_use = "nothing is read before it is asked for events"]
pub struct ArchiveReader {
    range: Option<DateRange>,
    contracts: Vec<Covered>,
    /// Files that are not open yet, the earliest first.
    closed: VecDeque<ClosedPart>,
    /// Files that are open, by their next event.
    open: BinaryHeap<Reverse<Head>>,
    failed: bool,
}

/// What an archive has of a contract.
struct Covered {
    contract: ContractNumber,
    verified: RangeSet,
    read: RangeSet,
}

struct ClosedPart {
    contract: usize,
    path: PathBuf,
    part: Part,
    /// Its place among all files.
    place: usize,
}

/// The next event of an open file.
struct Head {
    key: Key,
    event: Event,
    part: OpenPart,
}

/// What events are ordered by: time, contract and id, and where all of these are the same, the place of their file.
type Key = (DateTime<Utc>, usize, EventId, usize);

struct OpenPart {
    closed: ClosedPart,
    lines: Box<dyn BufRead + Send>,
    /// Lines that were read.
    count: u64,
    /// The time of the last event, or where the file begins.
    position: DateTime<Utc>,
}

impl ArchiveReader {
    /// Reads what an archive has of one contract or of all, in a range or at all times. All manifests are read here, and
    /// no events.
    ///
    /// Fails with [`Error::Empty`] where there is no archive, or none of the contract, and as [`Manifest::read`].
    pub fn open(
        archive: &Archive,
        contract: Option<&ContractNumber>,
        range: Option<DateRange>,
    ) -> Result<Self, Error> {
        let folders = match contract {
            Some(contract) => vec![archive.contract(contract)],
            None => archive.contracts()?,
        };
        let mut reader = Self {
            range,
            contracts: Vec::new(),
            closed: VecDeque::new(),
            open: BinaryHeap::new(),
            failed: false,
        };
        let mut parts = Vec::new();
        for folder in &folders {
            let days = folder.days()?;
            if days.is_empty() && contract.is_some() {
                return Err(Error::Empty(folder.path().to_path_buf()));
            }
            let mut covered = Covered {
                contract: folder.contract().clone(),
                verified: RangeSet::new(),
                read: RangeSet::new(),
            };
            for date in days {
                let day = crate::manifest::day(date);
                let asked = |of: DateRange| range.is_none_or(|all| all.intersection(&of).is_some());
                if !day.is_none_or(asked) {
                    continue;
                }
                let (manifest, _) = match Manifest::read(&folder.manifest(date)) {
                    // A day that an export had begun and not finished.
                    Err(Error::Open(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                        continue;
                    }
                    read => read?,
                };
                for one in manifest.verified().iter() {
                    covered.verified.insert(one);
                    covered.read.insert(one);
                }
                manifest
                    .unverified()
                    .iter()
                    .for_each(|one| covered.read.insert(one));
                for part in manifest.parts {
                    if DateRange::new(part.from, part.to).is_ok_and(asked) {
                        parts.push(ClosedPart {
                            contract: reader.contracts.len(),
                            path: folder.day(date).join(part.file.to_string()),
                            part,
                            place: 0,
                        });
                    }
                }
            }
            reader.contracts.push(covered);
        }
        if folders.is_empty() {
            return Err(Error::Empty(archive.root().to_path_buf()));
        }
        parts.sort_by_key(|closed| (closed.part.from, closed.contract));
        for (place, part) in parts.iter_mut().enumerate() {
            part.place = place;
        }
        reader.closed = parts.into();
        Ok(reader)
    }

    /// What of the range the archive does not have, or does not prove to be complete, by contract; of all times, the
    /// holes between the first and the last that it has. Empty where nothing is missing.
    #[must_use]
    pub fn unproven(&self) -> Vec<(ContractNumber, RangeSet)> {
        let missing = self.contracts.iter().map(|covered| {
            let asked = self.range.or_else(|| {
                let first = covered.read.iter().next()?;
                let last = covered.read.iter().next_back()?;
                DateRange::new(first.start(), last.end()).ok()
            });
            let asked: RangeSet = asked.into_iter().collect();
            (
                covered.contract.clone(),
                asked.difference(&covered.verified),
            )
        });
        missing.filter(|(_, ranges)| !ranges.is_empty()).collect()
    }

    /// Opens all files that may have an event before all others.
    fn open_parts(&mut self) -> Result<(), Error> {
        while let Some(closed) = self.closed.front() {
            let earliest = self.open.peek().map(|Reverse(head)| head.key.0);
            if earliest.is_some_and(|earliest| earliest < closed.part.from) {
                break;
            }
            if let Some(closed) = self.closed.pop_front() {
                self.open.extend(OpenPart::open(closed)?.next()?);
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Option<Archived>, Error> {
        loop {
            self.open_parts()?;
            let Some(Reverse(Head { key, event, part })) = self.open.pop() else {
                return Ok(None);
            };
            let contract = self.contracts.get(key.1).map(|one| one.contract.clone());
            self.open.extend(part.next()?);
            let asked = self.range.is_none_or(|range| range.contains(key.0));
            if let Some(contract) = contract.filter(|_| asked) {
                return Ok(Some(Archived { contract, event }));
            }
        }
    }
}

impl Iterator for ArchiveReader {
    type Item = Result<Archived, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        read.transpose()
    }
}

impl OpenPart {
    fn open(closed: ClosedPart) -> Result<Self, Error> {
        let lines = File::open(&closed.path).and_then(|file| {
            let packed = BufReader::with_capacity(1 << 17, file);
            unpack(closed.part.file.compression, packed)
        });
        Ok(Self {
            lines: lines.map_err(|error| unreadable(&closed.path, error))?,
            position: closed.part.from,
            closed,
            count: 0,
        })
    }

    /// Its next event; none at its end.
    fn next(mut self) -> Result<Option<Reverse<Head>>, Error> {
        let path = &self.closed.path;
        let damaged = |detail: String| Error::Damaged(path.clone(), detail);
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        if read.map_err(|error| unreadable(path, error))? == 0 {
            let said = self.closed.part.count;
            if self.count == said {
                return Ok(None);
            }
            return Err(damaged(format!(
                "it has {} events, and its manifest says {said}",
                self.count
            )));
        }
        self.count += 1;
        if line.ends_with('\n') {
            line.pop();
        }
        let event = Event::from_json(line)
            .map_err(|error| damaged(format!("line {}: {error}", self.count)))?;
        // An event without a time is where it stands.
        let (time, id) = (event.time(), event.id());
        let time = time.map_or(self.position, |time| time.max(self.position));
        self.position = time;
        let key = (time, self.closed.contract, id, self.closed.place);
        Ok(Some(Reverse(Head {
            key,
            event,
            part: self,
        })))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Head {}

impl std::fmt::Debug for ArchiveReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveReader")
            .field("range", &self.range)
            .field("closed", &self.closed.len())
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
