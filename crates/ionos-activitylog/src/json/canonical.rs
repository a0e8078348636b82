//! Two answers may hold the same record with keys in another order or other white space, and a hash over their bytes
//! would make two events of one. The canonical text is the same for both, and differs whenever the records do.

use std::borrow::Cow;

use super::scan::{elements, end_of_string, is_blank, members};
use super::text::{decoded_bytes, write_canonical};

/// How deep members are sorted. It bounds the recursion, and is as deep as common readers of JSON go at all.
const SORTED_DEPTH: usize = 128;

/// The record in its one canonical spelling:
///
/// - no white space between tokens;
/// - the members of an object ordered by the code points of their keys, those of one key in the order in which they
///   were written, none merged;
/// - strings spelled as RFC 8785 does, so that two spellings of a string are one, and half a surrogate pair as its
///   escape;
/// - numbers exactly as they were written: 1.10 is not 1.1, and no digit of a contract number is lost. This is where RFC
///   8785 would not do.
///
/// Inside of more than 128 levels of objects and lists, members stay in the order in which they were written.
pub(crate) fn canonical(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    write(value, SORTED_DEPTH, &mut out);
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
        members(object).map(|(key, value)| (decoded_bytes(key.text), key, value)).collect();
    // Stable: members of one key stay in their order.
    sorted.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    out.push('{');
    for (place, (_, key, value)) in sorted.iter().enumerate() {
        if place > 0 {
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
    for (place, element) in elements(list).enumerate() {
        if place > 0 {
            out.push(',');
        }
        write(element, depth, out);
    }
    out.push(']');
}

/// Token by token, without white space.
fn write_in_order(value: &str, out: &mut String) {
    let bytes = value.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        if *byte == b'"' {
            at = end_of_string(bytes, at);
            write_canonical(value.get(start..at).unwrap_or_default(), out);
        } else if is_blank(*byte) {
            at += 1;
        } else {
            let rest = bytes.get(at..).unwrap_or_default();
            let ends = |byte: &u8| *byte == b'"' || is_blank(*byte);
            at += rest.iter().position(ends).unwrap_or(rest.len());
            out.push_str(value.get(start..at).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_record() {
        let cases = [
            (r#" "a\u0062" "#, r#""ab""#),
            (
                r#"{ "b" : [ 1.10 , 1e400, -0 ] , "a" : {"d":null,"c":true} }"#,
                r#"{"a":{"c":true,"d":null},"b":[1.10,1e400,-0]}"#,
            ),
            (r#"{"b":1,"a":2,"b":0,"\u0061":1}"#, r#"{"a":2,"a":1,"b":1,"b":0}"#),
            // By code points: UTF-16 would have it the other way.
            ("{\"\u{10000}\":1,\"\u{ffff}\":2}", "{\"\u{ffff}\":2,\"\u{10000}\":1}"),
            (r#"{"\udc00":1,"z":"\uD800"}"#, r#"{"z":"\ud800","\udc00":1}"#),
        ];
        for (value, expected) in cases {
            assert_eq!(canonical(value), expected);
            assert_eq!(canonical(&canonical(value)), expected, "twice is once");
        }
    }

    #[test]
    fn members_are_sorted_down_to_a_depth_and_kept_in_order_below_it() {
        let nest = |levels: usize, inner: &str| format!("{}{inner}{}", "[ ".repeat(levels), " ]".repeat(levels));
        let last = canonical(&nest(127, r#"{"b":1, "a":2}"#));
        assert!(last.contains(r#"{"a":2,"b":1}"#), "{last}");
        let below = canonical(&nest(128, r#"{"b":1, "\u0061":2}"#));
        assert!(below.contains(r#"{"b":1,"a":2}"#), "{below}");
        assert!(!below.contains(' '));
    }

    #[test]
    fn no_depth_is_too_deep() {
        let deep = format!("{}1{}", r#"{"a":["#.repeat(100_000), "]}".repeat(100_000));
        assert_eq!(canonical(&deep), deep);
    }
}
