//! Contract numbers. A contract number is an identifier and not a quantity: published samples exceed 2^53 and the
//! signed 64-bit range, so its digits are kept as text.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::redact::redact_value;

/// Maximum length of a contract number: the digits of an unsigned 64-bit number.
const MAX_DIGITS: usize = 20;

/// Number of a contract: 1 to 20 decimal digits, with leading zeros kept.
///
/// ```
/// use ionos_activitylog::ContractNumber;
///
/// let contract: ContractNumber = "9876543218374837483".parse()?;
/// assert_eq!(contract.as_str(), "9876543218374837483");
/// assert!("31 721 060".parse::<ContractNumber>().is_err());
/// # Ok::<(), ionos_activitylog::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractNumber(String);

impl ContractNumber {
    /// The digits as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContractNumber {
    type Err = Error;

    /// Fails with [`ErrorKind::Configuration`] unless the text is 1 to 20 decimal digits.
    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if !digits || text.is_empty() || text.len() > MAX_DIGITS {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!("{:?} is not a contract number", redact_value(text)),
            )
            .with_hint(format!("a contract number has 1 to {MAX_DIGITS} decimal digits and nothing else")));
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<u64> for ContractNumber {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for ContractNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_number_consists_of_digits() {
        for text in ["0", "31721060", "18446744073709551615", "00042"] {
            assert_eq!(text.parse::<ContractNumber>().unwrap().to_string(), text);
        }
        for text in ["", " 1", "-1", "1e3", "0x1f", "١", "123456789012345678901", "../v1"] {
            let error = text.parse::<ContractNumber>().unwrap_err();
            assert!(error.to_string().contains("1 to 20 decimal digits"), "{error}");
        }
    }
}
