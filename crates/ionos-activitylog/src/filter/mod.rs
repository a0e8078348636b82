//! Filters events. The service filters only by date. Filters apply after reading and before any limit: "the last ten
//! failures" must not be the failures among the last ten events.
//!
//! `key` defines the filter keys, `condition` tests an event against the values of a key, `parse` reads filters from
//! text, `pattern` compares words, `text_pattern` searches texts, and `counts` counts the events that a filter tested
//! and kept.

mod condition;
mod counts;
mod key;
mod parse;
mod pattern;
mod text_pattern;

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Error;
use crate::event::{Event, Outcome};
use condition::Condition;

pub use condition::event_words;
pub use counts::FilterCounts;
pub use key::FilterKey;
pub use pattern::{Fold, Pattern};

/// A filter for events.
///
/// For each key of the filter, an event must match at least one of the values. It must match none of the negated
/// values. An event without a value for a key matches no value of that key. The empty filter keeps every event.
///
/// ```
/// use ionos_activitylog::{Event, Filter, FilterKey};
///
/// let filter = Filter::parse(["user=*@example.com", "ip=203.0.113.0/24", "type!=Provision"])?
///     .only(FilterKey::Outcome, "failure")?;
/// let event = Event::from_json(
///     r#"{"principal":{"sourceIP":"203.0.113.42","identity":{"username":"Jane@example.com"}},
///         "event":{"type":"Error"}}"#,
/// )?;
/// assert!(filter.matches(&event));
/// assert_eq!(
///     filter.to_string(),
///     "type!=provision user=*@example.com ip=203.0.113.0/24 outcome=failure"
/// );
/// assert_eq!(filter.to_string().parse::<Filter>()?, filter);
/// # Ok::<(), ionos_activitylog::Error>(())
/// ```
///
/// A filter deliberately has no dates and no brackets for grouping: the range selects the dates, and a program can make
/// any other test with [`Event::details`].
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Conditions by key and negation, cheap keys first. Each list is sorted by text, without duplicates.
    conditions: BTreeMap<(FilterKey, bool), Vec<Condition>>,
}

impl Filter {
    /// The filter that keeps every event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses pairs `key=value` and `key!=value`, such as the arguments of a command line. The value is everything
    /// after the first `=`, including spaces and quotes. In keys, case, `-` and `_` are ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a pair without `=`, an unknown key or an
    /// invalid value.
    pub fn parse<S: AsRef<str>>(pairs: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        pairs.into_iter().try_fold(Self::new(), |filter, pair| {
            let (key, negated, value) = parse::parse_pair(pair.as_ref())?;
            filter.with_condition(key, negated, value)
        })
    }

    /// Keeps only events with this value or with a value that was added earlier for the same key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for an invalid value.
    pub fn only(self, key: FilterKey, value: &str) -> Result<Self, Error> {
        self.with_condition(key, false, value)
    }

    /// Excludes events with this value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for an invalid value.
    pub fn without(self, key: FilterKey, value: &str) -> Result<Self, Error> {
        self.with_condition(key, true, value)
    }

    fn with_condition(mut self, key: FilterKey, negated: bool, value: &str) -> Result<Self, Error> {
        let condition = Condition::new(key, value)?;
        let conditions = self.conditions.entry((key, negated)).or_default();
        let text = condition.to_string();
        let compare = |other: &Condition| other.to_string().cmp(&text);
        if let Err(index) = conditions.binary_search_by(compare) {
            conditions.insert(index, condition);
        }
        Ok(self)
    }

    /// Whether the filter keeps every event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether the filter keeps the event. Tests cheap keys first and the text of the record last.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        if self.is_empty() {
            return true;
        }
        let (record, details) = (event.raw(), event.details());
        let mut conditions = self.conditions.iter();
        conditions.all(|((key, negated), alternatives)| {
            condition::any_matches(alternatives, *key, record, &details) != *negated
        })
    }
}

/// The patterns of the values that are not negated, each with its key. An event must match one pattern of each key.
pub fn required_patterns(filter: &Filter) -> impl Iterator<Item = (FilterKey, &Pattern)> {
    let kept = filter.conditions.iter();
    let kept = kept.filter(|((_, negated), _)| !negated);
    kept.flat_map(|((key, _), alternatives)| {
        alternatives.iter().filter_map(|one| match one {
            Condition::Word(pattern) => Some((*key, pattern)),
            _ => None,
        })
    })
}

/// Whether the conditions on the outcome accept `outcome`. Ignores all other conditions.
pub fn accepts_outcome(filter: &Filter, outcome: Outcome) -> bool {
    let mut conditions = filter.conditions.iter().filter(|((key, _), _)| *key == FilterKey::Outcome);
    conditions.all(|((_, negated), alternatives)| {
        let is_value = |one: &Condition| matches!(one, Condition::Outcome(value) if *value == outcome);
        alternatives.iter().any(is_value) != *negated
    })
}

/// Writes the pairs of [`Filter::parse`], separated by spaces. Equal filters have the same text. A value with
/// whitespace, quotes or control characters is written as a JSON string. [`str::parse`] reads the text.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for ((key, negated), alternatives) in &self.conditions {
            let sign = if *negated { "!=" } else { "=" };
            for condition in alternatives {
                write!(f, "{space}{key}{sign}{}", parse::quote_value(&condition.to_string()))?;
                space = " ";
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Filter {
    type Err = Error;

    /// Parses the text that [`fmt::Display`] writes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for an unknown key, an invalid value, or a quoted
    /// value that is not a JSON string.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(parse::split_pairs(text)?)
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Filter {}

#[cfg(test)]
mod tests;
