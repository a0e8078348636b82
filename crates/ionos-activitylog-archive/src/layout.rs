//! Names of the folders and files of an archive. Each name describes the content, so that an archive can be moved and
//! read without this program:
//!
//! ```text
//! ROOT/contract=31721060/_manifests/00000001.json, 00000002.json, ..., open.json
//!                        date=2026-11-20/part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.zst
//!                        _state.json, _state.prev.json, _state.lock, _runs.ndjson
//! ```
//!
//! Version 0.1.0 wrote a `_manifest.json` to the folder of each day. Such files are read and never written.
//!
//! This module forms and parses names and lists folders; it opens no file.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Timelike, Utc};
use ionos_activitylog::{ContractNumber, DateRange};

use crate::encode::Compression;
use crate::encode::text::single_line;
use crate::error::Error;

/// Folder of a contract's manifests.
pub(crate) const MANIFESTS: &str = "_manifests";
/// File name of a contract's open manifests, in [`MANIFESTS`].
pub(crate) const OPEN_MANIFESTS: &str = "open.json";
/// File name of the manifest that version 0.1.0 wrote to the folder of a day.
pub(crate) const MANIFEST_OF_VERSION_1: &str = "_manifest.json";

/// File name of a contract's state.
pub(crate) const STATE: &str = "_state.json";
/// File name of the previous copy of a contract's state.
pub(crate) const PREVIOUS_STATE: &str = "_state.prev.json";
/// File name of the lock of a contract's folder.
pub(crate) const LOCK: &str = "_state.lock";
/// File name of the log of a contract's runs.
pub(crate) const RUN_LOG: &str = "_runs.ndjson";
/// Maximum size of a run log that is read, in bytes: about 130,000 runs.
pub(crate) const MAX_RUN_LOG_BYTES: u64 = 64 << 20;

const CONTRACT: &str = "contract=";
const DATE: &str = "date=";

/// An archive: a folder with one folder per contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    root: PathBuf,
}

impl Archive {
    /// The archive in a folder, which need not exist. Does not touch the disk.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder of the archive.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The archive that contains the folder [`Archive::root`], if that folder is not an archive but the folder of a
    /// contract. A folder counts as the folder of a contract if its name is `contract=` and a contract number, or if it
    /// contains a state file. `None` for any other folder.
    #[must_use]
    pub fn enclosing_archive(&self) -> Option<Self> {
        let name = self.root.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_prefix(CONTRACT));
        let is_contract = number.is_some_and(|number| number.parse::<ContractNumber>().is_ok());
        if !is_contract && !self.root.join(STATE).exists() {
            return None;
        }
        // A root such as `.` has no file name.
        Some(Self::new(match (name, self.root.parent()) {
            (Some(_), Some(around)) if !around.as_os_str().is_empty() => around.to_path_buf(),
            (Some(_), _) => PathBuf::from("."),
            (None, _) if self.root == Path::new(".") => PathBuf::from(".."),
            (None, _) => self.root.join(".."),
        }))
    }

    /// The folder of a contract, which need not exist.
    #[must_use]
    pub fn contract(&self, contract: &ContractNumber) -> ContractFolder {
        ContractFolder { path: self.root.join(format!("{CONTRACT}{contract}")), contract: contract.clone() }
    }

    /// The contracts that have a folder, in numeric order. Fails with [`Error::Open`] if the archive cannot be listed.
    pub fn contracts(&self) -> Result<Vec<ContractFolder>, Error> {
        let mut contracts: Vec<ContractNumber> =
            names(&self.root)?.iter().filter_map(|name| contract_of(name)).collect();
        contracts.sort_by(|a, b| (a.as_str().len(), a).cmp(&(b.as_str().len(), b)));
        Ok(contracts.iter().map(|contract| self.contract(contract)).collect())
    }

    /// The folders of `contracts`, in the given order. `None`: the folders of all contracts.
    pub(crate) fn select_contracts(&self, contracts: Option<&[ContractNumber]>) -> Result<Vec<ContractFolder>, Error> {
        match contracts {
            Some(some) => Ok(some.iter().map(|contract| self.contract(contract)).collect()),
            None => self.contracts(),
        }
    }
}

impl fmt::Display for Archive {
    /// The path as a single line, with control characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&single_line(&self.root))
    }
}

/// The folder of a contract in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractFolder {
    path: PathBuf,
    contract: ContractNumber,
}

impl ContractFolder {
    /// Path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Contract number.
    #[must_use]
    pub fn contract(&self) -> &ContractNumber {
        &self.contract
    }

