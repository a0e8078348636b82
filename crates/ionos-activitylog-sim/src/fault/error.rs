//! The error of a fault script. It names the place of the error, the rejected value and the correction.

use std::fmt;

use serde_path_to_error::Segment;

/// Why a fault script was rejected. Displays as one sentence that names the rule and the member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    rule: Option<usize>,
    /// The path of the member, relative to the rule if there is one. Empty if the error is about the whole rule or
    /// script.
    member: String,
    message: String,
}

impl ScriptError {
    /// An error about a member of a rule. [`Self::with_rule`] sets the rule later.
    pub(super) fn new(member: &str, message: String) -> Self {
        Self { rule: None, member: member.into(), message }
    }

    /// Sets the rule by its index, from 0.
    pub(super) fn with_rule(self, index: usize) -> Self {
        Self { rule: Some(index + 1), ..self }
    }

    /// Derives rule and member from the place where deserialization stopped.
    pub(super) fn from_json_error(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let mut rule = None;
        let mut member = Vec::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } if rule.is_none() => {
                    rule = Some(index + 1);
                    // The path before the first index is the list of rules.
                    member.clear();
                }
                Segment::Seq { index } => member.push(index.to_string()),
                Segment::Map { key } => member.push(key.clone()),
                Segment::Enum { variant } => member.push(variant.clone()),
                Segment::Unknown => {}
            }
        }
        let advice = match error.inner().classify() {
            serde_json::error::Category::Data => "correct the script at this place",
            _ => "the script must be JSON: correct it at this place",
        };
        Self { rule, member: member.join("."), message: format!("{}: {advice}", error.inner()) }
    }

    /// The number of the rule, from 1. `None` if the error is about the whole script.
    #[must_use]
    pub fn rule(&self) -> Option<usize> {
        self.rule
    }

    /// The path of the member, such as `when.rate`. Empty if the error is about the whole rule or script.
    #[must_use]
    pub fn member(&self) -> &str {
        &self.member
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "rule {rule} of the fault script")?,
            None => f.write_str("the fault script")?,
        }
        if !self.member.is_empty() {
            write!(f, ", member \"{}\"", self.member)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ScriptError {}
