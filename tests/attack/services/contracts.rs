//! Cases in which the list of contracts is unusual or incorrect.

use super::{ServiceCase, each_page};
use crate::support::hostile_server::correct_page;

pub(super) fn cases() -> Vec<ServiceCase> {
    let list = |name: &str, code: i32, body: String| {
        each_page(name, code, move |request| match request.path.ends_with("/contracts") {
            true => body.clone(),
            false => correct_page(request),
        })
        .contract("all")
    };
    vec![
        list("a contract twice", 0, r#"[{"id":"7"},{"id":7},{"id":"7","href":"\u001b[2J"}]"#.into()).with_all_events(),
        list("an entry without a number", 1, r#"[{"id":"7"},{}]"#.into()),
        list("an entry that is null", 1, r#"[{"id":"7"},null]"#.into()),
        list("a contract that is a path", 1, r#"[{"id":"7"},{"id":"../../etc"}]"#.into()),
        list("a contract with escape sequences", 1, r#"[{"id":"7\u001b[2J\u202e"}]"#.into()),
        list("a contract of 10 MB", 1, format!(r#"[{{"id":"{}"}}]"#, "7".repeat(10 << 20))).heavy(),
        list("a contract below 0", 1, r#"[{"id":-7}]"#.into()),
        list("a contract with a fraction", 1, r#"[{"id":7.5}]"#.into()),
        list("contracts in an object", 1, r#"{"items":[{"id":"7"}]}"#.into()),
        list("no contracts", 2, "[]".into()),
        list("100,000 contracts and one bad entry", 1, {
            let entries: String = (1..=100_000).map(|number| format!(r#"{{"id":"{number}"}},"#)).collect();
            format!("[{entries}{{}}]")
        })
        .heavy(),
        list("30,000 levels of contracts", 1, "[".repeat(30_000)),
        list("HTML instead of contracts", 1, "<html>".into()),
    ]
}
