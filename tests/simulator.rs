//! `ialog sim` as somebody uses it who tests a program in another language: flags in, HTTP out.

use std::path::Path;

use ionos_activitylog_sim::{Simulator, TestToken};
use reqwest::{Client, Response};
use serde_json::Value;

use crate::program::{Printed, Sim, ialog, names, run};

/// The log stands still here, so that answers do not depend on the day of the test.
const NOW: [&str; 2] = ["--now", "2026-11-20T12:00:00Z"];

fn contract() -> u64 {
    Simulator::builder().build().contracts()[0]
}

fn start(arguments: &[&str]) -> Sim {
    let all = [&NOW[..], arguments].concat();
    Sim::start(Path::new("/"), &all)
}

/// A client that follows no redirect and unpacks nothing.
fn client() -> Client {
    Client::builder()
        .no_proxy()
        .no_gzip()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

async fn get(sim: &Sim, path: &str) -> Response {
    let request = client().get(format!("{}{path}", sim.url));
    request.bearer_auth(&sim.token).send().await.unwrap()
}

async fn page(sim: &Sim, query: &str) -> Value {
    let path = format!("/activitylog/v1/contracts/{}?{query}", contract());
    let text = get(sim, &path).await.text().await.unwrap();
    // A number that no floating point number holds is read by a careful client only.
    serde_json::from_str(&text.replace("1e400", "1")).unwrap()
}

fn records(page: &Value) -> Vec<&Value> {
    let hits = page["hits"]["hits"].as_array().unwrap();
    hits.iter().map(|hit| &hit["_source"]).collect()
}

#[tokio::test]
async fn without_flags_it_is_the_library_s_default() {
    let sim = start(&[]);
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    let simulator = Simulator::builder().clock(move || now).build();
    let path = format!("/activitylog/v1/contracts/{}?limit=50", contract());
    let request = http::Request::get(&path)
        .header("authorization", format!("Bearer {}", simulator.token()))
        .body(())
        .unwrap();
    let expected = simulator.answer(&request);
    let answered = get(&sim, &path).await;
    assert_eq!(answered.headers(), expected.headers());
    assert_eq!(&answered.bytes().await.unwrap(), expected.body());
}

#[tokio::test]
async fn the_data_follows_its_flags() {
    let sim = start(&[
        "--seed",
        "2",
        "--contracts",
        "3",
        "--users",
        "50",
        "--services",
        "9",
        "--events-per-day",
        "5000",
        "--begin",
        "2026-11-19",
        "--burst-every",
        "0",
        "--burst",
        "2026-11-20T09:12:33.100Z,3ms,700",
    ]);
    let contracts: Value = get(&sim, "/activitylog/v1/contracts")
        .await
        .json()
        .await
        .unwrap();
    let simulator = Simulator::builder().seed(2).contracts(3).build();
    let numbers = contracts
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_u64().unwrap());
    assert!(numbers.eq(simulator.contracts().iter().copied()));
    let log = format!("/activitylog/v1/contracts/{}", simulator.contracts()[0]);
    let total = async |query: &str| {
        let page: Value = get(&sim, &format!("{log}?{query}"))
            .await
            .json()
            .await
            .unwrap();
        page["hits"]["total"].as_u64().unwrap()
    };
    assert_eq!(total("dateEnd=2026-11-19").await, 0);
    assert!((4_000..9_000).contains(&total("dateEnd=2026-11-20").await));
    let burst = "dateStart=2026-11-20T09:12:33.100Z&dateEnd=2026-11-20T09:12:33.103Z";
    assert!(total(burst).await >= 700);
    let page: Value = get(&sim, &format!("{log}?limit=1000"))
        .await
        .json()
        .await
        .unwrap();
    let text = page.to_string();
    assert!(text.contains("EXAMPLE_SERVICE_") && text.contains("user-"));
}

#[tokio::test]
async fn paging_order_and_totals_follow_their_flags() {
    let sim = start(&[
        "--max-limit",
        "30",
        "--over-limit",
        "refuse",
        "--deep-offset",
        "fail",
        "--window-cap",
        "90",
        "--order",
        "oldest",
        "--total",
        "object",
        "--total-value",
        "capped",
    ]);
    let shown = page(&sim, "limit=30").await;
    assert_eq!(
        shown["hits"]["total"],
        serde_json::json!({"value": 10_000, "relation": "gte"})
    );
    let times: Vec<String> = records(&shown)
        .iter()
        .map(|r| r["meta"]["time"].to_string())
        .collect();
    assert!(
        times.is_sorted() && times[0].starts_with("\"2025-01-01"),
        "{times:?}"
    );
    assert_eq!(page(&sim, "limit=31").await["httpStatus"], 400);
    assert_eq!(page(&sim, "offset=61&limit=30").await["httpStatus"], 500);
}

