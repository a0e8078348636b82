//! Reads files that a setting names. Only regular files are read: opening a pipe waits until another program writes to
//! it, and some devices return data forever. The number of bytes that are read is bounded.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file, or a link to one.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    File::open(path)
}

/// Reads a regular file of at most `max` MiB.
pub fn read_regular_file(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let max_bytes = max << 20;
    let mut bytes = Vec::new();
    open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(io::Error::other(format!("it is larger than {max} MiB")));
    }
    Ok(bytes)
}