    /// The folder of a day (UTC), which need not exist.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> PathBuf {
        self.path.join(format!("{DATE}{date}"))
    }

    /// The folder of the manifests, which need not exist.
    #[must_use]
    pub fn manifests(&self) -> PathBuf {
        self.path.join(MANIFESTS)
    }

    /// Path of the manifest with the given number. The file need not exist.
    #[must_use]
    pub fn manifest(&self, number: u64) -> PathBuf {
        self.manifests().join(format!("{number:08}.json"))
    }

    /// Path of the open manifests, which need not exist.
    #[must_use]
    pub fn open_manifests(&self) -> PathBuf {
        self.manifests().join(OPEN_MANIFESTS)
    }

    /// Path of the manifest that version 0.1.0 wrote for a day.
    pub(crate) fn manifest_of_version_1(&self, date: NaiveDate) -> PathBuf {
        self.day(date).join(MANIFEST_OF_VERSION_1)
    }

    /// The days that have a folder, in order. Empty if the contract has no folder. Fails with [`Error::Open`] if the
    /// folder cannot be listed.
    pub fn days(&self) -> Result<Vec<NaiveDate>, Error> {
        let names = match names(&self.path) {
            Err(Error::Open { source: error, .. }) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names?,
        };
        let mut days: Vec<NaiveDate> = names.iter().filter_map(|name| day_of(name)).collect();
        days.sort_unstable();
        Ok(days)
    }

    /// The parts in the folder of a day, in order of their names, whether or not a manifest of the day names them.
    /// Fails with [`Error::Open`] if the folder cannot be listed.
    pub fn parts(&self, date: NaiveDate) -> Result<Vec<PartName>, Error> {
        let names = names(&self.day(date))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

/// Whether a name is that of a file with kept records.
pub(crate) fn is_kept_file(name: &str) -> bool {
    let stem = name.strip_prefix("kept-").and_then(|name| name.strip_suffix(".bin").or(name.strip_suffix(".ndjson")));
    stem.is_some_and(|digest| {
        digest.len() == 16 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// The number in the file name of a manifest. `None` for any name that [`ContractFolder::manifest`] does not form.
pub(crate) fn manifest_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let number: u64 = digits.parse().ok()?;
    (number > 0 && format!("{number:08}") == digits).then_some(number)
}

/// The contract in the name of a folder. `None` for any name that [`Archive::contract`] does not form.
pub(crate) fn contract_of(name: &str) -> Option<ContractNumber> {
    let number: ContractNumber = name.strip_prefix(CONTRACT)?.parse().ok()?;
    (format!("{CONTRACT}{number}") == name).then_some(number)
}

/// The day in the name of a folder. `None` for any name that [`ContractFolder::day`] does not form, so that each day
/// has exactly one name.
pub(crate) fn day_of(name: &str) -> Option<NaiveDate> {
    let text = name.strip_prefix(DATE)?;
    let date: NaiveDate = text.parse().ok()?;
    (date.to_string() == text).then_some(date)
}

/// The names in a folder, sorted. A name that is not UTF-8 is converted lossily; this program never creates such a
/// name.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<Vec<String>>>()
    });
    let mut names = listed.map_err(|error| Error::Open { path: folder.to_path_buf(), source: error })?;
    names.sort_unstable();
    Ok(names)
}

/// The file name of a part: its range, a digest of its content, and its compression.
///
/// ```
/// use ionos_activitylog_archive::PartName;
///
/// let name: PartName = "part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.zst".parse()?;
/// assert_eq!(name.range.to_string(), "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z");
/// assert!(!name.late);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartName {
    /// Whether the part has events that were added when its range was read again.
    pub late: bool,
    /// Range of the part (half-open, UTC). All events of the part that have a time lie within the range.
    pub range: DateRange,
    /// 16 consecutive hex digits of the digest of the part's lines. These are the first 16 digits, unless a different
    /// part of the day already has the name with these digits.
    pub content: String,
    /// Compression of the file.
    pub compression: Compression,
}

impl PartName {
    fn ending(&self) -> &'static str {
        match self.compression {
            Compression::None => ".ndjson",
            Compression::Gzip => ".ndjson.gz",
            Compression::Zstd => ".ndjson.zst",
        }
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.late { "late" } else { "part" };
        let (from, to) = (edge(self.range.start()), edge(self.range.end()));
        write!(f, "{kind}-{from}-{to}-{}{}", self.content, self.ending())
    }
}

