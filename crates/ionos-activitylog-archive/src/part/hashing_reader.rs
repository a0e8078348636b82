//! Hashes the bytes of a part while they are read, so that a replaced file is noticed without a second pass over the
//! file.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::manifest::Part;

/// Hashes and counts the bytes read from a file.
pub(crate) struct HashingReader<R> {
    file: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> HashingReader<R> {
    pub(crate) fn new(file: R) -> Self {
        Self { file, hash: Sha256::new(), bytes: 0 }
    }

    /// Compares the digest and the size of the bytes read so far with the manifest. Returns a sentence about the
    /// difference, or `None` if there is no difference.
    pub(crate) fn difference(&self, part: &Part) -> Option<String> {
        let sha256 = Digest::from(self.hash.clone());
        ((sha256, self.bytes) != (part.sha256, part.bytes)).then(|| {
            format!(
                "file was changed: {} bytes with SHA-256 {sha256}, the manifest says {} bytes with SHA-256 {}",
                self.bytes, part.bytes, part.sha256
            )
        })
    }

    /// Whether the whole file is the one that the manifest names. Reads the rest of the file, but at most one byte
    /// beyond the size that the manifest states.
    pub(crate) fn is_unchanged(&mut self, part: &Part) -> io::Result<bool> {
        let left = part.bytes.saturating_sub(self.bytes).saturating_add(1);
        io::copy(&mut self.by_ref().take(left), &mut io::sink())?;
        Ok(self.difference(part).is_none())
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.hash.update(buffer.get(..length).unwrap_or_default());
        self.bytes += length as u64;
        Ok(length)
    }
}
