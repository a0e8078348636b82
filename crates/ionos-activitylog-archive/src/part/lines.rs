//! Reads a part line by line, in constant memory, whatever the compression of the part is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Take};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ionos_activitylog::Event;

use super::hashing_reader::HashingReader;
use crate::encode::decompress;
use crate::error::Error;
use crate::fs::regular_file::{self, is_not_regular};
use crate::manifest::Part;

/// Maximum size of a line in bytes: the maximum size of a page, because the record was received in a page. A longer
/// line is cut, and is then not valid JSON.
pub(crate) const MAX_LINE_BYTES: u64 = ionos_activitylog::BODY_CAP;

/// The lines of a part, decompressed.
pub(crate) struct PartReader {
    lines: Take<Box<dyn BufRead + Send>>,
    file: SharedFile,
    part: Part,
}

/// The file of a part. The decompressor and [`PartReader`] share it.
#[derive(Clone)]
struct SharedFile(Arc<Mutex<HashingReader<File>>>);

impl SharedFile {
    fn lock(&self) -> MutexGuard<'_, HashingReader<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lock().read(buffer)
    }
}

impl PartReader {
    /// Opens a part. Reads at most one byte more than the decompressed size that the manifest states, so that a
    /// replaced file cannot fill the memory.
    pub(crate) fn open(path: &Path, part: &Part) -> io::Result<Self> {
        let file = SharedFile(Arc::new(Mutex::new(HashingReader::new(regular_file::open(path)?))));
        let lines = decompress(part.file.compression, BufReader::with_capacity(1 << 17, file.clone()))?;
        Ok(Self { lines: lines.take(part.unpacked.saturating_add(1)), file, part: part.clone() })
    }

    /// Compares the size and the digest of the file with the manifest. Must be called after the last line was read.
    /// Fails with [`Error::Damaged`] if there is a difference.
    pub(crate) fn check_file(&self, path: &Path) -> Result<(), Error> {
        match self.file.lock().is_unchanged(&self.part).map_err(|error| unreadable(path, error))? {
            true => Ok(()),
            false => {
                let detail = "its SHA-256 differs from the one in its manifest".to_owned();
                Err(Error::damaged(path.to_path_buf(), detail))
            }
        }
    }
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lines.read(buffer)
    }
}

impl BufRead for PartReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.lines.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.lines.consume(amount);
    }
}

/// Calls a function with every event of a part.
///
/// Fails with [`Error::Damaged`] if the part is missing, is not a regular file, cannot be decompressed, contains a line
/// that is not JSON, contains more lines than its manifest states, or has another digest than its manifest states.
/// Fails with [`Error::Open`] if the operating system cannot read the part.
pub(crate) fn for_each(day: &Path, part: &Part, mut event: impl FnMut(Event)) -> Result<(), Error> {
    let path = day.join(part.file.to_string());
    let failed = |error| unreadable(&path, error);
    let mut lines = PartReader::open(&path, part).map_err(failed)?;
    for index in 0.. {
        let mut line = Vec::new();
        if (&mut lines).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if index == part.count {
            return Err(Error::damaged(path, too_many_lines(part.count)));
        }
        line.pop_if(|last| *last == b'\n');
        let line = String::from_utf8(line).map_err(|error| failed(io::Error::other(error)))?;
        let read = Event::from_json(line)
            .map_err(|error| Error::damaged(path.clone(), format!("line {}: {error}", index + 1)))?;
        event(read);
    }
    lines.check_file(&path)
}

/// Description of a part with more lines than its manifest states. The number of lines is unknown, because reading
/// stops at the first additional line: a small compressed file can have any number of lines.
pub(crate) fn too_many_lines(stated: u64) -> String {
    format!("it has more events than the {stated} that its manifest states")
}

/// The error for a part that cannot be read: [`Error::Damaged`] if the part is missing, is not a regular file or cannot
/// be decompressed, and [`Error::Open`] for any other error of the operating system.
pub(crate) fn unreadable(path: &Path, error: io::Error) -> Error {
    let detail = match error.kind() {
        io::ErrorKind::NotFound => "it is missing, but listed in its manifest".to_owned(),
        _ if is_not_regular(&error) => error.to_string(),
        _ if error.raw_os_error().is_none() => format!("it cannot be decompressed: {error}"),
        _ => return Error::Open { path: path.to_path_buf(), source: error },
    };
    Error::damaged(path.to_path_buf(), detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Compression, FrameWriter};

    fn compressed(compression: Compression, lines: &[u8]) -> Vec<u8> {
        let mut frames = FrameWriter::new(compression, Vec::new()).unwrap();
        frames.open().extend(lines);
        frames.finish().unwrap()
    }

    fn part(compression: Compression) -> Part {
        let name = format!("part-20261101T000000Z-20261102T000000Z-0123456789abcdef.ndjson{}", compression.ending());
        let digest = "0".repeat(64);
        let part = serde_json::json!({
            "file": name, "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z", "sha256": digest, "bytes": 1,
            "unpacked": 20, "count": 2, "unique": 2, "total": null, "first": null, "last": null, "digest": digest,
            "verified": true, "late": false
        });
        serde_json::from_value(part).unwrap()
    }

    #[test]
    fn a_part_is_damaged_if_it_is_missing_or_not_a_file_or_cannot_be_decompressed() {
        let day = tempfile::tempdir().unwrap();
        let read = |compression: Compression, bytes: Option<&[u8]>| {
            let mut part = part(compression);
            let path = day.path().join(part.file.to_string());
            match bytes {
                Some(bytes) => {
                    (part.bytes, part.sha256) = (bytes.len() as u64, crate::digest::Digest::sha256(bytes));
                    std::fs::write(&path, bytes).unwrap();
                }
                None => std::fs::remove_file(&path).unwrap(),
            }
            let mut events = 0;
            for_each(day.path(), &part, |_| events += 1).map(|()| events)
        };
        let lines = b"{\"a\":1}\n{\"a\":2}\n";
        for compression in Compression::ALL {
            let whole = compressed(compression, lines);
            assert_eq!(read(compression, Some(&whole)).unwrap(), 2);
            let not_utf8 = compressed(compression, b"{\"a\":1}\n\xff\n");
            let mut damaged = vec![&not_utf8[..]];
            let mut flipped = whole.clone();
            if compression != Compression::None {
                flipped[whole.len() - 6] ^= 0x10;
                damaged.extend([&flipped[..], &whole[..whole.len() - 3]]);
            }
            for bytes in damaged {
                let error = read(compression, Some(bytes)).unwrap_err();
                assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
            }
            let missing = read(compression, None).unwrap_err();
            assert!(matches!(missing, Error::Damaged { .. }), "{missing:?}");
            // A folder with the name of a part is not a file of the archive, whatever is in the folder.
            let part = part(compression);
            std::fs::create_dir(day.path().join(part.file.to_string())).unwrap();
            let error = for_each(day.path(), &part, drop).unwrap_err();
            assert!(error.to_string().ends_with("it is not a regular file"), "{error:?}");
        }
    }
}
