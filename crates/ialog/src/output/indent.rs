//! Indents JSON text without parsing its values: a number that is parsed and written again may change.

use ionos_activitylog_archive::ndjson;

/// Maximum nesting of a text that is indented. Indentation takes memory that grows with the square of the nesting, and
/// a text with more levels is not readable.
const MAX_DEPTH: usize = 200;

/// Maximum length of the indented text, as a multiple of the length of the text on one line. Only a text with many
/// short values at a great depth would exceed this maximum.
const MAX_GROWTH: usize = 16;

/// Length in bytes that an indented text may always have, regardless of [`MAX_GROWTH`].
const SMALL_TEXT_BYTES: usize = 1 << 20;

/// The JSON text with each member on a line of its own. Only white space between tokens changes. `None` if the text is
/// nested too deeply, or if the indented text would be too long.
pub(crate) fn indent_json(record: &str) -> Option<String> {
    let line = ndjson::to_line(record);
    let max_bytes = line.len().saturating_mul(MAX_GROWTH).max(SMALL_TEXT_BYTES);
    let mut out = String::with_capacity(line.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = line.chars().filter(|char| *char != '\n').peekable();
    while let Some(char) = chars.next() {
        if depth > MAX_DEPTH || out.len() > max_bytes {
            return None;
        }
        if in_string {
            out.push(char);
            in_string = escaped || char != '"';
            escaped = !escaped && char == '\\';
            continue;
        }
        match char {
            '"' => {
                in_string = true;
                out.push(char);
            }
            '{' | '[' => {
                out.push(char);
                while chars.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    start_line(depth, &mut out);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                start_line(depth, &mut out);
                out.push(char);
            }
            ',' => {
                out.push(char);
                start_line(depth, &mut out);
            }
            ':' => out.push_str(": "),
            char if char.is_ascii_whitespace() => {}
            char => out.push(char),
        }
    }
    Some(out)
}

fn start_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_changes() {
        let record = r#"{"a" : [ ], "b":{},"c":[1.10, 1e400,{"d":"x, \"{y}\\"}],"e":"\\"}"#;
        let expected = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1.10,\n    1e400,\n    {\n      \"d\": \"x, \\\"{y}\\\\\"\n    }\n  ],\n  \"e\": \"\\\\\"\n}";
        assert_eq!(indent_json(record).as_deref(), Some(expected));
    }

    #[test]
    fn text_that_is_nested_too_deeply_is_not_indented() {
        let nested = |depth: usize, value: &str| format!("{}{value}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(indent_json(&nested(MAX_DEPTH, "1")).is_some());
        assert_eq!(indent_json(&nested(MAX_DEPTH + 1, "1")), None);
        assert_eq!(indent_json(&nested(1_000_000, "1")), None);
        let many_values = "1,".repeat(SMALL_TEXT_BYTES);
        assert!(indent_json(&nested(2, &(many_values.clone() + "1"))).is_some());
        assert_eq!(indent_json(&nested(MAX_DEPTH, &(many_values + "1"))), None);
    }
}
