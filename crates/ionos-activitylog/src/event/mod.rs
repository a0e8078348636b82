//! One event of the log: the bytes of its record, and typed views of them. A view may report issues but never changes
//! or drops a byte.
//!
//! [`Event`] holds the record; [`Details`] is its typed view, with one file for each part. `hit` finds the record in
//! a hit of a page, `members` finds the members of the record, `model` describes a record, `fit` decides whether a
//! record fits the model, and `issue` reports the parts that do not fit.

mod action;
mod details;
mod error;
mod fit;
mod hit;
mod id;
mod issue;
mod members;
mod model;
mod multiset;
mod op_class;
mod outcome;
mod principal;
mod record_text;
mod resource;
mod undated;
mod vocabulary;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::json::{self, OnePass};
use crate::{Error, ErrorKind};

use hit::HitRecord;
use members::{Member, MemberSpans, RecordMembers, read_time};
use record_text::RecordText;

pub use action::Action;
pub use details::Details;
pub use error::{EventError, EventErrorMessage};
pub use id::EventId;
pub use issue::Issue;
pub use multiset::EventMultiset;
pub use op_class::OpClass;
pub use outcome::Outcome;
pub use principal::Principal;
pub use resource::Resource;
pub use undated::UndatedEvents;
pub use vocabulary::{ActionName, EventType, ResourceType, ServiceName, Status};
pub(crate) use vocabulary::{fold, is_same_word};

/// One event of the log.
///
/// An event holds the bytes of its record, its time, its id, and the positions of the members that [`Event::details`]
/// reads. Nothing else is parsed in advance.
///
/// The events of a page share the text of that page, and each event keeps the whole text in memory. A program that
/// keeps only a few events calls [`Event::detach`] on the events that it keeps.
///
/// ```
/// use ionos_activitylog::{Event, EventType, Outcome};
///
/// let event = Event::from_json(
///     r#"{"@uuid":"c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
///         "meta":{"time":"2026-11-20T09:14:03.120Z"},
///         "principal":{"identity":{"username":"jane@example.com","contractNumber":31721060}},
///         "event":{"type":"RequestAccepted","status":"QUEUED",
///                  "resources":[{"type":"user","id":"1466","action":["sec.user.create"]}]}}"#,
/// )?;
/// assert_eq!(event.id().to_string(), "u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f99");
/// let details = event.details();
/// assert_eq!(details.event_type(), Some(EventType::REQUEST_ACCEPTED));
/// assert_eq!(details.outcome(), Outcome::Pending);
/// assert_eq!(details.principal().contract.as_deref(), Some("31721060"));
/// assert_eq!(details.resources()[0].actions[0].verb(), "create");
/// assert_eq!(event.field("/event/resources/0/id"), Some("\"1466\""));
/// # Ok::<(), ionos_activitylog::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Event {
    /// One JSON value without whitespace around it.
    record: RecordText,
    /// Why the whole hit is kept as the record: see [`HitRecord::issue`]. `None` if the record is not a whole hit.
    envelope_issue: Option<&'static str>,
    index: RecordIndex,
    /// The result of [`Event::fits_model`], once [`Event::check_model`] has stored it.
    fits_model: Option<bool>,
}

/// Time, id and member positions of a parsed record.
#[derive(Clone, Debug)]
struct RecordIndex {
    time: Option<DateTime<Utc>>,
    /// `None` if the record has no usable `@uuid`.
    id: Option<EventId>,
    members: MemberSpans,
    /// See [`RecordMembers::is_regular`].
    is_regular: bool,
}

impl RecordIndex {
    fn new(record: &str, members: &RecordMembers<'_>) -> Self {
        Self {
            time: read_time(members.get(Member::Time)),
            id: members.get(Member::Uuid).and_then(EventId::from_uuid),
            members: MemberSpans::new(record, members),
            is_regular: members.is_regular,
        }
    }
}

impl Event {
    /// Reads the hit at the position of the cursor. `None` if the hit is not JSON.
    pub(crate) fn read_hit(cursor: &mut OnePass<'_>, page: &Arc<String>) -> Option<Self> {
        let start = *cursor;
        if let Some(hit) = HitRecord::read(cursor) {
            return Some(Self::new(&hit, RecordText::part(page, hit.text)));
        }
        *cursor = start;
        Some(Self::from_hit(cursor.value_by_serde()?))
    }

    /// The event of a hit that a JSON reader has accepted.
    pub(crate) fn from_hit(hit: &str) -> Self {
        let hit = HitRecord::scan(hit);
        Self::new(&hit, RecordText::owned(hit.text.to_owned()))
    }

    fn new(hit: &HitRecord<'_>, record: RecordText) -> Self {
        let index = RecordIndex::new(hit.text, &hit.members);
        Self { record, envelope_issue: hit.issue, index, fits_model: None }
    }

