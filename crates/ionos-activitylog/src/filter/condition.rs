//! One value that a key may have, and how an event is tested for it.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use regex_lite::Regex;

use super::FilterKey;
use super::parse::refused;
use super::pattern::{Fold, Pattern};
use crate::json;
use crate::nearest::guess;
use crate::{Details, Error, Outcome};

/// One value, ready to be compared with.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Word(Pattern),
    Network(IpNet),
    Outcome(Outcome),
    Mutations(bool),
    Text(Regex),
}

impl Condition {
    pub(super) fn new(key: FilterKey, value: &str) -> Result<Self, Error> {
        let fold = match key {
            FilterKey::Ip => return network(value).map(Self::Network),
            FilterKey::Outcome => return outcome(value).map(Self::Outcome),
            FilterKey::Mutations => return mutations(value).map(Self::Mutations),
            FilterKey::Text => return expression(value).map(Self::Text),
            FilterKey::User | FilterKey::ResourceId | FilterKey::Method => Fold::Case,
            _ => Fold::Name,
        };
        let pattern = Pattern::new(fold, value);
        pattern.map(Self::Word).ok_or_else(|| no_value(key))
    }
}

/// The text from which the same condition is made.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(pattern) => pattern.fmt(f),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => network.addr().fmt(f),
            Self::Network(network) => network.fmt(f),
            Self::Outcome(outcome) => outcome.fmt(f),
            Self::Mutations(mutations) => mutations.fmt(f),
            Self::Text(expression) => f.write_str(expression.as_str()),
        }
    }
}

/// Whether one of the alternatives for a key holds.
pub(super) fn any_matches(alternatives: &[Condition], key: FilterKey, record: &str, details: &Details<'_>) -> bool {
    let any = |test: &dyn Fn(&Condition) -> bool| alternatives.iter().any(test);
    match key {
        FilterKey::Ip => details.principal().ip().is_some_and(|ip| {
            let ip = ip.to_canonical();
            any(&|it| matches!(it, Condition::Network(network) if network.contains(&ip)))
        }),
        FilterKey::Outcome => {
            let outcome = details.outcome();
            any(&|it| matches!(it, Condition::Outcome(wanted) if *wanted == outcome))
        }
        FilterKey::Mutations => {
            let mutation = details.op_class().is_mutation();
            any(&|it| matches!(it, Condition::Mutations(wanted) if *wanted == mutation))
        }
        FilterKey::Text => {
            let text = json::to_canonical(record);
            any(&|it| matches!(it, Condition::Text(expression) if expression.is_match(&text)))
        }
        _ => words(key, details)
            .iter()
            .any(|word| any(&|it| matches!(it, Condition::Word(pattern) if pattern.matches(word)))),
    }
}

/// The words that an event has for a key; none for a key that does not go by words.
#[must_use]
pub fn words<'a>(key: FilterKey, details: &Details<'a>) -> Vec<Cow<'a, str>> {
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
            let types = details.resources().into_iter().filter_map(|it| it.resource_type);
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

/// An address is the network of itself.
fn network(value: &str) -> Result<IpNet, Error> {
    let value = value.trim();
    let address = value.parse::<IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| value.parse::<IpNet>().map(|network| network.trunc()));
    network.map(canonical).map_err(|_| {
        refused(format!("the filter \"ip\" is for an address or a network, and {value:?} is neither"))
            .with_hint("write one such as 203.0.113.42 or 203.0.113.0/24")
    })
}

/// What is IPv4 in the form of IPv6 is IPv4.
fn canonical(network: IpNet) -> IpNet {
    /// The bits of `::ffff:0:0`.
    const MAPPED: u8 = 96;
    let bits = network.prefix_len().checked_sub(MAPPED);
    let mapped = bits.and_then(|bits| IpNet::new(network.addr().to_canonical(), bits).ok());
    mapped.filter(|mapped| network.addr().is_ipv6() && mapped.addr().is_ipv4()).unwrap_or(network)
}

fn outcome(value: &str) -> Result<Outcome, Error> {
    let same = |word: &str| word.eq_ignore_ascii_case(value.trim());
    let known = Outcome::ALL.map(Outcome::as_str);
    let outcome = Outcome::ALL.into_iter().find(|it| same(it.as_str()));
    outcome.ok_or_else(|| {
        let said = SAID.iter().find(|(said, _)| same(said));
        let meant = said.map_or(value, |(_, meant)| meant.as_str());
        no_such_value(FilterKey::Outcome, value, meant, &known)
    })
}

/// What people say for an outcome that has few of its letters.
const SAID: [(&str, Outcome); 11] = [
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

fn mutations(value: &str) -> Result<bool, Error> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(no_such_value(FilterKey::Mutations, value, value, &["true", "false"])),
    }
}

fn expression(value: &str) -> Result<Regex, Error> {
    if value.is_empty() {
        return Err(no_value(FilterKey::Text));
    }
    Regex::new(value).map_err(|error| {
        refused(format!("the filter \"text\" is a regular expression, and {value:?} cannot be read as one: {error}"))
            .with_hint("write \\ before a sign that stands for itself")
    })
}

fn no_value(key: FilterKey) -> Error {
    refused(format!("the filter {:?} has no value to compare with", key.as_str()))
        .with_hint(format!("write {key}=value"))
}

/// `meant` is the value, or what it is another word for.
fn no_such_value(key: FilterKey, value: &str, meant: &str, known: &[&str]) -> Error {
    let guess = guess(meant, known.iter().copied());
    refused(format!("the filter {:?} cannot be {value:?}{guess}", key.as_str()))
        .with_hint(format!("known are {}", known.join(", ")))
}
