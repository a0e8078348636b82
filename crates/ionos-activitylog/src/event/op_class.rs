//! Classifies operations. The log has operations that only read and operations that change something, and most
//! questions are about changes. The vendor's action names are an open list, so there are few classes, and one class for
//! unknown names.

use std::fmt;

use super::action::Action;
use super::resource::Resource;

/// The class of an operation.
///
/// The verb of the first action name of the resources decides. If no resource has an action name, the HTTP method
/// decides. The class is [`OpClass::Other`] if that verb or method is unknown, or if the event has neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OpClass {
    /// Creates a resource: verbs such as `create`, method POST.
    Create,
    /// Reads and changes nothing: verbs such as `get`, methods GET and HEAD.
    Read,
    /// Changes a resource: verbs such as `update`, methods PUT and PATCH, and POST to a URI that ends in such a verb.
    Update,
    /// Deletes a resource: verbs such as `delete`, method DELETE.
    Delete,
    /// The verb or the method that decides is unknown, or the event has neither an action name nor a method.
    Other,
}

const VERBS: [(OpClass, &[&str]); 4] = [
    (OpClass::Create, &["create", "add", "attach", "generate", "import", "clone", "restore"]),
    (OpClass::Delete, &["delete", "remove", "detach", "destroy"]),
    (OpClass::Read, &["get", "list", "read", "download"]),
    (
        OpClass::Update,
        &[
            "update",
            "change",
            "set",
            "activate",
            "deactivate",
            "enable",
            "disable",
            "start",
            "stop",
            "reboot",
            "resize",
            "move",
            "upgrade",
        ],
    ),
];

impl OpClass {
    pub(super) fn classify<'a>(resources: &[Resource<'_>], action: impl FnOnce() -> Action<'a>) -> Self {
        if let Some(name) = resources.iter().find_map(|resource| resource.actions.first()) {
            return Self::from_verb(name.verb());
        }
        let action = action();
        let method = action.method.unwrap_or_default().to_ascii_uppercase();
        match method.as_str() {
            "POST" if ends_in_update(&action.uri.unwrap_or_default()) => Self::Update,
            "POST" => Self::Create,
            "GET" | "HEAD" => Self::Read,
            "PUT" | "PATCH" => Self::Update,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    fn from_verb(verb: &str) -> Self {
        let contains = |verbs: &[&str]| verbs.iter().any(|known| known.eq_ignore_ascii_case(verb));
        let class = VERBS.iter().find(|(_, verbs)| contains(verbs));
        class.map_or(Self::Other, |(class, _)| *class)
    }

    /// Whether the operation may have changed something: true for every class but [`OpClass::Read`]. Unknown operations
    /// count as changes, so that no change is missed.
    #[must_use]
    pub fn is_mutation(self) -> bool {
        self != Self::Read
    }

    /// The class in one lower-case word, such as `create`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Other => "other",
        }
    }
}

/// Whether the path ends in a verb of an update: a POST to `…/servers/17/reboot` creates nothing.
fn ends_in_update(uri: &str) -> bool {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next();
    last.is_some_and(|last| OpClass::from_verb(last) == OpClass::Update)
}

impl fmt::Display for OpClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    #[test]
    fn the_method_decides_only_if_no_resource_has_an_action_name() {
        use OpClass::{Create, Delete, Other, Read, Update};
        let cases = [
            ("sec.user.create", "GET", "/", Create),
            ("sec.user.DELETE", "GET", "/", Delete),
            ("vr.firewall.activate", "POST", "/", Update),
            ("sn.snapshot.list", "POST", "/", Read),
            ("ip.ipblock.reserve", "POST", "/", Other),
            ("", "POST", "/cloudapi/v6/um/users", Create),
            ("", "POST", "/servers/1/reboot/?depth=1", Update),
            ("", "get", "/", Read),
            ("", "HEAD", "/", Read),
            ("", "PUT", "/", Update),
            ("", "PATCH", "/", Update),
            ("", "DELETE", "/", Delete),
            ("", "http", "/", Other),
            ("", "", "", Other),
        ];
        for (name, method, uri, expected) in cases {
            let names = if name.is_empty() { "[]".to_owned() } else { format!("[{name:?}]") };
            let event = Event::from_json(format!(
                r#"{{"event":{{"param":{{"action":{method:?},"uri":{uri:?}}},"resources":[{{"action":[]}},{{"action":{names}}}]}}}}"#
            ));
            let class = event.unwrap().details().op_class();
            assert_eq!(class, expected, "name {name}, method {method}, URI {uri}");
            assert_eq!(class.is_mutation(), expected != Read);
        }
    }
}
