//! The service filters by date alone, so everything else is filtered here: after reading and before any limit, or "the
//! last ten failures" would be the failures among the last ten events.
//!
//! `key` holds what can be asked for, `condition` one alternative and how it is tested, `parse` reads both from text,
//! `pattern` compares words, `sieve` tests records that are no events yet, and `counts` says how many of how many were
//! kept.

mod condition;
mod counts;
mod key;
mod parse;
mod pattern;

use std::collections::BTreeMap;
use std::fmt;

use crate::{Error, Event};
use condition::Condition;

pub use condition::words;
pub use counts::FilterCounts;
pub use key::FilterKey;
pub use pattern::{Fold, Pattern};

/// Which events to keep.
///
/// Alternatives of one key: one of them must hold. Negated ones: none of them may hold. Different keys: all must hold.
/// A key of which an event says nothing holds for no value. The empty filter keeps every event.
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
/// Deliberately absent: dates, which are the range's, and brackets. Whoever needs more has [`Event::details`].
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// By key and whether negated; cheap keys come first. Each list is in the order of its texts, none twice.
    conditions: BTreeMap<(FilterKey, bool), Vec<Condition>>,
}

impl Filter {
    /// The filter that keeps every event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A filter from pairs `key=value` and `key!=value`, as they come from a command line: everything behind the sign
    /// is the value, spaces and quotes included. Keys may be written in any case and with `_` for `-`.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a pair without a sign, a key that
    /// is not one, or a value that the key cannot have.
    pub fn parse<S: AsRef<str>>(pairs: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        pairs.into_iter().try_fold(Self::new(), |filter, pair| {
            let (key, negated, value) = parse::pair(pair.as_ref())?;
            filter.with(key, negated, value)
        })
    }

    /// Keeps only events with this value, or with one of those that were given for the same key before.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a value that the key cannot have.
    pub fn only(self, key: FilterKey, value: &str) -> Result<Self, Error> {
        self.with(key, false, value)
    }

    /// Leaves out events with this value. Fails as [`Filter::only`].
    pub fn without(self, key: FilterKey, value: &str) -> Result<Self, Error> {
        self.with(key, true, value)
    }

    fn with(mut self, key: FilterKey, negated: bool, value: &str) -> Result<Self, Error> {
        let condition = Condition::new(key, value)?;
        let alternatives = self.conditions.entry((key, negated)).or_default();
        let text = condition.to_string();
        let texts = |other: &Condition| other.to_string().cmp(&text);
        if let Err(place) = alternatives.binary_search_by(texts) {
            alternatives.insert(place, condition);
        }
        Ok(self)
    }

    /// Whether it keeps every event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether to keep the event. Keys that cost little are looked at first; the record's text last, and only where it
    /// is asked for.
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

/// The words that a filter wants of an event, each with its key, and none of those that it leaves out.
pub fn wanted(filter: &Filter) -> impl Iterator<Item = (FilterKey, &Pattern)> {
    let kept = filter.conditions.iter();
    let kept = kept.filter(|((_, negated), _)| !negated);
    kept.flat_map(|((key, _), alternatives)| {
        alternatives.iter().filter_map(|one| match one {
            Condition::Word(pattern) => Some((*key, pattern)),
            _ => None,
        })
    })
}

/// The canonical text: equal filters have the same one, in whatever order they were built. Pairs as
/// [`Filter::parse`] takes them, separated by spaces, a value in the quotes of JSON where it has spaces, quotes or
/// control characters. Reads back by [`str::parse`].
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for ((key, negated), alternatives) in &self.conditions {
            let sign = if *negated { "!=" } else { "=" };
            for condition in alternatives {
                write!(f, "{space}{key}{sign}{}", parse::quoted(&condition.to_string()))?;
                space = " ";
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Filter {
    type Err = Error;

    /// Reads what [`fmt::Display`] writes. Fails as [`Filter::parse`], and for quotes that are not JSON's.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(parse::pairs(text)?)
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
