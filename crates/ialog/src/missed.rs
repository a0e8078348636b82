//! A filter that matches nothing may be right, or mistyped. The words of the log are not a closed list, so what was
//! probably meant is looked for among those that were there.

use std::collections::{BTreeMap, BTreeSet};

use ionos_activitylog::seam::guess;
use ionos_activitylog::{
    ActionName, Event, EventType, Filter, FilterKey, ResourceType, ServiceName, Status,
};

/// More words than these are no list to choose from.
const MOST_WORDS: usize = 1000;

/// The words that were there, as long as nothing was found.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    /// By key: what was asked for, and what was there.
    keys: BTreeMap<FilterKey, (Vec<String>, BTreeSet<String>)>,
}

impl Missed {
    /// Nothing was found yet.
    pub(crate) fn new(filter: &Filter) -> Self {
        let mut keys: BTreeMap<FilterKey, (Vec<String>, BTreeSet<String>)> = BTreeMap::new();
        for pair in filter.to_string().split(' ') {
            // Names have no spaces, and what has one is no name that anybody mistypes.
            let Some((key, value)) = pair.split_once('=') else {
                continue;
            };
            if let Ok(key) = key.parse::<FilterKey>()
                && has_words(key)
                && !value.contains(['*', '"'])
            {
                keys.entry(key).or_default().0.push(value.to_owned());
            }
        }
        Self { keys }
    }

    /// Looks at an event, whether it matches or not.
    pub(crate) fn see(&mut self, event: &Event) {
        for (key, (_, there)) in &mut self.keys {
            if there.len() < MOST_WORDS {
                there.extend(words(*key, event));
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
                let missing = asked.iter().filter(|value| {
                    let same = |word: &String| folded(word) == folded(value);
                    !there.iter().any(same)
                });
                missing.filter_map(move |value| {
                    let meant = guess(value, there.iter().map(String::as_str));
                    if there.is_empty() {
                        let known = vocabulary(*key);
                        let meant = guess(value, known.iter().copied());
                        // Of a word that is right there may be events at another time.
                        let right = known.iter().any(|word| folded(word) == folded(value));
                        return (!right && !meant.is_empty())
                            .then(|| format!("no known {key} is {value:?}{meant}"));
                    }
                    Some(format!(
                        "no event has the {key} {value:?}{meant}{}",
                        known(there, &meant)
                    ))
                })
            })
            .collect();
        (!hints.is_empty()).then(|| crate::table::safe(&hints.join("; ")))
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

fn has_words(key: FilterKey) -> bool {
    matches!(
        key,
        FilterKey::EventType
            | FilterKey::Status
            | FilterKey::Method
            | FilterKey::Service
            | FilterKey::User
            | FilterKey::ResourceType
            | FilterKey::Action
    )
}

/// What the vendor is known to write there.
fn vocabulary(key: FilterKey) -> Vec<&'static str> {
    match key {
        FilterKey::EventType => EventType::KNOWN.iter().map(EventType::as_str).collect(),
        FilterKey::Status => Status::KNOWN.iter().map(Status::as_str).collect(),
        FilterKey::Service => ServiceName::KNOWN.iter().map(ServiceName::as_str).collect(),
        FilterKey::ResourceType => ResourceType::KNOWN
            .iter()
            .map(ResourceType::as_str)
            .collect(),
        FilterKey::Action => ActionName::KNOWN.iter().map(ActionName::as_str).collect(),
        _ => Vec::new(),
    }
}

/// As filters compare them.
fn folded(word: &str) -> String {
    let word = word.chars().filter(|char| !matches!(char, '-' | '_'));
    word.flat_map(char::to_lowercase).collect()
}

fn words(key: FilterKey, event: &Event) -> Vec<String> {
    let details = event.details();
    let resources = || details.resources().into_iter();
    match key {
        FilterKey::EventType => details
            .event_type()
            .iter()
            .map(ToString::to_string)
            .collect(),
        FilterKey::Status => details.status().iter().map(ToString::to_string).collect(),
        FilterKey::Method => details
            .action()
            .method
            .into_iter()
            .map(String::from)
            .collect(),
        FilterKey::User => details
            .principal()
            .user
            .into_iter()
            .map(String::from)
            .collect(),
        FilterKey::Service => {
            let services = [details.principal().service, details.action().service];
            services.iter().flatten().map(ToString::to_string).collect()
        }
        FilterKey::ResourceType => resources()
            .filter_map(|one| one.resource_type)
            .map(|one| one.to_string())
            .collect(),
        FilterKey::Action => details.actions().into_iter().map(String::from).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_among_what_there_is() {
        let event = Event::from_json(r#"{"event":{"type":"RequestAccepted","status":"DONE"}}"#);
        let hint = |filter: &str| {
            let mut missed = Missed::new(&filter.parse().unwrap());
            missed.see(event.as_ref().unwrap());
            missed.hint()
        };
        assert_eq!(
            hint("type=RequestAcepted").unwrap(),
            "no event has the type \"requestacepted\" (did you mean \"RequestAccepted\"?)"
        );
        assert_eq!(
            hint("status=nothing").unwrap(),
            "no event has the status \"nothing\", there are DONE"
        );
        assert_eq!(hint("type=request-accepted user=jane type=x*"), None);
        let unseen = |filter: &str| Missed::new(&filter.parse().unwrap()).hint();
        assert_eq!(
            unseen("type=RequestAcepted").unwrap(),
            "no known type is \"requestacepted\" (did you mean \"RequestAccepted\"?)"
        );
        assert_eq!(unseen("type=RequestAccepted"), None);
        assert_eq!(unseen("user=jane"), None);
    }
}
