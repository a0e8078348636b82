//! Adds numbers that were read from files. A modified file may contain any number. A sum above `u64::MAX` becomes
//! `u64::MAX`. So a sum is never smaller than one of its numbers, and a forged number stays visible.

/// The sum of numbers that were read from files, at most `u64::MAX`.
pub(crate) fn saturating_sum(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, u64::saturating_add)
}

/// Like [`saturating_sum`], but returns `None` if one of the numbers is not known.
pub(crate) fn saturating_sum_if_known(numbers: impl IntoIterator<Item = Option<u64>>) -> Option<u64> {
    numbers.into_iter().try_fold(0, |sum: u64, number| Some(sum.saturating_add(number?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_at_most_the_largest_u64() {
        assert_eq!((saturating_sum([]), saturating_sum([1, 2])), (0, 3));
        assert_eq!(saturating_sum([u64::MAX, 1, u64::MAX]), u64::MAX);
        assert_eq!((saturating_sum_if_known([]), saturating_sum_if_known([Some(1), None])), (Some(0), None));
        assert_eq!(saturating_sum_if_known([Some(u64::MAX), Some(1)]), Some(u64::MAX));
    }
}
