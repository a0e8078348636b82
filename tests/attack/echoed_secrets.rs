//! Services that send the credentials of a request back: in header names and values, reason phrases, bodies and
//! messages, and in any spelling. No command shows any part of the credentials, even with `-vv`.
#![cfg(unix)]

use std::sync::Arc;

use crate::support::exports::scratch_folder;
use crate::support::hostile_server::{HostileService, response, serve};
use crate::support::program::{Printed, ialog, run};

const USER: &str = "me@example.com";
const PASSWORD: &str = "Plant\"ed&>>>???-pass-0815";
/// `USER:PASSWORD` in base64.
const PAIR: &str = "bWVAZXhhbXBsZS5jb206UGxhbnQiZWQmPj4+Pz8/LXBhc3MtMDgxNQ==";
const TOKEN: &str = "opaque/Planted+token-0815&>";

/// Parts of the secrets, in lower case. No output may contain any of them, whether in upper or in lower case.
const PARTS: [&str; 6] = ["plant", "-pass-0815", "token-0815", "ugxhbnqi", "lxbhc3mt", "mdgxnq"];

const COMMANDS: [&[&str]; 4] = [
    &["query", "--contract", "7", "--last", "1h", "-vv"],
    &["export", "--contract", "7", "--last", "1h", "--out", "a.ndjson", "-vv"],
    &["query", "--contract", "all", "--last", "1h", "-vv", "-o", "json"],
    &["doctor", "-vv"],
];

/// Runs each command with the credentials `secrets`, against a service that gives `answer` to each request. The output
/// must not contain any part of a secret.
fn assert_redacted(what: &str, answer: &[u8], secrets: &[(&str, &str)]) {
    for arguments in COMMANDS {
        let bytes = answer.to_vec();
        let service = HostileService::Answering(Box::new(move |_, connection| {
            use std::io::Write;
            connection.write_all(&bytes)
        }));
        let folder = scratch_folder();
        let mut command = ialog(folder.path(), arguments);
        command.args(["--attempts", "1"]).env("IONOS_API_URL", serve(Arc::new(service)));
        command.envs(secrets.iter().copied());
        let Printed { code, stdout, stderr } = run(command);
        let shown = format!("{stdout}{stderr}");
        let lower = shown.to_lowercase();
        let found: Vec<&&str> = PARTS.iter().filter(|part| lower.contains(**part)).collect();
        assert!(found.is_empty(), "{what}, {arguments:?}: parts {found:?} in {shown}");
        assert!(!shown.contains("panicked") && code.is_some_and(|code| code <= 6), "{what}, {arguments:?}: {shown}");
        assert!(shown.contains("[redacted]"), "{what}, {arguments:?}: {shown}");
    }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A text with another text after its tenth character.
fn with_inside(text: &str, inside: &str) -> String {
    format!("{}{inside}{}", &text[..10], &text[10..])
}

/// Environment variables with credentials, and the secret that the service repeats.
type Credentials = (&'static [(&'static str, &'static str)], &'static str);

const BASIC: &[(&str, &str)] = &[("IONOS_USERNAME", USER), ("IONOS_PASSWORD", PASSWORD)];

const CREDENTIALS: [Credentials; 3] = [(BASIC, PASSWORD), (BASIC, PAIR), (&[("IONOS_TOKEN", TOKEN)], TOKEN)];

#[test]
fn a_secret_in_a_header_of_an_answer_is_not_shown() {
    for (variables, secret) in CREDENTIALS {
        for headers in [
            format!("X-Echo: a {secret} b\r\n"),
            format!("X-Request-Id: {secret}\r\nServer: {secret}\r\nWarning: 299 - \"{}\"\r\n", percent(secret)),
            format!("X-Echo: {}, {}\r\n", html(secret), secret.replace('+', "-").replace('/', "_")),
            format!("Location: https://example.com/{}?x={secret}\r\nX-Echo: \t{secret}\r\n", percent(secret)),
            format!("X-Echo: {}\r\n", secret.to_uppercase()),
        ] {
            for status in ["401 Unauthorized", "200 OK", "503 Service Unavailable", "302 Found"] {
                let answer = response(status, &headers, b"{}");
                assert_redacted(&format!("{headers:?} with {status}"), &answer, variables);
            }
        }
    }
}

#[test]
fn a_secret_in_the_body_of_an_answer_is_not_shown() {
    for (variables, secret) in CREDENTIALS {
        for echo in [
            secret.to_owned(),
            html(secret),
            html(&html(secret)),
            percent(secret),
            secret.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned(),
            with_inside(secret, "\u{200b}"),
            with_inside(secret, "\0\u{1b}"),
            with_inside(secret, "&#8203;"),
            secret.to_lowercase(),
        ] {
            let message = serde_json::json!({
                "httpStatus": 401, "messages": [{"errorCode": echo, "message": format!("refused {echo}, sorry")}]
            });
            for body in [format!("<html>you sent {echo} .</html>"), message.to_string()] {
                for status in ["401 Unauthorized", "200 OK"] {
                    assert_redacted(&body, &response(status, "", body.as_bytes()), variables);
                }
            }
        }
    }
}

#[test]
fn a_secret_in_the_reason_phrase_of_an_answer_is_not_shown() {
    for (variables, secret) in CREDENTIALS {
        let answer = response(&format!("499 {secret}"), &format!("X-Echo: {secret}\r\n"), b"");
        assert_redacted("reason", &answer, variables);
    }
}
