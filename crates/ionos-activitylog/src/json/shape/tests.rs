use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::json::pick;

/// The member `a`, and the member `b` in it.
fn parts(value: &str) -> [Option<&str>; 2] {
    let [a] = pick(value, ["a"]);
    let [b] = pick(a.unwrap_or_default(), ["b"]);
    [a, b]
}

fn learned(values: &[&str]) -> Shapes<2> {
    let mut shapes = Shapes::default();
    for value in values {
        shapes.learn(value, &parts(value), true);
    }
    shapes
}

#[test]
fn what_has_a_known_shape_is_read_with_the_parts_that_are_wanted() {
    let shapes = learned(&[
        r#"{"a":{"b":"x","c":[1,true]}}"#,
        r#"{"a":{"b":"x","c":[1,true]},"a":7}"#,
        r#"{"a":null}"#,
        r#""a""#,
    ]);
    let cases = [
        (
            r#"{"a":{"b":"longer \" \u00fc","c":[-1.5e+3,true]}}"#,
            [Some(r#"{"b":"longer \" \u00fc","c":[-1.5e+3,true]}"#), Some(r#""longer \" \u00fc""#)],
        ),
        (r#"{"a":{"b":"","c":[0,true]},"a":12}"#, [Some("12"), None]),
        (r#"{"a":null}"#, [Some("null"), None]),
        (r#""""#, [None, None]),
    ];
    for (text, parts) in cases {
        for (before, behind) in [("", ""), ("[", ",{]")] {
            let place = format!("{before}{text}{behind}");
            let end = before.len() + text.len();
            let known = shapes.read(&place, before.len());
            let fits = !text.contains(r"\u");
            assert_eq!(known, Some(Known { end, parts, fits }), "{place}");
        }
    }
}

#[test]
fn what_is_no_json_and_what_has_another_shape_is_not_known() {
    let shapes = learned(&[r#"{"a":{"b":"x","c":[1]}}"#]);
    for text in [
        "",
        r#"{"a":{"b":"x","c":[1]}"#,
        r#"{"a":{"b":"x","c":[1,2]}}"#,
        r#"{"a":{"b":"x","c":["1"]}}"#,
        r#"{"a":{"b":1,"c":[1]}}"#,
        r#"{"a":{"b":"x","c":[01]}}"#,
        r#"{"a":{"b":"x","c":[1.]}}"#,
        r#"{"a":{"b":"x","c":[-]}}"#,
        "{\"a\":{\"b\":\"x\n\",\"c\":[1]}}",
        r#"{"a":{"b":"\x","c":[1]}}"#,
        r#"{"a":{"b":"\u00g0","c":[1]}}"#,
        r#"{"a":{"b":"x"#,
        r#"{ "a":{"b":"x","c":[1]}}"#,
    ] {
        assert_eq!(shapes.read(text, 0), None, "{text}");
    }
    assert_eq!(Shapes::<0>::default().read("1", 0), None);
    assert_eq!(shapes.read("1", 9), None);
}

#[test]
fn no_log_makes_it_remember_more_than_it_can_use() {
    let mut shapes = Shapes::<0>::default();
    let long = format!(r#"{{"{}":1}}"#, "x".repeat(LONGEST));
    shapes.learn(&long, &[], true);
    assert_eq!(shapes.read(&long, 0), None);
    let first = r#"{"0":1}"#;
    for number in 0..2 * MOST_PIECES {
        shapes.learn(&format!(r#"{{"{number}":1}}"#), &[], true);
    }
    // Each brings a piece for its key, and the first one for its end.
    assert_eq!(shapes.pieces.len(), 2 * MOST_IN_PLACE);
    assert!(shapes.read(first, 0).is_some());
    // Numbers and strings in all orders: few in one place, and many places.
    let mut shapes = Shapes::<0>::default();
    for number in 0..MOST_PIECES {
        let elements = (0..11).map(|bit| ["1", r#""""#][number >> bit & 1]);
        let list = elements.collect::<Vec<_>>().join(",");
        shapes.learn(&format!("[{list}]"), &[], true);
    }
    assert!(shapes.pieces.len() < MOST_PIECES + MOST_IN_ONE);
    assert!(!shapes.takes("1"));
    let mut shapes = Shapes::<0>::default();
    for number in 0..MOST_IN_PLACE {
        let key = format!("{number}{}", "x".repeat(LONGEST - 20));
        shapes.learn(&format!(r#"{{"{key}":1}}"#), &[], true);
    }
    assert!(shapes.literals.len() < MOST_BYTES + LONGEST);
}

#[test]
fn what_others_learned_is_kept_where_it_is_more() {
    let shared = SharedShapes::<2>::default();
    let one = Arc::new(learned(&["1"]));
    let more = Arc::new(learned(&["[1]", "[2,3]"]));
    shared.offer(more.clone());
    shared.offer(one);
    assert!(Arc::ptr_eq(&shared.get(), &more));
}

/// Values of few shapes, spelled with white space here and there.
fn value() -> impl Strategy<Value = String> {
    let blank = || "[ \n]{0,1}";
    let leaf = prop_oneof![
        r#""([ a-c"]|\\"|\\\\|\\u[0-9a-f]{4}|ü){0,9}""#
            .prop_filter("is a string", |text| { serde_json::from_str::<&RawValue>(text).is_ok() }),
        "-?(0|[1-9][0-9]{0,2})([.][0-9])?([eE][-+]?[0-9])?",
        "true|false|null",
    ];
    leaf.prop_recursive(4, 12, 3, move |inner| {
        let member = ("a|b|\\\\u0061", blank(), inner.clone())
            .prop_map(|(key, blank, value)| format!("\"{key}\"{blank}:{blank}{value}"));
        let list = (blank(), prop::collection::vec(inner, 0..3));
        let object = (blank(), prop::collection::vec(member, 0..4));
        prop_oneof![
            list.prop_map(|(blank, all)| format!("[{blank}{}{blank}]", all.join(","))),
            object.prop_map(|(blank, all)| format!("{{{blank}{}{blank}}}", all.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_is_known_by_its_own_shape_and_says_the_same(values in prop::collection::vec(value(), 1..12)) {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let shapes = learned(&values);
        for value in values {
            let known = shapes.read(value, 0);
            let (end, parts) = (value.len(), parts(value));
            prop_assert_eq!(known.map(|it| (it.end, it.parts)), Some((end, parts)), "{}", value);
        }
    }

    /// Whatever is made of known values by chance is JSON where it is known, and then says what the long way says.
    #[test]
    fn what_is_known_is_what_a_json_reader_would_have_read(
        values in prop::collection::vec(value(), 1..6),
        cut in any::<prop::sample::Index>(),
        put in r#"["\\ ,:{}\[\]a01eu-]{0,3}"#,
        removed in 0..3_usize,
    ) {
        let all: Vec<&str> = values.iter().map(String::as_str).collect();
        let shapes = learned(&all);
        let chars: Vec<char> = all.concat().chars().collect();
        let cut = cut.index(chars.len());
        let rest = chars.iter().skip(cut + removed);
        let text: String = chars.iter().take(cut).copied().chain(put.chars()).chain(rest.copied()).collect();
        if let Some(known) = shapes.read(&text, 0) {
            let value = &text[..known.end];
            let read = serde_json::from_str::<&RawValue>(value);
            prop_assert_eq!(read.map(RawValue::get).ok(), Some(value), "{}", text);
            prop_assert_eq!(known.parts, parts(value), "{}", text);
        }
    }
}
