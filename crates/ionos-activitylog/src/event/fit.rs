//! Decides in one pass whether a record fits the model. Exports ask this about every event, and almost every record fits, so
//! only the others are searched for [`Issue`](super::Issue)s, which takes several passes.

use memchr::memmem;

use super::model::EVENT;
use super::model::ModelType::{self, List, Object, Scalar, Text, Time};
use crate::json::OnePass;

/// Whether the record, whose `/meta/time` is a readable time, fits the model. `false` also for a record that [`OnePass`] does
/// not support, and for one with an escape that may be half of a character.
pub(super) fn fits_model(record: &str) -> bool {
    let mut cursor = OnePass::new(record);
    cursor.peek() == Some(b'{')
        && memmem::find(record.as_bytes(), br"\u").is_none()
        && read_fitting(&mut cursor, &EVENT).is_some()
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

fn read_members(cursor: &mut OnePass<'_>, members: &[(&str, ModelType)]) -> Option<()> {
    // One bit for each member that was read, and the index of the member that is expected next: the service always writes
    // members in the same order.
    let (mut read, mut expected) = (0_u32, 0);
    cursor.object(|cursor, key| {
        let order = (expected..members.len()).chain(0..expected);
        let member = order.map(|index| (index, &members[index])).find(|(_, (name, _))| name.as_bytes() == key);
        let Some((index, (_, model))) = member else { return cursor.skip_value() };
        let bit = 1 << index;
        if read & bit != 0 {
            return None;
        }
        (read, expected) = (read | bit, index + 1);
        read_fitting(cursor, model)
    })?;
    let is_missing = |(index, (_, model)): (usize, &(&str, ModelType))| !model.is_optional() && read & 1 << index == 0;
    (!members.iter().enumerate().any(is_missing)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_all_members_of_the_model_in_any_order_fits() {
        for record in [
            r#"{"@uuid":"1","meta":{"auditVersion":0.1,"requestId":"r","queueRefId":7,"time":"2026-11-20T09:14:03.12Z",
                "transactionId":null,"new":[]},"principal":{"identity":{"contractNumber":"1","username":"ü"}},
                "event":{"type":"T","param":{"action":"A","error":{"httpStatus":422,"messages":[{"message":"m"}]}},
                "resources":[{"action":["a.b.c"],"id":"i","type":"t"},{"action":[]}],"status":"S"}}"#,
            r#"{"meta":{"time":"2026-11-20T10:14:03+01:00"}}"#,
            r#" {"event":null,"meta":{"transactionId":"a\n\\","time":"2026-11-20T09:14:03Z"},"x":{"meta":1}} "#,
        ] {
            assert!(fits_model(record), "{record}");
        }
    }

    #[test]
    fn a_record_that_does_not_fit_or_needs_a_search_does_not() {
        for record in [
            "null",
            "[]",
            "{}",
            r#"{"meta":null}"#,
            r#"{"meta":{"time":7}}"#,
            r#"{"meta":{"time":"2026-11-20T09:14:03Z","time":"2026-11-20T09:14:03Z"}}"#,
            r#"{"meta":{"time":"2026-11-20T09:14:03Z"},"@uuid":7}"#,
            r#"{"meta":{"time":"2026-11-20T09:14:03Z"},"@uuid":"\ud800"}"#,
            r#"{"meta":{"time":"2026-11-20T09:14:03Z"},"event":{"resources":[null]}}"#,
            r#"{"meta":{"time":"2026-11-20T09:14:03Z"},"event":{"resources":[{"action":[1]}]}}"#,
            r#"{"meta":{"time":"2026-11-20T09:14:03Z"},"event":{"param":true}}"#,
            r#"{"m\u0065ta":{"time":"2026-11-20T09:14:03Z"}}"#,
        ] {
            assert!(!fits_model(record), "{record}");
        }
    }
}
