//! Checks the parts of a day in one pass over each file: the digests of the file and of its lines, and the counts, ids,
//! times and order of the events.
//!
//! A part has one finding for each cause. If the digest of the file differs from the manifest, the lines usually differ
//! too. So there is one finding for the file, and it names only the first difference of the lines.
//!
//! The check of a part stops at the first line that is not a record, and at the first line above the number of lines in
//! the manifest. Such a line shows that the part was changed. Further lines are not read, because a small compressed
//! file can have any number of them.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use chrono::{DateTime, Utc};
use ionos_activitylog::{Event, EventId};
use sha2::{Digest as _, Sha256};

use super::{FileLocation, Finding, Problem, VerifyReport};
use crate::digest::Digest;
use crate::encode::decompress;
use crate::fs::regular_file::{self, is_not_regular};
use crate::manifest::{KeptRecords, Manifest, Part};
use crate::part::HashingReader;
use crate::part::lines::{MAX_LINE_BYTES, too_many_lines};
use crate::sum::{saturating_sum, saturating_sum_if_known};

/// Maximum number of extra bytes to read if a file is longer than its manifest states.
const MAX_EXTRA_BYTES: u64 = 16 << 20;

/// First half of the SHA-256 of a line, which is enough to distinguish lines with the same id.
type ContentHash = [u8; 16];

/// The ids of a day, each with the content, part and line number of an earlier occurrence.
type KnownIds<'a> = HashMap<EventId, (ContentHash, &'a Part, u64)>;

/// Checks the parts of a day, and calls `on_part` after each part.
pub(super) fn check_day(root: &Path, folder: &Path, manifest: &Manifest, on_part: &dyn Fn(&Part)) -> VerifyReport {
    let mut report = VerifyReport::default();
    let mut known = KnownIds::new();
    // Late parts come last in the manifest, because an id counts for a late part only if no other part has the id.
    let (mut late, mut all_read, mut events) = (LatePartTotals::default(), true, 0);
    for part in &manifest.parts {
        let location = FileLocation { root, file: folder.join(part.file.to_string()) };
        let scan = check_part(&mut report, &location, part, &mut known);
        on_part(part);
        all_read &= scan.is_ok();
        events += scan.as_ref().map_or(0, |scan| scan.count);
        match scan {
            Ok(scan) if part.late => late.add(&scan, part),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                report.findings.push(location.find(None, Problem::Missing, "file is missing"));
            }
            Err(error) if is_not_regular(&error) => {
                report.findings.push(location.find(None, Problem::Changed, error.to_string()));
            }
            Err(error) => {
                report.findings.push(location.find(None, Problem::Unreadable, format!("cannot be read: {error}")))
            }
        }
    }
    for kept in &manifest.kept {
        check_kept(&mut report, &FileLocation { root, file: folder.join(&kept.file) }, kept);
    }
    let totals = manifest.ranges.iter().filter_map(|range| range.total);
    let total = saturating_sum(totals);
    if all_read && report.findings.is_empty() && total > events {
        let location = FileLocation { root, file: folder.to_path_buf() };
        let detail = format!("the parts have {events} events, the manifests say that the service reported {total}");
        report.findings.push(location.find(None, Problem::Count, detail));
    }
    if all_read
        && report.findings.is_empty()
        && let Some(detail) = late.difference()
    {
        let location = FileLocation { root, file: folder.to_path_buf() };
        report.findings.push(location.find(None, Problem::Count, detail));
    }
    report
}

/// Checks the digest of a file of kept records.
fn check_kept(report: &mut VerifyReport, location: &FileLocation<'_>, kept: &KeptRecords) {
    let digest = regular_file::digest(&location.file, kept.bytes.saturating_add(1));
    let (problem, detail) = match digest {
        Ok(digest) if digest == kept.sha256 => return,
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Problem::Missing, "file is missing".to_owned()),
        Err(error) if !is_not_regular(&error) => (Problem::Unreadable, format!("cannot be read: {error}")),
        _ => (Problem::Changed, "file was changed: its SHA-256 differs from the one in its manifest".to_owned()),
    };
    report.findings.push(location.find(None, problem, detail));
}

/// Sums over the late parts of a day. The numbers of a single late part cannot be checked, because an id counts only
/// for the late part that was written first, and the names of the parts do not show in which order they were written.
#[derive(Default)]
struct LatePartTotals {
    unique: u64,
    manifest_unique: u64,
    expected_total: u64,
    /// Sum of the totals. `None` if one of the parts has no total.
    counted: Option<u64>,
    parts: u64,
}

impl LatePartTotals {
    fn add(&mut self, scan: &PartScan, part: &Part) {
        let before = if self.parts == 0 { Some(0) } else { self.counted };
        self.counted = saturating_sum_if_known([before, part.total]);
        self.parts += 1;
        self.unique += scan.unique;
        self.manifest_unique = self.manifest_unique.saturating_add(part.unique);
        self.expected_total += scan.expected_total();
    }

