//! Compresses a file in frames that can be decompressed independently. A frame ends after the event that fills it, so
//! the same events give the same bytes. An interrupted file can be continued after its last complete frame.
//!
//! `gzip -d` and `zstd -d` decompress consecutive frames as one file. Frames contain no time stamp and no file name;
//! each has a checksum.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::write::GzEncoder;

/// Minimum size of each frame except the last, in bytes before compression: a frame ends after the event with which it
/// reaches this size. Smaller frames compress worse; larger ones take more memory.
pub const FRAME_BYTES: usize = 1 << 20;

/// Compression of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// No compression.
    None,
    /// gzip, level 6.
    Gzip,
    /// Zstandard, level 3.
    Zstd,
}

impl Compression {
    /// All compressions.
    pub const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    /// File name suffix: `.gz`, `.zst` or empty.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// Lower-case name, such as `zstd`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Compresses one frame.
enum FrameCompressor {
    None,
    Gzip,
    Zstd(zstd::bulk::Compressor<'static>),
}

impl FrameCompressor {
    fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::None,
            Compression::Gzip => Self::Gzip,
            Compression::Zstd => {
                let mut compressor = zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?;
                compressor.include_checksum(true)?;
                Self::Zstd(compressor)
            }
        })
    }

    fn write(&mut self, bytes: &[u8], mut writer: impl Write) -> io::Result<()> {
        match self {
            Self::None => writer.write_all(bytes),
            Self::Gzip => {
                let mut member = GzEncoder::new(writer, flate2::Compression::default());
                member.write_all(bytes)?;
                member.finish().map(drop)
            }
            Self::Zstd(compressor) => writer.write_all(&compressor.compress(bytes)?),
        }
    }
}

/// Returns a reader of the decompressed bytes.
pub(crate) fn decompress<'a>(
    compression: Compression,
    compressed: impl BufRead + Send + 'a,
) -> io::Result<Box<dyn BufRead + Send + 'a>> {
    Ok(match compression {
        Compression::None => Box::new(compressed),
        Compression::Gzip => buffered(flate2::bufread::MultiGzDecoder::new(compressed)),
        Compression::Zstd => buffered(zstd::Decoder::with_buffer(compressed)?),
    })
}

fn buffered<'a>(reader: impl Read + Send + 'a) -> Box<dyn BufRead + Send + 'a> {
    Box::new(BufReader::with_capacity(1 << 17, reader))
}

/// Writes frames. Collects bytes in the open frame until [`FrameWriter::end_frame`] ends it.
pub(crate) struct FrameWriter<W> {
    writer: W,
    compressor: FrameCompressor,
    open: Vec<u8>,
    /// Whether the file would be valid without a further frame. A compressed file needs at least one frame, an
    /// uncompressed file needs none.
    begun: bool,
}

impl<W: std::fmt::Debug> std::fmt::Debug for FrameWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameWriter")
            .field("writer", &self.writer)
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}

impl<W: Write> FrameWriter<W> {
    pub(crate) fn new(compression: Compression, writer: W) -> io::Result<Self> {
        Ok(Self {
            writer,
            compressor: FrameCompressor::new(compression)?,
            open: Vec::new(),
            begun: matches!(compression, Compression::None),
        })
    }

    /// Continues a file whose complete frames are already written. `open` contains the bytes of the incomplete frame.
    pub(crate) fn resume(&mut self, open: Vec<u8>) {
        self.open = open;
        self.begun = true;
    }

    /// The bytes of the open frame, so that the caller can append an event.
    pub(crate) fn open(&mut self) -> &mut Vec<u8> {
        &mut self.open
    }

    /// Ends the open frame if it is full. Call this function after each event.
    pub(crate) fn end_frame(&mut self) -> io::Result<()> {
        if self.open.len() < FRAME_BYTES {
            return Ok(());
        }
        self.end()
    }

    /// Writes a whole frame. The open frame must be empty.
    pub(crate) fn add(&mut self, frame: &[u8]) -> io::Result<()> {
        self.compressor.write(frame, &mut self.writer)?;
        self.begun = true;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.compressor.write(&self.open, &mut self.writer)?;
        self.open.clear();
        self.begun = true;
        Ok(())
    }

    /// Flushes the complete frames and returns the bytes of the open frame, which a checkpoint must keep. Without
    /// compression, all bytes are written and the result is empty.
    pub(crate) fn pause(&mut self) -> io::Result<&[u8]> {
        if matches!(self.compressor, FrameCompressor::None) {
            self.end()?;
        }
        self.writer.flush()?;
        Ok(&self.open)
    }

    /// Ends the last frame and returns the writer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        if !self.open.is_empty() || !self.begun {
            self.end()?;
        }
        self.writer.flush()?;
        Ok(self.writer)
    }

    pub(crate) fn writer(&self) -> &W {
        &self.writer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(compression: Compression, bytes: &[u8]) -> Vec<u8> {
        let mut unpacked = Vec::new();
        let mut reader = decompress(compression, bytes).unwrap();
        reader.read_to_end(&mut unpacked).unwrap();
        unpacked
    }

    /// Events of 700 000 bytes: two fill a frame.
    fn events(count: u8) -> Vec<Vec<u8>> {
        (0..count).map(|number| vec![number; 700_000]).collect()
    }

    fn written(compression: Compression, events: &[Vec<u8>]) -> Vec<u8> {
        let mut frames = FrameWriter::new(compression, Vec::new()).unwrap();
        for event in events {
            frames.open().extend(event);
            frames.end_frame().unwrap();
        }
        frames.finish().unwrap()
    }

    #[test]
    fn consecutive_frames_decompress_as_one_file() {
        for compression in Compression::ALL {
            for count in [0, 1, 2, 5] {
                let bytes = written(compression, &events(count));
                assert_eq!(unpacked(compression, &bytes), events(count).concat());
                assert_eq!(bytes, written(compression, &events(count)), "the bytes are reproducible");
            }
        }
    }

    #[test]
    fn a_frame_ends_after_the_event_that_fills_it() {
        for (compression, magic) in
            [(Compression::Gzip, &[0x1f, 0x8b, 0x08][..]), (Compression::Zstd, &[0x28, 0xb5, 0x2f, 0xfd][..])]
        {
            let (two, five) = (written(compression, &events(2)), written(compression, &events(5)));
            assert!(five.starts_with(&two), "{compression:?}");
            assert!(five[two.len()..].starts_with(magic), "{compression:?}");
            assert_eq!(unpacked(compression, &five[two.len()..]), events(5)[2..].concat());
        }
    }

    #[test]
    fn a_resumed_file_has_the_same_bytes() {
        for compression in Compression::ALL {
            let events = events(5);
            for split in 0..=events.len() {
                let (before, after) = events.split_at(split);
                let mut frames = FrameWriter::new(compression, Vec::new()).unwrap();
                for event in before {
                    frames.open().extend(event);
                    frames.end_frame().unwrap();
                }
                let open = frames.pause().unwrap().to_vec();
                let durable = frames.writer().clone();

                let mut frames = FrameWriter::new(compression, durable).unwrap();
                if split > 0 {
                    frames.resume(open);
                }
                for event in after {
                    frames.open().extend(event);
                    frames.end_frame().unwrap();
                }
                assert_eq!(frames.finish().unwrap(), written(compression, &events));
            }
        }
    }
}
