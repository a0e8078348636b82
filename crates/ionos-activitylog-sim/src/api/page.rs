//! Serializes a page: records in an envelope whose shape the behavior decides. Records are written as text, so that
//! they have the same bytes on every page.

use crate::api::error::ApiError;
use crate::api::query::PageQuery;
use crate::behavior::share::Share;
use crate::behavior::{Behavior, DeepOffset, TOTAL_CAP, TotalShape, TotalValue};
use crate::data::drift::unknown_value;
use crate::data::random::mix;
use crate::log::{LogPage, LogView};

/// Approximate size of a hit in bytes, to allocate the memory of a page at once.
const HIT_BYTES: usize = 900;

/// A page without hits and with a total of 0.
pub(crate) const EMPTY: &str = r#"{"hits":{"total":0,"hits":[]}}"#;

/// The body of a page. `request_key` determines the values that differ from request to request.
pub(crate) fn body(
    view: &LogView,
    query: &PageQuery,
    behavior: &Behavior,
    request_key: u64,
) -> Result<Vec<u8>, ApiError> {
    let deep = query.offset.saturating_add(query.limit) > behavior.window_cap;
    let limit = match behavior.deep_offset {
        DeepOffset::Refuse if deep => {
            return Err(ApiError::bad_parameter(format!(
                "Result window is too large: the sum of offset and limit must be at most {}",
                behavior.window_cap
            )));
        }
        DeepOffset::Fail if deep => return Err(ApiError::internal()),
        DeepOffset::Empty if deep => 0,
        _ => query.limit,
    };
    let page = view.page(query.offset, limit, request_key);
    Ok(serialize(&page, behavior, request_key))
}

fn serialize(page: &LogPage, behavior: &Behavior, request_key: u64) -> Vec<u8> {
    let hits = page.hits();
    let mut out = Vec::with_capacity(256 + hits.len() * HIT_BYTES);
    out.extend_from_slice(b"{");
    if behavior.unknown_members.includes(mix(request_key ^ UNKNOWN)) {
        out.extend_from_slice(br#""took":7,"timed_out":false,"#);
    }
    out.extend_from_slice(br#""hits":{"#);
    if let Some(total) = serialize_total(page.total, behavior, request_key) {
        out.extend_from_slice(format!("\"total\":{total},").as_bytes());
    }
    out.extend_from_slice(br#""hits":["#);
    let repeated = if behavior.duplicates_counted { Share::NONE } else { behavior.duplicates };
    for (index, (number, write)) in hits.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let begin = out.len();
        out.extend_from_slice(br#"{"_source":"#);
        write(&mut out);
        if behavior.unknown_members.includes(mix(number ^ UNKNOWN))
            && let Some(value) = unknown_value(number)
        {
            let members = format!(r#","_id":"{number:016x}","_score":null,"exampleHit":{value}"#);
            out.extend_from_slice(members.as_bytes());
        }
        out.push(b'}');
        if repeated.includes(mix(number ^ REPEATED)) {
            let end = out.len();
            out.push(b',');
            out.extend_from_within(begin..end);
        }
    }
    out.extend_from_slice(b"]}}");
    out
}

/// Salt that makes the choice of undocumented members independent of other random choices for the page or the event.
const UNKNOWN: u64 = 0x756e_6b6e_6f77_6e00;

/// Salt that makes the choice of repeated hits independent of other random choices for the same event.
const REPEATED: u64 = 0x7265_7065_6174_6564;

/// The value of `total` as JSON. `None` if the envelope has no total.
fn serialize_total(total: u64, behavior: &Behavior, request_key: u64) -> Option<String> {
    let (value, relation) = match behavior.total_value {
        TotalValue::Exact => (total, "eq"),
        TotalValue::Capped if total > TOTAL_CAP => (TOTAL_CAP, "gte"),
        TotalValue::Capped => (total, "eq"),
        // Differs from the total by up to 3.
        TotalValue::Drifting => ((total + mix(request_key) % 7).saturating_sub(3), "eq"),
    };
    match behavior.total {
        TotalShape::Number => Some(value.to_string()),
        TotalShape::Text => Some(format!("\"{value}\"")),
        TotalShape::Object => Some(format!(r#"{{"value":{value},"relation":"{relation}"}}"#)),
        TotalShape::Absent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_has_the_shape_and_value_of_the_behavior() {
        let json = |shape, value, count| {
            let behavior = Behavior { total: shape, total_value: value, ..Behavior::default() };
            serialize_total(count, &behavior, 1)
        };
        use TotalShape::{Absent, Number, Object, Text};
        use TotalValue::{Capped, Drifting, Exact};
        for (shape, value, count, expected) in [
            (Number, Exact, 10_001, Some("10001")),
            (Text, Exact, 7, Some("\"7\"")),
            (Object, Exact, 7, Some(r#"{"value":7,"relation":"eq"}"#)),
            (Absent, Exact, 7, None),
            (Number, Capped, 10_000, Some("10000")),
            (Number, Capped, 10_001, Some("10000")),
            (Object, Capped, 10_000, Some(r#"{"value":10000,"relation":"eq"}"#)),
            (Object, Capped, 10_001, Some(r#"{"value":10000,"relation":"gte"}"#)),
        ] {
            assert_eq!(json(shape, value, count).as_deref(), expected);
        }
        let behavior = Behavior { total_value: Drifting, ..Behavior::default() };
        let drifted: std::collections::BTreeSet<u64> =
            (0..100).map(|request| serialize_total(100, &behavior, request).unwrap().parse().unwrap()).collect();
        assert_eq!(drifted, (97..=103).collect());
        let drifted_from_zero: std::collections::BTreeSet<u64> =
            (0..100).map(|request| serialize_total(0, &behavior, request).unwrap().parse().unwrap()).collect();
        assert_eq!(drifted_from_zero, (0..=3).collect());
    }
}
