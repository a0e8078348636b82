//! What events can be asked for.

use std::fmt;

use super::parse::refused;
use crate::Error;
use crate::event::fold;
use crate::nearest::guess;

/// What a filter goes by. The order is that of [`Filter`](super::Filter)'s text, cheap ones first.
///
/// Words are compared whatever their case, and `*` stands for any run of characters, also for none. Of what the vendor
/// has a vocabulary for, `-` and `_` do not count either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FilterKey {
    /// `type`: the type of the event.
    EventType,
    /// `status`: its status.
    Status,
    /// `method`: the HTTP method.
    Method,
    /// `service`: the service the principal used, or the one it took place in.
    Service,
    /// `user`: the login name.
    User,
    /// `ip`: the address of the client, as an address or a network such as `203.0.113.0/24`.
    Ip,
    /// `outcome`: success, failure, pending or unknown, see [`Outcome`](crate::Outcome).
    Outcome,
    /// `mutations`: `true` for what may have changed something, `false` for what only read, see
    /// [`OpClass::is_mutation`](crate::OpClass::is_mutation).
    Mutations,
    /// `resource-type`: the type of one of the resources.
    ResourceType,
    /// `resource-id`: the identifier of one of the resources, not necessarily of the one with the type.
    ResourceId,
    /// `action`: what was done, such as `sec.*` or `DELETE nic`, see [`Details::actions`](crate::Details::actions).
    Action,
    /// `text`: a regular expression (syntax of the crate `regex-lite`), found anywhere in the canonical record: no white
    /// space between tokens, keys in order, strings without needless escapes.
    Text,
}

impl FilterKey {
    /// Every key.
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

    /// The key as it is written, such as `resource-type`.
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

    /// Every key, for messages.
    pub(super) fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl fmt::Display for FilterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for FilterKey {
    type Err = Error;

    /// Reads a key in any case, with `-`, `_` or nothing between words. Fails with
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for anything else, and names the nearest key.
    fn from_str(text: &str) -> Result<Self, Error> {
        let same = |key: &Self| fold(key.as_str()).eq(fold(text.trim()));
        Self::ALL.into_iter().find(same).ok_or_else(|| {
            let guess = guess(text, Self::ALL.map(Self::as_str));
            refused(format!("there is no key {text:?} to filter by{guess}"))
                .with_hint(format!("known are {}", Self::list()))
        })
    }
}
