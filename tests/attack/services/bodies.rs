//! Bodies that are cut, compressed in the wrong way or too large.

use std::io::Write;

use super::{ServiceCase, each, same, same_page};
use crate::support::hostile_server::{ReceivedRequest, correct_page, ok, response};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn cases() -> Vec<ServiceCase> {
    let whole = |request: &ReceivedRequest| ok(correct_page(request));
    let gzipped = |body: Vec<u8>| response("200 OK", "Content-Encoding: gzip\r\n", &body);
    let mut cases = vec![
        same("gzip bomb", 1, gzipped(gzip(&vec![b' '; 256 << 20]))).heavy(),
        same("gzip in gzip", 1, gzipped(gzip(&gzip(b"{}")))),
        each("a plain body with the encoding gzip", 5, move |request| gzipped(correct_page(request).into())),
        each("gzip, cut", 5, move |request| {
            let body = gzip(correct_page(request).as_bytes());
            gzipped(body.get(..body.len() - 9).unwrap_or_default().to_vec())
        }),
        each("gzip with a wrong checksum", 5, move |request| {
            let mut body = gzip(correct_page(request).as_bytes());
            let at = body.len() - 5;
            body[at] ^= 1;
            gzipped(body)
        }),
        each("gzip", 0, move |request| gzipped(gzip(correct_page(request).as_bytes()))).with_all_events(),
        each("an unknown encoding", 5, |request| {
            let body = gzip(correct_page(request).as_bytes());
            response("200 OK", "Content-Encoding: \u{1b}[2J-none\r\n", &body)
        }),
        each("a nonsensical content type", 0, |request| {
            response("200 OK", "Content-Type: image/png; charset=utf-7; \u{202e}\r\n", correct_page(request).as_bytes())
        })
        .with_all_events(),
        same_page("70 MB of spaces", 1, vec![b' '; 70 << 20]).heavy(),
        same_page("a text of 20 MB without an end", 1, [&b"{\"hits\":\""[..], &vec![b'a'; 20 << 20]].concat()).heavy(),
    ];
    for (name, keep) in [("one byte", 1), ("half", 2), ("all but one byte", 0)] {
        cases.push(each(&format!("{name} of the answer"), 5, move |request| {
            let answer = whole(request);
            let end = match keep {
                0 => answer.len() - 1,
                1 => 1,
                part => answer.len() / part,
            };
            answer.get(..end).unwrap_or_default().to_vec()
        }));
    }
    cases
}
