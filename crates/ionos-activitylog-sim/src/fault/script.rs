//! Fault scripts, which make faults reproducible. A script is a list of rules, built in Rust or parsed from JSON. Each
//! request gets the fault of the first rule that matches and is not used up.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::data::random::Random;
use crate::fault::Fault;
use crate::fault::error::ScriptError;
use crate::fault::trigger::{Trigger, random_of_rule};
use crate::operation::Operation;
use crate::request_log::LoggedFault;
use crate::request_log::counter::RequestOrdinal;

/// A fault script. It is always valid. A script without rules causes no faults.
///
/// The documentation of [this module](crate::fault) describes the JSON form.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Faults {
    rules: Vec<FaultRule>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultRule {
    #[serde(default, rename = "when")]
    trigger: Trigger,
    fault: Fault,
}

/// A script as parsed, before its rules are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedScript {
    rules: Vec<FaultRule>,
}

impl Faults {
    /// Creates a script without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule after the others. A request gets the fault of the first rule that matches and whose
    /// [`times`](Trigger::times) are not used up.
    ///
    /// # Errors
    ///
    /// If a value of the rule is out of range, such as a status of 199.
    pub fn add_rule(mut self, trigger: Trigger, fault: impl Into<Fault>) -> Result<Self, ScriptError> {
        let rule = FaultRule { trigger, fault: fault.into() };
        rule.check().map_err(|error| error.with_rule(self.rules.len()))?;
        self.rules.push(rule);
        Ok(self)
    }

    /// Parses a script. Unknown members are errors, because a test with a misspelled member would pass without its
    /// fault.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, is not a script, or has a value that is out of range.
    pub fn from_json(json: &str) -> Result<Self, ScriptError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let script: UncheckedScript =
            serde_path_to_error::deserialize(&mut deserializer).map_err(ScriptError::from_json_error)?;
        deserializer.end().map_err(|error| {
            ScriptError::new("", format!("{error}: remove everything after the bracket that closes the script"))
        })?;
        let mut faults = Self::new();
        for FaultRule { trigger, fault } in script.rules {
            faults = faults.add_rule(trigger, fault)?;
        }
        Ok(faults)
    }

    /// The script as JSON, in several lines. [`Faults::from_json`] parses it back into an equal script.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serializing fails only for keys that are not text, and a script has no such keys.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl FaultRule {
    fn check(&self) -> Result<(), ScriptError> {
        self.trigger.check()?;
        self.fault.check()
    }
}

/// A script in use: counts how often each rule was applied.
#[derive(Debug)]
pub(crate) struct ActiveFaults {
    script: Faults,
    seed: u64,
    /// One counter per rule.
    applied: Vec<AtomicU64>,
}

/// The fault of one request.
pub(crate) struct TriggeredFault<'a> {
    pub(crate) fault: &'a Fault,
    /// The index of the rule, from 0.
    rule: usize,
    /// The generator for random choices of the fault.
    pub(crate) random: Random,
}

impl TriggeredFault<'_> {
    /// The short form for the request log. A fault may contain the body of an answer, and the log should not store a
    /// copy of this body for each request.
    pub(crate) fn to_log(&self) -> LoggedFault {
        LoggedFault { rule: self.rule + 1, name: self.fault.name() }
    }
}

impl ActiveFaults {
    pub(crate) fn new(script: Faults, seed: u64) -> Self {
        let applied = script.rules.iter().map(|_| AtomicU64::new(0)).collect();
        Self { script, seed, applied }
    }

    /// The fault for a request. `None` if no rule matches, or if all matching rules are used up. `contract` is the
    /// contract number in the path.
    pub(crate) fn fault_for(
        &self,
        ordinal: &RequestOrdinal,
        operation: Operation,
        contract: Option<u64>,
    ) -> Option<TriggeredFault<'_>> {
        let mut rules = self.script.rules.iter().zip(&self.applied).enumerate();
        rules.find_map(|(index, (rule, applied))| {
            let matches = rule.trigger.matches(self.seed, index, ordinal, operation, contract);
            (matches && increment_up_to(applied, rule.trigger.max_times())).then(|| {
                let mut random = random_of_rule(self.seed, index, ordinal);
                // Discards the first random word, because the trigger has used this word for `rate`.
                random.below(1);
                TriggeredFault { fault: &rule.fault, rule: index, random }
            })
        })
    }
}

/// Increments a counter unless it has reached the limit. Returns whether it was incremented.
fn increment_up_to(counter: &AtomicU64, limit: Option<u64>) -> bool {
    counter
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            limit.is_none_or(|limit| count < limit).then(|| count.saturating_add(1))
        })
        .is_ok()
}

#[cfg(test)]
mod tests;
