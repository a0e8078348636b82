//! The errors of commands. Each error has a message, a hint with the next step, and an exit code for scripts.

pub(crate) mod from_library;
pub(crate) mod gaps;

use std::collections::BTreeSet;
use std::fmt;

use ionos_activitylog::ContractNumber;
use ionos_activitylog::internal::redact_secret_forms;
use serde_json::{Map, Value};

/// Exit code of a result that is incomplete, or not proven to be complete.
const INCOMPLETE_CODE: u8 = 3;

/// Exit code of an archive that was modified after it was written.
const DAMAGED_CODE: u8 = 6;

/// The hint if several contracts failed, each with a hint of its own.
pub(crate) const HINTS_ABOVE: &str = "see the messages above";

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct CommandError {
    code: u8,
    /// What happened.
    message: String,
    /// What to do next.
    hint: String,
    /// The id that the service gave the failed request, if a request failed.
    request_id: Option<String>,
    /// The contracts that failed, and why. Empty if the command processed at most one contract.
    contracts: Vec<(ContractNumber, Self)>,
}

impl CommandError {
    /// Creates an error. Redacts secrets, such as tokens and passwords in URLs, in the message and in the hint, because
    /// both may quote arguments and settings.
    fn new(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: redact_secret_forms(&message.into()),
            hint: redact_secret_forms(&hint.into()),
            request_id: None,
            contracts: Vec::new(),
        }
    }

    /// The error of a command that processed several contracts, at least one of which failed. `all` is the number of
    /// processed contracts. If only some of them failed, the message is "1 of 2 contracts" followed by `others`, such
    /// as "failed; the others are archived".
    ///
    /// The exit code is [`DAMAGED_CODE`] if a contract failed with this code. Otherwise, if all processed contracts
    /// failed with the same code, it is that code. In all other cases, it is [`INCOMPLETE_CODE`].
    pub(crate) fn of_contracts(contracts: Vec<(ContractNumber, Self)>, all: usize, others: &str, hint: &str) -> Self {
        let failed = contracts.len();
        let codes: BTreeSet<u8> = contracts.iter().map(|(_, one)| one.code).collect();
        let code = match codes.first() {
            _ if codes.contains(&DAMAGED_CODE) => DAMAGED_CODE,
            Some(code) if failed == all && codes.len() == 1 => *code,
            _ => INCOMPLETE_CODE,
        };
        let failure = match failed {
            some if some < all => {
                let hint = if code == DAMAGED_CODE { HINTS_ABOVE } else { hint };
                Self::new(code, format!("{some} of {all} contracts {others}"), hint)
            }
            all => {
                let message = format!("all {all} contracts failed");
                Self::new(code, message, HINTS_ABOVE)
            }
        };
        failure.with_contracts(contracts)
    }

    /// Sets the contracts that failed, each with its error.
    pub(crate) fn with_contracts(self, contracts: Vec<(ContractNumber, Self)>) -> Self {
        Self { contracts, ..self }
    }

    /// An error of a kind that has no exit code of its own, so the exit code is 1.
    pub(crate) fn unexpected(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(1, message, hint)
    }

    /// A bug of this program.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(1, message, "this is a bug in ialog, please report it")
    }

    /// Invalid arguments or settings.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(2, message, hint)
    }

    /// A signal ended the command. `code` is the exit code that shells use for the signal, and `resume` says how to
    /// continue.
    pub(crate) fn interrupted(code: u8, resume: Option<String>) -> Self {
        let how = resume.unwrap_or_else(|| "run the same command again to start over".to_owned());
        Self::new(code, "interrupted", how)
    }

    /// The result is incomplete, or not proven to be complete.
    pub(crate) fn incomplete(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(INCOMPLETE_CODE, message, hint)
    }

    /// Appends `resume`, which says how to continue, to the hint. No change for `None`.
    pub(crate) fn with_resume(self, resume: Option<String>) -> Self {
        match resume {
            Some(resume) => self.with_hint(&resume),
            None => self,
        }
    }

    /// Adds another step to the hint.
    pub(crate) fn with_hint(mut self, hint: &str) -> Self {
        self.hint = format!("{}; {}", self.hint, redact_secret_forms(hint));
        self
    }

    /// Prefixes the message with the place of the error, such as a file.
    pub(crate) fn with_place(mut self, place: &str) -> Self {
        self.message = format!("{}: {}", redact_secret_forms(place), self.message);
        self
    }

    /// An error with a given exit code, for a command that a signal ended or that already reported its failed checks.
    pub(crate) fn with_code(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, message, hint)
    }

    /// An archive was modified after it was written.
    pub(crate) fn integrity(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(DAMAGED_CODE, message, hint)
    }

    /// No event matched, and `--exit-status` is set.
    pub(crate) fn nothing_matched() -> Self {
        Self::new(7, "no event matched", "use another time range or fewer filters")
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// The contracts that failed, and why. Empty if the command processed at most one contract.
    pub(crate) fn contracts(&self) -> &[(ContractNumber, Self)] {
        &self.contracts
    }

    /// The error as the members of a JSON object.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
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
                members.extend(failure.to_json());
                Value::from(members)
            });
            add("contracts", contracts.collect());
        }
        members
    }

    /// The error as a sentence that names the contract. If the message begins with the contract, the contract is not
    /// repeated.
    pub(crate) fn describe_for(&self, contract: &ContractNumber) -> String {
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
    fn an_error_of_several_contracts_lists_each_contract_and_has_the_code_of_a_damaged_one() {
        let of = |contract: u64, failure: CommandError| (ContractNumber::from(contract), failure);
        let refused = || CommandError::usage("contract 1 is not one of those", "choose another");
        let other = || CommandError::usage("contract 12 is not one of those", "choose another");
        let damaged = || CommandError::integrity("a.zst is damaged", "restore it");
        let all = |failures: Vec<_>, all: usize| {
            let others = "failed; the others are archived";
            CommandError::of_contracts(failures, all, others, "run the same command again")
        };
        let both = all(vec![of(1, refused()), of(2, refused())], 2);
        assert_eq!(both.code(), 2);
        assert_eq!(both.to_string(), "all 2 contracts failed: see the messages above");
        let some = all(vec![of(1, refused())], 3);
        assert_eq!(some.code(), 3);
        assert_eq!(some.to_string(), "1 of 3 contracts failed; the others are archived: run the same command again");
        let worst = all(vec![of(1, refused()), of(2, damaged())], 3);
        assert_eq!(worst.code(), 6);
        let expected: Value = serde_json::from_str(
            r#"{"code":6,"message":"2 of 3 contracts failed; the others are archived","hint":"see the messages above","contracts":[{"contract":"1","code":2,"message":"contract 1 is not one of those","hint":"choose another"},{"contract":"2","code":6,"message":"a.zst is damaged","hint":"restore it"}]}"#,
        )
        .unwrap();
        assert_eq!(Value::from(worst.to_json()), expected);
        let contract = ContractNumber::from(1);
        for (failure, expected) in [
            (refused(), "contract 1 is not one of those: choose another"),
            (other(), "contract 1: contract 12 is not one of those: choose another"),
            (damaged(), "contract 1: a.zst is damaged: restore it"),
        ] {
            assert_eq!(failure.describe_for(&contract), expected);
        }
    }
}
