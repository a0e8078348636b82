//! A few kilobytes of gzip can unpack to gigabytes, and a client that unpacks before it counts is lost. The simulator
//! must not be lost itself: it neither holds the spaces nor compresses them, but repeats one compressed block.
//!
//! A block that ends with a full flush ends at a byte and refers to nothing before it (RFC 1951, section 3.2.4), so it
//! may be repeated as it is.
//!
//! What it unpacks to is the same on every machine. The compressed bytes may change with a release of the compressor.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::delivery::Segments;

/// How many spaces are unpacked from one block. Large, because each block costs about a thousandth of it.
const BLOCK: usize = 1 << 20;

/// RFC 1952, section 2.3: deflate, no name, no time, an unknown system. So it is the same on every machine.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Spaces with something behind them.
pub(crate) struct Bomb {
    /// How many whole blocks of spaces.
    blocks: u64,
    /// What is behind the blocks.
    rest: Bytes,
}

impl Bomb {
    pub(crate) fn new(spaces: u64, then: &Bytes) -> Self {
        let blocks = spaces / BLOCK as u64;
        let mut rest = vec![b' '; (spaces % BLOCK as u64) as usize];
        rest.extend_from_slice(then);
        Self { blocks, rest: rest.into() }
    }

    /// As it is after unpacking.
    pub(crate) fn unpacked(self) -> Segments {
        let block = Bytes::from(vec![b' '; BLOCK]);
        Segments::new([(block, self.blocks), (self.rest, 1)])
    }

    /// As it is sent, one member of gzip.
    pub(crate) fn packed(self) -> Segments {
        let spaces = vec![b' '; BLOCK];
        let mut of_block = Crc::new();
        of_block.update(&spaces);
        let mut sum = Crc::new();
        for _ in 0..self.blocks {
            sum.combine(&of_block);
        }
        let mut of_rest = Crc::new();
        of_rest.update(&self.rest);
        sum.combine(&of_rest);
        // Modulo 2^32, as the format has it.
        let length = (self.blocks * BLOCK as u64 + self.rest.len() as u64) as u32;

        let mut end = deflate(&self.rest, FlushCompress::Finish);
        end.extend_from_slice(&sum.sum().to_le_bytes());
        end.extend_from_slice(&length.to_le_bytes());
        Segments::new([
            (Bytes::from_static(&HEADER), 1),
            (deflate(&spaces, FlushCompress::Full).into(), self.blocks),
            (end.into(), 1),
        ])
    }
}

fn deflate(data: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    // More than the worst case, in which data is stored with a few bytes for each block, so that one call is enough.
    let mut packed = Vec::with_capacity(data.len() + data.len() / 8 + 1024);
    // Compressing into memory that is large enough does not fail.
    let _ = compress.compress_vec(data, &mut packed, flush);
    packed
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn bytes(segments: Segments) -> Vec<u8> {
        segments.flat_map(|piece| piece.to_vec()).collect()
    }

    #[test]
    fn it_unpacks_to_the_spaces_and_what_is_behind_them() {
        let then = Bytes::from_static(b"{\"hits\":{}}");
        for spaces in [0, 1, 1 << 20, (1 << 20) + 5, 5 << 20] {
            let packed = bytes(Bomb::new(spaces, &then).packed());
            // Checks the sum and the length at the end too.
            let mut unpacked = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(&packed[..]);
            decoder.read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked.len() as u64, spaces + then.len() as u64);
            assert!(unpacked.ends_with(&then));
            assert!(unpacked == bytes(Bomb::new(spaces, &then).unpacked()));
        }
    }

    #[test]
    fn it_is_small_however_much_it_unpacks_to() {
        let largest = Bomb::new(crate::fault::MAX_BOMB_BYTES, &Bytes::new()).packed();
        assert!(largest.length() < 32 << 20, "{}", largest.length());
    }
}
