//! The lead event of an operation, which represents the operation in a row. In this module, "update" means a status
//! update or a provisioning event. Without a filter, the lead event is the first event that is not an update. If all
//! events are updates, the first event is the lead event.
//!
//! With a filter, this rule is applied to the matching events only. The result replaces the lead event, so that the row
//! shows why the operation was selected. There is one exception, because an update usually has no action: an update
//! does not replace a lead event of another kind if that event has the user, actions, resources and address of the
//! update.

use std::cmp::Ordering;
use std::hash::RandomState;

use ionos_activitylog::{Event, EventType};

use super::distinct_values::has_all_values;

/// The lead event of `events` without a filter. `events` must be ordered by time. `None` if there are no events.
pub(crate) fn lead_event<'a>(events: impl IntoIterator<Item = &'a Event> + Clone) -> Option<&'a Event> {
    let lead = events.clone().into_iter().find(|event| !is_update(event));
    lead.or_else(|| events.into_iter().next())
}

/// The events that may lead an operation.
pub(super) struct LeadCandidates {
    /// The event that leads without a filter.
    first: LeadEvent,
    /// The first of the matching events, in the order of [`LeadEvent::compare`]. `None` if this event is `first`, or if
    /// no event matches.
    matching: Option<Box<LeadEvent>>,
}

impl LeadCandidates {
    pub(super) fn new(event: Event, is_match: bool) -> Self {
        Self { first: LeadEvent::new(event, is_match), matching: None }
    }

    pub(super) fn join(self, other: Self) -> Self {
        let (first, second) = if other.first.compare(&self.first).is_lt() {
            (other.first, self.first)
        } else {
            (self.first, other.first)
        };
        if first.is_match {
            return Self { first, matching: None };
        }
        let second = Some(second).filter(|second| second.is_match).map(Box::new);
        let matching = [self.matching, other.matching, second].into_iter().flatten();
        Self { first, matching: matching.min_by(|one, other| one.compare(other)) }
    }

    /// The event that leads without a filter.
    pub(super) fn first(&self) -> &Event {
        &self.first.event
    }

    pub(super) fn into_lead(self, hasher: &RandomState) -> Event {
        let Self { first, matching } = self;
        match matching {
            Some(matching)
                if !matching.is_update || first.is_update || !has_all_values(&first.event, &matching.event, hasher) =>
            {
                matching.event
            }
            _ => first.event,
        }
    }

    /// Size of the records in bytes.
    pub(super) fn bytes(&self) -> usize {
        let matching = self.matching.as_ref().map_or(0, |matching| matching.event.raw().len());
        self.first.event.raw().len() + matching
    }

    /// See [`LeadEvent::detach`].
    pub(super) fn detach(self) -> Self {
        Self { first: self.first.detach(), matching: self.matching.map(|matching| Box::new(matching.detach())) }
    }
}

/// An event that may lead its operation.
struct LeadEvent {
    event: Event,
    /// Whether the event matches the filter.
    is_match: bool,
    is_update: bool,
    /// Whether the event has its own copy of the record, so that it does not keep the text of a whole page in memory.
    is_detached: bool,
}

impl LeadEvent {
    fn new(event: Event, is_match: bool) -> Self {
        Self { is_update: is_update(&event), event, is_match, is_detached: false }
    }

    /// Makes a copy of the record, so that the text of the page can be dropped. Most events of an operation are not its
    /// lead event, so only events that are kept are copied.
    fn detach(self) -> Self {
        if self.is_detached { self } else { Self { event: self.event.detach(), is_detached: true, ..self } }
    }

    /// Orders events so that the event that leads without a filter is the first.
    fn compare(&self, other: &Self) -> Ordering {
        let key = |lead: &Self| (lead.is_update, lead.event.time().is_none(), lead.event.time());
        let (one, two) = (&self.event, &other.event);
        key(self).cmp(&key(other)).then_with(|| one.id().cmp(&two.id())).then_with(|| one.raw().cmp(two.raw()))
    }
}

fn is_update(event: &Event) -> bool {
    let updates = [EventType::REQUEST_STATUS_UPDATE, EventType::PROVISION];
    let event_type = event.details().event_type();
    event_type.is_some_and(|event_type| updates.iter().any(|update| event_type.matches(update.as_str())))
}
