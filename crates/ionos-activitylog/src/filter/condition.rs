//! Parses the value of a filter key into a condition, and tests whether an event meets a condition.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::key::{FilterKey, invalid_filter};
use super::pattern::{Fold, Pattern};
use super::text_pattern::{MAX_EXPRESSION_CHARS, TextPattern};
use crate::error::Error;
use crate::event::{Details, Outcome};
use crate::json;
use crate::redact::redact_value;
use crate::suggest::did_you_mean;

/// The parsed value of a key.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Word(Pattern),
    Network(IpNet),
    Outcome(Outcome),
    Mutations(bool),
    Text(TextPattern),
}

impl Condition {
    pub(super) fn new(key: FilterKey, value: &str) -> Result<Self, Error> {
        let fold = match key {
            FilterKey::Ip => return parse_network(value).map(Self::Network),
            FilterKey::Outcome => return parse_outcome(value).map(Self::Outcome),
            FilterKey::Mutations => return parse_mutations(value).map(Self::Mutations),
            FilterKey::Text => return parse_regex(value).map(Self::Text),
            FilterKey::User | FilterKey::ResourceId | FilterKey::Method => Fold::Case,
            _ => Fold::Name,
        };
        let pattern = Pattern::new(fold, value);
        pattern.map(Self::Word).ok_or_else(|| missing_value(key))
    }
}

/// The canonical text of the value, which parses to an equal condition.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(pattern) => pattern.fmt(f),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => network.addr().fmt(f),
            Self::Network(network) => network.fmt(f),
            Self::Outcome(outcome) => outcome.fmt(f),
            Self::Mutations(mutations) => mutations.fmt(f),
            Self::Text(expression) => expression.fmt(f),
        }
    }
}

/// Whether the event matches one of the conditions on the key.
pub(super) fn any_matches(conditions: &[Condition], key: FilterKey, record: &str, details: &Details<'_>) -> bool {
    let any = |test: &dyn Fn(&Condition) -> bool| conditions.iter().any(test);
    match key {
        FilterKey::Ip => details.principal().ip().is_some_and(|ip| {
            let ip = ip.to_canonical();
            any(&|one| matches!(one, Condition::Network(network) if network.contains(&ip)))
        }),
        FilterKey::Outcome => {
            let outcome = details.outcome();
            any(&|one| matches!(one, Condition::Outcome(required) if *required == outcome))
        }
        FilterKey::Mutations => {
            let mutation = details.op_class().is_mutation();
            any(&|one| matches!(one, Condition::Mutations(required) if *required == mutation))
        }
        FilterKey::Text => {
            let is_found =
                |text: &str| any(&|one| matches!(one, Condition::Text(expression) if expression.is_match(text)));
            let canonical = json::to_canonical(record);
            // People see text without escapes and type it that way, so the decoded text is searched too.
            is_found(&canonical)
                || matches!(json::decode_escapes(&canonical), Cow::Owned(decoded) if is_found(&decoded))
        }
        _ => event_words(key, details)
            .iter()
            .any(|word| any(&|one| matches!(one, Condition::Word(pattern) if pattern.matches(word)))),
    }
}

/// The words of an event that a filter with this key compares with the value of the filter. Empty for keys that do not
/// compare words.
#[must_use]
pub fn event_words<'a>(key: FilterKey, details: &Details<'a>) -> Vec<Cow<'a, str>> {
    let one = |word: Option<Cow<'a, str>>| word.into_iter().collect();
    match key {
        FilterKey::EventType => one(details.event_type().map(Cow::from)),
        FilterKey::Status => one(details.status().map(Cow::from)),
        FilterKey::Method => one(details.action().method),
        FilterKey::User => one(details.principal().user),
        FilterKey::Service => {
            let services = [details.principal().service, details.action().service];
            services.into_iter().flatten().map(Cow::from).collect()
        }
        FilterKey::ResourceType => {
            let types = details.resources().into_iter().filter_map(|resource| resource.resource_type);
            types.map(Cow::from).collect()
        }
        FilterKey::ResourceId => {
            let resources = details.resources().into_iter();
            resources.filter_map(|resource| resource.id).collect()
        }
        FilterKey::Action => details.actions(),
        FilterKey::Ip | FilterKey::Outcome | FilterKey::Mutations | FilterKey::Text => Vec::new(),
    }
}

