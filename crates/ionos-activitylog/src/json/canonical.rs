//! Writes a record in canonical form, for fingerprints and for the filter `text`. The service may send one record twice
//! with different whitespace or key order. Equal records have the same canonical text, different records have different
//! ones.

use std::borrow::Cow;

use super::scan::{elements, end_of_string, is_whitespace, members};
use super::string::{decode_to_bytes, write_canonical};

/// Maximum nesting depth at which members are sorted. Bounds the recursion; common JSON readers have the same limit.
const MAX_SORTED_DEPTH: usize = 128;

/// The value in canonical form:
///
/// - no whitespace between tokens;
/// - members ordered by the code points of their keys; members with equal keys stay in their order, none is merged;
/// - strings as RFC 8785 prescribes, with an escape for each lone surrogate;
/// - numbers with the digits of the source, so 1.10 differs from 1.1. RFC 8785 rounds numbers, which loses digits of
///   contract numbers.
///
/// In objects that are nested more than 128 levels deep, members stay in their order.
pub(crate) fn to_canonical(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    write(value, MAX_SORTED_DEPTH, &mut out);
    out
}

fn write(value: &str, depth: usize, out: &mut String) {
    match value.as_bytes().first() {
        Some(b'{') if depth > 0 => write_object(value, depth - 1, out),
        Some(b'[') if depth > 0 => write_list(value, depth - 1, out),
        _ => write_in_order(value, out),
    }
}

fn write_object(object: &str, depth: usize, out: &mut String) {
    let mut sorted: Vec<(Cow<'_, [u8]>, _, &str)> =
        members(object).map(|(key, value)| (decode_to_bytes(key.text), key, value)).collect();
    // The sort is stable: members with equal keys stay in their order.
    sorted.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    out.push('{');
    for (index, (_, key, value)) in sorted.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_canonical(key.text, out);
        out.push(':');
        write(value, depth, out);
    }
    out.push('}');
}

fn write_list(list: &str, depth: usize, out: &mut String) {
    out.push('[');
    for (index, element) in elements(list).enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(element, depth, out);
    }
    out.push(']');
}

/// Copies the value without the whitespace between its tokens.
fn write_in_order(value: &str, out: &mut String) {
    let bytes = value.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        if *byte == b'"' {
            at = end_of_string(bytes, at);
            write_canonical(value.get(start..at).unwrap_or_default(), out);
        } else if is_whitespace(*byte) {
            at += 1;
        } else {
            let rest = bytes.get(at..).unwrap_or_default();
            let is_end = |byte: &u8| *byte == b'"' || is_whitespace(*byte);
            at += rest.iter().position(is_end).unwrap_or(rest.len());
            out.push_str(value.get(start..at).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_canonical_form() {
        let cases = [
            (r#" "a\u0062" "#, r#""ab""#),
            (
                r#"{ "b" : [ 1.10 , 1e400, -0 ] , "a" : {"d":null,"c":true} }"#,
                r#"{"a":{"c":true,"d":null},"b":[1.10,1e400,-0]}"#,
            ),
            (r#"{"b":1,"a":2,"b":0,"\u0061":1}"#, r#"{"a":2,"a":1,"b":1,"b":0}"#),
            // Ordered by code points: UTF-16 code units would be ordered the other way.
            ("{\"\u{10000}\":1,\"\u{ffff}\":2}", "{\"\u{ffff}\":2,\"\u{10000}\":1}"),
            (r#"{"\udc00":1,"z":"\uD800"}"#, r#"{"z":"\ud800","\udc00":1}"#),
        ];
        for (value, expected) in cases {
            assert_eq!(to_canonical(value), expected);
            assert_eq!(to_canonical(&to_canonical(value)), expected, "not idempotent");
        }
    }

    #[test]
    fn members_are_sorted_down_to_128_levels_and_keep_their_order_below() {
        let nest = |levels: usize, inner: &str| format!("{}{inner}{}", "[ ".repeat(levels), " ]".repeat(levels));
        let last = to_canonical(&nest(127, r#"{"b":1, "a":2}"#));
        assert!(last.contains(r#"{"a":2,"b":1}"#), "{last}");
        let below = to_canonical(&nest(128, r#"{"b":1, "\u0061":2}"#));
        assert!(below.contains(r#"{"b":1,"a":2}"#), "{below}");
        assert!(!below.contains(' '));
    }

    #[test]
    fn any_nesting_depth_is_written() {
        let deep = format!("{}1{}", r#"{"a":["#.repeat(100_000), "]}".repeat(100_000));
        assert_eq!(to_canonical(&deep), deep);
    }
}
