//! Decides quickly whether a record fits the model. Exports need this answer for every event, and almost every record
//! fits. Only the other records are searched for [`Issue`](super::Issue)s, because a search takes several passes.

use memchr::memmem;

use super::members::{RecordMembers, RecordObject};
use super::model::ModelType::{self, List, Object, Scalar, Text, Time};
use super::model::{EVENT_MEMBERS, META_MEMBERS, ModelMembers, RECORD_MEMBERS};
use crate::json::OnePass;

/// Whether the members of a record fit the model. The caller ensures that the record is regular (see
/// [`RecordMembers::is_regular`]) and has a readable time. Also `false` if [`OnePass`] does not support one of the
/// members, or if the record has a `\u` escape, which may be a lone surrogate.
pub(super) fn fits_model(record: &str, members: &RecordMembers<'_>) -> bool {
    memmem::find(record.as_bytes(), br"\u").is_none()
        && fits_object(members, RecordObject::Record, RECORD_MEMBERS)
        && fits_object(members, RecordObject::Meta, META_MEMBERS)
        && fits_object(members, RecordObject::Event, EVENT_MEMBERS)
}

fn fits_object(members: &RecordMembers<'_>, object: RecordObject, models: &ModelMembers) -> bool {
    models.iter().all(|(key, model)| match object.member(key.as_bytes()).map(|member| members.get(member)) {
        // `meta` and `event` are objects in a regular record. Separate calls of this function check their members.
        None => matches!((object, *key), (RecordObject::Record, "meta" | "event")),
        Some(None) => true,
        // The value is validated already, so its first character is enough to recognise a string.
        Some(Some(value)) if value.starts_with('"') => matches!(model, Text | Scalar | Time),
        Some(Some(value)) => read_fitting(&mut OnePass::new(value), model).is_some(),
    })
}

/// Reads a value. `None` if it does not fit, or if [`OnePass`] does not support it.
fn read_fitting(cursor: &mut OnePass<'_>, model: &ModelType) -> Option<()> {
    match (model, cursor.peek()?) {
        (Object(members), b'{') => read_members(cursor, members),
        (List(element), b'[') => cursor.list(|cursor| match cursor.peek()? {
            // In a list, null does not stand for a missing value.
            b'n' => None,
            _ => read_fitting(cursor, element),
        }),
        (Text | Scalar | Time, b'"') | (Scalar, b'-' | b'0'..=b'9') => cursor.skip_value(),
        (model, b'n') if model.is_optional() => cursor.skip_value(),
        _ => None,
    }
}

fn read_members(cursor: &mut OnePass<'_>, members: &ModelMembers) -> Option<()> {
    // One bit for each member that was read.
    let mut read = 0_u32;
    cursor.object(|cursor, key| {
        let Some(index) = members.iter().position(|(name, _)| name.as_bytes() == key) else {
            return cursor.skip_value();
        };
        let (bit, (_, model)) = (1 << index, members.get(index)?);
        if read & bit != 0 {
            return None;
        }
        read |= bit;
        read_fitting(cursor, model)
    })?;
    let is_missing = |(index, (_, model)): (usize, &(&str, ModelType))| !model.is_optional() && read & 1 << index == 0;
    (!members.iter().enumerate().any(is_missing)).then_some(())
}

#[cfg(test)]
mod tests {
    use crate::Event;

    /// Whether [`Event::fits_model`] accepts a record.
    fn fits(record: &str) -> bool {
        Event::from_json(record).unwrap().fits_model()
    }

    #[test]
    fn a_record_with_all_members_of_the_model_in_any_order_fits() {
        for record in [
            r#"{"@uuid":"1","meta":{"auditVersion":0.1,"requestId":"r","queueRefId":7,"time":"2026-11-20T09:14:03.12Z",
                "transactionId":null,"new":[]},"principal":{"identity":{"contractNumber":"1","username":"ü"}},
                "event":{"type":"T","param":{"action":"A","error":{"httpStatus":422,"messages":[{"message":"m"}]}},
                "resources":[{"action":["a.b.c"],"id":"i","type":"t"},{"action":[]}],"status":"S"}}"#,
            r#"{"event":{},"meta":{"transactionId":"a\n\\","time":"2026-11-20T10:14:03+01:00"},"x":{"meta":1}}"#,
        ] {
            assert!(fits(record), "{record}");
        }
    }

    #[test]
    fn a_record_that_is_not_regular_or_has_an_unexpected_value_does_not_fit() {
        let time = r#""time":"2026-11-20T09:14:03Z""#;
        for record in [
            "null".to_owned(),
            "{}".to_owned(),
            r#"{"meta":null,"event":{}}"#.to_owned(),
            r#"{"meta":{"time":7},"event":{}}"#.to_owned(),
            format!(r#"{{"meta":{{{time}}}}}"#),
            format!(r#"{{"meta":{{{time},{time}}},"event":{{}}}}"#),
            format!(r#"{{"meta":{{}},"meta":{{{time}}},"event":{{}}}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{}},"@uuid":7}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{}},"@uuid":"a","@uuid":"a"}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{}},"@uuid":"\ud800"}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{"resources":[null]}}}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{"resources":[{{"action":[1]}}]}}}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{"resources":[{{"id":"a","id":"a"}}]}}}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{"param":true}}}}"#),
            format!(r#"{{"meta":{{{time}}},"event":{{"status":[]}}}}"#),
        ] {
            assert!(!fits(&record), "{record}");
        }
    }
}
