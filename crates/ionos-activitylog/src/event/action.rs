//! The request behind an event, and the names of the event's actions. Tables, files, filters and counts use the same
//! names, so a user can copy a name from a table into a filter.

use std::borrow::Cow;

use super::resource::Resource;
use super::vocabulary::ServiceName;

/// The request behind an event (`/event/param`). Values are as the service wrote them, `None` if missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action<'a> {
    /// The HTTP method, or `http` if the service did not record it (`/event/param/action`).
    pub method: Option<Cow<'a, str>>,
    /// The full URI of the request or only its path (`/event/param/uri`).
    pub uri: Option<Cow<'a, str>>,
    /// The component that started the request, usually the service of the principal (`/event/param/initiator`).
    pub initiator: Option<Cow<'a, str>>,
    /// The service that carried out the request (`/event/param/sourceService`).
    pub service: Option<ServiceName<'a>>,
}

/// The names of the actions of an event, see [`Details::actions`](super::Details::actions).
pub(super) fn action_names<'a>(resources: Vec<Resource<'a>>, request: Action<'a>) -> Vec<Cow<'a, str>> {
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

/// In the path of a URI, the last segment that has no digit. A segment with a digit counts as an id.
fn last_name(uri: &str) -> Option<&str> {
    let path = uri.split(['?', '#']).next()?;
    let is_name = |segment: &&str| !segment.is_empty() && !segment.contains(|char: char| char.is_ascii_digit());
    path.rsplit('/').find(is_name)
}

#[cfg(test)]
mod tests {
    use crate::Event;

    #[test]
    fn actions_are_named_by_the_record_or_by_method_and_resource_type() {
        for (event, expected) in [
            (
                r#"{"param":{"action":"POST"},"resources":[{"type":"user","action":["sec.user.create","a"]},{"action":"a"}]}"#,
                &["sec.user.create", "a"][..],
            ),
            (r#"{"param":{"action":"DELETE","uri":"/nics/7"},"resources":[{"id":1},{"type":"nic"}]}"#, &["DELETE nic"]),
            (r#"{"param":{"action":"PATCH","uri":"https://h/cloudapi/v6/servers/1b-2?depth=1"}}"#, &["PATCH servers"]),
            (r#"{"param":{"action":"GET","uri":"/1/2"}}"#, &["GET"]),
            // A resource type alone names no action.
            (r#"{"resources":[{"type":"nic"}]}"#, &[]),
            ("{}", &[]),
        ] {
            let event = Event::from_json(format!(r#"{{"event":{event}}}"#)).unwrap();
            assert_eq!(event.details().actions(), expected, "{}", event.raw());
        }
    }
}
