//! Selection of contracts: by number, by pattern, from a file, or all. The rules are the same for the service and for
//! an archive; only the known contracts differ.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use ionos_activitylog::ContractNumber;
use ionos_activitylog::internal::{Fold, Pattern, did_you_mean, redact_value};

use crate::args::input_file;
use crate::args::parse_error::InvalidValue;
use crate::error::CommandError;

/// The help of `--contract`. `$default` describes which contracts are selected without the flag.
macro_rules! contract_help {
    ($default:literal) => {
        concat!(
            "Contract number, a pattern such as 3180*, all, or @FILE (one per line, # for comments; @- reads standard input); repeatable or \
             comma-separated [default: ",
            $default,
            "]"
        )
    };
}
pub(crate) use contract_help;

/// The value name of `--contract`.
pub(crate) const CONTRACT: &str = "CONTRACT";

/// A value of `--contract`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContractSelector {
    All,
    Number(ContractNumber),
    /// Digits, with `*` for any digits.
    Pattern(Pattern),
    /// The path of a file, and the selectors in the file.
    File(String, Vec<ContractSelector>),
}

impl FromStr for ContractSelector {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.trim().strip_prefix('@') {
            Some(path) => Self::read_file(path),
            None => Self::parse(text),
        }
    }
}

impl ContractSelector {
    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let is_pattern = |char: char| char.is_ascii_digit() || char == '*';
        if text == "all" {
            return Ok(Self::All);
        }
        if text.chars().all(is_pattern)
            && let Some(pattern) = Pattern::new(Fold::Case, text)
            && pattern.has_wildcard()
        {
            return Ok(Self::Pattern(pattern));
        }
        text.parse().map(Self::Number).map_err(|_| InvalidValue {
            reason: format!("{:?} is not a contract number{}", redact_value(text), did_you_mean(text, ["all"])),
            hint: "use a number of 1 to 20 digits, a pattern such as 3180*, @FILE, or all".to_owned(),
        })
    }

    fn read_file(path: &str) -> Result<Self, InvalidValue> {
        let text = input_file::read(Path::new(path)).map_err(|error| InvalidValue {
            reason: format!("{path} cannot be read ({error})"),
            hint: "give a file with one contract number per line".to_owned(),
        })?;
        let lines = (1..).zip(text.lines()).map(|(number, line)| {
            let (words, _) = line.split_once('#').unwrap_or((line, ""));
            (number, words)
        });
        let words = lines.flat_map(|(number, words)| {
            let words = words.split(',').filter(|word| !word.trim().is_empty());
            words.map(move |word| (number, word))
        });
        let selectors: Result<Vec<Self>, InvalidValue> = words
            .map(|(number, word)| {
                Self::parse(word).map_err(|InvalidValue { reason, hint }| InvalidValue {
                    reason: format!("{path}, line {number}: {reason}"),
                    hint,
                })
            })
            .collect();
        match selectors? {
            none if none.is_empty() => Err(InvalidValue {
                reason: format!("{path} contains no contract number"),
                hint: "add one contract number per line".to_owned(),
            }),
            selectors => Ok(Self::File(path.to_owned(), selectors)),
        }
    }

    /// Whether the selector contains only numbers. If so, the known contracts are not needed.
    fn is_number(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::File(_, selectors) => selectors.iter().all(Self::is_number),
            Self::All | Self::Pattern(_) => false,
        }
    }

    fn select(&self, known: &KnownContracts<'_>, selected: &mut Vec<ContractNumber>) -> Result<(), CommandError> {
        match self {
            Self::All => selected.extend(known.contracts.iter().cloned()),
            Self::Number(contract) => selected.push(contract.clone()),
            Self::Pattern(pattern) => {
                let matches = |contract: &&ContractNumber| pattern.matches(contract.as_str());
                let before = selected.len();
                selected.extend(known.contracts.iter().filter(matches).cloned());
                if selected.len() == before {
                    return Err(CommandError::usage(
                        format!("no contract {} matches {pattern}", known.place),
                        known.choice_hint(),
                    ));
                }
            }
            Self::File(path, selectors) => {
                for selector in selectors {
                    selector.select(known, selected).map_err(|error| error.with_place(path))?;
                }
            }
        }
        Ok(())
    }
}

/// The contracts to select from.
pub(crate) struct KnownContracts<'a> {
    pub(crate) contracts: &'a [ContractNumber],
    /// The place of the contracts in the words of an error message, such as "of archive audit" in "no contract of
    /// archive audit matches 4*".
    pub(crate) place: &'a str,
}

