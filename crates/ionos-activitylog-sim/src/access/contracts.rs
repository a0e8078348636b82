//! An account may have a hundred thousand contracts, and nearly every request names one of them. So they are kept twice:
//! in their order, for whoever lists them, and sorted, for whoever looks one up.

/// The contracts of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contracts {
    numbers: Vec<u64>,
    sorted: Vec<u64>,
}

impl Contracts {
    /// Each number once, in the order of the world.
    pub(crate) fn new(numbers: Vec<u64>) -> Self {
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        Self { numbers, sorted }
    }

    /// In the order of the world.
    pub(crate) fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    pub(crate) fn holds(&self, number: u64) -> bool {
        self.sorted.binary_search(&number).is_ok()
    }

    /// The contract with this number, as it is written.
    pub(crate) fn find(&self, text: &str) -> Option<&u64> {
        let at = self.sorted.binary_search(&number(text)?).ok()?;
        self.sorted.get(at)
    }
}

/// A number as it is written for a contract: digits, and none too many.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| digits && shortest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_found_by_their_text_and_listed_in_their_order() {
        let contracts = Contracts::new(vec![7, 0, u64::MAX, 12]);
        assert_eq!(contracts.numbers(), [7, 0, u64::MAX, 12]);
        for (text, found) in
            [("7", Some(7)), ("0", Some(0)), ("18446744073709551615", Some(u64::MAX)), ("12", Some(12)), ("13", None)]
        {
            assert_eq!(contracts.find(text).copied(), found);
        }
        assert!(contracts.holds(12) && !contracts.holds(13));
    }

    #[test]
    fn other_text_is_no_number() {
        for text in ["", "012", "00", "+7", "-7", " 7", "7 ", "x", "18446744073709551616"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
