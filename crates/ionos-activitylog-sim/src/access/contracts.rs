//! The contracts of an account. An account may have 100,000 contracts, and nearly every request names a contract. So
//! the numbers are stored twice: in the order of the account for lists, and sorted for look-ups.

/// The contract numbers of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contracts {
    numbers: Vec<u64>,
    sorted: Vec<u64>,
}

impl Contracts {
    /// Creates the list from distinct numbers in the order of the account.
    pub(crate) fn new(numbers: Vec<u64>) -> Self {
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        Self { numbers, sorted }
    }

    /// The numbers in the order of the account.
    pub(crate) fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        self.sorted.binary_search(&number).is_ok()
    }

    /// The contract with this number; `None` if the account does not have it. A text with leading zeros is not a
    /// number: 012 is not 12.
    pub(crate) fn find(&self, text: &str) -> Option<&u64> {
        let index = self.sorted.binary_search(&parse_contract_number(text)?).ok()?;
        self.sorted.get(index)
    }
}

/// Parses a contract number: digits without leading zeros. `None` for any other text and for more than 64 bits.
pub(crate) fn parse_contract_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let no_leading_zero = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| digits && no_leading_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_found_by_text_and_listed_in_the_order_of_the_account() {
        let contracts = Contracts::new(vec![7, 0, u64::MAX, 12]);
        assert_eq!(contracts.numbers(), [7, 0, u64::MAX, 12]);
        for (text, found) in
            [("7", Some(7)), ("0", Some(0)), ("18446744073709551615", Some(u64::MAX)), ("12", Some(12)), ("13", None)]
        {
            assert_eq!(contracts.find(text).copied(), found);
        }
        assert!(contracts.contains(12) && !contracts.contains(13));
    }

    #[test]
    fn other_text_is_not_a_contract_number() {
        for text in ["", "012", "00", "+7", "-7", " 7", "7 ", "x", "18446744073709551616"] {
            assert_eq!(parse_contract_number(text), None, "{text}");
        }
    }
}
