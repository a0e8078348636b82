//! Resolves JSON pointers (RFC 6901).

use super::scan::{elements, members};

/// The value that the pointer names. `None` if there is no such value or if the text is not a JSON pointer.
pub(crate) fn resolve_pointer<'a>(value: &'a str, pointer: &str) -> Option<&'a str> {
    if pointer.is_empty() {
        return Some(value);
    }
    let tokens = pointer.strip_prefix('/')?.split('/');
    tokens.map(unescape).try_fold(value, |value, token| {
        let token = token?;
        if value.starts_with('[') {
            return elements(value).nth(list_index(&token)?);
        }
        let named = members(value).filter(|(key, _)| key.is_named(&token));
        named.last().map(|(_, value)| value)
    })
}

/// Replaces `~1` by `/` and `~0` by `~`. `None` for any other use of `~`.
fn unescape(token: &str) -> Option<String> {
    let mut pieces = token.split('~');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        let (sign, rest) = match piece.strip_prefix('0') {
            Some(rest) => ('~', rest),
            None => ('/', piece.strip_prefix('1')?),
        };
        text.push(sign);
        text.push_str(rest);
    }
    Some(text)
}

/// The index of an element: digits without leading zeros.
fn list_index(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let is_index = digits && (token == "0" || !token.starts_with('0'));
    is_index.then(|| token.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_the_examples_of_the_rfc_and_rejects_invalid_pointers() {
        let document = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"i\\j":5,"k\"l":6," ":7,"m~n":8,"t":1,"t":[1.10, {"x":null}]}"#;
        let cases = [
            ("", Some(document)),
            ("/foo", Some(r#"["bar","baz"]"#)),
            ("/foo/0", Some(r#""bar""#)),
            ("/", Some("0")),
            ("/a~1b", Some("1")),
            ("/c%d", Some("2")),
            ("/i\\j", Some("5")),
            ("/k\"l", Some("6")),
            ("/ ", Some("7")),
            ("/m~0n", Some("8")),
            ("/t/0", Some("1.10")),
            ("/t/1/x", Some("null")),
            ("foo", None),
            ("/foo/2", None),
            ("/foo/00", None),
            ("/foo/+1", None),
            ("/foo/-", None),
            ("/foo/", None),
            ("/foo/99999999999999999999999", None),
            ("/m~n", None),
            ("/m~", None),
            ("/foo/0/x", None),
            ("//", None),
            ("/none", None),
        ];
        for (pointer, expected) in cases {
            assert_eq!(resolve_pointer(document, pointer), expected, "{pointer}");
        }
    }
}
