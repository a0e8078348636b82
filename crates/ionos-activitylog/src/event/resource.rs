//! What an event was about. Engines behind such logs write a list of one as its only element.

use std::borrow::Cow;

use super::{ActionName, ResourceType, text};
use crate::json::{self, Kind};

/// A resource that an event touched (`/event/resources/N`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resource<'a> {
    /// Its identifier, a number or a UUID.
    pub id: Option<Cow<'a, str>>,
    /// What sort of resource it is.
    pub resource_type: Option<ResourceType<'a>>,
    /// What was done to it; may be empty.
    pub actions: Vec<ActionName<'a>>,
}

impl<'a> Resource<'a> {
    fn of(resource: &'a str) -> Self {
        let [id, resource_type, action] = json::pick(resource, ["id", "type", "action"]);
        let actions = list(action).filter_map(json::scalar);
        Self {
            id: text(id),
            resource_type: text(resource_type).map(ResourceType::new),
            actions: actions.map(ActionName::new).collect(),
        }
    }
}

/// As many resources as the list has elements, so that places agree with the record; one that is no object is empty.
pub(super) fn all(resources: Option<&str>) -> impl Iterator<Item = Resource<'_>> {
    list(resources).map(Resource::of)
}

/// The elements of a list. What is no list is taken for its only element.
fn list(value: Option<&str>) -> impl Iterator<Item = &str> {
    let value = value.filter(|value| Kind::of(value) != Kind::Null);
    let alone = value.filter(|value| Kind::of(value) != Kind::List);
    json::elements(value.unwrap_or_default()).chain(alone)
}