impl KnownContracts<'_> {
    /// A hint that lists the contracts.
    pub(crate) fn choice_hint(&self) -> String {
        let numbers: Vec<&str> = self.numbers().collect();
        format!("choose one with --contract: {}", numbers.join(", "))
    }

    /// Fails if the contract is not known.
    pub(crate) fn require(&self, contract: &ContractNumber) -> Result<(), CommandError> {
        if self.contracts.contains(contract) {
            return Ok(());
        }
        let suggestion = did_you_mean(contract.as_str(), self.numbers());
        Err(CommandError::usage(
            format!("contract {contract} is not a contract {}{suggestion}", self.place),
            self.choice_hint(),
        ))
    }

    fn numbers(&self) -> impl Iterator<Item = &str> {
        self.contracts.iter().map(ContractNumber::as_str)
    }
}

/// Whether any selector selects the contract.
pub(crate) fn is_selected(selectors: &[ContractSelector], contract: &ContractNumber) -> bool {
    selectors.iter().any(|selector| match selector {
        ContractSelector::All => true,
        ContractSelector::Pattern(pattern) => pattern.matches(contract.as_str()),
        ContractSelector::Number(number) => number == contract,
        ContractSelector::File(_, selectors) => is_selected(selectors, contract),
    })
}

/// Whether all selectors contain only numbers. If so, the known contracts are not needed.
pub(crate) fn are_numbers(selectors: &[ContractSelector]) -> bool {
    selectors.iter().all(ContractSelector::is_number)
}

/// Whether any selector is a contract number or a file that contains a contract number. [`select_contracts`] selects
/// such a contract even if it is not known.
pub(crate) fn has_number(selectors: &[ContractSelector]) -> bool {
    selectors.iter().any(|selector| match selector {
        ContractSelector::Number(_) => true,
        ContractSelector::File(_, selectors) => has_number(selectors),
        ContractSelector::All | ContractSelector::Pattern(_) => false,
    })
}

/// The selected contracts in the order of the selectors, each once. Fails for a pattern that matches no contract.
pub(crate) fn select_contracts(
    selectors: &[ContractSelector],
    known: &KnownContracts<'_>,
) -> Result<Vec<ContractNumber>, CommandError> {
    let mut selected = Vec::new();
    for selector in selectors {
        selector.select(known, &mut selected)?;
    }
    let mut seen = BTreeSet::new();
    selected.retain(|contract| seen.insert(contract.clone()));
    Ok(selected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_digits() {
        for (pattern, number, expected) in [
            ("3180*", "31800000", true),
            ("3180*", "3180", true),
            ("3180*", "31700000", false),
            ("*7", "31800007", true),
            ("*7", "31800070", false),
            ("3*0*7", "31800007", true),
            ("3*1*7", "38000007", false),
            ("*", "1", true),
            ("**", "1", true),
        ] {
            let ContractSelector::Pattern(parsed) = pattern.parse().unwrap() else {
                panic!("{pattern} is no pattern");
            };
            assert_eq!(parsed.matches(number), expected, "pattern {pattern}, number {number}");
        }
    }

    #[test]
    fn each_contract_is_selected_once_in_the_order_of_the_selectors() {
        let contracts: Vec<ContractNumber> = [1, 20, 21, 30].map(ContractNumber::from).to_vec();
        let known = KnownContracts { contracts: &contracts, place: "of the account" };
        let select = |words: &[&str]| {
            let selectors: Vec<ContractSelector> = words.iter().map(|word| word.parse().unwrap()).collect();
            let selected = select_contracts(&selectors, &known).map_err(|error| error.to_string())?;
            let numbers = selected.iter().map(ContractNumber::as_str);
            Ok::<_, String>(numbers.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(select(&["30", "2*", "21", "all"]).unwrap(), "30 20 21 1");
        assert_eq!(select(&["7"]).unwrap(), "7");
        assert_eq!(
            select(&["1", "4*"]).unwrap_err(),
            "no contract of the account matches 4*: choose one with --contract: 1, 20, 21, 30"
        );
        for (words, expected) in [(&["all"][..], true), (&["2*"], true), (&["3*", "21"], true), (&["1", "3*"], false)] {
            let selectors: Vec<ContractSelector> = words.iter().map(|word| word.parse().unwrap()).collect();
            assert_eq!(is_selected(&selectors, &21.into()), expected, "{words:?}");
            assert_eq!(is_selected(&[ContractSelector::File("a".to_owned(), selectors)], &21.into()), expected);
        }
        assert!("".parse::<ContractSelector>().is_err());
        assert!("2x*".parse::<ContractSelector>().is_err());
    }

    #[test]
    fn an_endless_file_and_a_file_without_a_number_are_refused() {
        for (path, expected) in [
            ("@/dev/zero", "/dev/zero cannot be read (it is larger than 1 MiB)"),
            ("@/dev/null", "/dev/null contains no contract number"),
        ] {
            assert_eq!(path.parse::<ContractSelector>().unwrap_err().reason, expected);
        }
    }
}
