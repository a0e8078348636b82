//! A page is a list of records as they are, in an envelope whose members are among the things that nobody can be sure
//! of. The records go out as the text they are, so that they are the same wherever they are asked for.

use crate::log::{Page, View};
use crate::service::query::Query;
use crate::service::refusal::Refusal;
use crate::switches::{DeepOffset, Share, Switches, TOTAL_CAP, TotalShape, TotalValue};
use crate::world::drift::unknown_value;
use crate::world::random::mix;

/// About how many bytes a hit has, so that a page is written into memory that is there.
const HIT_BYTES: usize = 900;

/// The page without hits that says there are none.
pub(crate) const EMPTY: &str = r#"{"hits":{"total":0,"hits":[]}}"#;

/// The body of a page. `request` stands for the request where an answer is another one for every request.
pub(crate) fn body(view: &View, query: &Query, switches: &Switches, request: u64) -> Result<Vec<u8>, Refusal> {
    let deep = query.offset.saturating_add(query.limit) > switches.window_cap;
    let limit = match switches.deep_offset {
        DeepOffset::Refuse if deep => {
            return Err(Refusal::bad_parameter(format!(
                "Result window is too large: offset and limit together must be at most {}",
                switches.window_cap
            )));
        }
        DeepOffset::Fail if deep => return Err(Refusal::failure()),
        DeepOffset::Empty if deep => 0,
        _ => query.limit,
    };
    let page = view.page(query.offset, limit, request);
    Ok(written(&page, switches, request))
}

fn written(page: &Page, switches: &Switches, request: u64) -> Vec<u8> {
    let hits = page.hits();
    let mut out = Vec::with_capacity(256 + hits.len() * HIT_BYTES);
    out.extend_from_slice(b"{");
    if switches.unknown_members.takes(mix(request ^ UNKNOWN)) {
        out.extend_from_slice(br#""took":7,"timed_out":false,"#);
    }
    out.extend_from_slice(br#""hits":{"#);
    if let Some(total) = total(page.total, switches, request) {
        out.extend_from_slice(format!("\"total\":{total},").as_bytes());
    }
    out.extend_from_slice(br#""hits":["#);
    let repeated = if switches.duplicates_counted { Share::NONE } else { switches.duplicates };
    for (at, (number, write)) in hits.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let begin = out.len();
        out.extend_from_slice(br#"{"_source":"#);
        write(&mut out);
        if switches.unknown_members.takes(mix(number ^ UNKNOWN))
            && let Some(value) = unknown_value(number)
        {
            let members = format!(r#","_id":"{number:016x}","_score":null,"exampleHit":{value}"#);
            out.extend_from_slice(members.as_bytes());
        }
        out.push(b'}');
        if repeated.takes(mix(number ^ REPEATED)) {
            let end = out.len();
            out.push(b',');
            out.extend_from_within(begin..end);
        }
    }
    out.extend_from_slice(b"]}}");
    out
}

/// Sets the draws for members that nobody has seen yet apart from others with the same number.
const UNKNOWN: u64 = 0x756e_6b6e_6f77_6e00;

/// The same for hits that are there twice.
const REPEATED: u64 = 0x7265_7065_6174_6564;

/// What `total` says, as JSON; `None` when there is none.
fn total(total: u64, switches: &Switches, request: u64) -> Option<String> {
    let (value, relation) = match switches.total_value {
        TotalValue::Exact => (total, "eq"),
        TotalValue::Capped if total > TOTAL_CAP => (TOTAL_CAP, "gte"),
        TotalValue::Capped => (total, "eq"),
        // From 3 fewer to 3 more.
        TotalValue::Drifting => ((total + mix(request) % 7).saturating_sub(3), "eq"),
    };
    match switches.total {
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
    fn a_total_has_many_forms() {
        let of = |shape, value, count| {
            let switches = Switches { total: shape, total_value: value, ..Switches::default() };
            total(count, &switches, 1)
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
            assert_eq!(of(shape, value, count).as_deref(), expected);
        }
        let switches = Switches { total_value: Drifting, ..Switches::default() };
        let drifted: std::collections::BTreeSet<u64> =
            (0..100).map(|request| total(100, &switches, request).unwrap().parse().unwrap()).collect();
        assert_eq!(drifted, (97..=103).collect());
        let of_none: std::collections::BTreeSet<u64> =
            (0..100).map(|request| total(0, &switches, request).unwrap().parse().unwrap()).collect();
        assert_eq!(of_none, (0..=3).collect());
    }
}