/// A time in a file name, with milliseconds unless it is a whole second.
fn edge(time: DateTime<Utc>) -> String {
    let format = if time.nanosecond() == 0 { "%Y%m%dT%H%M%SZ" } else { "%Y%m%dT%H%M%S%.3fZ" };
    time.format(format).to_string()
}

fn read_edge(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S%.fZ").ok().map(|time| time.and_utc())
}

impl FromStr for PartName {
    type Err = String;

    /// Parses exactly what [`fmt::Display`] writes.
    fn from_str(name: &str) -> Result<Self, String> {
        const ENDINGS: [(&str, Compression); 3] =
            [(".ndjson.zst", Compression::Zstd), (".ndjson.gz", Compression::Gzip), (".ndjson", Compression::None)];
        let read = || {
            let (stem, compression) =
                ENDINGS.iter().find_map(|(ending, compression)| Some((name.strip_suffix(ending)?, *compression)))?;
            let mut words = stem.split('-');
            let late = match words.next()? {
                "part" => false,
                "late" => true,
                _ => return None,
            };
            let (from, to) = (read_edge(words.next()?)?, read_edge(words.next()?)?);
            let content = words.next()?.to_owned();
            let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
            let part = Self { late, range: DateRange::new(from, to).ok()?, compression, content };
            let is_digest = part.content.len() == 16 && part.content.bytes().all(hex);
            // Any other spelling of the same values is refused, so that each part has exactly one name.
            (is_digest && part.to_string() == name).then_some(part)
        };
        read().ok_or_else(|| {
            format!(
                "{name:?} is not the name of a part, such as \
                 part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.zst"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_name_round_trips() {
        for (name, range) in [
            (
                "part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.zst",
                "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z",
            ),
            (
                "late-20261120T101112.345Z-20261120T101113Z-ffffffffffffffff.ndjson",
                "2026-11-20T10:11:12.345Z .. 2026-11-20T10:11:13Z",
            ),
            (
                "part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.gz",
                "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z",
            ),
        ] {
            let part: PartName = name.parse().unwrap();
            assert_eq!(part.to_string(), name);
            assert_eq!(part.range.to_string(), range);
            assert_eq!(part.late, name.starts_with("late"));
        }
    }

    #[test]
    fn an_invalid_part_name_is_refused() {
        for name in [
            "",
            "_manifest.json",
            "part-20261120T000000Z-20261121T000000Z.ndjson.zst",
            "part-20261120T000000Z-20261121T000000Z-0123456789ABCDEF.ndjson.zst",
            "part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.bz2",
            "part-20261121T000000Z-20261120T000000Z-0123456789abcdef.ndjson",
            "part-20261120T000000.000Z-20261121T000000Z-0123456789abcdef.ndjson",
            "part-20261120T000000Z-20261121T000000Z-0123456789abcdef-1.ndjson",
            ".part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.zst.abc.partial",
        ] {
            assert!(name.parse::<PartName>().is_err(), "{name}");
        }
    }

    #[test]
    fn the_folder_of_a_contract_leads_to_its_archive() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("inside");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("_state.json"), "{}").unwrap();
        let dots = inside.join("..").join("inside").join("..").join("inside");
        for (path, around) in [
            (Path::new("audit/contract=7"), Some("audit")),
            (Path::new("contract=7/"), Some(".")),
            (Path::new("contract=all"), None),
            (Path::new("audit"), None),
            (Path::new("."), None),
            (&inside, root.path().to_str()),
            (&dots.join("."), dots.parent().unwrap().to_str()),
        ] {
            let found = Archive::new(path).enclosing_archive();
            let found = found.as_ref().map(Archive::root);
            assert_eq!(found, around.map(Path::new), "{}", path.display());
        }
    }

    #[test]
    fn contracts_and_days_are_listed_in_order() {
        let root = tempfile::tempdir().unwrap();
        let archive = Archive::new(root.path());
        for path in [
            "contract=100/date=2026-11-21",
            "contract=100/date=2026-11-03",
            "contract=100/date=soon",
            "contract=100/date=2026-11-9",
            "contract=100/date= 2026-11-10",
            "contract=20",
            "contract=x",
            "other",
        ] {
            fs::create_dir_all(root.path().join(path)).unwrap();
        }
        let contracts = archive.contracts().unwrap();
        let numbers: Vec<&str> = contracts.iter().map(|c| c.contract().as_str()).collect();
        assert_eq!(numbers, ["20", "100"]);
        let days: Vec<String> = contracts[1].days().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(days, ["2026-11-03", "2026-11-21"]);
        assert_eq!(contracts[0].days().unwrap(), []);
        assert_eq!(archive.contract(&7.into()).days().unwrap(), []);
    }
}
