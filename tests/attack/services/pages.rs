//! Cases in which the body of a page is not JSON, or is unusual or incorrect JSON.

use super::{ServiceCase, each_page, same_page};
use crate::support::hostile_server::{
    LOG_EVENTS, LOG_START, ReceivedRequest, correct_hits, correct_page, hit, page, record_at,
};

pub(super) fn cases() -> Vec<ServiceCase> {
    let with_hit = |poison: &'static str| {
        move |request: &ReceivedRequest| {
            let (total, mut hits) = correct_hits(request);
            hits.push(poison.to_owned());
            page(&(total + 1).to_string(), &hits)
        }
    };
    let with_total = |total: fn(usize) -> String| {
        move |request: &ReceivedRequest| {
            let (count, hits) = correct_hits(request);
            page(&total(count), &hits)
        }
    };
    let beside = |member: &'static str| {
        move |request: &ReceivedRequest| correct_page(request).replacen('{', &format!("{{{member},"), 1)
    };
    let mut cases = vec![
        same_page("an empty body with status 200", 1, ""),
        same_page("null", 1, "null"),
        same_page("a text", 1, "\"hits\""),
        same_page("a number", 1, "7"),
        same_page("an empty list", 1, "[]"),
        same_page("an empty object", 1, "{}"),
        same_page("hits are null", 1, r#"{"hits":null}"#),
        same_page("hits are a text", 1, r#"{"hits":"none"}"#),
        same_page("hits without members", 1, r#"{"hits":{}}"#),
        same_page(
            "10,000,000 short hits",
            1,
            format!(r#"{{"hits":{{"total":1,"hits":[{}0]}}}}"#, "0,".repeat(10_000_000)),
        )
        .heavy(),
        same_page("hits in lists", 1, format!("[[[{}0],1]]", "0,".repeat(10_000_000))).heavy(),
        same_page("`hits` is a list", 1, r#"{"hits":[[{"_source":{}}],1]}"#),
        same_page("30,000 levels", 1, "[".repeat(30_000)),
        each_page("30,000 levels beside the hits", 0, |request| {
            let deep = format!(r#"{{"x":{}{},"#, "[".repeat(30_000), "]".repeat(30_000));
            correct_page(request).replacen('{', &deep, 1)
        })
        .with_all_events(),
        each_page("100,000 members beside the hits", 0, |request| {
            let members: String = (0..100_000).map(|index| format!("\"m{index}\":0,")).collect();
            correct_page(request).replacen('{', &format!("{{{members}"), 1)
        })
        .heavy()
        .with_all_events(),
        each_page("NUL bytes", 1, |request| correct_page(request).replace(',', "\0,")),
        each_page("a byte order mark", 0, |request| format!("\u{feff}{}", correct_page(request))).with_all_events(),
        each_page("UTF-16", 1, |request| {
            correct_page(request).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        }),
        each_page("invalid UTF-8 beside the hits", 1, |request| {
            [&b"{\"\xff\":1,"[..], &correct_page(request).as_bytes()[1..]].concat()
        }),
        each_page("the hits twice", 1, |request| {
            let page = correct_page(request);
            format!("{},{}", &page[..page.len() - 1], &page[1..])
        }),
        each_page("the total twice", 1, beside(r#""hits":{"total":1,"total":2}"#)),
        each_page("a search that timed out", 3, beside(r#""timed_out":true"#)).one_second().with_all_events(),
        each_page("failed shards", 3, beside(r#""_shards":{"total":5,"successful":4,"failed":1}"#))
            .one_second()
            .with_all_events(),
        each_page("shards that are no object", 0, beside(r#""_shards":[{"failed":"\u001b[2J"}]"#)).with_all_events(),
        each_page("escaped keys", 0, |request| correct_page(request).replace("hits", r"\u0068its")).with_all_events(),
        each_page("surrounding spaces", 0, |request| format!(" \r\n\t{}\n\n", correct_page(request))).with_all_events(),
        each_page("total null", 0, with_total(|_| "null".into())).with_all_events(),
        each_page("total true", 0, with_total(|_| "true".into())).with_all_events(),
        each_page("total -1", 0, with_total(|_| "-1".into())).with_all_events(),
        each_page("total 1e400", 0, with_total(|_| "1e400".into())).with_all_events(),
        each_page("total 2^64", 0, with_total(|_| "18446744073709551616".into())).with_all_events(),
        each_page("total with a fraction", 0, with_total(|count| format!("{count}.5"))).with_all_events(),
        each_page("total as a text", 0, with_total(|count| format!("\"{count}\""))).with_all_events(),
        each_page("total as a text with escapes", 0, with_total(|_| r#""\u001b[2J\ud800""#.into())).with_all_events(),
        each_page("total as an object", 0, with_total(|count| format!(r#"{{"value":{count}}}"#))).with_all_events(),
        each_page("total 1 too high", 3, with_total(|count| (count + 1).to_string())).one_second().with_all_events(),
        each_page("total 1 too low", 3, with_total(|count| count.saturating_sub(1).to_string()))
            .one_second()
            .with_all_events(),
        each_page("total 0", 3, with_total(|_| "0".into())).one_second().with_all_events(),
        each_page("no hits, and a total", 3, |request| page(&correct_hits(request).0.to_string(), &[])).one_second(),
        each_page("the list of hits is null", 3, |request| {
            format!(r#"{{"hits":{{"total":{},"hits":null}}}}"#, correct_hits(request).0)
        })
        .one_second(),
        each_page("every second event", 0, |request| {
            let (total, hits) = correct_hits(request);
            page(&total.to_string(), &hits.into_iter().step_by(2).collect::<Vec<_>>())
        }),
        each_page("the limit of the request ignored", 0, |request| {
            let (total, hits) = correct_hits(request);
            page(&total.to_string(), &hits)
        })
        .with_all_events(),
    ];
    for (name, code, poison) in [
        (
            "a record with a lone surrogate",
            0,
            r#"{"_source":{"@uuid":"\ud800","meta":{"time":"2026-03-01T12:00:00Z"}}}"#,
        ),
        (
            "a record with a member twice",
            0,
            r#"{"_source":{"@uuid":"a","@uuid":"b","meta":{"time":"2026-03-01T12:00:00Z"}}}"#,
        ),
        ("a record without a time", 0, r#"{"_source":{"@uuid":"a"}}"#),
        ("a hit with two records", 0, r#"{"_source":{},"_source":{}}"#),
        ("a hit that is null", 0, "null"),
        ("a hit that is a list", 0, "[[]]"),
        ("a record that is a number", 0, r#"{"_source":1e400}"#),
        ("a record that is a text", 0, r#"{"_source":"\u001b[2J"}"#),
        ("a record before the window", 3, r#"{"_source":{"@uuid":"a","meta":{"time":"2001-01-01T00:00:00Z"}}}"#),
        ("a record in the year 9999", 3, r#"{"_source":{"@uuid":"a","meta":{"time":"9999-12-31T23:59:59Z"}}}"#),
        ("a record that is no JSON", 3, r#"{"_source":{"a":NaN}}"#),
        ("a record with a control character", 3, "{\"_source\":{\"a\":\"\u{1b}[2J\"}}"),
        ("a record with an invalid escape", 3, r#"{"_source":{"a":"\x1b"}}"#),
        ("an empty hit", 3, ""),
        ("a hit without an end", 1, r#"{"_source":{"a":["#),
    ] {
        let case = each_page(name, code, with_hit(poison));
        cases.push(if code == 1 || poison.is_empty() { case } else { case.with_all_events() });
    }
    cases.extend([
        each_page("a record with invalid UTF-8", 3, |request| {
            let (total, hits) = correct_hits(request);
            let page = page(&(total + 1).to_string(), &[hits, vec![hit(r#""?""#)]].concat()).into_bytes();
            page.into_iter().map(|byte| if byte == b'?' { 0xff } else { byte }).collect::<Vec<u8>>()
        })
        .with_all_events(),
        each_page("an empty id in all records", 0, |request| {
            let (total, hits) = correct_hits(request);
            let empty = |hit: &String| hit.replace("\"@uuid\":\"0", "\"@uuid\":\"\",\"x\":\"");
            page(&total.to_string(), &hits.iter().map(empty).collect::<Vec<_>>())
        }),
        each_page("one id for all records", 0, |request| {
            let (total, hits) = correct_hits(request);
            let equal = |hit: &String| hit.replace("\"@uuid\":\"0", "\"@uuid\":\"a\",\"x\":\"");
            page(&total.to_string(), &hits.iter().map(equal).collect::<Vec<_>>())
        }),
        each_page("one event twice, another never", 0, |request| {
            let (total, mut hits) = correct_hits(request);
            if let [.., before, last] = &mut hits[..] {
                last.clone_from(before);
            }
            page(&total.to_string(), &hits)
        }),
        each_page("all events at the same time", 0, |request| {
            let at_start = |index| hit(&record_at(index, LOG_START));
            let hits: Vec<String> = match request.reaches_start_of_log() {
                true => (0..LOG_EVENTS).map(at_start).collect(),
                false => Vec::new(),
            };
            page(&hits.len().to_string(), &hits)
        }),
        each_page("a record of 40 MB", 0, |request| {
            let (total, mut hits) = correct_hits(request);
            let large = format!(r#"{{"meta":{{"time":"2026-03-01T12:00:00Z"}},"x":"{}"}}"#, "x".repeat(40 << 20));
            hits.push(hit(&large));
            page(&(total + 1).to_string(), &hits)
        })
        .heavy()
        .with_all_events(),
    ]);
    cases
}
