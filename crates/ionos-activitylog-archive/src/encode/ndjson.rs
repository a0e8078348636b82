//! Writes a record on one line. White space between tokens is removed only if the record contains a line break.
//! Strings, numbers, keys and their order never change.

use std::borrow::Cow;

use memchr::memchr2;

/// The JSON text of a record on one line. `record` must be valid JSON.
///
/// ```
/// use ionos_activitylog_archive::ndjson::to_line;
///
/// assert_eq!(to_line(r#"{ "a": 1.10 }"#), r#"{ "a": 1.10 }"#);
/// assert_eq!(to_line("{\n  \"a b\": 1.10\n}"), r#"{"a b":1.10}"#);
/// ```
#[must_use]
pub fn to_line(record: &str) -> Cow<'_, str> {
    // JSON has no line break inside a string, so each line break is between tokens.
    if memchr2(b'\n', b'\r', record.as_bytes()).is_none() {
        return Cow::Borrowed(record);
    }
    let mut line = String::with_capacity(record.len());
    let mut in_string = false;
    let mut escaped = false;
    for c in record.chars() {
        if in_string || !matches!(c, ' ' | '\t' | '\n' | '\r') {
            line.push(c);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_on_one_line_is_unchanged() {
        for record in [r#"{ "a" : [ 1 , 2 ]	}"#, "null", r#""a\nb""#] {
            assert!(matches!(to_line(record), Cow::Borrowed(same) if same == record));
        }
    }

    #[test]
    fn only_white_space_between_tokens_is_removed() {
        let record = "{\r\n\t\"k \\\" \\\\\" : \"a  b\\\\\",\n \"n\" : [ 1e400 , -0 , 1.10 ]\n}";
        assert_eq!(to_line(record), r#"{"k \" \\":"a  b\\","n":[1e400,-0,1.10]}"#);
    }
}
