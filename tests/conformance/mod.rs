//! The behaviour contract: cases as data that an implementation in any language can run. `README.md` describes the
//! format.

mod case;
mod command_line;
mod compare;
mod library;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use xtask::workspace;

use case::{Case, Outcome};
use compare::{Observed, differences};

/// Minimum number of cases, so that the test fails if cases are lost.
const MIN_CASES: usize = 60;

/// Minimum number of cases that the command line runs.
const MIN_CASES_FOR_COMMAND_LINE: usize = 25;

/// All files with their cases, sorted by name.
fn files() -> Vec<(String, Vec<Case>)> {
    let folder = workspace::root().join("tests/conformance");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let json = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut files: Vec<(String, Vec<Case>)> = json
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let cases = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, cases)
        })
        .collect();
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    files
}

/// Runs every chosen case. Panics if a case does not hold, with the differences of all cases.
fn check(chosen: impl Fn(&Case) -> bool, run: impl Fn(&Case) -> Observed) {
    let mut failures = Vec::new();
    for (file, cases) in files() {
        for case in cases.iter().filter(|case| chosen(case)) {
            let found = verdict(case, &run);
            if !found.is_empty() {
                failures.push(format!("{file}: {}\n  {}", case.name, found.join("\n  ")));
            }
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n\n{}\n", failures.len(), failures.join("\n\n"));
}

/// The differences between the expected and the actual behaviour of a case; empty if the case holds.
fn verdict(case: &Case, run: impl Fn(&Case) -> Observed) -> Vec<String> {
    // A script with too few responses panics, and the panic is reported like a difference.
    match catch_unwind(AssertUnwindSafe(|| run(case))) {
        Ok(seen) => differences(case, &seen),
        Err(panic) => vec![format!("the case cannot be run: {}", panic_text(&*panic))],
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

#[test]
fn the_library_fulfils_the_contract() {
    check(|_| true, library::run);
}

#[test]
fn the_command_line_fulfils_the_contract() {
    check(|case| case.then.exit_code.is_some(), command_line::run);
}

#[test]
fn the_names_of_the_cases_are_unique() {
    let mut names = BTreeSet::new();
    for (file, cases) in files() {
        assert!(!cases.is_empty(), "{file} has no case");
        for case in cases {
            assert!(names.insert(case.name.clone()), "{file}: two cases are named {:?}", case.name);
        }
    }
    assert!(names.len() >= MIN_CASES, "only {} cases", names.len());
}

#[test]
fn a_case_with_an_exit_code_has_a_command_line() {
    let mut count = 0;
    for (file, cases) in files() {
        for case in &cases {
            let Some(code) = case.then.exit_code else {
                continue;
            };
            let arguments = case.arguments(Path::new("events.ndjson"));
            assert!(
                arguments.is_some(),
                "{file}: {}: the command line cannot run this case: remove its `exit_code`",
                case.name
            );
            let succeeds = matches!(case.then.result, Outcome::Ok(_));
            assert_eq!(code == 0, succeeds, "{file}: {}: only success has the exit code 0", case.name);
            count += 1;
        }
    }
    assert!(count >= MIN_CASES_FOR_COMMAND_LINE, "only {count} cases have an exit code");
}

/// A valid case that holds, as JSON.
fn valid_case() -> serde_json::Value {
    serde_json::json!({
        "name": "a case",
        "given": {"responses": [{"status": 503}, {"status": 200, "body": "[]"}]},
        "when": {"operation": "contracts"},
        "then": {
            "requests": [
                {"method": "GET", "path": "/activitylog/v1/contracts"},
                {"method": "GET", "path": "/activitylog/v1/contracts"}
            ],
            "waits_ms": [125],
            "result": {"ok": {"contracts": []}}
        }
    })
}

#[test]
fn a_case_that_does_not_hold_is_reported() {
    let parse = |value| serde_json::from_value::<Case>(value).unwrap();
    assert_eq!(verdict(&parse(valid_case()), library::run), Vec::<String>::new());
    let request = |member: &str, value: serde_json::Value| {
        let mut request = valid_case()["then"]["requests"][0].take();
        request[member] = value;
        request
    };
    let no_contract = serde_json::json!({"ok": {"contracts": ["1"]}});
    let failure = serde_json::json!({"error": {"kind": "server", "attempts": 1, "retryable": true}});
    let cases = [
        (
            "/given/responses",
            serde_json::json!([{"status": 200, "body": "[]"}, {"status": 200}]),
            "1 of 2 responses were not used",
        ),
        ("/given/responses", serde_json::json!([{"status": 503}]), "no answer is left for get_available_contracts"),
        ("/given/responses/1", serde_json::json!({"status": 200, "body": "[]", "json": []}), "both `body` and `json`"),
        ("/then/requests", serde_json::json!([]), "requests: expected 0"),
        ("/then/requests/0/method", "PUT".into(), "request 1: method"),
        ("/then/requests/1/path", "/x".into(), "request 2: path"),
        ("/then/requests/0", request("origin", "x".into()), "origin:"),
        (
            "/then/requests/0",
            request("query", serde_json::json!({"a": "b"})),
            r#"query: expected [("a", "b")], actual []"#,
        ),
        (
            "/then/requests/0",
            request("headers", serde_json::json!({"authorization": "Basic*"})),
            r#"header authorization: expected "Basic*""#,
        ),
        (
            "/then/requests/0",
            request("headers", serde_json::json!({"x-a": "b"})),
            r#"header x-a: expected "b", actual "(absent)""#,
        ),
        ("/then/requests/0", request("absent_headers", serde_json::json!(["accept"])), "header accept: expected none"),
        ("/then/message_contains", serde_json::json!(["sorry"]), "message: expected to contain"),
        ("/then/waits_ms", serde_json::json!([125.5]), "waits: expected [125.5] ms"),
        ("/then/result", no_contract, "result: expected Ok(Contracts([\"1\"]))"),
        ("/then/result", failure, "result: expected Error("),
    ];
    for (pointer, value, told) in cases {
        let mut case = valid_case();
        let (place, member) = pointer.rsplit_once('/').unwrap();
        match case.pointer_mut(place).unwrap() {
            serde_json::Value::Array(items) => items[member.parse::<usize>().unwrap()] = value,
            other => other[member] = value,
        }
        let found = verdict(&parse(case), library::run).join("\n");
        assert!(found.contains(told), "{pointer}: {found}");
    }
}

#[test]
fn an_unknown_member_makes_a_case_invalid() {
    for place in
        ["", "/given", "/given/responses/0", "/when", "/then", "/then/requests/0", "/then/result", "/then/result/ok"]
    {
        let mut case = valid_case();
        let members = case.pointer_mut(place).unwrap().as_object_mut().unwrap();
        members.insert("unheard-of".to_owned(), 1.into());
        assert!(serde_json::from_value::<Case>(case).is_err(), "{place}");
    }
}
