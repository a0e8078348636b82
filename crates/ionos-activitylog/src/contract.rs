//! A contract number is a name, not a quantity: published samples pass 2^53 and even the signed 64-bit range, so
//! it is kept as its digits.

use std::fmt;
use std::str::FromStr;

use ionos_activitylog_client as wire;

use crate::{Error, ErrorKind};

/// The longest contract number: as many digits as an unsigned 64-bit number has.
const MOST_DIGITS: usize = 20;

/// The number of a contract: 1 to 20 decimal digits, kept as they were written.
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
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContractNumber {
    type Err = Error;

    /// Fails with [`ErrorKind::Configuration`] for anything but 1 to 20 decimal digits.
    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if !digits || text.is_empty() || text.len() > MOST_DIGITS {
            return Err(Error::new(ErrorKind::Configuration, format!("{text:?} is not a contract number"))
                .with_hint(format!("it has 1 to {MOST_DIGITS} decimal digits and nothing else")));
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

/// A contract whose log may be read, as the service lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contract {
    /// Its number.
    pub number: ContractNumber,
    /// Where the service says that its log is found.
    pub href: Option<String>,
}

impl Contract {
    /// Fails for an entry without a usable number: dropping it would drop a contract from "all contracts".
    pub(crate) fn from_wire(place: usize, entry: wire::types::ReferenceById) -> Result<Self, String> {
        let number = entry.id.as_ref().map(|id| id.text().into_owned());
        let number = number
            .ok_or_else(|| format!("entry {place} of the list has no contract number"))?
            .parse()
            .map_err(|error| format!("entry {place} of the list: {error}"))?;
        Ok(Self { number, href: entry.href })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_make_a_contract_number() {
        for text in ["0", "31721060", "18446744073709551615", "00042"] {
            assert_eq!(text.parse::<ContractNumber>().unwrap().to_string(), text);
        }
        for text in ["", " 1", "-1", "1e3", "0x1f", "١", "123456789012345678901", "../v1"] {
            let error = text.parse::<ContractNumber>().unwrap_err();
            assert!(error.to_string().contains("1 to 20 decimal digits"), "{error}");
        }
    }
}