    /// Makes an event from a record, for example from the text of [`Event::raw`]. Accepts any JSON value;
    /// [`Event::issues`] reports the parts that do not fit the model of an event. Whitespace around the record is
    /// removed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] if the text is not exactly one JSON value.
    pub fn from_json(record: impl Into<String>) -> Result<Self, Error> {
        let record = record.into();
        let mut cursor = OnePass::new(&record);
        let members = RecordMembers::read(&mut cursor).filter(|(text, _)| text.len() == record.len());
        let (record, index) = match members.map(|(_, members)| RecordIndex::new(&record, &members)) {
            Some(index) => (record, index),
            None => {
                let record: Box<str> = RawValue::from_string(record).map_err(not_json)?.into();
                let index = RecordIndex::new(&record, &RecordMembers::scan(&record));
                (record.into_string(), index)
            }
        };
        Ok(Self { record: RecordText::owned(record), envelope_issue: None, index, fits_model: None })
    }

    /// The record as JSON text, byte for byte as the service sent it. Does not copy. The text may have line breaks
    /// between its tokens. A format with one record per line has to remove these, as `ndjson::to_line` of the crate
    /// `ionos-activitylog-archive` does.
    #[must_use]
    pub fn raw(&self) -> &str {
        self.record.get()
    }

    /// Copies the record into a text of its own, so that the event no longer keeps the text of its page in memory.
    /// If a filter is set, streams and windows do this for the events that they return.
    #[must_use]
    pub fn detach(self) -> Self {
        Self { record: self.record.detach(), ..self }
    }

    /// The time of the event in UTC (`/meta/time`), whatever the offset in the record. `None` if the record has no time
    /// or one that is not RFC 3339.
    #[must_use]
    pub fn time(&self) -> Option<DateTime<Utc>> {
        self.index.time
    }

    /// The id of the event, unique within a contract; see [`EventId`]. Without a usable `@uuid` in the record, each
    /// call hashes the record.
    #[must_use]
    pub fn id(&self) -> EventId {
        let hash = || EventId::from_fingerprint(self.fingerprint());
        self.index.id.clone().unwrap_or_else(hash)
    }

    /// The SHA-256 of the canonical record. Two records with the same id and different fingerprints are two versions of
    /// one event, as when the service amends a record.
    ///
    /// The canonical record has no whitespace between tokens. In objects that are at most 128 levels deep, the members
    /// are ordered by the code points of their keys. Members with equal keys are not merged. Strings are written as RFC
    /// 8785 prescribes, numbers with the digits of the source. So whitespace, the escapes in strings and, down to 128
    /// levels, the order of keys do not change the fingerprint. Any other difference changes the fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        hmac_sha256::Hash::hash(self.canonical().as_bytes())
    }

    /// The text that [`Event::fingerprint`] hashes.
    pub(crate) fn canonical(&self) -> String {
        json::to_canonical(self.raw())
    }

    /// The JSON text of the value that a JSON pointer (RFC 6901) names, such as `/event/param/uri`. The empty pointer
    /// names the record itself. If a key occurs twice in an object, the last one counts.
    ///
    /// `None` if there is no such value or if the text is not a JSON pointer.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<&str> {
        json::resolve_pointer(self.raw(), pointer)
    }

    /// The typed view of the record. Borrows from the event; a record of at most 65 535 bytes is not parsed again.
    #[must_use]
    pub fn details(&self) -> Details<'_> {
        Details::new(self.index.members.resolve(self.raw()))
    }

    /// Whether a quick check shows that the record fits the model. If `false`, only a search for issues can tell
    /// whether the record fits.
    fn fits_model(&self) -> bool {
        self.fits_model.unwrap_or_else(|| self.check_fit())
    }

    /// Does the quick check of [`Event::issues`] now and stores its result.
    pub(crate) fn check_model(&mut self) {
        self.fits_model = Some(self.check_fit());
    }

    fn check_fit(&self) -> bool {
        self.index.is_regular
            && self.index.time.is_some()
            && fit::fits_model(self.raw(), &self.index.members.resolve(self.raw()))
    }

    /// The places in the record that do not fit the model of an event, at most 100. Empty if the record fits. Members
    /// that are not in the model are not reported.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        match self.envelope_issue {
            Some(problem) => vec![Issue::of_record(problem)],
            None if self.fits_model() => Vec::new(),
            None => issue::find_issues(self.raw()),
        }
    }
}

/// The schema of [`Event::raw`], from the API description, for programs that read records without this library. Allows
/// members that the description does not name. A record that has [`Event::issues`] does not always match the schema.
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Event {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        ionos_activitylog_client::types::Event::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        ionos_activitylog_client::types::Event::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ionos_activitylog_client::types::Event::json_schema(generator)
    }
}

fn not_json(error: serde_json::Error) -> Error {
    let detail = format!("the record is not JSON: {error}");
    Error::new(ErrorKind::Configuration, detail).with_source(error)
}

#[cfg(test)]
mod tests;
