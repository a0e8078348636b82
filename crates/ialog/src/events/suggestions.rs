//! Suggests similar values for a filter that matches no event. The log has no closed list of values. So the candidates
//! are the values of the events that were read. If these events have no value for a filter key, the candidates are the
//! values that the vendor is known to use. In this module, a value of a filter key is also called a word.

use std::collections::{BTreeMap, BTreeSet};

use ionos_activitylog::internal::{Pattern, did_you_mean, event_words, required_patterns};
use ionos_activitylog::{ActionName, Event, EventType, Filter, FilterKey, ResourceType, ServiceName, Status};

/// Number of words per filter key at which the recording stops: the words of further events are not recorded for this
/// key.
const MAX_WORDS: usize = 1000;

/// Maximum number of recorded words to list. The recorded words are listed if none of them is similar to the word in
/// the filter. If there are more recorded words than this, the list is omitted.
const MAX_LISTED: usize = 12;

/// The words that a filter requires, and the words of the events read so far. Empty once an event has matched.
#[derive(Debug, Default)]
pub(crate) struct Suggestions {
    keys: BTreeMap<FilterKey, KeyWords>,
}

#[derive(Debug, Default)]
struct KeyWords {
    required: Vec<Pattern>,
    present: BTreeSet<String>,
}

impl Suggestions {
    pub(crate) fn new(filter: &Filter) -> Self {
        let mut keys: BTreeMap<FilterKey, KeyWords> = BTreeMap::new();
        for (key, word) in required_patterns(filter) {
            // Excludes ids, because a similar id belongs to another resource. Also excludes patterns with a wildcard,
            // because such a pattern stands for many words.
            if key != FilterKey::ResourceId && !word.has_wildcard() {
                keys.entry(key).or_default().required.push(word.clone());
            }
        }
        Self { keys }
    }

    /// Records the words of an event. The first event that matches ends the recording, because the filter then needs no
    /// suggestion.
    pub(crate) fn observe(&mut self, event: &Event, matches: bool) {
        if self.keys.is_empty() {
            return;
        }
        if matches {
            self.keys.clear();
            return;
        }
        let details = event.details();
        for (key, KeyWords { present, .. }) in &mut self.keys {
            if present.len() < MAX_WORDS {
                present.extend(event_words(*key, &details).into_iter().map(String::from));
            }
        }
    }

    /// A sentence for each required value that no event has, with similar values if there are any. If the events have
    /// no value at all for a key, the required value is compared with the values that the vendor is known to use. The
    /// required value then gets a sentence only if it is similar to a known value and is not a known value itself.
    /// `None` if there is no sentence, or if an event matched.
    pub(crate) fn hint(&self) -> Option<String> {
        let hints = self.keys.iter().flat_map(|(key, words)| words.hints(*key));
        let hints: Vec<String> = hints.collect();
        (!hints.is_empty()).then(|| hints.join("; "))
    }
}

impl KeyWords {
    fn hints(&self, key: FilterKey) -> impl Iterator<Item = String> {
        let missing = self.required.iter().filter(|pattern| !self.present.iter().any(|word| pattern.matches(word)));
        missing.filter_map(move |pattern| {
            let value = pattern.to_string();
            if self.present.is_empty() {
                let vocabulary = vocabulary(key);
                let guess = did_you_mean(&value, vocabulary.iter().copied());
                // A known word is spelled correctly, so a suggestion would be wrong; events with this word may be in
                // another time range.
                let is_known = vocabulary.iter().any(|word| pattern.matches(word));
                return (!is_known && !guess.is_empty()).then(|| format!("unknown {key} {value:?}{guess}"));
            }
            let guess = did_you_mean(&value, self.present.iter().map(String::as_str));
            let listed = if guess.is_empty() { self.list_present() } else { String::new() };
            Some(format!("no event has the {key} {value:?}{guess}{listed}"))
        })
    }

    /// A list of the words that are present; empty for more than [`MAX_LISTED`] words.
    fn list_present(&self) -> String {
        if self.present.len() > MAX_LISTED {
            return String::new();
        }
        let present: Vec<&str> = self.present.iter().map(String::as_str).collect();
        format!("; the events have: {}", present.join(", "))
    }
}

/// The words that the vendor is known to use for a key.
fn vocabulary(key: FilterKey) -> Vec<&'static str> {
    match key {
        FilterKey::EventType => EventType::KNOWN.iter().map(EventType::as_str).collect(),
        FilterKey::Status => Status::KNOWN.iter().map(Status::as_str).collect(),
        FilterKey::Service => ServiceName::KNOWN.iter().map(ServiceName::as_str).collect(),
        FilterKey::ResourceType => ResourceType::KNOWN.iter().map(ResourceType::as_str).collect(),
        FilterKey::Action => ActionName::KNOWN.iter().map(ActionName::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The comparison of user names ignores case; the comparison of the vendor's words also ignores separators.
    #[test]
    fn a_word_is_present_if_the_filter_matches_it() {
        let event = Event::from_json(
            r#"{"event":{"type":"RequestAccepted"},"principal":{"identity":{"username":"jane-doe"}}}"#,
        );
        let event = event.unwrap();
        let hint = |filter: &str| {
            let filter: Filter = filter.parse().unwrap();
            assert!(!filter.matches(&event));
            let mut suggestions = Suggestions::new(&filter);
            suggestions.observe(&event, false);
            suggestions.hint()
        };
        assert_eq!(hint("user=jane_doe").unwrap(), "no event has the user \"jane_doe\" (did you mean \"jane-doe\"?)");
        assert_eq!(hint("user=JANE-DOE type=request_accepted ip=::1"), None);
        assert_eq!(hint("text=\"a user=jane b\""), None);
        assert_eq!(hint("user!=jane-doe resource-id=jane"), None);
    }

    #[test]
    fn a_suggestion_is_a_word_that_is_present_or_known() {
        let event = Event::from_json(r#"{"event":{"type":"RequestAccepted","status":"DONE"}}"#);
        let hint = |filter: &str| {
            let mut suggestions = Suggestions::new(&filter.parse().unwrap());
            suggestions.observe(event.as_ref().unwrap(), false);
            suggestions.hint()
        };
        assert_eq!(
            hint("type=RequestAcepted").unwrap(),
            "no event has the type \"requestacepted\" (did you mean \"RequestAccepted\"?)"
        );
        assert_eq!(hint("status=nothing").unwrap(), "no event has the status \"nothing\"; the events have: DONE");
        assert_eq!(hint("type=request-accepted user=jane type=x*"), None);
        let unseen = |filter: &str| Suggestions::new(&filter.parse().unwrap()).hint();
        assert_eq!(
            unseen("type=RequestAcepted").unwrap(),
            "unknown type \"requestacepted\" (did you mean \"RequestAccepted\"?)"
        );
        assert_eq!(unseen("type=RequestAccepted"), None);
        assert_eq!(unseen("user=jane"), None);
    }
}