    fn difference(&self) -> Option<String> {
        if self.unique != self.manifest_unique {
            return Some(format!(
                "the late parts have {} ids that no other part has, the manifests say {}",
                self.unique, self.manifest_unique
            ));
        }
        let counted = self.counted.filter(|counted| *counted != self.expected_total)?;
        Some(format!(
            "the late parts add {} events, the manifests say that the total of the service grew by {counted}",
            self.expected_total
        ))
    }
}

/// Reads a part once and compares it with its manifest. Adds each difference to `report`, unless the difference follows
/// from another one.
///
/// Fails if the file cannot be read. Data that cannot be decompressed is a finding.
fn check_part<'a>(
    report: &mut VerifyReport,
    location: &FileLocation<'_>,
    part: &'a Part,
    known: &mut KnownIds<'a>,
) -> io::Result<PartScan> {
    let bound = part.bytes.saturating_add(MAX_EXTRA_BYTES);
    let mut file = HashingReader::new(regular_file::open(&location.file)?.take(bound));
    let (mut scan, mut lines) = (PartScan::default(), LineProblems::default());
    let unpacked = {
        let compressed = BufReader::with_capacity(1 << 17, &mut file);
        decompress(part.file.compression, compressed).and_then(|reader| {
            let bounded = reader.take(part.unpacked.saturating_add(1));
            scan.read(Box::new(bounded), part, known, &mut lines)
        })
    };
    // An error of the operating system says nothing about the content of the file.
    if let Err(error) = &unpacked
        && error.raw_os_error().is_some()
    {
        return unpacked.map(|()| scan);
    }
    if let Err(error) = unpacked {
        lines.add(scan.count + 1, Problem::Changed, format!("cannot be decompressed from here on: {error}"));
    }
    // Bytes after the end of the compressed data belong to the file too.
    io::copy(&mut file, &mut io::sink())?;
    let lines_differ = scan.line_difference(part);
    if let Some(detail) = file.difference(part) {
        let consequence = match (lines.first(), &lines_differ) {
            (Some((line, detail)), _) => format!("line {line}: {detail}"),
            (None, _) if scan.count > part.count => too_many_lines(part.count),
            (None, None) => "its lines are unchanged".to_owned(),
            (None, Some(_)) if scan.count == part.count => "its lines were changed".to_owned(),
            (None, Some(_)) => format!("it has {} events, the manifest says {}", scan.count, part.count),
        };
        report.findings.push(location.find(None, Problem::Changed, format!("{detail}; {consequence}")));
    } else {
        // The file has the digest that the manifest states. If other values differ, the manifest contradicts itself.
        let time = !scan.is_cut && (scan.first, scan.last) != (part.first, part.last);
        let time = time.then(|| "the time of the first or last event differs from the manifest".to_owned());
        let stated = lines_differ.map(|detail| (Problem::Changed, detail));
        let stated = stated.or_else(|| Some((Problem::Count, scan.count_difference(part)?)));
        let stated = stated.or_else(|| Some((Problem::Time, time?)));
        report.findings.extend(stated.map(|(problem, detail)| location.find(None, problem, detail)));
        report.findings.extend(lines.findings(location));
    }
    report.parts += 1;
    report.events += scan.count;
    report.amended += scan.amended;
    report.bytes += scan.bytes;
    Ok(scan)
}

/// Differences in the lines of a part: for each kind, the first difference and the number of all differences.
#[derive(Default)]
struct LineProblems(BTreeMap<Problem, (u64, String, u64)>);

impl LineProblems {
    fn add(&mut self, line: u64, problem: Problem, detail: String) {
        self.0.entry(problem).or_insert((line, detail, 0)).2 += 1;
    }

    /// The earliest line with a difference.
    fn first(&self) -> Option<(u64, &str)> {
        self.0.values().map(|(line, detail, _)| (*line, detail.as_str())).min()
    }

    /// One finding for each kind.
    fn findings(self, location: &FileLocation<'_>) -> Vec<Finding> {
        let finding = |(problem, (line, mut detail, count))| {
            if count > 1 {
                detail = format!("{detail}; the same in {} later lines", count - 1);
            }
            location.find(line, problem, detail)
        };
        self.0.into_iter().map(finding).collect()
    }
}

/// Values computed from the lines that were read so far.
#[derive(Default)]
struct PartScan {
    count: u64,
    unique: u64,
    /// Number of repeated events without a usable `@uuid`.
    repeats_without_uuid: u64,
    /// Number of events whose id already occurred with another content, in this part or in a part that was read before.
    amended: u64,
    bytes: u64,
    lines: Sha256,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    /// Sort key of the last event that has a time.
    last_key: Option<(DateTime<Utc>, EventId)>,
    /// Id of the last event.
    last_id: Option<EventId>,
    content: ContentHash,
    /// Whether reading stopped before the end of the part, because the last line that was read is a finding.
    is_cut: bool,
}

impl PartScan {
    /// Total that a service reports if it counts each event once.
    fn expected_total(&self) -> u64 {
        self.unique + self.repeats_without_uuid
    }

