//! A decompression bomb: gigabytes of spaces and then a body, compressed by gzip to a few megabytes. It harms clients
//! that decompress before they check a limit. The simulator stores neither the spaces nor their compressed form: it
//! repeats one compressed block.
//!
//! A block that ends with a full flush ends at a byte boundary and refers to no bytes before the block (RFC 1951,
//! section 3.2.4), so the block can be repeated unchanged. The decompressed bytes are the same on every machine; the
//! compressed bytes may change with a release of the compressor.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::http::body::BodySegments;

/// Spaces per compressed block: 1 MiB, about 1 KiB compressed. A block is large, because the full flush adds bytes to
/// every block.
const BLOCK: usize = 1 << 20;

/// The gzip header (RFC 1952, section 2.3): deflate, no name, no time, unknown system; the same on every machine.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A number of spaces, followed by a body.
pub(crate) struct DecompressionBomb {
    /// The number of whole blocks of spaces.
    blocks: u64,
    /// The spaces after the blocks, and the body.
    rest: Bytes,
}

impl DecompressionBomb {
    pub(crate) fn new(spaces: u64, body: &Bytes) -> Self {
        let blocks = spaces / BLOCK as u64;
        let mut rest = vec![b' '; (spaces % BLOCK as u64) as usize];
        rest.extend_from_slice(body);
        Self { blocks, rest: rest.into() }
    }

    /// The decompressed content.
    pub(crate) fn into_plain(self) -> BodySegments {
        let block = Bytes::from(vec![b' '; BLOCK]);
        BodySegments::new([(block, self.blocks), (self.rest, 1)])
    }

    /// The compressed content, one gzip member.
    pub(crate) fn into_gzip(self) -> BodySegments {
        let spaces = vec![b' '; BLOCK];
        let mut block_crc = Crc::new();
        block_crc.update(&spaces);
        let mut crc = Crc::new();
        for _ in 0..self.blocks {
            crc.combine(&block_crc);
        }
        let mut rest_crc = Crc::new();
        rest_crc.update(&self.rest);
        crc.combine(&rest_crc);
        // The format stores the length modulo 2^32.
        let length = (self.blocks * BLOCK as u64 + self.rest.len() as u64) as u32;

        let mut end = deflate(&self.rest, FlushCompress::Finish);
        end.extend_from_slice(&crc.sum().to_le_bytes());
        end.extend_from_slice(&length.to_le_bytes());
        BodySegments::new([
            (Bytes::from_static(&GZIP_HEADER), 1),
            (deflate(&spaces, FlushCompress::Full).into(), self.blocks),
            (end.into(), 1),
        ])
    }
}

fn deflate(data: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    // One call is enough, because the buffer is larger than the worst case: data that is stored uncompressed, with a
    // few more bytes per block.
    let mut packed = Vec::with_capacity(data.len() + data.len() / 8 + 1024);
    // Compressing into a buffer that is large enough does not fail.
    let _ = compress.compress_vec(data, &mut packed, flush);
    packed
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::fault::MAX_BOMB_BYTES;

    fn bytes(segments: BodySegments) -> Vec<u8> {
        segments.flat_map(|piece| piece.to_vec()).collect()
    }

    #[test]
    fn a_bomb_decompresses_to_the_spaces_and_the_body() {
        let body = Bytes::from_static(b"{\"hits\":{}}");
        for spaces in [0, 1, 1 << 20, (1 << 20) + 5, 5 << 20] {
            let packed = bytes(DecompressionBomb::new(spaces, &body).into_gzip());
            // The decoder also checks the checksum and the length at the end.
            let mut unpacked = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(&packed[..]);
            decoder.read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked.len() as u64, spaces + body.len() as u64);
            assert!(unpacked.ends_with(&body));
            assert!(unpacked == bytes(DecompressionBomb::new(spaces, &body).into_plain()));
        }
    }

    #[test]
    fn the_largest_bomb_is_below_32_mib_compressed() {
        let largest = DecompressionBomb::new(MAX_BOMB_BYTES, &Bytes::new()).into_gzip();
        assert!(largest.length() < 32 << 20, "{}", largest.length());
    }
}
