//! Which contracts a command is about is said in the same way everywhere: by numbers, a pattern, a file of them, or all,
//! as often as one likes. What that means is settled here, for the service as well as for an archive; only the list of
//! contracts that there are differs.

use std::collections::BTreeSet;
use std::fs;
use std::str::FromStr;

use ionos_activitylog::ContractNumber;
use ionos_activitylog::internal::{Fold, Pattern, did_you_mean};

use crate::args::parse_error::InvalidValue;
use crate::error::CommandError;

/// The help of `--contract`, before what happens without it.
macro_rules! contract_help {
    ($left_out:literal) => {
        concat!(
            "Contract number, a pattern such as 3180*, all, or @FILE with one of these a line and comments behind #; may be \
             repeated, or be several with commas between them. ",
            $left_out
        )
    };
}
pub(crate) use contract_help;

/// How `--contract` is shown in a help.
pub(crate) const CONTRACT: &str = "CONTRACT";

/// One of the words that `--contract` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContractSelector {
    All,
    One(ContractNumber),
    /// Digits, and `*` for any of them.
    Like(Pattern),
    /// What is in a file.
    File(String, Vec<ContractSelector>),
}

impl FromStr for ContractSelector {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.trim().strip_prefix('@') {
            Some(path) => Self::in_file(path),
            None => Self::word(text),
        }
    }
}

impl ContractSelector {
    fn word(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let fits = |char: char| char.is_ascii_digit() || char == '*';
        if text == "all" {
            return Ok(Self::All);
        }
        if text.chars().all(fits)
            && let Some(pattern) = Pattern::new(Fold::Case, text)
            && pattern.has_wildcard()
        {
            return Ok(Self::Like(pattern));
        }
        text.parse().map(Self::One).map_err(|_| InvalidValue {
            what: format!("{text:?} is no contract{}", did_you_mean(text, ["all"])),
            hint: "give a number of 1 to 20 digits, a pattern of digits such as 3180*, @FILE, or all".to_owned(),
        })
    }

    fn in_file(path: &str) -> Result<Self, InvalidValue> {
        let text = fs::read_to_string(path).map_err(|error| InvalidValue {
            what: format!("{path} cannot be read ({error})"),
            hint: "name a file with one contract a line".to_owned(),
        })?;
        let lines = (1..).zip(text.lines()).map(|(number, line)| {
            let (words, _) = line.split_once('#').unwrap_or((line, ""));
            (number, words)
        });
        let words = lines.flat_map(|(number, words)| {
            let words = words.split(',').filter(|word| !word.trim().is_empty());
            words.map(move |word| (number, word))
        });
        let named: Result<Vec<Self>, InvalidValue> = words
            .map(|(number, word)| {
                Self::word(word).map_err(|InvalidValue { what, hint }| InvalidValue {
                    what: format!("{path}, line {number}: {what}"),
                    hint,
                })
            })
            .collect();
        match named? {
            none if none.is_empty() => Err(InvalidValue {
                what: format!("{path} names no contract"),
                hint: "write one a line, or leave the file out".to_owned(),
            }),
            named => Ok(Self::File(path.to_owned(), named)),
        }
    }

    /// Whether it can be told without a list which contracts it is.
    fn is_plain(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::File(_, named) => named.iter().all(Self::is_plain),
            Self::All | Self::Like(_) => false,
        }
    }

    fn add(&self, there: &KnownContracts<'_>, chosen: &mut Vec<ContractNumber>) -> Result<(), CommandError> {
        match self {
            Self::All => chosen.extend(there.contracts.iter().cloned()),
            Self::One(contract) => chosen.push(contract.clone()),
            Self::Like(pattern) => {
                let like = |contract: &&ContractNumber| pattern.matches(contract.as_str());
                let before = chosen.len();
                chosen.extend(there.contracts.iter().filter(like).cloned());
                if chosen.len() == before {
                    return Err(CommandError::usage(
                        format!("none of the contracts {} is like {pattern}", there.place),
                        there.choice(),
                    ));
                }
            }
            Self::File(path, named) => {
                for one in named {
                    one.add(there, chosen).map_err(|failure| failure.at(path))?;
                }
            }
        }
        Ok(())
    }
}

/// The contracts that there are.
pub(crate) struct KnownContracts<'a> {
    pub(crate) contracts: &'a [ContractNumber],
    /// Where, such as "that archive audit has".
    pub(crate) place: &'a str,
}

impl KnownContracts<'_> {
    /// What to do where another contract has to be named.
    pub(crate) fn choice(&self) -> String {
        let numbers: Vec<&str> = self.numbers().collect();
        format!("choose one with --contract: {}", numbers.join(", "))
    }

    /// Fails for a contract that is not there.
    pub(crate) fn has(&self, contract: &ContractNumber) -> Result<(), CommandError> {
        if self.contracts.contains(contract) {
            return Ok(());
        }
        let meant = did_you_mean(contract.as_str(), self.numbers());
        Err(CommandError::usage(format!("contract {contract} is not among those {}{meant}", self.place), self.choice()))
    }

    fn numbers(&self) -> impl Iterator<Item = &str> {
        self.contracts.iter().map(ContractNumber::as_str)
    }
}

/// Whether contracts are named by their numbers alone, so that nobody has to be asked which there are.
pub(crate) fn are_plain(named: &[ContractSelector]) -> bool {
    named.iter().all(ContractSelector::is_plain)
}

/// Whether a number is among what was typed, which may be that of a contract that is not there.
pub(crate) fn has_number(named: &[ContractSelector]) -> bool {
    named.iter().any(|one| match one {
        ContractSelector::One(_) => true,
        ContractSelector::File(_, named) => has_number(named),
        ContractSelector::All | ContractSelector::Like(_) => false,
    })
}

/// The contracts that were named, in that order and each once. Fails for a pattern that none is like.
pub(crate) fn choose(
    named: &[ContractSelector],
    there: &KnownContracts<'_>,
) -> Result<Vec<ContractNumber>, CommandError> {
    let mut chosen = Vec::new();
    for one in named {
        one.add(there, &mut chosen)?;
    }
    let mut seen = BTreeSet::new();
    chosen.retain(|contract| seen.insert(contract.clone()));
    Ok(chosen)
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
            let ContractSelector::Like(like) = pattern.parse().unwrap() else {
                panic!("{pattern} is no pattern");
            };
            assert_eq!(like.matches(number), expected, "{pattern} {number}");
        }
    }

    #[test]
    fn each_contract_is_chosen_once_and_in_the_order_in_which_it_was_named() {
        let there: Vec<ContractNumber> = [1, 20, 21, 30].map(ContractNumber::from).to_vec();
        let there = KnownContracts { contracts: &there, place: "that there are" };
        let chosen = |words: &[&str]| {
            let named: Vec<ContractSelector> = words.iter().map(|word| word.parse().unwrap()).collect();
            let chosen = choose(&named, &there).map_err(|failure| failure.to_string())?;
            let numbers = chosen.iter().map(ContractNumber::as_str);
            Ok::<_, String>(numbers.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(chosen(&["30", "2*", "21", "all"]).unwrap(), "30 20 21 1");
        assert_eq!(chosen(&["7"]).unwrap(), "7");
        assert_eq!(
            chosen(&["1", "4*"]).unwrap_err(),
            "none of the contracts that there are is like 4*: choose one with --contract: 1, 20, 21, 30"
        );
        assert!("".parse::<ContractSelector>().is_err());
        assert!("2x*".parse::<ContractSelector>().is_err());
    }
}