    /// Compares the number of events and ids with the manifest. The ids of a late part are compared as a sum, see
    /// [`LatePartTotals`].
    fn count_difference(&self, part: &Part) -> Option<String> {
        if self.count > part.count {
            return Some(too_many_lines(part.count));
        }
        if self.is_cut {
            return None;
        }
        let unique = if part.late { part.unique } else { self.unique };
        if (self.count, unique) != (part.count, part.unique) {
            return Some(format!(
                "{} events with {} ids, the manifest says {} with {}",
                self.count, unique, part.count, part.unique
            ));
        }
        let expected = self.expected_total();
        let total = part.total.filter(|total| !part.late && *total != expected)?;
        Some(format!("{expected} events, each counted once; the manifest says that the service reported {total}"))
    }

    /// Compares the digest and the size of the lines with the manifest. `None` if not all lines were read.
    fn line_difference(&self, part: &Part) -> Option<String> {
        let digest = Digest::from(self.lines.clone());
        let differs = digest != part.digest || self.bytes != part.unpacked;
        (differs && !self.is_cut).then(|| {
            format!(
                "lines were changed: {} bytes with digest {digest}, the manifest says {} bytes with {}",
                self.bytes, part.unpacked, part.digest
            )
        })
    }

    /// Reads the lines. Stops at the first line that is not a record, and at the first line above the number of lines
    /// in the manifest.
    fn read<'a>(
        &mut self,
        mut reader: Box<dyn BufRead + Send + '_>,
        part: &'a Part,
        known: &mut KnownIds<'a>,
        lines: &mut LineProblems,
    ) -> io::Result<()> {
        let mut line = Vec::with_capacity(1 << 12);
        loop {
            line.clear();
            let length = (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(());
            }
            self.count += 1;
            self.bytes += length as u64;
            if self.count > part.count {
                self.is_cut = true;
                return Ok(());
            }
            let number = self.count;
            if line.pop_if(|last| *last == b'\n').is_none() {
                lines.add(number, Problem::Record, "the line has no line end".to_owned());
            }
            let hash = Sha256::digest(&line);
            self.lines.update(hash);
            self.content.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
            let event = String::from_utf8(std::mem::take(&mut line))
                .map_err(|error| error.to_string())
                .and_then(|line| Event::from_json(line).map_err(|error| error.to_string()));
            match event {
                Ok(event) => self.check_event(&event, part, known, lines),
                Err(error) => {
                    lines.add(number, Problem::Record, error);
                    self.is_cut = true;
                    return Ok(());
                }
            }
        }
    }

    fn check_event<'a>(&mut self, event: &Event, part: &'a Part, known: &mut KnownIds<'a>, lines: &mut LineProblems) {
        let id = event.id();
        if let Some(time) = event.time() {
            self.check_time(time, &id, part, lines);
        }
        self.check_id((&id, event.time().is_some()), part, known, lines);
        self.last_id = Some(id);
    }

    /// Checks that the time lies in the range of the part, and that the event is not out of order.
    fn check_time(&mut self, time: DateTime<Utc>, id: &EventId, part: &Part, lines: &mut LineProblems) {
        let number = self.count;
        if !part.file.range.contains(time) {
            let detail = format!(
                "the event has the time {}, which is outside of {}",
                crate::encode::text::time(time),
                super::range(part.file.range)
            );
            lines.add(number, Problem::Time, detail);
        }
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        let sort_key = Some((time, id.clone()));
        if self.last_key > sort_key {
            let detail = "out of order: the event belongs before the previous one".to_owned();
            lines.add(number, Problem::Order, detail);
        }
        self.last_key = sort_key;
    }

    /// Checks that the event is not archived twice, and counts its id.
    fn check_id<'a>(
        &mut self,
        (id, has_time): (&EventId, bool),
        part: &'a Part,
        known: &mut KnownIds<'a>,
        lines: &mut LineProblems,
    ) {
        let number = self.count;
        let Some((content, other, line)) = known.get(id) else {
            known.insert(id.clone(), (self.content, part, number));
            self.unique += 1;
            return;
        };
        // An event with the same id and another content was amended. Equal records without a usable @uuid count as
        // different events, not as duplicates, in three cases: they are adjacent, one of them is late, or they have no
        // time and may be from several windows.
        let in_other_part = !std::ptr::eq(*other, part);
        let adjacent = self.last_id.as_ref() == Some(id);
        let is_repeat = id.is_of_content() && (adjacent || !has_time || part.late && in_other_part);
        self.amended += u64::from(*content != self.content && !id.is_of_content());
        if *content == self.content && !is_repeat {
            let detail = format!("event {id} is already in {}, line {line}", other.file);
            lines.add(number, Problem::Duplicate, detail);
        }
        // In a late part, an id counts only if no earlier part has the id. In any other part, each id counts once.
        if in_other_part && !part.late {
            known.insert(id.clone(), (self.content, part, number));
            self.unique += 1;
        } else {
            self.repeats_without_uuid += u64::from(id.is_of_content());
        }
    }
}
