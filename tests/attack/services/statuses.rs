//! Statuses, redirects and waits.

use std::io::Write;

use super::{ServiceCase, each, same, same_page, stream};
use crate::support::hostile_server::{correct_page, ok, response, write_endlessly};

pub(super) fn cases() -> Vec<ServiceCase> {
    let escapes = "\u{1b}]0;pwned\u{7}\u{9b}2J\u{202e}\u{200b}\u{feff}\r\u{85}";
    let html = format!("<html><title>{escapes}</title><body>{escapes}</body></html>");
    let mut cases = vec![
        same_page("HTML with status 200", 1, &html),
        same("HTML with status 502", 5, response("502 Bad Gateway", "Content-Type: text/html\r\n", html.as_bytes())),
        same("escape sequences with status 400", 1, response("400 Bad Request", "", escapes.as_bytes())),
        // The page is empty, so the command checks whether the list of contracts contains contract 7. The list is
        // empty, too.
        ServiceCase { other_code: Some(3), ..same("status 204", 2, response("204 No Content", "", b"")) },
        each("status 206", 1, |request| response("206 Partial Content", "", correct_page(request).as_bytes())),
        same("status 304", 1, response("304 Not Modified", "", b"")),
        each("the token in the body of a 401", 4, move |request| {
            response("401 Unauthorized", "", format!("{escapes}{}", request.head).as_bytes())
        }),
        each("the token in the messages of a 403", 4, |request| {
            let authorization = request.head.lines().find(|line| line.starts_with("authorization")).unwrap_or_default();
            let messages =
                serde_json::json!({ "messages": [{ "errorCode": authorization, "message": authorization }] });
            response("403 Forbidden", "", messages.to_string().as_bytes())
        }),
        each("the token in headers", 5, |request| {
            let authorization = request.head.lines().find(|line| line.starts_with("authorization")).unwrap_or_default();
            let headers =
                format!("{authorization}\r\nX-Request-Id: {authorization}\r\nLocation: /?{authorization}\r\n");
            response("503 Service Unavailable", &headers, b"")
        }),
        same("an error body of 70 MB", 1, response("400 Bad Request", "", &vec![b'x'; 70 << 20])).heavy(),
        same("an error body of 30,000 levels", 1, response("400 Bad Request", "", "[".repeat(30_000).as_bytes())),
        stream("an endless error body", 5, |_, connection| {
            connection.write_all(b"HTTP/1.1 500 Internal Server Error\r\n\r\n")?;
            write_endlessly(connection, b"x")
        })
        .times_out()
        .heavy(),
        each("a failure before each answer", 0, |request| match request.index % 2 {
            0 => response("503 Service Unavailable", "", b""),
            _ => ok(correct_page(request)),
        })
        .attempts("9")
        .with_all_events(),
    ];
    for wait in ["-1", "NaN", "1e400", "0x1", "", "Fri, 31 Feb 2099 25:00:00 GMT", "\u{202e}1", "0"] {
        let headers = format!("Retry-After: {wait}\r\n");
        let answer = response("429 Too Many Requests", &headers, b"");
        cases.push(same(&format!("Retry-After: {wait:?}"), 5, answer).attempts("2"));
    }
    for wait in ["99999999999999999999", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT", "61"] {
        let headers = format!("Retry-After: {wait}\r\n");
        cases.push(same(&format!("Retry-After: {wait}"), 5, response("503 Busy", &headers, b"")).attempts("5"));
    }
    for location in [
        "/activitylog/v1/contracts/7",
        "https://attacker.invalid/",
        "//attacker.invalid/",
        "http://user:password@127.0.0.1:1/",
        "http://[::1]:1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://\u{202e}\u{200b}.invalid/",
        "\\\\attacker.invalid\\share",
        "http://127.0.0.1:99999/",
        "",
    ] {
        for status in ["302 Found", "307 Temporary Redirect"] {
            let headers = format!("Location: {location}\r\n");
            cases.push(same(&format!("{status}, {location:?}"), 1, response(status, &headers, b"")));
        }
    }
    cases.push(same("302 without a location", 1, response("302 Found", "", b"")));
    cases
}
