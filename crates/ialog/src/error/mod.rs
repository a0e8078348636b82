//! How a command ends when it does not succeed: one sentence on stderr that says what happened and what to do next, and
//! an exit code that a script can act on. There is no failure without a next step.

pub(crate) mod from_library;
pub(crate) mod gaps;

use std::collections::BTreeSet;
use std::fmt;

use ionos_activitylog::ContractNumber;
use serde_json::{Map, Value};

/// The exit code of what is not all, or not proven to be.
const INCOMPLETE: u8 = 3;

/// The exit code of an archive that is not as it was written.
const DAMAGED: u8 = 6;

/// What to do where several contracts failed, each in its own way.
pub(crate) const TOLD_WITH_EACH: &str = "what to do is told with each";

/// Why a command ended.
#[derive(Debug)]
pub(crate) struct CommandError {
    code: u8,
    /// What happened.
    message: String,
    /// What to do next.
    hint: String,
    /// What the service called the request, where one failed.
    request_id: Option<String>,
    /// Of several contracts: those that failed, and how.
    contracts: Vec<(ContractNumber, Self)>,
}

impl CommandError {
    fn new(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), request_id: None, contracts: Vec::new() }
    }

    /// Of so many contracts, more than one, some failed; `others` says that and what it means for the others, `hint` what
    /// to do then. The code is theirs where all failed and agree. Damage goes before what can be read again.
    pub(crate) fn of_contracts(contracts: Vec<(ContractNumber, Self)>, all: usize, others: &str, hint: &str) -> Self {
        let failed = contracts.len();
        let codes: BTreeSet<u8> = contracts.iter().map(|(_, one)| one.code).collect();
        let code = match codes.first() {
            _ if codes.contains(&DAMAGED) => DAMAGED,
            Some(code) if failed == all && codes.len() == 1 => *code,
            _ => INCOMPLETE,
        };
        let failure = match failed {
            some if some < all => {
                let hint = if code == DAMAGED { TOLD_WITH_EACH } else { hint };
                Self::new(code, format!("{some} of {all} contracts {others}"), hint)
            }
            all => {
                let message = format!("each of the {all} contracts failed");
                Self::new(code, message, TOLD_WITH_EACH)
            }
        };
        failure.beside(contracts)
    }

    /// The same, and these contracts failed besides.
    pub(crate) fn beside(self, contracts: Vec<(ContractNumber, Self)>) -> Self {
        Self { contracts, ..self }
    }

    /// Something nobody foresaw.
    pub(crate) fn unexpected(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(1, message, hint)
    }

    /// A fault of this program.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(1, message, "this is a fault of the program, please report it")
    }

    /// What was typed or set cannot be used.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(2, message, hint)
    }

    /// A signal asked the program to end; `code` is what shells give that signal. `resume` is what is left and how to go
    /// on.
    pub(crate) fn interrupted(code: u8, resume: Option<String>) -> Self {
        let how = resume.unwrap_or_else(|| "the same command begins anew".to_owned());
        Self::new(code, "interrupted", how)
    }

    /// What was read is not all, or not proven to be.
    pub(crate) fn incomplete(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(INCOMPLETE, message, hint)
    }

    /// The same, with how to go on.
    pub(crate) fn resumable(mut self, resume: Option<String>) -> Self {
        if let Some(how) = resume {
            self.hint = format!("{}; {how}", self.hint);
        }
        self
    }

    /// The same with something else to do besides.
    pub(crate) fn or_else(mut self, hint: &str) -> Self {
        self.hint = format!("{}; {hint}", self.hint);
        self
    }

    /// The same in something that was typed or named, such as a file.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// A command ended in a way that others have told, or because it was asked to, and its code is theirs.
    pub(crate) fn stopped(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, message, hint)
    }

    /// An archive is not as it was written.
    pub(crate) fn integrity(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(DAMAGED, message, hint)
    }

    /// Nothing matched, and it was asked to say so.
    pub(crate) fn nothing_matched() -> Self {
        Self::new(7, "nothing matched", "look in another time, or leave out a filter")
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// The contracts that failed, and how; empty unless several were read.
    pub(crate) fn contracts(&self) -> &[(ContractNumber, Self)] {
        &self.contracts
    }

    /// What a program is told.
    pub(crate) fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
        add("code", self.code.into());
        add("message", self.message.as_str().into());
        add("hint", self.hint.as_str().into());
        if let Some(id) = &self.request_id {
            add("request_id", id.as_str().into());
        }
        if !self.contracts.is_empty() {
            let contracts = self.contracts.iter().map(|(contract, failure)| {
                let mut members = Map::new();
                members.insert("contract".to_owned(), contract.as_str().into());
                members.extend(failure.members());
                Value::from(members)
            });
            add("contracts", contracts.collect());
        }
        members
    }

    /// What became of a contract, which is named once.
    pub(crate) fn of(&self, contract: &ContractNumber) -> String {
        let contract = format!("contract {contract}");
        if self.message.starts_with(&format!("{contract} ")) {
            return self.to_string();
        }
        format!("{contract}: {self}")
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_contracts_each_tells_its_own_and_damage_goes_first() {
        let of = |contract: u64, failure: CommandError| (ContractNumber::from(contract), failure);
        let refused = || CommandError::usage("contract 1 is not among those", "choose another");
        let other = || CommandError::usage("contract 12 is not among those", "choose another");
        let damaged = || CommandError::integrity("a.zst is damaged", "restore it");
        let all = |failures: Vec<_>, all: usize| {
            let others = "failed, and the others are archived";
            CommandError::of_contracts(failures, all, others, "the same command tries again")
        };
        let both = all(vec![of(1, refused()), of(2, refused())], 2);
        assert_eq!(both.code(), 2);
        assert_eq!(both.to_string(), "each of the 2 contracts failed: what to do is told with each");
        let some = all(vec![of(1, refused())], 3);
        assert_eq!(some.code(), 3);
        assert_eq!(
            some.to_string(),
            "1 of 3 contracts failed, and the others are archived: the same command tries again"
        );
        let worst = all(vec![of(1, refused()), of(2, damaged())], 3);
        assert_eq!(worst.code(), 6);
        let expected: Value = serde_json::from_str(
            r#"{"code":6,"message":"2 of 3 contracts failed, and the others are archived","hint":"what to do is told with each","contracts":[{"contract":"1","code":2,"message":"contract 1 is not among those","hint":"choose another"},{"contract":"2","code":6,"message":"a.zst is damaged","hint":"restore it"}]}"#,
        )
        .unwrap();
        assert_eq!(Value::from(worst.members()), expected);
        let contract = ContractNumber::from(1);
        for (failure, expected) in [
            (refused(), "contract 1 is not among those: choose another"),
            (other(), "contract 1: contract 12 is not among those: choose another"),
            (damaged(), "contract 1: a.zst is damaged: restore it"),
        ] {
            assert_eq!(failure.of(&contract), expected);
        }
    }
}
