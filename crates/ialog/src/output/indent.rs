//! Indents JSON text without parsing its values: a number that is parsed and written again may change.

use ionos_activitylog_archive::ndjson;

/// The JSON text with each member on a line of its own. Only white space between tokens changes.
pub(crate) fn indent_json(record: &str) -> String {
    let line = ndjson::to_line(record);
    let mut out = String::with_capacity(line.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = line.chars().filter(|char| *char != '\n').peekable();
    while let Some(char) = chars.next() {
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
    out
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
        assert_eq!(indent_json(record), expected);
    }
}
