//! The keys of filters.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::event::is_same_word;
use crate::redact::redact_value;
use crate::suggest::did_you_mean;

/// The property of an event that a filter tests. The keys are ordered as in the text of a [`Filter`](super::Filter):
/// keys whose tests are cheap come first.
///
/// Comparisons of words ignore case, and `*` matches any number of characters. Comparisons of words from the vendor's
/// vocabularies (`type`, `status`, `service`, `resource-type` and `action`) also ignore `-` and `_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FilterKey {
    /// `type`: the type of the event, such as `RequestAccepted`.
    EventType,
    /// `status`: the status of the request, such as `DONE`.
    Status,
    /// `method`: the HTTP method.
    Method,
    /// `service`: the service that the principal called, or the one that carried out the request.
    Service,
    /// `user`: the login name of the principal.
    User,
    /// `ip`: the client address. The value is an address or a network such as `203.0.113.0/24`.
    Ip,
    /// `outcome`: `success`, `failure`, `pending` or `unknown`; see [`Outcome`](crate::Outcome).
    Outcome,
    /// `mutations`: `true` for operations that may have changed something, `false` for reads; see
    /// [`OpClass::is_mutation`](crate::OpClass::is_mutation).
    Mutations,
    /// `resource-type`: the type of one of the resources.
    ResourceType,
    /// `resource-id`: the id of one of the resources, which may be another resource than the one that matches
    /// `resource-type`.
    ResourceId,
    /// `action`: the name of an action, such as `sec.*` or `DELETE nic`; see
    /// [`Details::actions`](crate::Details::actions).
    Action,
    /// `text`: a regular expression (syntax of the crate `regex-lite`) that matches anywhere in the canonical record,
    /// which has ordered keys, no whitespace between tokens and no needless escapes; see
    /// [`Event::fingerprint`](crate::Event::fingerprint). The record also matches if the expression matches anywhere in
    /// the canonical record with all JSON escapes decoded. For example, the value `say "hi"` is `say \"hi\"` in the
    /// canonical record: the expression `say "hi"` finds it, and so does `say \\"hi\\"`. The search ignores case unless
    /// the expression begins with `(?-i)`. At most 1000 characters.
    Text,
}

impl FilterKey {
    /// All keys, in order.
    pub const ALL: [Self; 12] = [
        Self::EventType,
        Self::Status,
        Self::Method,
        Self::Service,
        Self::User,
        Self::Ip,
        Self::Outcome,
        Self::Mutations,
        Self::ResourceType,
        Self::ResourceId,
        Self::Action,
        Self::Text,
    ];

    /// The name of the key, such as `resource-type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventType => "type",
            Self::Status => "status",
            Self::Method => "method",
            Self::Service => "service",
            Self::User => "user",
            Self::Ip => "ip",
            Self::Outcome => "outcome",
            Self::Mutations => "mutations",
            Self::ResourceType => "resource-type",
            Self::ResourceId => "resource-id",
            Self::Action => "action",
            Self::Text => "text",
        }
    }

    /// The names of all keys, for messages.
    pub(super) fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

/// The error for a filter or a part of it.
pub(super) fn invalid_filter(detail: String) -> Error {
    Error::new(ErrorKind::Configuration, detail)
}

impl fmt::Display for FilterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for FilterKey {
    type Err = Error;

    /// Parses the name of a key. Case, `-` and `_` are ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for any other text. The message suggests a similar
    /// key, if there is one.
    fn from_str(text: &str) -> Result<Self, Error> {
        let is_name = |key: &Self| is_same_word(key.as_str(), text.trim());
        Self::ALL.into_iter().find(is_name).ok_or_else(|| {
            let suggestion = did_you_mean(text, Self::ALL.map(Self::as_str));
            invalid_filter(format!("unknown filter key {:?}{suggestion}", redact_value(text)))
                .with_hint(format!("the keys are {}", Self::list()))
        })
    }
}
