//! Where an export goes: the file's name says how it is written.

use std::fmt;
use std::path::{Path, PathBuf, is_separator};

use crate::error::shown;
use crate::{Compression, Error};

/// A file to export to, with the compression that its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTarget {
    path: PathBuf,
    compression: Compression,
}

impl FileTarget {
    /// Reads the format off the name: `.ndjson`, `.ndjson.gz` or `.ndjson.zst`. Touches nothing on disk.
    ///
    /// Fails with [`Error::UnknownFormat`] for any other name.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, Error> {
        const FORMATS: [(&str, Compression); 3] = [
            (".ndjson", Compression::None),
            (".ndjson.gz", Compression::Gzip),
            (".ndjson.zst", Compression::Zstd),
        ];
        let path = path.into();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path
            .as_os_str()
            .as_encoded_bytes()
            .last()
            .is_some_and(|&b| is_separator(b.into()));
        let format = FORMATS
            .iter()
            .find(|(ending, _)| name.len() > ending.len() && name.ends_with(ending));
        match format {
            Some(&(_, compression)) if !folder => Ok(Self { compression, path }),
            _ => Err(Error::UnknownFormat(path)),
        }
    }

    /// Where the file will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it is compressed.
    #[must_use]
    pub fn compression(&self) -> Compression {
        self.compression
    }
}

impl fmt::Display for FileTarget {
    /// The path on one line, control characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_compression() {
        let cases = [
            ("a.ndjson", Some(Compression::None)),
            ("dir.x/a.b.ndjson.gz", Some(Compression::Gzip)),
            ("a.ndjson.zst", Some(Compression::Zstd)),
            ("a.json", None),
            ("a.gz", None),
            (".ndjson", None),
            ("a.ndjson/", None),
            ("a.ndjson.gz.tmp", None),
            ("", None),
            ("..", None),
        ];
        for (path, compression) in cases {
            let target = FileTarget::new(path)
                .ok()
                .map(|target| target.compression());
            assert_eq!(target, compression, "{path}");
        }
    }
}
