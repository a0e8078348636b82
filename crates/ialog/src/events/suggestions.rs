//! A filter that matches nothing may be right, or mistyped. The words of the log are not a closed list, so what was
//! probably meant is looked for among those that were there.

use std::collections::{BTreeMap, BTreeSet};

use ionos_activitylog::internal::{Pattern, did_you_mean, event_words, required_patterns};
use ionos_activitylog::{ActionName, Event, EventType, Filter, FilterKey, ResourceType, ServiceName, Status};

use crate::output::text::safe;

/// More words than these are no list to choose from.
const MOST_WORDS: usize = 1000;

/// The words that were there, as long as nothing was found.
#[derive(Debug, Default)]
pub(crate) struct Suggestions {
    /// By key: what was asked for, and what was there.
    keys: BTreeMap<FilterKey, (Vec<Pattern>, BTreeSet<String>)>,
}

impl Suggestions {
    /// Nothing was found yet.
    pub(crate) fn new(filter: &Filter) -> Self {
        let mut keys: BTreeMap<FilterKey, (Vec<Pattern>, BTreeSet<String>)> = BTreeMap::new();
        for (key, word) in required_patterns(filter) {
            // Of identifiers nobody knows what is near, and what stands for many words is none.
            if key != FilterKey::ResourceId && !word.has_wildcard() {
                keys.entry(key).or_default().0.push(word.clone());
            }
        }
        Self { keys }
    }

    /// Looks at an event, whether it matches or not.
    pub(crate) fn see(&mut self, event: &Event) {
        if self.keys.is_empty() {
            return;
        }
        let details = event.details();
        for (key, (_, there)) in &mut self.keys {
            if there.len() < MOST_WORDS {
                there.extend(event_words(*key, &details).into_iter().map(String::from));
            }
        }
    }

    /// Something matches, so the words were right.
    pub(crate) fn found(&mut self) {
        self.keys.clear();
    }

    /// What was probably meant.
    pub(crate) fn hint(&self) -> Option<String> {
        let hints: Vec<String> = self
            .keys
            .iter()
            .flat_map(|(key, (asked, there))| {
                let missing = asked.iter().filter(|asked| !there.iter().any(|word| asked.matches(word)));
                missing.filter_map(move |asked| {
                    let value = asked.to_string();
                    let meant = did_you_mean(&value, there.iter().map(String::as_str));
                    if there.is_empty() {
                        let known = vocabulary(*key);
                        let meant = did_you_mean(&value, known.iter().copied());
                        // Of a word that is right there may be events at another time.
                        let right = known.iter().any(|word| asked.matches(word));
                        return (!right && !meant.is_empty()).then(|| format!("no known {key} is {value:?}{meant}"));
                    }
                    Some(format!("no event has the {key} {value:?}{meant}{}", known(there, &meant)))
                })
            })
            .collect();
        (!hints.is_empty()).then(|| safe(&hints.join("; ")))
    }
}

/// Short lists are shown.
fn known(there: &BTreeSet<String>, meant: &str) -> String {
    const FEW: usize = 12;
    if !meant.is_empty() || there.len() > FEW {
        return String::new();
    }
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    format!(", there are {}", there.join(", "))
}

/// What the vendor is known to write there.
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

    /// Users are somebody's choice of letters, and the rest is the vendor's.
    #[test]
    fn a_word_is_there_if_the_filter_takes_it_for_the_same() {
        let event = Event::from_json(
            r#"{"event":{"type":"RequestAccepted"},"principal":{"identity":{"username":"jane-doe"}}}"#,
        );
        let event = event.unwrap();
        let hint = |filter: &str| {
            let filter: Filter = filter.parse().unwrap();
            assert!(!filter.matches(&event));
            let mut missed = Suggestions::new(&filter);
            missed.see(&event);
            missed.hint()
        };
        assert_eq!(hint("user=jane_doe").unwrap(), "no event has the user \"jane_doe\" (did you mean \"jane-doe\"?)");
        assert_eq!(hint("user=JANE-DOE type=request_accepted ip=::1"), None);
        assert_eq!(hint("text=\"a user=jane b\""), None);
        assert_eq!(hint("user!=jane-doe resource-id=jane"), None);
    }

    #[test]
    fn what_was_meant_is_among_what_there_is() {
        let event = Event::from_json(r#"{"event":{"type":"RequestAccepted","status":"DONE"}}"#);
        let hint = |filter: &str| {
            let mut missed = Suggestions::new(&filter.parse().unwrap());
            missed.see(event.as_ref().unwrap());
            missed.hint()
        };
        assert_eq!(
            hint("type=RequestAcepted").unwrap(),
            "no event has the type \"requestacepted\" (did you mean \"RequestAccepted\"?)"
        );
        assert_eq!(hint("status=nothing").unwrap(), "no event has the status \"nothing\", there are DONE");
        assert_eq!(hint("type=request-accepted user=jane type=x*"), None);
        let unseen = |filter: &str| Suggestions::new(&filter.parse().unwrap()).hint();
        assert_eq!(
            unseen("type=RequestAcepted").unwrap(),
            "no known type is \"requestacepted\" (did you mean \"RequestAccepted\"?)"
        );
        assert_eq!(unseen("type=RequestAccepted"), None);
        assert_eq!(unseen("user=jane"), None);
    }
}
