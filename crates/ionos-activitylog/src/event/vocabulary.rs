//! The words of the vendor: types of events, statuses, services, types of resources and names of actions. The lists are
//! open and not published. A new word must neither cause an error nor be taken for another word. So each word is a
//! newtype over its text, with constants for the known words.

use std::borrow::Cow;
use std::fmt;

macro_rules! vocabulary {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $constant:ident = $text:literal;)* }) => {
        $(#[$about])*
        ///
        /// Equality compares the exact text; [`Self::matches`] ignores differences in spelling.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<'a>(Cow<'a, str>);

        impl $name<'static> {
            /// The words that this library knows. The service also uses other words.
            pub const KNOWN: &'static [Self] = &[$(Self::$constant,)*];
            $($(#[$meaning])* pub const $constant: Self = Self(Cow::Borrowed($text));)*
        }

        impl<'a> $name<'a> {
            /// A word with this text.
            #[must_use]
            pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
                Self(text.into())
            }

            /// The text as the service wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether the words are equal apart from case, `-` and `_`, which the vendor's products use
            /// inconsistently.
            #[must_use]
            pub fn matches(&self, other: &str) -> bool {
                is_same_word(&self.0, other)
            }

            /// The word as an owned value that does not borrow from its event.
            #[must_use]
            pub fn into_owned(self) -> $name<'static> {
                $name(Cow::Owned(self.0.into_owned()))
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'a> From<$name<'a>> for Cow<'a, str> {
            fn from(word: $name<'a>) -> Self {
                word.0
            }
        }

        impl PartialEq<str> for $name<'_> {
            fn eq(&self, other: &str) -> bool {
                self.0 == *other
            }
        }
    };
}

/// Whether two words are equal apart from case, `-` and `_`.
pub(crate) fn is_same_word(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        // Faster than the comparison of characters, and used for each event of a query.
        return fold_ascii(one).eq(fold_ascii(other));
    }
    fold(one).eq(fold(other))
}

/// Does the same as [`fold`], for a word of ASCII characters.
fn fold_ascii(word: &str) -> impl Iterator<Item = u8> {
    word.bytes().filter(|byte| !matches!(byte, b'-' | b'_')).map(|byte| byte.to_ascii_lowercase())
}

/// The characters of a word in lower case without `-` and `_`, which the vendor's products use inconsistently.
pub(crate) fn fold(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|char| !matches!(char, '-' | '_')).flat_map(char::to_lowercase)
}

vocabulary! {
    /// The type of an event (`/event/type`). The list is open; the constants come from public sources.
    EventType {
        /// A request was accepted.
        REQUEST_ACCEPTED = "RequestAccepted";
        /// The status of a logged request changed.
        REQUEST_STATUS_UPDATE = "RequestStatusUpdate";
        /// Resources are provisioned in the background.
        PROVISION = "Provision";
        /// A request could not be completed.
        ERROR = "Error";
        /// An event of a user of the Data Center Designer.
        DCD_USER_EVENT = "DCDUserEvent";
        /// A token was generated.
        GENERATE_TOKEN = "GenerateToken";
    }
}

vocabulary! {
    /// The status of a request (`/event/status`). The list is open; the constants are the statuses of requests in the
    /// Cloud API and those that decide the [`Outcome`](crate::Outcome).
    Status {
        /// The request waits.
        QUEUED = "QUEUED";
        /// The request is being carried out.
        RUNNING = "RUNNING";
        /// The resource is being changed.
        BUSY = "BUSY";
        /// The request succeeded.
        DONE = "DONE";
        /// The request failed.
        FAILED = "FAILED";
        /// The request ended with an error.
        ERROR = "ERROR";
    }
}

vocabulary! {
    /// A service of the vendor (`/principal/sourceService`, `/event/param/sourceService`). The list is open; the
    /// constants come from public sources.
    ServiceName {
        /// The Cloud API, version 6.
        PUBLIC_REST_V6 = "PUBLIC_REST_V6";
        /// The Cloud API.
        PUBLIC_REST = "PUBLIC_REST";
        /// The Data Center Designer.
        DCD = "DCD";
        /// The Reseller API, version 1.
        RESELLER_V1 = "Reseller_V1";
        /// The service that carries out requests.
        PROVISIONING = "Provisioning";
    }
}

vocabulary! {
    /// The type of a resource (`/event/resources/N/type`). The list is open; the constants come from public sources.
    /// The spelling differs from the Cloud API: `firewallrule` in the log is `firewall-rule` in the Cloud API.
    ResourceType {
        /// A virtual data center.
        DATACENTER = "datacenter";
        /// A firewall rule.
        FIREWALL_RULE = "firewallrule";
        /// A backup unit.
        BACKUP_UNIT = "backupUnit";
        /// A user of the contract.
        USER = "user";
    }
}

vocabulary! {
    /// The name of an action on a resource (`/event/resources/N/action/N`): domain, object and verb, separated by dots.
    /// The list is open; the constants come from public sources.
    ActionName {
        /// A user was created.
        SEC_USER_CREATE = "sec.user.create";
        /// A block of IP addresses was reserved.
        IP_IPBLOCK_RESERVE = "ip.ipblock.reserve";
        /// A firewall was activated.
        VR_FIREWALL_ACTIVATE = "vr.firewall.activate";
        /// A snapshot was created.
        SN_SNAPSHOT_CREATE = "sn.snapshot.create";
    }
}

impl ActionName<'_> {
    /// The text before the first dot, such as `sec`. `None` without a dot.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        Some(self.0.split_once('.')?.0)
    }

    /// The text between the first and the last dot, such as `user`. `None` with fewer than two dots.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        Some(self.area()?.split_once('.')?.1)
    }

    /// The text after the last dot, such as `create`. If the name has no dot, the whole name.
    #[must_use]
    pub fn verb(&self) -> &str {
        self.0.rsplit_once('.').map_or(&self.0, |(_, verb)| verb)
    }

    /// The text before the last dot, such as `sec.user`. `None` without a dot.
    #[must_use]
    pub fn area(&self) -> Option<&str> {
        Some(self.0.rsplit_once('.')?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_exact_and_matching_is_not() {
        let rule = ResourceType::new("Firewall-Rule".to_owned());
        assert_ne!(rule, ResourceType::FIREWALL_RULE);
        assert!(rule.matches("firewallrule") && rule.matches("FIREWALL_RULE"));
        assert!(!rule.matches("firewall"));
        assert_eq!(rule.clone().into_owned(), rule);
        assert!(Status::new("DONE") == Status::DONE && Status::DONE == *"DONE");
        assert!(EventType::new("Neu").as_str() == "Neu");
    }

    #[test]
    fn an_action_name_has_parts() {
        let cases = [
            ("sec.user.create", Some("sec"), Some("user"), "create"),
            ("a.b.c.d", Some("a"), Some("b.c"), "d"),
            ("user.create", Some("user"), None, "create"),
            ("create", None, None, "create"),
            ("", None, None, ""),
            ("..", Some(""), Some(""), ""),
        ];
        for (name, domain, object, verb) in cases {
            let name = ActionName::new(name);
            assert_eq!((name.domain(), name.object(), name.verb()), (domain, object, verb));
        }
    }
}
