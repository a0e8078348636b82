//! A program that runs for months outlives its token. Something else then puts the next one into a file, and may be
//! halfway through writing it when the file is read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use secrecy::zeroize::Zeroizing;

use super::provider::{TokenFuture, TokenProvider};
use crate::{AccessToken, Error, ErrorKind};

/// The longest file that is read: 64 KiB. A token is a tenth of that; whatever is longer is another file.
const FILE_CAP: u64 = 64 * 1024;

/// Reads a token from a file, and again whenever the file changes.
///
/// The file holds the token and nothing else; white space round it is dropped. A change is noticed by the file's
/// time of modification and length, looked up before every request. While the file is missing, empty, unreadable or
/// being written, the last good token stays in use as long as it is valid. Part of a token that looks like a whole
/// one cannot be told apart: replace the file by renaming another one to its name.
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
    /// The state of the file from which the last good token was read.
    read: Mutex<Option<Stamp>>,
}

impl TokenFile {
    /// Names the file; it is not opened before a token is needed.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), read: Mutex::default() }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self) -> Result<AccessToken, Error> {
        let refuse = |reason: String| {
            Error::new(ErrorKind::Configuration, format!("the token file {:?} cannot be used: {reason}", self.path))
        };
        let (text, stamp) = contents(&self.path)
            .map_err(|error| refuse(error.to_string()).with_hint("make it a file that can be read"))?;
        let token = AccessToken::new(text.as_str())
            .map_err(|error| refuse(error.summary()).with_hint(error.hint().unwrap_or_default().to_owned()))?;
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(stamp);
        Ok(token)
    }
}

impl TokenProvider for TokenFile {
    /// Reads the file, at once and without waiting: it is short.
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Ok(self.read()?) })
    }

    /// Whether the file is there and is not the one that was read.
    fn changed(&self) -> bool {
        let read = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        fs::metadata(&self.path).is_ok_and(|now| Some(Stamp::of(&now)) != read)
    }
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), length: metadata.len() }
    }
}

/// The text of a file and the state that it was in. Fails if it changes meanwhile.
fn contents(path: &Path) -> io::Result<(Zeroizing<String>, Stamp)> {
    // Before it is opened: opening a pipe waits for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let file = File::open(path)?;
    let before = Stamp::of(&file.metadata()?);
    // Room for all of it from the start: a text that moves as it grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(FILE_CAP as usize + 1));
    (&file).take(FILE_CAP + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_CAP {
        return Err(io::Error::other("it is too long for a token"));
    }
    if Stamp::of(&file.metadata()?) != before {
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
    fn a_file_is_changed_until_it_was_read() {
        let (_folder, file) = folder_with(b" first-token\n");
        assert!(file.changed());
        assert!(file.read().unwrap().same_as(&AccessToken::new("first-token").unwrap()));
        assert!(!file.changed());
        // Of the same length: only the time tells.
        fs::write(file.path(), " other-token\n").unwrap();
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let opened = File::options().write(true).open(file.path()).unwrap();
        opened.set_modified(later).unwrap();
        assert!(file.changed());
        file.read().unwrap();
        assert!(!file.changed());
        // At the same time: only the length tells.
        fs::write(file.path(), "longer-other-token").unwrap();
        opened.set_modified(later).unwrap();
        assert!(file.changed());
        fs::remove_file(file.path()).unwrap();
        assert!(!file.changed(), "there is nothing to read");
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_without_showing_it_and_stays_to_be_read() {
        let long = "planted".repeat(10_000);
        let cases: [(&[u8], &str); 5] = [
            (b"", "the token is empty"),
            (b" \n", "the token is empty"),
            (b"planted one two", "holds a character"),
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
