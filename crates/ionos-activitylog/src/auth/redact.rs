//! A service may repeat in its answer what it was sent, and not always letter by letter: a secret is found as it
//! is, escaped as in JSON or in a URL, and cut off at the end of the text.

use secrecy::{ExposeSecret, SecretString};

/// What is shown in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// A shorter beginning of a secret at the end of a text is not taken for one.
const SHORTEST_CUT: usize = 4;

/// The longest escape, in bytes: two halves of a character in JSON, such as `\ud83d\ude00`.
const LONGEST_ESCAPE: usize = 12;

/// The text without the secrets. Where two begin at the same place, the longer goes.
pub(crate) fn redact(text: &str, secrets: &[&SecretString]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let found = secrets.iter().filter_map(|secret| matched(secret.expose_secret(), rest)).max();
        match found {
            Some(length) => {
                shown.push_str(REDACTED);
                rest = &rest[length..];
            }
            None => {
                shown.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    shown
}

/// How many bytes at the start of `text` spell the secret, or its beginning if the text ends within it.
fn matched(secret: &str, text: &str) -> Option<usize> {
    if secret.is_empty() {
        return None;
    }
    // More than one, since a backslash can be meant or can begin an escape.
    let mut rests = vec![text];
    for (place, expected) in secret.chars().enumerate() {
        let cut = |rest: &&str| rest.is_empty() || cut_escape(rest);
        if place >= SHORTEST_CUT && rests.iter().any(cut) {
            return Some(text.len());
        }
        rests = rests.iter().flat_map(|rest| spellings(expected, rest)).flatten().collect();
        rests.sort_unstable_by_key(|rest| rest.len());
        rests.dedup_by_key(|rest| rest.len());
        if rests.is_empty() {
            return None;
        }
    }
    rests.first().map(|rest| text.len() - rest.len())
}

/// Whether the text may be an escape that is cut off.
fn cut_escape(text: &str) -> bool {
    let digits = match text.strip_prefix('%') {
        Some(digits) => return digits.len() < 2 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => text.strip_prefix('\\'),
    };
    digits.is_some_and(|digits| {
        let marks = |b: u8| b.is_ascii_hexdigit() || b == b'u' || b == b'\\';
        text.len() < LONGEST_ESCAPE && digits.bytes().all(marks)
    })
}

/// What is left of the text behind each way in which one character can be written.
fn spellings(expected: char, text: &str) -> [Option<&str>; 4] {
    [
        text.strip_prefix(expected),
        text.strip_prefix('\\').and_then(|text| text.strip_prefix(expected)),
        json_escape(expected, text),
        url_escape(expected, text),
    ]
}

fn json_escape(expected: char, text: &str) -> Option<&str> {
    let mut units = [0; 2];
    expected
        .encode_utf16(&mut units)
        .iter()
        .try_fold(text, |text, unit| hexadecimal(text.strip_prefix("\\u")?, 4, *unit))
}

fn url_escape(expected: char, text: &str) -> Option<&str> {
    if expected == ' '
        && let Some(rest) = text.strip_prefix('+')
    {
        return Some(rest);
    }
    let mut bytes = [0; 4];
    expected
        .encode_utf8(&mut bytes)
        .bytes()
        .try_fold(text, |text, byte| hexadecimal(text.strip_prefix('%')?, 2, byte.into()))
}

fn hexadecimal(text: &str, digits: usize, expected: u16) -> Option<&str> {
    let found = u16::from_str_radix(text.get(..digits)?, 16).ok()?;
    (found == expected).then(|| text.get(digits..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, secrets: &[&str]) -> String {
        let secrets: Vec<SecretString> = secrets.iter().map(|s| (*s).into()).collect();
        redact(text, &secrets.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let cases = [
            ("a/b+c.4711", "[redacted]"),
            (r#"{"t":"a\/b+c.4711"}"#, r#"{"t":"[redacted]"}"#),
            (r"a\u002fb\u002Bc.4711 a%2Fb%2bc.4711", "[redacted] [redacted]"),
            ("aa/b+c.4711a/b", "a[redacted]a/b"),
            ("cut off: a/b+", "cut off: [redacted]"),
            ("cut off: a/b+c%2", "cut off: [redacted]"),
            (r"cut off: a/b+\u00", "cut off: [redacted]"),
            ("cut off: a/b", "cut off: a/b"),
            ("a/b+c.4712 äa/b", "a/b+c.4712 äa/b"),
            (r"\u00 % \u00zz %z", r"\u00 % \u00zz %z"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text, &["a/b+c.4711"]), expected, "{text}");
        }
    }

    #[test]
    fn a_password_of_any_characters_is_found() {
        let secret = r#"pä\\ss "😀"#;
        for text in [
            secret,
            r#"pä\\\\ss \"😀"#,
            r#"p\u00e4\\\\ss \"\ud83d\uDE00"#,
            "p%C3%A4%5c%5Css+%22%F0%9F%98%80",
            r#"pä\\ss \"\ud83d"#,
        ] {
            assert_eq!(shown(text, &[secret]), "[redacted]", "{text}");
        }
    }

    #[test]
    fn of_two_secrets_the_longer_goes_and_an_empty_one_is_none() {
        assert_eq!(shown("abcd abcdef", &["", "abcd", "abcdef"]), "[redacted] [redacted]");
        assert_eq!(shown("", &["", "abcd"]), "");
    }
}
