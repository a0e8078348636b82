//! Reads the text files that arguments name. As in curl and kubectl, `-` is standard input, and a file may be a pipe,
//! such as the pipe of `<(...)`. Reading a pipe may block forever, so call `read` only on a thread that may block.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::limits::MAX_ARGUMENT_FILE_MIB;

/// Maximum size of a file in bytes.
const MAX_BYTES: u64 = MAX_ARGUMENT_FILE_MIB << 20;

/// Reads a text file of at most [`MAX_ARGUMENT_FILE_MIB`] MiB. Blocks while a pipe has no writer, or while its writer
/// writes nothing.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("-") => read_bounded(io::stdin().lock()),
        _ => read_bounded(File::open(path)?),
    }
}

fn read_bounded(input: impl Read) -> io::Result<String> {
    let mut text = String::new();
    input.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {MAX_ARGUMENT_FILE_MIB} MiB")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_above_the_maximum_size_is_an_error() {
        for (bytes, is_read) in [(0, true), (MAX_BYTES, true), (MAX_BYTES + 1, false)] {
            assert_eq!(read_bounded(io::repeat(b'1').take(bytes)).is_ok(), is_read, "{bytes} bytes");
        }
        assert!(read(Path::new("/dev/zero")).is_err(), "a file without end");
        assert!(read(Path::new("/")).is_err(), "a folder");
    }
}