#[tokio::test]
async fn records_follow_their_flags() {
    let sim = start(&[
        "--dialect",
        "docs",
        "--uuid",
        "0",
        "--unknown-members",
        "100%",
        "--unknown-types",
        "1",
        "--fraction-digits",
        "6",
        "--utc-mark",
        "offset",
        "--ingest-delay",
        "90%<2s,10%<2h",
        "--late",
        "1%:3h",
        "--amended",
        "100%:1h",
        "--duplicates",
        "50%",
        "--duplicates-counted",
        "--retention",
        "1d",
    ]);
    let shown = page(&sim, "limit=1000").await;
    for record in records(&shown) {
        assert_eq!(record["meta"]["auditVersion"], "0.1");
        assert!(record.get("@uuid").is_none() && record.get("@exampleTag").is_some());
        let time = record["meta"]["time"].as_str().unwrap();
        assert!(
            time.len() == 32 && time.ends_with("+00:00") && time >= "2026-11-19T12",
            "{time}"
        );
    }
    assert!(shown.to_string().contains("(amended)"));
    assert_eq!(shown["hits"]["total"], records(&shown).len());
    let ids = records(&shown)
        .iter()
        .map(|r| r.to_string())
        .collect::<std::collections::BTreeSet<_>>();
    assert!(ids.len() < records(&shown).len());
}

#[tokio::test]
async fn whoever_may_read_follows_the_flags() {
    let status = async |sim: &Sim, path: &str| get(sim, path).await.status().as_u16();
    let own = format!("/activitylog/v1/contracts/{}", contract());
    let lacking = start(&["--jwt", "--no-privilege", "--forbidden-code", "paas-auth-1"]);
    let refused: Value = get(&lacking, &own).await.json().await.unwrap();
    assert_eq!(refused["messages"][0]["errorCode"], "paas-auth-1");
    // The time of the token is the machine's, that of the log stands still long before its end.
    let bound = start(&["--jwt", "--contracts", "2", "--token-lifetime", "5m"]);
    let contracts: Value = get(&bound, "/activitylog/v1/contracts")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(contracts.as_array().unwrap().len(), 1);
    let reseller = start(&["--jwt", "--contracts", "2", "--reseller"]);
    let contracts: Value = get(&reseller, "/activitylog/v1/contracts")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(contracts.as_array().unwrap().len(), 2);
    let revoked = start(&["--token", "mine", "--revoke-after", "1"]);
    assert_eq!(revoked.token, "mine");
    assert_eq!(
        (status(&revoked, &own).await, status(&revoked, &own).await),
        (200, 401)
    );
    let hidden = start(&[
        "--foreign-contract",
        "404",
        "--info-needs-token",
        "--basic",
        "me:s3cret",
    ]);
    assert_eq!(status(&hidden, "/activitylog/v1/contracts/7").await, 404);
    let info = format!("{}/activitylog/v1", hidden.url);
    assert_eq!(client().get(&info).send().await.unwrap().status(), 401);
    let basic = client().get(&info).basic_auth("me", Some("s3cret"));
    assert_eq!(basic.send().await.unwrap().status(), 200);
    let second = start(&["--two-factor", "--basic", "me:s3cret"]);
    let basic = client()
        .get(format!("{}{own}", second.url))
        .basic_auth("me", Some("s3cret"));
    assert_eq!(basic.send().await.unwrap().status(), 401);
    // Whoever makes a token of their own is let in too.
    let expired = TestToken::new(contract())
        .expires("2026-11-20T11:59:59Z".parse().unwrap())
        .build();
    let request = client()
        .get(format!("{}{own}", second.url))
        .bearer_auth(expired);
    assert_eq!(request.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn what_http_leaves_open_follows_its_flags() {
    let sim = start(&[
        "--bare-date-zone",
        "-05:00",
        "--bad-date",
        "fail",
        "--query-fractions",
        "refuse",
        "--request-id-header",
        "X-Correlation-Id",
        "--trailing-slash",
        "redirect",
        "--gzip",
        "--charset",
        "--other-methods",
        "403",
    ]);
    let total = async |query: &str| page(&sim, query).await["hits"]["total"].clone();
    assert_eq!(
        total("dateStart=2026-11-19").await,
        total("dateStart=2026-11-19T05:00:00Z").await
    );
    assert_eq!(
        page(&sim, "dateStart=2026-11-19T05:00:00.5Z").await["httpStatus"],
        500
    );
    let moved = get(&sim, "/activitylog/v1/").await;
    assert_eq!(moved.status(), 301);
    assert!(moved.headers().contains_key("x-correlation-id"));
    let request = client()
        .get(format!("{}/activitylog/v1", sim.url))
        .header("accept-encoding", "gzip");
    let packed = request.send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(
        packed.headers()["content-type"],
        "application/json;charset=utf-8"
    );
    let request = client().post(format!("{}/activitylog/v1", sim.url));
    assert_eq!(request.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn trouble_follows_its_script_and_every_request_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        r#"{"rules": [{"when": {"requests": [2]}, "fault": {"respond": {"status": 503}}}]}"#;
    std::fs::write(folder.path().join("faults.json"), script).unwrap();
    let arguments = [
        "--faults",
        "faults.json",
        "--rate-limit",
        "0.5/2",
        "--retry-after",
        "fraction",
        "--ledger",
        "seen.ndjson",
    ];
    let sim = Sim::start(folder.path(), &[&NOW[..], &arguments].concat());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = get(&sim, "/activitylog/v1/contracts?x=1").await;
        let wait = answer
            .headers()
            .get("retry-after")
            .map(|wait| wait.to_str().unwrap().to_owned());
        statuses.push((answer.status().as_u16(), wait));
    }
    assert_eq!(
        statuses,
        [
            (200, None),
            (503, None),
            (200, None),
            (429, Some("2.000".to_owned()))
        ]
    );
    let ledger = std::fs::read_to_string(folder.path().join("seen.ndjson")).unwrap();
    assert_eq!(ledger.lines().count(), 4);
    assert!(!ledger.contains(&sim.token), "{ledger}");
    assert_eq!(
        get(&sim, "/_sim/ledger").await.text().await.unwrap(),
        ledger
    );
}

#[tokio::test]
async fn an_export_is_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let export = [
        "export",
        "--demo",
        "--from",
        "2026-11-19",
        "--to",
        "2026-11-19",
        "--out",
        "day.ndjson",
    ];
    assert_eq!(run(ialog(folder.path(), &export)).code, Some(0));
    let day = std::fs::read_to_string(folder.path().join("day.ndjson")).unwrap();
    let nameless = r#"{"meta":{"time":"2026-11-19T01:00:00Z"}}"#;
    std::fs::write(
        folder.path().join("more.ndjson"),
        format!("{day}{nameless}\n"),
    )
    .unwrap();
    let number = contract().to_string();
    let arguments = ["--events", "more.ndjson", "--contract", &number];
    let sim = Sim::start(folder.path(), &[&NOW[..], &arguments].concat());
    let served = get(&sim, &format!("/_sim/records/{number}"))
        .await
        .text()
        .await
        .unwrap();
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&served), sorted(&format!("{day}{nameless}\n")));
}

