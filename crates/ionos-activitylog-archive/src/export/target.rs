//! The file of an export. The file name determines format and compression.

use std::fmt;
use std::path::{Path, PathBuf, is_separator};

use crate::encode::text::single_line;
use crate::encode::{Compression, Format};
use crate::error::Error;

/// A file to export to, with the format and compression that its name determines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTarget {
    path: PathBuf,
    format: Format,
    compression: Compression,
}

impl FileTarget {
    /// Derives format and compression from the file name: `.ndjson`, `.csv` or `.json`, optionally followed by `.gz` or
    /// `.zst`, in upper or lower case. Does not touch the disk.
    ///
    /// Fails with [`Error::UnknownFormat`] for any other name.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.as_os_str().as_encoded_bytes().last().is_some_and(|&b| is_separator(b.into()));
        match format_of_name(&name) {
            Some((format, compression)) if !folder => Ok(Self { format, compression, path }),
            _ => Err(Error::UnknownFormat { path }),
        }
    }

    /// Path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Format of the file.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Compression of the file.
    #[must_use]
    pub fn compression(&self) -> Compression {
        self.compression
    }
}

/// Format and compression of a file name. `None` if the name is unsupported or consists of the extension only.
fn format_of_name(name: &str) -> Option<(Format, Compression)> {
    let name = name.to_ascii_lowercase();
    let compressed = [Compression::Gzip, Compression::Zstd]
        .into_iter()
        .find_map(|one| Some((name.strip_suffix(one.ending())?, one)));
    let (rest, compression) = compressed.unwrap_or((&name, Compression::None));
    let (stem, word) = rest.rsplit_once('.')?;
    let format = Format::ALL.into_iter().find(|one| one.as_str() == word)?;
    (!stem.is_empty()).then_some((format, compression))
}

impl fmt::Display for FileTarget {
    /// The path as a single line, with control characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&single_line(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_name_determines_format_and_compression() {
        use Compression::{Gzip, None as Plain, Zstd};
        let cases = [
            ("a.ndjson", Some((Format::Ndjson, Plain))),
            ("dir.x/a.b.ndjson.gz", Some((Format::Ndjson, Gzip))),
            ("a.ndjson.zst", Some((Format::Ndjson, Zstd))),
            ("a.csv", Some((Format::Csv, Plain))),
            ("a.csv.gz", Some((Format::Csv, Gzip))),
            ("a.csv.zst", Some((Format::Csv, Zstd))),
            ("a.json", Some((Format::Json, Plain))),
            ("a.json.gz", Some((Format::Json, Gzip))),
            ("a.json.zst", Some((Format::Json, Zstd))),
            ("A.NDJSON", Some((Format::Ndjson, Plain))),
            ("october.CSV.Gz", Some((Format::Csv, Gzip))),
            ("a.ndjson ", None),
            ("a.ndjson.zstd", None),
            ("a.xlsx", None),
            ("a.gz", None),
            (".ndjson", None),
            (".csv.gz", None),
            ("csv", None),
            ("a.ndjson/", None),
            ("a.ndjson.gz.tmp", None),
            ("a.ndjson.gz.zst", None),
            ("", None),
            ("..", None),
        ];
        for (path, expected) in cases {
            let target = FileTarget::new(path).ok().map(|target| (target.format(), target.compression()));
            assert_eq!(target, expected, "{path}");
        }
    }
}
