//! Searches eight bytes of text at once (SIMD within a register). Most strings of a record are so short that a
//! call of `memchr` would be slower.

/// A word that holds `byte` eight times.
pub(super) const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks the lowest zero byte of `word`: the lowest set bit of the result lies in the byte with the same index. The
/// result is 0 if no byte is zero. Higher bits are unspecified, because the subtraction borrows.
pub(super) const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

/// The index of the lowest byte that [`zero_bytes`] marked; 8 if it marked none.
pub(super) const fn first_match(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_match_at_every_position() {
        for byte in [0, 1, 0x1f, b' ', b'"', 0x7f, 0x80, 0xff] {
            for index in 0..8 {
                for around in [b'a', 0x80, 0xff, b'"' + 1, b' '] {
                    let mut bytes = [around; 8];
                    bytes[index] = byte;
                    let word = u64::from_le_bytes(bytes);
                    let expected = |is_match: &dyn Fn(&u8) -> bool| bytes.iter().position(is_match).unwrap_or(8);
                    assert_eq!(first_match(zero_bytes(word ^ repeat(b'"'))), expected(&|byte| *byte == b'"'));
                }
            }
        }
    }
}
