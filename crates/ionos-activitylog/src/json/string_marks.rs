//! Finds all bytes at which a string can end or become invalid, 64 bytes of text at a time. The end of a string within
//! these 64 bytes is then found in a few instructions.

/// Number of bytes that are searched at once.
const BLOCK: usize = u64::BITS as usize;

/// The marked bytes of one block of a text: quotes, backslashes and control characters, inside and outside of strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct StringMarks {
    /// Position of the block in the text.
    start: usize,
    /// A bit for each byte of the block, the first byte in the lowest bit. Bits of bytes that were passed are cleared.
    bits: u64,
}

impl StringMarks {
    /// The marks at the beginning of a text.
    pub(super) fn new(text: &[u8]) -> Self {
        Self { start: 0, bits: marked_bytes(text) }
    }

    /// Passes all bytes up to and including the first marked byte from `at` on, and returns the position of that byte.
    /// `None` if no marked byte follows.
    #[inline(always)]
    pub(super) fn pass_first(&mut self, text: &[u8], at: usize) -> Option<usize> {
        loop {
            while self.bits == 0 {
                *self = self.next_block(text)?;
            }
            let mark = self.start + self.bits.trailing_zeros() as usize;
            self.bits &= self.bits - 1;
            if mark >= at {
                return Some(mark);
            }
        }
    }

    #[inline(never)]
    fn next_block(self, text: &[u8]) -> Option<Self> {
        let start = self.start + BLOCK;
        let rest = text.get(start..)?;
        Some(Self { start, bits: marked_bytes(rest) })
    }
}

/// The marks of the first block of a text.
#[inline]
fn marked_bytes(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(block) => marked_bytes_of_block(block),
        None => {
            // Padded with spaces, which are not marked.
            let mut block = [b' '; BLOCK];
            block.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
            marked_bytes_of_block(&block)
        }
    }
}

#[inline]
fn marked_bytes_of_block(block: &[u8; BLOCK]) -> u64 {
    // Compilers turn this into vector instructions.
    let is_marked = block.map(|byte| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < b' '));
    let (words, _) = is_marked.as_chunks::<8>();
    words.iter().rev().fold(0, |bits, word| bits << 8 | lowest_bits(u64::from_le_bytes(*word)))
}

/// Collects the lowest bit of each byte of `word` in one byte: bit 0 comes from the lowest byte, bit 7 from the
/// highest. Each byte of `word` must be 0 or 1.
#[inline]
fn lowest_bits(word: u64) -> u64 {
    // The multiplication moves all eight bits to the highest byte of the product, and no carry reaches that byte.
    word.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_quote_backslash_and_control_character_is_a_mark(
            text in r#"([a-z" \\ü\x{0}-\x{20}\x{7f}]|[a-z]{30}){0,90}"#,
            at in 0..200_usize,
        ) {
            let text = text.as_bytes();
            let mut marks = StringMarks::new(text);
            let mut found = Vec::new();
            while let Some(mark) = marks.pass_first(text, at) {
                found.push(mark);
            }
            let is_marked = |(at, byte): &(usize, &u8)| matches!(byte, b'"' | b'\\' | 0..b' ').then_some(*at);
            let mut expected: Vec<_> = text.iter().enumerate().filter_map(|pair| is_marked(&pair)).collect();
            expected.retain(|mark| *mark >= at);
            prop_assert_eq!(found, expected);
        }
    }
}
