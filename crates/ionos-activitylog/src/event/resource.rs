//! The resources of an event. Log engines may write a list of one element as that element alone.

use std::borrow::Cow;

use super::members::read_text;
use super::vocabulary::{ActionName, ResourceType};
use crate::json::{self, JsonType};

/// A resource that an event touched (`/event/resources/N`). Values are as the service wrote them, `None` if missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resource<'a> {
    /// The id of the resource, a number or a UUID (`/event/resources/N/id`).
    pub id: Option<Cow<'a, str>>,
    /// The type of the resource (`/event/resources/N/type`).
    pub resource_type: Option<ResourceType<'a>>,
    /// The actions on the resource (`/event/resources/N/action`), in the order of the record; may be empty.
    pub actions: Vec<ActionName<'a>>,
}

impl<'a> Resource<'a> {
    fn new(resource: &'a str) -> Self {
        let [id, resource_type, action] = json::get_many(resource, ["id", "type", "action"]);
        let actions = list(action).filter_map(json::scalar_text);
        Self {
            id: read_text(id),
            resource_type: read_text(resource_type).map(ResourceType::new),
            actions: actions.map(ActionName::new).collect(),
        }
    }
}

/// One resource for each element of the list, so that indices agree with the record. An element that is not an object
/// becomes an empty resource.
pub(super) fn read_all(resources: Option<&str>) -> impl Iterator<Item = Resource<'_>> {
    list(resources).map(Resource::new)
}

/// The elements of a list; none for null. Any other value counts as a list with this value as its only element.
fn list(value: Option<&str>) -> impl Iterator<Item = &str> {
    let value = value.filter(|value| JsonType::from_text(value) != JsonType::Null);
    let single = value.filter(|value| JsonType::from_text(value) != JsonType::List);
    json::elements(value.unwrap_or_default()).chain(single)
}
