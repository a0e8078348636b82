//! Eight bytes of a text looked at together, as one number.

/// A word with this byte in each of its places.
pub(super) const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// A word whose lowest bit that is set is in the lowest byte of the given one that is zero; no bit where none is.
/// (A bit above that may be set without reason, by what was borrowed.)
pub(super) const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(every(1)) & !word & every(0x80)
}

/// The same for bytes below a space, which are control characters.
pub(super) const fn controls(word: u64) -> u64 {
    word.wrapping_sub(every(b' ')) & !word & every(0x80)
}

/// Where the lowest byte is for which [`zeros`] or [`controls`] have a bit; 8 for none.
pub(super) const fn first(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_is_looked_for_is_found_wherever_it_is() {
        for byte in [0, 1, 0x1f, b' ', b'"', 0x7f, 0x80, 0xff] {
            for place in 0..8 {
                for around in [b'a', 0x80, 0xff, b'"' + 1, b' '] {
                    let mut bytes = [around; 8];
                    bytes[place] = byte;
                    let word = u64::from_le_bytes(bytes);
                    let expected = |wanted: &dyn Fn(&u8) -> bool| bytes.iter().position(wanted).unwrap_or(8);
                    assert_eq!(first(zeros(word ^ every(b'"'))), expected(&|it| *it == b'"'));
                    assert_eq!(first(controls(word)), expected(&|it| *it < b' '));
                }
            }
        }
    }
}
