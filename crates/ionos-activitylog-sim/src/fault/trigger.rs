//! Selects the requests to which a rule of a fault script applies: by operation, by contract, by position among the
//! requests, or at random. Tests need exact positions. For example, a test of a retry needs a fault on the third page
//! only, because the retry would also fail if every request had the fault.

use serde::{Deserialize, Serialize};

use crate::behavior::share::Share;
use crate::data::random::{Random, RandomKey};
use crate::fault::error::ScriptError;
use crate::operation::Operation;
use crate::request_log::counter::RequestOrdinal;

/// Conditions on a request, all of which must hold. Without conditions every request matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Trigger {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contract: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requests: Option<Vec<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<Share>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
}

impl Trigger {
    /// Matches every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Matches only requests for this operation.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Matches only requests for the log of this contract, whether or not the account has it.
    pub fn contract(mut self, contract: u64) -> Self {
        self.contract = Some(contract);
        self
    }

    /// Matches only requests with these numbers, from 1. The numbers count the requests of the operation if an
    /// operation is set, otherwise all requests.
    pub fn requests(mut self, numbers: impl IntoIterator<Item = u64>) -> Self {
        self.requests = Some(numbers.into_iter().collect());
        self
    }

    /// Matches only every n-th request, where n is at least 1. Requests are counted as for [`Trigger::requests`].
    pub fn every(mut self, n: u64) -> Self {
        self.every = Some(n);
        self
    }

    /// Matches only this share of the requests. The choice depends on the seed, on the position of the rule, on method,
    /// path and query, and on the number of earlier requests with the same method, path and query. The choice does not
    /// depend on the order in which different requests arrive.
    pub fn rate(mut self, share: Share) -> Self {
        self.rate = Some(share);
        self
    }

    /// Maximum number of matches over the life of the simulator, at least 1. Default: unlimited.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// The maximum number of matches; `None` if unlimited.
    pub(super) fn max_times(&self) -> Option<u64> {
        self.times
    }

    /// Whether all conditions except `times` hold. `rule` is the index of the rule in the script.
    pub(super) fn matches(
        &self,
        seed: u64,
        rule: usize,
        ordinal: &RequestOrdinal,
        operation: Operation,
        contract: Option<u64>,
    ) -> bool {
        let number = match self.operation {
            Some(_) => ordinal.number_of_operation,
            None => ordinal.number,
        };
        self.operation.is_none_or(|expected| expected == operation)
            && self.contract.is_none_or(|expected| contract == Some(expected))
            && self.requests.as_ref().is_none_or(|numbers| numbers.contains(&number))
            && self.every.is_none_or(|n| number.is_multiple_of(n))
            && self.rate.is_none_or(|share| share.includes(random_of_rule(seed, rule, ordinal).word()))
    }

    pub(super) fn check(&self) -> Result<(), ScriptError> {
        let invalid = |member, message: &str| Err(ScriptError::new(member, message.into()));
        if let Some(numbers) = &self.requests {
            if numbers.is_empty() {
                return invalid(
                    "when.requests",
                    "an empty list matches no request: give numbers from 1, or remove the member to match every request",
                );
            }
            if numbers.contains(&0) {
                return invalid("when.requests", "there is no request 0: the first request has the number 1");
            }
        }
        if self.every == Some(0) {
            return invalid("when.every", "0 matches no request: give 1 for every request, 2 for every second one");
        }
        if self.times == Some(0) {
            return invalid(
                "when.times",
                "a rule with 0 never applies: give a whole number of at least 1, or remove the rule",
            );
        }
        Ok(())
    }
}

/// The random generator with which a rule decides about a request. The random numbers do not depend on the order in
/// which different requests arrive.
pub(super) fn random_of_rule(seed: u64, rule: usize, ordinal: &RequestOrdinal) -> Random {
    /// The `part` of the first rule's key. Each later rule has the next lower number. No slice and no other part of the
    /// simulated data has one of these numbers.
    const FAULTS: u64 = u64::MAX - 0x1_0000;
    let key = RandomKey { seed, contract: ordinal.fingerprint, part: FAULTS - rule as u64 };
    Random::new(key, ordinal.repetition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordinal(number: u64, number_of_operation: u64) -> RequestOrdinal {
        RequestOrdinal { number, number_of_operation, repetition: 0, fingerprint: number }
    }

    #[test]
    fn a_trigger_matches_if_all_its_conditions_hold() {
        use Operation::{GetByContract, GetInfo};
        for (trigger, expected) in [
            (Trigger::any(), true),
            (Trigger::any().operation(GetByContract), true),
            (Trigger::any().operation(GetInfo), false),
            (Trigger::any().contract(12_345_678), true),
            (Trigger::any().contract(1), false),
            // Without an operation, the numbers count all requests; with an operation, only its requests.
            (Trigger::any().requests([5, 7]), true),
            (Trigger::any().requests([2]), false),
            (Trigger::any().requests([2]).operation(GetByContract), true),
            (Trigger::any().requests([7]).operation(GetByContract), false),
            (Trigger::any().every(7), true),
            (Trigger::any().every(2), false),
            (Trigger::any().every(2).operation(GetByContract), true),
            (Trigger::any().rate(Share::ALL), true),
            (Trigger::any().rate(Share::NONE), false),
            (Trigger::any().rate(Share::ALL).every(2), false),
        ] {
            let matches = trigger.matches(1, 0, &ordinal(7, 2), GetByContract, Some(12_345_678));
            assert_eq!(matches, expected, "{trigger:?}");
        }
    }

    #[test]
    fn a_rate_depends_on_the_seed_the_rule_and_the_request_but_not_on_the_number_of_the_request() {
        let trigger = Trigger::any().rate(Share::new(0.3).unwrap());
        let matches = |seed, rule, number| -> Vec<bool> {
            (0..2000)
                .map(|fingerprint| {
                    let repetition = fingerprint % 3;
                    let ordinal = RequestOrdinal { number, number_of_operation: number, repetition, fingerprint };
                    trigger.matches(seed, rule, &ordinal, Operation::Other, None)
                })
                .collect()
        };
        let first = matches(1, 0, 1);
        let count = first.iter().filter(|matched| **matched).count();
        assert!((500..700).contains(&count), "{count}");
        assert_eq!(first, matches(1, 0, 99));
        assert_ne!(first, matches(2, 0, 1));
        assert_ne!(first, matches(1, 1, 1));
    }
}
