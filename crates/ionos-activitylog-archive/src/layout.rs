//! An archive must be found, moved and read for years without this program, so its files are plain ones in folders whose
//! names say what is in them:
//!
//! ```text
//! ROOT/contract=31721060/date=2026-11-20/part-20261120T000000Z-20261121T000000Z-0123456789abcdef.ndjson.zst
//!                                        _manifest.json
//!                        _state.json, _state.prev.json, _state.lock, _runs.ndjson
//! ```
//!
//! Nothing here opens a file: names are made and read, and folders are listed. What is in a day says its
//! [`Manifest`](crate::Manifest).

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

/// The file that says what is in a day.
pub const MANIFEST: &str = "_manifest.json";

const CONTRACT: &str = "contract=";
const DATE: &str = "date=";

/// An archive: the folder that holds those of its contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    root: PathBuf,
}

impl Archive {
    /// The archive in a folder, which need not exist yet. Touches nothing on disk.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The archive that this folder is a contract's in, where it is no archive of its own.
    #[must_use]
    pub fn enclosing_archive(&self) -> Option<Self> {
        let name = self.root.file_name().and_then(|name| name.to_str());
        let named = name.and_then(|name| name.strip_prefix(CONTRACT));
        let named = named.is_some_and(|number| number.parse::<ContractNumber>().is_ok());
        if !named && !self.root.join("_state.json").exists() {
            return None;
        }
        // A root such as `.` has no name, and so no folder to read off it.
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

    /// The contracts that have a folder, in the order of their numbers. Fails with [`Error::Open`] when the archive
    /// cannot be listed.
    pub fn contracts(&self) -> Result<Vec<ContractFolder>, Error> {
        let mut contracts: Vec<ContractNumber> =
            names(&self.root)?.iter().filter_map(|name| name.strip_prefix(CONTRACT)?.parse().ok()).collect();
        contracts.sort_by(|a, b| (a.as_str().len(), a).cmp(&(b.as_str().len(), b)));
        Ok(contracts.iter().map(|contract| self.contract(contract)).collect())
    }

    /// The folders of some contracts, in their order, or of all.
    pub(crate) fn select_contracts(&self, contracts: Option<&[ContractNumber]>) -> Result<Vec<ContractFolder>, Error> {
        match contracts {
            Some(some) => Ok(some.iter().map(|contract| self.contract(contract)).collect()),
            None => self.contracts(),
        }
    }
}

impl fmt::Display for Archive {
    /// The path on one line, control characters escaped.
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
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose it is.
    #[must_use]
    pub fn contract(&self) -> &ContractNumber {
        &self.contract
    }

    /// The folder of a day, which need not exist.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> PathBuf {
        self.path.join(format!("{DATE}{date}"))
    }

    /// The manifest of a day, which need not exist.
    #[must_use]
    pub fn manifest(&self, date: NaiveDate) -> PathBuf {
        self.day(date).join(MANIFEST)
    }

    /// The days that have a folder, from the earliest to the latest; none when the contract has no folder. Fails with
    /// [`Error::Open`] when it cannot be listed.
    pub fn days(&self) -> Result<Vec<NaiveDate>, Error> {
        let names = match names(&self.path) {
            Err(Error::Open { source: error, .. }) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names?,
        };
        let mut days: Vec<NaiveDate> = names.iter().filter_map(|name| day_of(name)).collect();
        days.sort_unstable();
        Ok(days)
    }

    /// The parts that lie in the folder of a day, in the order of their names, whether the manifest knows them or not.
    /// Fails with [`Error::Open`] when it cannot be listed.
    pub fn parts(&self, date: NaiveDate) -> Result<Vec<PartName>, Error> {
        let names = names(&self.day(date))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

/// The day that a folder is of. There is one name for one day.
pub(crate) fn day_of(name: &str) -> Option<NaiveDate> {
    let text = name.strip_prefix(DATE)?;
    let date: NaiveDate = text.parse().ok()?;
    (date.to_string() == text).then_some(date)
}

/// The names in a folder, sorted; those that are no text, which nothing here ever made, as far as they can be shown.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<Vec<String>>>()
    });
    let mut names = listed.map_err(|error| Error::Open { path: folder.to_path_buf(), source: error })?;
    names.sort_unstable();
    Ok(names)
}

/// The name of a part: which range it is of, what it holds, and how it is compressed.
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
    /// Whether its events came after the range had been read completely.
    pub late: bool,
    /// The time that it is of. Its events lie in it, and where it is verified and not late, they are all that do.
    pub range: DateRange,
    /// The first 16 hex digits of the digest of its lines.
    pub content: String,
    /// How it is compressed.
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

/// A time in a name. Milliseconds only where there are any.
fn edge(time: DateTime<Utc>) -> String {
    let format = if time.nanosecond() == 0 { "%Y%m%dT%H%M%SZ" } else { "%Y%m%dT%H%M%S%.3fZ" };
    time.format(format).to_string()
}

fn read_edge(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S%.fZ").ok().map(|time| time.and_utc())
}

impl FromStr for PartName {
    type Err = String;

    /// Reads what [`fmt::Display`] writes, and nothing else.
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
            let whole = part.content.len() == 16 && part.content.bytes().all(hex);
            // There is one name for one part.
            (whole && part.to_string() == name).then_some(part)
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
    fn a_name_says_all_about_a_part() {
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
    fn what_is_no_name_of_a_part_is_refused() {
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
    fn the_folder_of_a_contract_is_not_an_archive() {
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
