//! A fault that a program hits by chance cannot be debugged; one that is written down can. A script is a list of
//! rules, made in Rust or read from a JSON file, and each request gets the fault of the first rule that means it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_path_to_error::Segment;

use crate::fault::when::draw;
use crate::fault::{Fault, When};
use crate::ledger::SeenFault;
use crate::service::Operation;
use crate::tally::Seen;
use crate::world::random::Random;

/// A script of faults, always valid. Without rules nothing ever fails.
///
/// The JSON form is in the documentation of [this module](crate::fault).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Faults {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(default)]
    when: When,
    fault: Fault,
}

/// A script as it was written, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    rules: Vec<Rule>,
}

impl Faults {
    /// Without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more rule, after the others. Of the rules that mean a request, the first one whose
    /// [`times`](When::times) are not used up decides.
    ///
    /// # Errors
    ///
    /// When a value of the rule has no meaning, such as a rate of 2.
    pub fn on(mut self, when: When, fault: impl Into<Fault>) -> Result<Self, FaultScriptError> {
        let rule = Rule { when, fault: fault.into() };
        rule.check().map_err(|complaint| complaint.about(self.rules.len()))?;
        self.rules.push(rule);
        Ok(self)
    }

    /// Reads a script. Members that are not known are refused, because a fault that never happens proves nothing.
    ///
    /// # Errors
    ///
    /// When it is no JSON, when it is not a script, and when a value has no meaning.
    pub fn from_json(json: &str) -> Result<Self, FaultScriptError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let script: Script = serde_path_to_error::deserialize(&mut deserializer).map_err(FaultScriptError::read)?;
        deserializer.end().map_err(|error| FaultScriptError {
            rule: None,
            member: String::new(),
            message: format!("{error}: end the script with its last bracket"),
        })?;
        let mut faults = Self::new();
        for Rule { when, fault } in script.rules {
            faults = faults.on(when, fault)?;
        }
        Ok(faults)
    }

    /// The script as JSON, in several lines. [`Faults::from_json`] makes the same script of it.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Fails for keys that are not text only, and there are none.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl Rule {
    fn check(&self) -> Result<(), Complaint> {
        self.when.check()?;
        self.fault.check()
    }
}

/// What is wrong with a rule, before it is known which one it is.
#[derive(Debug)]
pub(super) struct Complaint {
    member: String,
    message: String,
}

impl Complaint {
    pub(super) fn new(member: &str, message: String) -> Self {
        Self { member: member.into(), message }
    }

    fn about(self, rule: usize) -> FaultScriptError {
        FaultScriptError { rule: Some(rule + 1), member: self.member, message: self.message }
    }
}

/// Why a script of faults was refused: one sentence that says where, what was understood, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultScriptError {
    rule: Option<usize>,
    /// The names on the way to it, from the rule if there is one; empty when it is about all of it.
    member: String,
    message: String,
}

impl FaultScriptError {
    /// The rule that it is about, the first one being 1. `None` when it is about the script as a whole.
    #[must_use]
    pub fn rule(&self) -> Option<usize> {
        self.rule
    }

    /// The member that it is about, such as `when.rate`; empty when it is about the whole rule or script.
    #[must_use]
    pub fn member(&self) -> &str {
        &self.member
    }

    /// From where the reading of a script stopped.
    fn read(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let mut rule = None;
        let mut member = Vec::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } if rule.is_none() => {
                    rule = Some(index + 1);
                    // Until here it was the list of rules.
                    member.clear();
                }
                Segment::Seq { index } => member.push(index.to_string()),
                Segment::Map { key } => member.push(key.clone()),
                Segment::Enum { variant } => member.push(variant.clone()),
                Segment::Unknown => {}
            }
        }
        let todo = match error.inner().classify() {
            serde_json::error::Category::Data => "correct it there",
            _ => "the script must be JSON, so correct it there",
        };
        Self { rule, member: member.join("."), message: format!("{}: {todo}", error.inner()) }
    }
}

impl fmt::Display for FaultScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "rule {rule} of the script of faults")?,
            None => f.write_str("the script of faults")?,
        }
        if !self.member.is_empty() {
            write!(f, ", member \"{}\"", self.member)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for FaultScriptError {}

/// A script at work: it knows the seed, and how often each of its rules struck.
#[derive(Debug)]
pub(crate) struct Armed {
    script: Faults,
    seed: u64,
    /// One for each rule.
    struck: Vec<AtomicU64>,
}

/// The fault that a request gets.
pub(crate) struct Strike<'a> {
    pub(crate) fault: &'a Fault,
    /// From 0.
    rule: usize,
    /// What the fault may draw from.
    pub(crate) random: Random,
}

impl Strike<'_> {
    /// For the ledger, which would otherwise hold what is answered once more for each request.
    pub(crate) fn seen(&self) -> SeenFault {
        SeenFault { rule: self.rule + 1, name: self.fault.name() }
    }
}

impl Armed {
    pub(crate) fn new(script: Faults, seed: u64) -> Self {
        let struck = script.rules.iter().map(|_| AtomicU64::new(0)).collect();
        Self { script, seed, struck }
    }

    /// The fault for this request, if it gets one. `contract` is the one whose log is asked for.
    pub(crate) fn strike(&self, seen: &Seen, operation: Operation, contract: Option<u64>) -> Option<Strike<'_>> {
        let mut rules = self.script.rules.iter().zip(&self.struck).enumerate();
        rules.find_map(|(index, (rule, struck))| {
            let means = rule.when.means(self.seed, index, seen, operation, contract);
            (means && once_more(struck, rule.when.limit())).then(|| {
                let mut random = draw(self.seed, index, seen);
                // The first word has decided about the rate.
                random.below(1);
                Strike { fault: &rule.fault, rule: index, random }
            })
        })
    }
}

/// Counts one more, unless there were as many as the limit says.
fn once_more(struck: &AtomicU64, limit: Option<u64>) -> bool {
    struck
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            limit.is_none_or(|limit| count < limit).then(|| count.saturating_add(1))
        })
        .is_ok()
}

#[cfg(test)]
mod tests;
