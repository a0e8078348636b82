//! The body of an error comes in the vendor's envelope, as other JSON, as text, as a gateway's HTML page, cut off,
//! or not at all, and each must still give a useful line. The status alone decides what sort of error it is.

use std::fmt;

use serde::Deserialize;

/// How much of an error's body is read: 64 KiB. The rest of a longer one is left unread.
pub const ERROR_BODY_CAP: usize = 64 * 1024;

/// How much of a body without the vendor's messages is shown, in characters.
const SHOWN: usize = 500;

/// One message of the vendor's error envelope. Line breaks and control characters are replaced by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VendorMessage {
    /// The vendor's code, such as "315"; not always a number.
    pub code: Option<String>,
    /// The message in words.
    pub text: Option<String>,
}

impl fmt::Display for VendorMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.text, &self.code) {
            (Some(text), Some(code)) => write!(f, "{text} (code {code})"),
            (Some(text), None) => f.write_str(text),
            (None, Some(code)) => write!(f, "code {code}"),
            (None, None) => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    messages: Vec<EnvelopeMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvelopeMessage {
    // Documented as a string; taken in whatever JSON type it comes.
    error_code: Option<serde_json::Value>,
    message: Option<String>,
}

/// What a body says.
pub(crate) struct Said {
    /// The vendor's messages.
    pub(crate) messages: Vec<VendorMessage>,
    /// One line for people: the messages, or else the beginning of the body; none for an empty body.
    pub(crate) line: Option<String>,
    /// The beginning of the body, whatever it is.
    pub(crate) snippet: Option<String>,
}

/// Reads the body of an error. `redact` takes secrets out of every text, after it is decoded and before it is cut.
pub(crate) fn read(body: &[u8], redact: impl Fn(&str) -> String) -> Said {
    let text = String::from_utf8_lossy(body);
    let messages = envelope(&text, &redact);
    let snippet = Some(snippet(&redact(&text))).filter(|line| !line.is_empty());
    let line = if messages.is_empty() {
        snippet.clone()
    } else {
        Some(self::snippet(&messages.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
    };
    Said { messages, line, snippet }
}

fn envelope(text: &str, redact: impl Fn(&str) -> String) -> Vec<VendorMessage> {
    let Ok(envelope) = serde_json::from_str::<Envelope>(text) else {
        return Vec::new();
    };
    let messages = envelope.messages.into_iter().map(|message| VendorMessage {
        code: message.error_code.and_then(|code| match code {
            serde_json::Value::Null => None,
            serde_json::Value::String(code) => Some(self::snippet(&redact(&code))),
            other => Some(redact(&other.to_string())),
        }),
        text: message.message.map(|text| self::snippet(&redact(&text))),
    });
    messages.filter(|message| *message != VendorMessage::default()).collect()
}

/// The beginning of a text as one line.
pub(crate) fn snippet(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}

/// White space and control characters, which could steer a terminal, become single spaces.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_body_gives_one_useful_line() {
        let long = "x".repeat(2_000);
        let cases: [(&[u8], &str); 10] = [
            (
                br#"{"httpStatus":401,"messages":[{"errorCode":"315","message":"Unauthorized"}]}"#,
                "Unauthorized (code 315)",
            ),
            (b"{\n  \"messages\" : [ { \"message\" : \"a\\nb\" }, { \"errorCode\" : 7 } ]\n}", "a b; code 7"),
            (br#"{"messages":[]}"#, r#"{"messages":[]}"#),
            (br#"{"messages":[{}]}"#, r#"{"messages":[{}]}"#),
            (br#"{"error":"no route"}"#, r#"{"error":"no route"}"#),
            (b"Bad\tGateway\r\n", "Bad Gateway"),
            (b"<html>\n<body>502</body>\n</html>", "<html> <body>502</body> </html>"),
            (b"", ""),
            (b"\x1b[2Jcleared\xff", "[2Jcleared\u{fffd}"),
            (long.as_bytes(), &format!("{} ...", "x".repeat(500))),
        ];
        for (body, line) in cases {
            assert_eq!(read(body, str::to_owned).line.unwrap_or_default(), line);
        }
    }

    #[test]
    fn the_vendors_messages_are_told_apart() {
        let said = read(br#"{"messages":[{"errorCode":"paas-feature-1","message":"off"}]}"#, str::to_owned);
        assert_eq!(said.messages[0].code.as_deref(), Some("paas-feature-1"));
        assert_eq!(said.messages[0].text.as_deref(), Some("off"));
    }
}
