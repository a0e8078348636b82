//! What was asked of the service, and what an event is said to have done: one rule for tables, files, filters and counts,
//! so that what is seen in one can be asked of another.

use std::borrow::Cow;

use super::{Resource, ServiceName};

/// The request behind an event (`/event/param`). Each value is as the service wrote it, and none where it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action<'a> {
    /// The HTTP method, or `http` where the service did not say which (`/event/param/action`).
    pub method: Option<Cow<'a, str>>,
    /// The URI of the request, in full or its path alone (`/event/param/uri`).
    pub uri: Option<Cow<'a, str>>,
    /// The component that started it, usually the service of the principal (`/event/param/initiator`).
    pub initiator: Option<Cow<'a, str>>,
    /// The service it took place in (`/event/param/sourceService`).
    pub service: Option<ServiceName<'a>>,
}

/// See [`Details::actions`](super::Details::actions).
pub(super) fn actions<'a>(resources: Vec<Resource<'a>>, request: Action<'a>) -> Vec<Cow<'a, str>> {
    let acted_on = resources.iter().find_map(|one| one.resource_type.clone());
    let mut actions: Vec<Cow<'a, str>> = Vec::new();
    for action in resources.into_iter().flat_map(|one| one.actions) {
        let action = Cow::from(action);
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    let Some(method) = request.method.filter(|_| actions.is_empty()) else {
        return actions;
    };
    let acted_on = acted_on.map(Cow::from).or_else(|| Some(Cow::Owned(last_name(request.uri.as_deref()?)?.to_owned())));
    vec![match acted_on {
        Some(acted_on) => Cow::Owned(format!("{method} {acted_on}")),
        None => method,
    }]
}

/// The last part of a path that is no identifier.
fn last_name(uri: &str) -> Option<&str> {
    let path = uri.split(['?', '#']).next()?;
    let is_name = |part: &&str| !part.is_empty() && !part.contains(|char: char| char.is_ascii_digit());
    path.rsplit('/').find(is_name)
}

#[cfg(test)]
mod tests {
    use crate::Event;

    #[test]
    fn what_was_done_has_a_name_of_its_own_or_one_of_method_and_object() {
        for (event, expected) in [
            (
                r#"{"param":{"action":"POST"},"resources":[{"type":"user","action":["sec.user.create","a"]},{"action":"a"}]}"#,
                &["sec.user.create", "a"][..],
            ),
            (r#"{"param":{"action":"DELETE","uri":"/nics/7"},"resources":[{"id":1},{"type":"nic"}]}"#, &["DELETE nic"]),
            (r#"{"param":{"action":"PATCH","uri":"https://h/cloudapi/v6/servers/1b-2?depth=1"}}"#, &["PATCH servers"]),
            (r#"{"param":{"action":"GET","uri":"/1/2"}}"#, &["GET"]),
            // What it is about does not say what was done.
            (r#"{"resources":[{"type":"nic"}]}"#, &[]),
            ("{}", &[]),
        ] {
            let event = Event::from_json(format!(r#"{{"event":{event}}}"#)).unwrap();
            assert_eq!(event.details().actions(), expected, "{}", event.raw());
        }
    }
}
