//! What was asked of the service.

use std::borrow::Cow;

use super::ServiceName;

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