/// Parses a network. A single address counts as a network with one address.
fn parse_network(value: &str) -> Result<IpNet, Error> {
    let value = value.trim();
    let address = value.parse::<IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| value.parse::<IpNet>().map(|network| network.trunc()));
    network.map(unmap_ipv4).map_err(|_| {
        invalid_filter(format!("invalid value {:?} for the filter \"ip\"", redact_value(value)))
            .with_hint("use an address or a network, such as 203.0.113.42 or 203.0.113.0/24")
    })
}

/// Converts a network of IPv4-mapped IPv6 addresses to IPv4.
fn unmap_ipv4(network: IpNet) -> IpNet {
    /// Length of the prefix `::ffff:0:0` in bits.
    const MAPPED: u8 = 96;
    let bits = network.prefix_len().checked_sub(MAPPED);
    let mapped = bits.and_then(|bits| IpNet::new(network.addr().to_canonical(), bits).ok());
    mapped.filter(|mapped| network.addr().is_ipv6() && mapped.addr().is_ipv4()).unwrap_or(network)
}

fn parse_outcome(value: &str) -> Result<Outcome, Error> {
    let is_value = |word: &str| word.eq_ignore_ascii_case(value.trim());
    let known = Outcome::ALL.map(Outcome::as_str);
    let outcome = Outcome::ALL.into_iter().find(|outcome| is_value(outcome.as_str()));
    outcome.ok_or_else(|| {
        let synonym = OUTCOME_SYNONYMS.iter().find(|(word, _)| is_value(word));
        let meant = synonym.map_or(value, |(_, outcome)| outcome.as_str());
        invalid_value(FilterKey::Outcome, value, meant, &known)
    })
}

/// Other words for outcomes. [`did_you_mean`] does not recognise them, because their spelling differs too much from the
/// name of the outcome.
const OUTCOME_SYNONYMS: [(&str, Outcome); 11] = [
    ("failed", Outcome::Failure),
    ("error", Outcome::Failure),
    ("errors", Outcome::Failure),
    ("succeeded", Outcome::Success),
    ("ok", Outcome::Success),
    ("okay", Outcome::Success),
    ("done", Outcome::Success),
    ("queued", Outcome::Pending),
    ("running", Outcome::Pending),
    ("busy", Outcome::Pending),
    ("waiting", Outcome::Pending),
];

fn parse_mutations(value: &str) -> Result<bool, Error> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(invalid_value(FilterKey::Mutations, value, value, &["true", "false"])),
    }
}

fn parse_regex(value: &str) -> Result<TextPattern, Error> {
    if value.is_empty() {
        return Err(missing_value(FilterKey::Text));
    }
    let length = value.chars().count();
    if length > MAX_EXPRESSION_CHARS {
        return Err(invalid_filter(format!("the value of the filter \"text\" has {length} characters"))
            .with_hint(format!("use an expression of at most {MAX_EXPRESSION_CHARS} characters")));
    }
    TextPattern::new(value).map_err(|error| {
        invalid_filter(format!(
            "invalid value {value:?} for the filter \"text\": it is not a regular expression: {error}"
        ))
        .with_hint("escape special characters with \\")
    })
}

fn missing_value(key: FilterKey) -> Error {
    invalid_filter(format!("the filter {:?} has no value", key.as_str())).with_hint(format!("use {key}=VALUE"))
}

/// The error for an invalid value. If `value` is a synonym of a valid word, `meant` is that word; otherwise `meant` is
/// `value`.
fn invalid_value(key: FilterKey, value: &str, meant: &str, known: &[&str]) -> Error {
    let suggestion = did_you_mean(meant, known.iter().copied());
    invalid_filter(format!("invalid value {:?} for the filter {:?}{suggestion}", redact_value(value), key.as_str()))
        .with_hint(format!("the values are {}", known.join(", ")))
}
