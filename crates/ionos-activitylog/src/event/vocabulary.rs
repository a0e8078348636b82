//! The vendor's lists of words are long, open and not published, and a word that is new must not fail or look like
//! another. So a word is its text, and the words that are known are constants to compare with.

use std::borrow::Cow;
use std::fmt;

macro_rules! vocabulary {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $constant:ident = $text:literal;)* }) => {
        $(#[$about])*
        ///
        /// Compared by its exact text; [`Self::matches`] is the comparison for people.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<'a>(Cow<'a, str>);

        impl $name<'static> {
            /// The words that are known here. There are others.
            pub const KNOWN: &'static [Self] = &[$(Self::$constant,)*];
            $($(#[$meaning])* pub const $constant: Self = Self(Cow::Borrowed($text));)*
        }

        impl<'a> $name<'a> {
            /// The word with this text.
            #[must_use]
            pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
                Self(text.into())
            }

            /// The text as the service wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether both are the same word whatever their case, and with or without `-` and `_`: the vendor's own
            /// products do not agree on these.
            #[must_use]
            pub fn matches(&self, other: &str) -> bool {
                fold(&self.0).eq(fold(other))
            }

            /// The same word on its own, independent of the event it was read from.
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

/// A word without what the vendor's products do not agree on.
pub(crate) fn fold(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|char| !matches!(char, '-' | '_')).flat_map(char::to_lowercase)
}

vocabulary! {
    /// What sort of event it is (`/event/type`). The list is open; the constants are what public sources name.
    EventType {
        /// An incoming request.
        REQUEST_ACCEPTED = "RequestAccepted";
        /// A later update of a logged request.
        REQUEST_STATUS_UPDATE = "RequestStatusUpdate";
        /// Provisioning in the background.
        PROVISION = "Provision";
        /// A request that could not be completed.
        ERROR = "Error";
        /// About a user of the DCD.
        DCD_USER_EVENT = "DCDUserEvent";
        /// A token was made.
        GENERATE_TOKEN = "GenerateToken";
    }
}

vocabulary! {
    /// How far the request is (`/event/status`). The list is open; the constants are those of the Cloud API's requests
    /// and those that the [`Outcome`](crate::Outcome) goes by.
    Status {
        /// It waits.
        QUEUED = "QUEUED";
        /// It is being carried out.
        RUNNING = "RUNNING";
        /// What it is about is being worked on.
        BUSY = "BUSY";
        /// It succeeded.
        DONE = "DONE";
        /// It failed.
        FAILED = "FAILED";
        /// It ended in an error.
        ERROR = "ERROR";
    }
}

vocabulary! {
    /// A service of the vendor (`/principal/sourceService`, `/event/param/sourceService`). The list is open; the
    /// constants are what public sources name.
    ServiceName {
        /// The Cloud API, version 6.
        PUBLIC_REST_V6 = "PUBLIC_REST_V6";
        /// The Cloud API.
        PUBLIC_REST = "PUBLIC_REST";
        /// The Data Center Designer.
        DCD = "DCD";
        /// The Reseller API, version 1.
        RESELLER_V1 = "Reseller_V1";
        /// The service that carries requests out.
        PROVISIONING = "Provisioning";
    }
}

vocabulary! {
    /// What sort of resource it is (`/event/resources/N/type`). The list is open, and it is not spelled as the Cloud API
    /// spells it: `firewallrule` here is `firewall-rule` there. The constants are what public sources name.
    ResourceType {
        /// A virtual data center.
        DATACENTER = "datacenter";
        /// A rule of a firewall.
        FIREWALL_RULE = "firewallrule";
        /// A backup unit.
        BACKUP_UNIT = "backupUnit";
        /// A user of the contract.
        USER = "user";
    }
}

vocabulary! {
    /// What was done to a resource (`/event/resources/N/action/N`): domain, object and verb, separated by dots. The
    /// list is open; the constants are what public sources name.
    ActionName {
        /// A user was made.
        SEC_USER_CREATE = "sec.user.create";
        /// A block of IP addresses was reserved.
        IP_IPBLOCK_RESERVE = "ip.ipblock.reserve";
        /// A firewall was switched on.
        VR_FIREWALL_ACTIVATE = "vr.firewall.activate";
        /// A snapshot was made.
        SN_SNAPSHOT_CREATE = "sn.snapshot.create";
    }
}

impl ActionName<'_> {
    /// What comes before the first dot, such as `sec`; none without a dot.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        Some(self.0.split_once('.')?.0)
    }

    /// What is between the first and the last dot, such as `user`; none where there are fewer than two dots.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        Some(self.area()?.split_once('.')?.1)
    }

    /// What comes after the last dot, such as `create`; the whole name without a dot.
    #[must_use]
    pub fn verb(&self) -> &str {
        self.0.rsplit_once('.').map_or(&self.0, |(_, verb)| verb)
    }

    /// What comes before the last dot, domain and object such as `sec.user`; none without a dot.
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
