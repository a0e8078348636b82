//! Finds in one pass the members of a record that the typed view reads. The event keeps the positions of these members,
//! so that no second search is needed. [`read_text`] and [`read_time`] read the value of a member.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use chrono::{DateTime, Timelike, Utc};

use crate::json::{self, OnePass};

/// A member that [`Details`](super::Details) or the event itself reads. In this enum, the members of one
/// [`RecordObject`] are next to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Uuid,
    Principal,
    Time,
    RequestId,
    QueueRefId,
    TransactionId,
    AuditVersion,
    EventType,
    Status,
    Message,
    Param,
    Resources,
}

/// The last nanosecond of a second. In chrono, the nanoseconds of a leap second are above this number.
const LAST_NANOSECOND: u32 = 999_999_999;

/// Number of variants of [`Member`].
const COUNT: usize = 12;

/// An object that contains [`Member`]s: the record itself, `/meta` or `/event`.
#[derive(Clone, Copy, Debug)]
pub(super) enum RecordObject {
    Record,
    Meta,
    Event,
}

impl RecordObject {
    /// The member with this key. `key` is decoded and has no quotes.
    #[inline]
    pub(super) fn member(self, key: &[u8]) -> Option<Member> {
        Some(match (self, key) {
            (Self::Record, b"@uuid") => Member::Uuid,
            (Self::Record, b"principal") => Member::Principal,
            (Self::Meta, b"time") => Member::Time,
            (Self::Meta, b"requestId") => Member::RequestId,
            (Self::Meta, b"queueRefId") => Member::QueueRefId,
            (Self::Meta, b"transactionId") => Member::TransactionId,
            (Self::Meta, b"auditVersion") => Member::AuditVersion,
            (Self::Event, b"type") => Member::EventType,
            (Self::Event, b"status") => Member::Status,
            (Self::Event, b"message") => Member::Message,
            (Self::Event, b"param") => Member::Param,
            (Self::Event, b"resources") => Member::Resources,
            _ => return None,
        })
    }

    /// The indexes, in [`RecordMembers`], of the members of this object.
    fn members(self) -> RangeInclusive<usize> {
        let (first, last) = match self {
            Self::Record => (Member::Uuid, Member::Principal),
            Self::Meta => (Member::Time, Member::AuditVersion),
            Self::Event => (Member::EventType, Member::Resources),
        };
        first as usize..=last as usize
    }
}

/// The JSON text of each [`Member`] of a record. If a key occurs twice in an object, only the last one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordMembers<'a> {
    texts: [Option<&'a str>; COUNT],
    /// Whether the record is known to be regular: the record, `/meta` and `/event` are objects, and none of these
    /// objects has the key of a [`Member`] twice.
    pub(super) is_regular: bool,
}

impl<'a> RecordMembers<'a> {
    /// Reads the record at the cursor, which may be any JSON value. Returns the text of the record and its members.
    /// `None` if the record needs [`RecordMembers::scan`] or is not JSON.
    #[inline]
    pub(super) fn read(cursor: &mut OnePass<'a>) -> Option<(&'a str, Self)> {
        let mut members = Self::default();
        if cursor.peek()? != b'{' {
            return Some((cursor.value()?, members));
        }
        let start = *cursor;
        let (mut metas, mut events) = (0_u32, 0_u32);
        members.is_regular = true;
        cursor.object(|cursor, key| match key {
            b"meta" => {
                metas += 1;
                members.read_object(cursor, RecordObject::Meta)
            }
            b"event" => {
                events += 1;
                members.read_object(cursor, RecordObject::Event)
            }
            _ => members.read_member(cursor, RecordObject::Record.member(key)),
        })?;
        members.is_regular &= metas == 1 && events == 1;
        Some((cursor.text_since(&start)?, members))
    }

    #[inline]
    fn read_object(&mut self, cursor: &mut OnePass<'a>, object: RecordObject) -> Option<()> {
        // If the key has occurred before, the members of the earlier object do not count.
        self.texts[object.members()].fill(None);
        if cursor.peek()? != b'{' {
            self.is_regular = false;
            return cursor.skip_value();
        }
        cursor.object(|cursor, key| self.read_member(cursor, object.member(key)))
    }

    #[inline]
    fn read_member(&mut self, cursor: &mut OnePass<'a>, member: Option<Member>) -> Option<()> {
        match member {
            Some(member) => {
                let text = cursor.value()?;
                self.is_regular &= self.texts[member as usize].replace(text).is_none();
            }
            None => cursor.skip_value()?,
        }
        Some(())
    }

    /// Finds the members of a record that is known to be valid JSON.
    pub(super) fn scan(record: &'a str) -> Self {
        let mut members = Self::default();
        let [meta, event] = json::get_many(record, ["meta", "event"]);
        for (object, text) in
            [(RecordObject::Record, Some(record)), (RecordObject::Meta, meta), (RecordObject::Event, event)]
        {
            for (key, value) in json::members(text.unwrap_or_default()) {
                if let Some(member) = object.member(&key.decode()) {
                    members.texts[member as usize] = Some(value);
                }
            }
        }
        members
    }

    /// The JSON text of the member. `None` if the record does not have it.
    pub(super) fn get(&self, member: Member) -> Option<&'a str> {
        self.texts[member as usize]
    }
}

/// Positions of the [`RecordMembers`] in the text of their record, 48 bytes in all. Records of more than 65 535
/// bytes are scanned again instead.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MemberSpans([[u16; 2]; COUNT]);

impl MemberSpans {
    /// The positions of `members` in `record`. The texts of `members` must be slices of `record`.
    pub(super) fn new(record: &str, members: &RecordMembers<'_>) -> Self {
        let position = |address: *const u8| u16::try_from(address.addr().wrapping_sub(record.as_ptr().addr()));
        Self(members.texts.map(|member| {
            let range = member.map(str::as_bytes).map(<[u8]>::as_ptr_range);
            let span = range.and_then(|range| Some([position(range.start).ok()?, position(range.end).ok()?]));
            span.unwrap_or_default()
        }))
    }

    /// The members at these positions of the same record.
    pub(super) fn resolve<'a>(&self, record: &'a str) -> RecordMembers<'a> {
        if record.len() > usize::from(u16::MAX) {
            return RecordMembers::scan(record);
        }
        let member = |[start, end]: [u16; 2]| record.get(start.into()..end.into());
        // No JSON value is empty, so an empty span stands for a missing member.
        let texts = self.0.map(|span| member(span).filter(|value| !value.is_empty()));
        RecordMembers { texts, is_regular: false }
    }
}

/// The text of a member. `None` if the member is missing or is neither a string nor a number.
pub(super) fn read_text(value: Option<&str>) -> Option<Cow<'_, str>> {
    json::scalar_text(value?)
}

/// The time of a member in UTC. `None` if the member is missing or is not an RFC 3339 time. A leap second, such as
/// `23:59:60.5`, is the last nanosecond of the second before it: times are copied into requests, and few services
/// accept a second 60.
pub(super) fn read_time(value: Option<&str>) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(&read_text(value)?).ok()?.to_utc();
    time.with_nanosecond(time.nanosecond().min(LAST_NANOSECOND))
}
