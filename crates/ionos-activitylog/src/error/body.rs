//! Reads the body of an error: the vendor's envelope, other JSON, text, a gateway's HTML page, a fragment, or nothing.
//! Each form yields one line for the user. The status decides the kind of the error; the body never does.

use std::fmt;

use serde::Deserialize;

use super::text::snippet;

/// One message of the vendor's error envelope. Line breaks and control characters are replaced by spaces, and
/// credentials of the client by `[redacted]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VendorMessage {
    /// The vendor's error code, such as "315"; not always a number. `None` if the message has none.
    pub code: Option<String>,
    /// The message in words. `None` if there is only a code.
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
struct VendorEnvelope {
    messages: Vec<VendorEnvelopeMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VendorEnvelopeMessage {
    // Documented as a string; accepted in any JSON type.
    error_code: Option<serde_json::Value>,
    message: Option<String>,
}

/// The body of an error, read for messages.
pub(crate) struct ErrorBody {
    /// The messages of the vendor's envelope; empty for any other body.
    pub(crate) messages: Vec<VendorMessage>,
    /// One line for the user: the messages, or else the beginning of the body; `None` for an empty body.
    pub(crate) line: Option<String>,
    /// The beginning of the body in any format; `None` for an empty body.
    pub(crate) snippet: Option<String>,
}

/// Reads the body of an error. `redact` removes credentials from every text, after the text is decoded and before it is
/// shortened.
pub(crate) fn read(body: &[u8], redact: impl Fn(&str) -> String) -> ErrorBody {
    let text = String::from_utf8_lossy(body);
    let messages = vendor_messages(&text, &redact);
    let beginning = Some(snippet(&redact(&text))).filter(|line| !line.is_empty());
    let line = if messages.is_empty() {
        beginning.clone()
    } else {
        Some(snippet(&messages.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
    };
    ErrorBody { messages, line, snippet: beginning }
}

fn vendor_messages(text: &str, redact: impl Fn(&str) -> String) -> Vec<VendorMessage> {
    let Ok(envelope) = serde_json::from_str::<VendorEnvelope>(text) else {
        return Vec::new();
    };
    let messages = envelope.messages.into_iter().map(|message| VendorMessage {
        code: message.error_code.and_then(|code| match code {
            serde_json::Value::Null => None,
            serde_json::Value::String(code) => Some(snippet(&redact(&code))),
            other => Some(redact(&other.to_string())),
        }),
        text: message.message.map(|text| snippet(&redact(&text))),
    });
    messages.filter(|message| *message != VendorMessage::default()).collect()
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
    fn a_vendor_message_has_code_and_text() {
        let body = read(br#"{"messages":[{"errorCode":"paas-feature-1","message":"off"}]}"#, str::to_owned);
        assert_eq!(body.messages[0].code.as_deref(), Some("paas-feature-1"));
        assert_eq!(body.messages[0].text.as_deref(), Some("off"));
    }
}