#[test]
fn a_flag_that_cannot_be_read_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("bad.json"),
        r#"{"rules": [{"fault": "delai"}]}"#,
    )
    .unwrap();
    std::fs::write(folder.path().join("bad.ndjson"), "{}\n").unwrap();
    for (arguments, message) in [
        (
            &["--order", "random"][..],
            "invalid value 'random' for '--order <ORDER>' [possible values: newest, oldest, unstable-ties, shuffled]",
        ),
        (
            &["--uuid", "2"],
            "\"2\" is no share: give a number from 0 to 1, such as 0.05, or a percentage, such as 5%",
        ),
        (
            &["--late", "5%"],
            "\"5%\" is no share with a length: write none, or for instance 1%:2h",
        ),
        (
            &["--ingest-delay", "soon"],
            "\"soon\" is no length of time: write a whole number and ms, s, m, h, d or w, such as 90s",
        ),
        (
            &["--burst", "now"],
            "\"now\" is no burst: write its time, its length and how many events, such as 2026-11-20T09:12:33Z,3ms,900",
        ),
        (
            &["--rate-limit", "5"],
            "\"5\" is no limit: write the requests a second and how many at once, such as 5/10",
        ),
        (
            &["--request-id-header", "a b"],
            "\"a b\" cannot be the name of a header: write letters, digits and hyphens, or none",
        ),
        (
            &["--reseller"],
            "the following required arguments were not provided: --jwt",
        ),
        (
            &["--faults", "none.json"],
            "none.json cannot be read (No such file or directory (os error 2)): name a file that can",
        ),
        (
            &["--faults", "bad.json"],
            "bad.json: rule 1 of the script of faults, member \"fault\": unknown variant `delai`",
        ),
        (
            &["--events", "bad.ndjson"],
            "bad.ndjson: line 1 of the recording is no record with a time",
        ),
        (
            &["--rate-limit", "0/1"],
            "the rate must be between one request a day (1/86400 per second) and 1000000 per second, and it is 0",
        ),
        (
            &["--ledger", "/"],
            "/ cannot be written (Is a directory (os error 21)): name a file that can",
        ),
    ] {
        let Printed {
            code,
            stdout,
            stderr,
        } = run(ialog(folder.path(), &[&["sim"], arguments].concat()));
        assert_eq!(
            (code, stdout.as_str()),
            (Some(2), ""),
            "{arguments:?} {stderr}"
        );
        assert!(
            stderr.starts_with("error: ") && stderr.contains(message),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    // A password is not repeated.
    let printed = run(ialog(folder.path(), &["sim", "--basic", "s3cret"]));
    assert_eq!(printed.code, Some(2));
    assert!(!printed.stderr.contains("s3cret"), "{}", printed.stderr);
    assert_eq!(names(folder.path()), ["bad.json", "bad.ndjson"]);
}
