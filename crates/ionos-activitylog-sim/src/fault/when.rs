//! A fault that strikes every request tests little; one that strikes the third page tests a retry. So each rule of a
//! script says which requests it means, by what they ask for and by their place among all requests.

use serde::{Deserialize, Serialize};

use crate::fault::script::Complaint;
use crate::service::Operation;
use crate::switches::Share;
use crate::tally::Seen;
use crate::world::random::{Key, Random};

/// Which requests a rule means. Everything that is said must hold; nothing said means every request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct When {
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

impl When {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Only requests for this operation.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Only requests for the log of this contract, whether or not it is the account's.
    pub fn contract(mut self, contract: u64) -> Self {
        self.contract = Some(contract);
        self
    }

    /// Only requests with these numbers. The first one is 1. When an operation is named, its requests are counted, and
    /// otherwise all requests.
    pub fn requests(mut self, numbers: impl IntoIterator<Item = u64>) -> Self {
        self.requests = Some(numbers.into_iter().collect());
        self
    }

    /// Only each n-th request, at least 1. Counted as for [`When::requests`].
    pub fn every(mut self, n: u64) -> Self {
        self.every = Some(n);
        self
    }

    /// Only this share of the requests. Which ones, is drawn from the seed for each method, path and query
    /// and how often it came before, so that it does not depend on which of two requests arrives first.
    pub fn rate(mut self, share: Share) -> Self {
        self.rate = Some(share);
        self
    }

    /// At most so often, at least 1, over the life of the simulator.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// How often at most.
    pub(super) fn limit(&self) -> Option<u64> {
        self.times
    }

    /// Whether it means this request, the number of times apart. `rule` is the place of the rule in the script.
    pub(super) fn means(
        &self,
        seed: u64,
        rule: usize,
        seen: &Seen,
        operation: Operation,
        contract: Option<u64>,
    ) -> bool {
        let number = match self.operation {
            Some(_) => seen.of_operation,
            None => seen.number,
        };
        self.operation.is_none_or(|wanted| wanted == operation)
            && self.contract.is_none_or(|wanted| contract == Some(wanted))
            && self.requests.as_ref().is_none_or(|numbers| numbers.contains(&number))
            && self.every.is_none_or(|n| number.is_multiple_of(n))
            && self.rate.is_none_or(|share| share.takes(draw(seed, rule, seen).word()))
    }

    /// What is wrong with it, if anything is.
    pub(super) fn check(&self) -> Result<(), Complaint> {
        let wrong = |member, message: String| Err(Complaint::new(member, message));
        if let Some(numbers) = &self.requests {
            if numbers.is_empty() {
                return wrong(
                    "when.requests",
                    "an empty list means no request: give numbers from 1, or leave it out to mean every request".into(),
                );
            }
            if numbers.contains(&0) {
                return wrong("when.requests", "there is no request 0: the first request has the number 1".into());
            }
        }
        if self.every == Some(0) {
            return wrong("when.every", "0 means no request: give 1 for every request, 2 for every second one".into());
        }
        if self.times == Some(0) {
            return wrong("when.times", "0 means never: give a number from 1, or leave the rule out".into());
        }
        Ok(())
    }
}

/// What a rule draws for a request. Nothing in it depends on the order in which different requests arrive.
pub(super) fn draw(seed: u64, rule: usize, seen: &Seen) -> Random {
    /// Far from the hours and the other parts of a world.
    const FAULTS: u64 = u64::MAX - 0x1_0000;
    let key = Key { seed, contract: seen.fingerprint, part: FAULTS - rule as u64 };
    Random::new(key, seen.again)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(number: u64, of_operation: u64) -> Seen {
        Seen { number, of_operation, again: 0, fingerprint: number }
    }

    #[test]
    fn everything_that_is_said_must_hold() {
        use Operation::{GetByContract, GetInfo};
        let page = |when: &When, number, of_operation| {
            when.means(1, 0, &seen(number, of_operation), GetByContract, Some(12_345_678))
        };
        for (when, holds) in [
            (When::any(), true),
            (When::any().operation(GetByContract), true),
            (When::any().operation(GetInfo), false),
            (When::any().contract(12_345_678), true),
            (When::any().contract(1), false),
            // Without an operation all requests are counted, with one its own.
            (When::any().requests([5, 7]), true),
            (When::any().requests([2]), false),
            (When::any().requests([2]).operation(GetByContract), true),
            (When::any().requests([7]).operation(GetByContract), false),
            (When::any().every(7), true),
            (When::any().every(2), false),
            (When::any().every(2).operation(GetByContract), true),
            (When::any().rate(Share::ALL), true),
            (When::any().rate(Share::NONE), false),
            (When::any().rate(Share::ALL).every(2), false),
        ] {
            assert_eq!(page(&when, 7, 2), holds, "{when:?}");
        }
    }

    #[test]
    fn a_rate_depends_on_the_seed_the_rule_and_the_request_and_not_on_its_number() {
        let when = When::any().rate(Share::new(0.3).unwrap());
        let strikes = |seed, rule, number| -> Vec<bool> {
            (0..2000)
                .map(|fingerprint| {
                    let seen = Seen { number, of_operation: number, again: fingerprint % 3, fingerprint };
                    when.means(seed, rule, &seen, Operation::Other, None)
                })
                .collect()
        };
        let first = strikes(1, 0, 1);
        let count = first.iter().filter(|struck| **struck).count();
        assert!((500..700).contains(&count), "{count}");
        assert_eq!(first, strikes(1, 0, 99));
        assert_ne!(first, strikes(2, 0, 1));
        assert_ne!(first, strikes(1, 1, 1));
    }
}
