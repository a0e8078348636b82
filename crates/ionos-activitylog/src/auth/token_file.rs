//! A token provider that reads a file which another program rotates. A file may change while it is read, so its
//! modification time and length are compared before and after.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use secrecy::zeroize::Zeroizing;

use super::provider::{TokenFuture, TokenProvider};
use super::token::AccessToken;
use crate::error::{Error, ErrorKind};
use crate::redact::redact_value;
use crate::runtime::regular_file;

/// Maximum size of the file in bytes: 64 KiB, far longer than a token.
const FILE_CAP: u64 = 64 * 1024;

/// Reads a token from a file, and again whenever the file changes.
///
/// The file contains only the token; surrounding white space is ignored. Before every request, the client checks
/// modification time and length of the file for a change. While the file is missing, empty, unreadable or being
/// written, the last token stays in use as long as it is valid. A partly written token may look like a complete one, so
/// replace the file atomically: write a new file and rename it.
///
/// ```
/// # use std::sync::Arc;
/// use ionos_activitylog::{TokenFile, TokenProvider};
///
/// let provider: Arc<dyn TokenProvider> = Arc::new(TokenFile::new("/run/secrets/ionos-token"));
/// ```
#[derive(Debug)]
pub struct TokenFile {
    path: PathBuf,
    /// The version of the file from which the last token was read; `None` before the first token.
    read_version: Mutex<Option<FileVersion>>,
}

impl TokenFile {
    /// Creates a provider for a file. The file is not opened before a token is needed.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), read_version: Mutex::default() }
    }

    /// The path of the token file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self) -> Result<AccessToken, Error> {
        let unusable = |reason: String| {
            Error::new(
                ErrorKind::Configuration,
                format!("the token file {:?} cannot be used: {reason}", redact_value(&self.path.to_string_lossy())),
            )
        };
        let (text, version) =
            read_text(&self.path).map_err(|error| unusable(error.to_string()).with_hint("make it a readable file"))?;
        let token = AccessToken::new(text.as_str())
            .map_err(|error| unusable(error.summary()).with_hint(error.hint().unwrap_or_default().to_owned()))?;
        *self.read_version.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
        Ok(token)
    }
}

impl TokenProvider for TokenFile {
    /// Reads synchronously, because the file is short.
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Ok(self.read()?) })
    }

    /// Whether the file exists and differs from the version from which the last token was read.
    fn changed(&self) -> bool {
        let read = *self.read_version.lock().unwrap_or_else(PoisonError::into_inner);
        fs::metadata(&self.path).is_ok_and(|now| Some(FileVersion::from_metadata(&now)) != read)
    }
}

/// Identifies a version of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileVersion {
    modified: Option<SystemTime>,
    length: u64,
}

impl FileVersion {
    fn from_metadata(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), length: metadata.len() }
    }
}

/// Reads a file and its version. Fails if the file changes meanwhile.
fn read_text(path: &Path) -> io::Result<(Zeroizing<String>, FileVersion)> {
    let file = regular_file::open(path)?;
    let before = FileVersion::from_metadata(&file.metadata()?);
    // Allocated at full size: a string that grows leaves unwiped copies of the token in memory.
    let mut text = Zeroizing::new(String::with_capacity(FILE_CAP as usize + 1));
    (&file).take(FILE_CAP + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_CAP {
        return Err(io::Error::other("it is longer than 64 KiB, too long for a token"));
    }
    if FileVersion::from_metadata(&file.metadata()?) != before {
        return Err(io::Error::other("it is being written"));
    }
    Ok((text, before))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn folder_with(contents: &[u8]) -> (tempfile::TempDir, TokenFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, contents).unwrap();
        (folder, TokenFile::new(path))
    }

    #[test]
    fn a_file_counts_as_changed_until_it_is_read() {
        let (_folder, file) = folder_with(b" first-token\n");
        assert!(file.changed());
        assert!(file.read().unwrap().is_same(&AccessToken::new("first-token").unwrap()));
        assert!(!file.changed());
        // The same length: only the modification time differs.
        fs::write(file.path(), " other-token\n").unwrap();
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let opened = fs::File::options().write(true).open(file.path()).unwrap();
        opened.set_modified(later).unwrap();
        assert!(file.changed());
        file.read().unwrap();
        assert!(!file.changed());
        // The same modification time: only the length differs.
        fs::write(file.path(), "longer-other-token").unwrap();
        opened.set_modified(later).unwrap();
        assert!(file.changed());
        fs::remove_file(file.path()).unwrap();
        assert!(!file.changed(), "there is no file to read");
    }

    #[test]
    fn the_error_for_an_invalid_file_hides_its_contents_and_the_file_still_counts_as_changed() {
        let long = "planted".repeat(10_000);
        let cases: [(&[u8], &str); 5] = [
            (b"", "the token is empty"),
            (b" \n", "the token is empty"),
            (b"planted one two", "contains white space"),
            (b"planted\xff", "UTF-8"),
            (long.as_bytes(), "too long"),
        ];
        for (contents, reason) in cases {
            let (_folder, file) = folder_with(contents);
            let error = file.read().unwrap_err();
            let text = format!("{error} {error:?} {file:?}");
            assert!(text.contains(reason) && !text.contains("planted"), "{text}");
            assert!(file.changed());
        }
        let (folder, _) = folder_with(b"");
        for path in [folder.path(), Path::new("missing\u{1b}[2J")] {
            let error = TokenFile::new(path).read().unwrap_err().to_string();
            assert!(error.contains("cannot be used") && !error.contains('\u{1b}'), "{error}");
        }
    }
}
