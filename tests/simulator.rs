//! `ialog sim` as somebody uses it who tests a program in another language: flags in, HTTP out.

use std::path::Path;

use ionos_activitylog_sim::{Simulator, TestToken};
use reqwest::{Client, Response};
use serde_json::Value;

use crate::program::{Printed, ialog, names, run, serving};
use xtask::serving::Serving;

/// The log stands still here, so that answers do not depend on the time of the test.
const NOW: [&str; 3] = ["--now", "2026-11-20T12:00:00Z", "--still"];

fn contract() -> u64 {
    Simulator::builder().build().contracts()[0]
}

fn start(arguments: &[&str]) -> Serving {
    let all = [&NOW[..], arguments].concat();
    serving(Path::new("/"), &all)
}

/// A client that follows no redirect and unpacks nothing.
fn client() -> Client {
    Client::builder().no_proxy().no_gzip().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn get(sim: &Serving, path: &str) -> Response {
    let request = client().get(format!("{}{path}", sim.url));
    request.bearer_auth(&sim.token).send().await.unwrap()
}

async fn total(sim: &Serving, query: &str) -> u64 {
    page(sim, query).await["hits"]["total"].as_u64().unwrap()
}

async fn page(sim: &Serving, query: &str) -> Value {
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
    let request =
        http::Request::get(&path).header("authorization", format!("Bearer {}", simulator.token())).body(()).unwrap();
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
    let contracts: Value = get(&sim, "/activitylog/v1/contracts").await.json().await.unwrap();
    let simulator = Simulator::builder().seed(2).contracts(3).build();
    let numbers = contracts.as_array().unwrap().iter().map(|c| c["id"].as_u64().unwrap());
    assert!(numbers.eq(simulator.contracts().iter().copied()));
    let log = format!("/activitylog/v1/contracts/{}", simulator.contracts()[0]);
    let total = async |query: &str| {
        let page: Value = get(&sim, &format!("{log}?{query}")).await.json().await.unwrap();
        page["hits"]["total"].as_u64().unwrap()
    };
    assert_eq!(total("dateEnd=2026-11-19").await, 0);
    assert!((4_000..9_000).contains(&total("dateEnd=2026-11-20").await));
    let burst = "dateStart=2026-11-20T09:12:33.100Z&dateEnd=2026-11-20T09:12:33.103Z";
    assert!(total(burst).await >= 700);
    let page: Value = get(&sim, &format!("{log}?limit=1000")).await.json().await.unwrap();
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
    assert_eq!(shown["hits"]["total"], serde_json::json!({"value": 10_000, "relation": "gte"}));
    let times: Vec<String> = records(&shown).iter().map(|r| r["meta"]["time"].to_string()).collect();
    assert!(times.is_sorted() && times[0].starts_with("\"2025-01-01"), "{times:?}");
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
        "--amended",
        "100%:1h",
    ]);
    let shown = page(&sim, "limit=1000").await;
    for record in records(&shown) {
        assert_eq!(record["meta"]["auditVersion"], "0.1");
        assert!(record.get("@uuid").is_none() && record.get("@exampleTag").is_some());
        let time = record["meta"]["time"].as_str().unwrap();
        assert!(time.len() == 32 && time.ends_with("+00:00"), "{time}");
        let message = record["event"]["message"].as_str().unwrap_or_default();
        let hour_ago = "2026-11-20T11";
        assert_eq!(message.ends_with("(amended)"), time < hour_ago && !message.is_empty(), "{record}");
    }
    assert!(shown.to_string().contains("(amended)"));
}

#[tokio::test]
async fn which_events_are_there_follows_its_flags() {
    const DAY_AGO: &str = "2026-11-19T12:00:00Z";
    let older = format!("dateEnd={DAY_AGO}");
    let newer = format!("dateStart={DAY_AGO}");
    let counts = async |flags: &[&str]| {
        let sim = start(&[&["--begin", "2026-11-16"][..], flags].concat());
        (total(&sim, &older).await, total(&sim, &newer).await)
    };
    let (old, new) = counts(&[]).await;
    assert!(old > 500 && new > 200, "{old} {new}");

    // Some of the last day are still on their way, and none before.
    let (delayed_old, delayed_new) = counts(&["--ingest-delay", "90%<2s,10%<1d"]).await;
    assert_eq!(delayed_old, old);
    assert!((new * 8 / 10..new).contains(&delayed_new), "{delayed_new} of {new}");
    assert_eq!(counts(&["--late", "100%:1d"]).await, (old, 0));
    let (_, some) = counts(&["--late", "50%:1d"]).await;
    assert!((new * 3 / 10..new * 7 / 10).contains(&some), "{some}");
    assert_eq!(counts(&["--retention", "1d"]).await, (0, new));

    let twice = ["--duplicates", "50%"];
    assert_eq!(counts(&twice).await, (old, new));
    let (counted, _) = counts(&[&twice[..], &["--duplicates-counted"]].concat()).await;
    assert!((old * 13 / 10..old * 17 / 10).contains(&counted), "{counted}");
    let sim = start(&twice);
    let shown = page(&sim, "limit=100").await;
    let texts: std::collections::BTreeSet<String> = records(&shown).iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 100);
    assert!((130..170).contains(&records(&shown).len()), "{}", records(&shown).len());
}

#[tokio::test]
async fn whoever_may_read_follows_the_flags() {
    let status = async |sim: &Serving, path: &str| get(sim, path).await.status().as_u16();
    let own = format!("/activitylog/v1/contracts/{}", contract());
    let lacking = start(&["--jwt", "--no-privilege", "--forbidden-code", "paas-auth-1"]);
    let refused: Value = get(&lacking, &own).await.json().await.unwrap();
    assert_eq!(refused["messages"][0]["errorCode"], "paas-auth-1");
    let bound = start(&["--jwt", "--contracts", "2"]);
    let contracts: Value = get(&bound, "/activitylog/v1/contracts").await.json().await.unwrap();
    assert_eq!(contracts.as_array().unwrap().len(), 1);
    let reseller = start(&["--jwt", "--contracts", "2", "--reseller"]);
    let contracts: Value = get(&reseller, "/activitylog/v1/contracts").await.json().await.unwrap();
    assert_eq!(contracts.as_array().unwrap().len(), 2);
    let revoked = start(&["--token", "mine", "--revoke-after", "1"]);
    assert_eq!(revoked.token, "mine");
    assert_eq!((status(&revoked, &own).await, status(&revoked, &own).await), (200, 401));
    let hidden = start(&["--foreign-contract", "404", "--info-needs-token", "--basic", "me:s3cret"]);
    assert_eq!(status(&hidden, "/activitylog/v1/contracts/7").await, 404);
    let info = format!("{}/activitylog/v1", hidden.url);
    assert_eq!(client().get(&info).send().await.unwrap().status(), 401);
    let basic = client().get(&info).basic_auth("me", Some("s3cret"));
    assert_eq!(basic.send().await.unwrap().status(), 200);
    let second = start(&["--two-factor", "--basic", "me:s3cret"]);
    let basic = client().get(format!("{}{own}", second.url)).basic_auth("me", Some("s3cret"));
    assert_eq!(basic.send().await.unwrap().status(), 401);
    // Whoever makes a token of their own is let in too, until its end.
    for (end, status) in [("2026-11-20T12:00:01Z", 200), ("2026-11-20T12:00:00Z", 401)] {
        let token = TestToken::new(contract()).expires(end.parse().unwrap());
        let request = client().get(format!("{}{own}", second.url)).bearer_auth(token.build());
        assert_eq!(request.send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn a_token_is_issued_and_ends_by_the_simulator_s_time() {
    for time in [&[][..], &["--now", "2026-02-03"], &["--now", "2150-01-01"]] {
        for (lifetime, status) in [("1d", 200), ("0s", 401)] {
            let arguments = ["--jwt", "--token-lifetime", lifetime];
            let sim = serving(Path::new("/"), &[time, &arguments].concat());
            let answer = get(&sim, "/activitylog/v1/contracts").await;
            assert_eq!(answer.status(), status, "{time:?} {lifetime}");
        }
    }
}

#[tokio::test]
async fn a_time_goes_on_unless_it_is_told_to_stand_still() {
    let when = async |sim: &Serving| {
        let _ = get(sim, "/").await;
        let ledger = get(sim, "/_sim/ledger").await.text().await.unwrap();
        let seen: Value = serde_json::from_str(ledger.lines().last().unwrap()).unwrap();
        seen["at"].as_str().unwrap().to_owned()
    };
    let running = serving(Path::new("/"), &NOW[..2]);
    let first = when(&running).await;
    assert!(first.starts_with("2026-11-20T12:0"), "{first}");
    // As long as the machine needs for it.
    while when(&running).await == first {}
    assert!(when(&running).await > first);
    let still = start(&[]);
    for _ in 0..2 {
        assert_eq!(when(&still).await, "2026-11-20T12:00:00.000Z");
    }
}

#[tokio::test]
async fn other_times_are_relative_to_the_simulator_s() {
    let sim = start(&["--begin", "2h", "--burst", "1h,1ms,500"]);
    assert_eq!(total(&sim, "dateEnd=2026-11-20T10:00:00Z").await, 0);
    let burst = "dateStart=2026-11-20T11:00:00Z&dateEnd=2026-11-20T11:00:00.001Z";
    assert!(total(&sim, burst).await >= 500);
}

#[tokio::test]
async fn what_is_printed_can_be_pasted_into_a_shell() {
    let token = "it's $HOME & \"more\"";
    let sim = start(&["--token", token]);
    assert_eq!(sim.token, token);
    let answer = get(&sim, "/activitylog/v1/contracts").await;
    assert_eq!(answer.status(), 200);
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
    assert_eq!(total(&sim, "dateStart=2026-11-19").await, total(&sim, "dateStart=2026-11-19T05:00:00Z").await);
    assert_eq!(page(&sim, "dateStart=2026-11-19T05:00:00.5Z").await["httpStatus"], 500);
    let moved = get(&sim, "/activitylog/v1/").await;
    assert_eq!(moved.status(), 301);
    assert!(moved.headers().contains_key("x-correlation-id"));
    let request = client().get(format!("{}/activitylog/v1", sim.url)).header("accept-encoding", "gzip");
    let packed = request.send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["content-type"], "application/json;charset=utf-8");
    let request = client().post(format!("{}/activitylog/v1", sim.url));
    assert_eq!(request.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn trouble_follows_its_script_and_every_request_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"{"rules": [{"when": {"requests": [2]}, "fault": {"respond": {"status": 503}}}]}"#;
    std::fs::write(folder.path().join("faults.json"), script).unwrap();
    let arguments =
        ["--faults", "faults.json", "--rate-limit", "0.0001/2", "--retry-after", "fraction", "--ledger", "seen.ndjson"];
    let sim = serving(folder.path(), &[&NOW[..2], &arguments].concat());
    let (mut statuses, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let answer = get(&sim, "/activitylog/v1/contracts?x=1").await;
        statuses.push(answer.status().as_u16());
        waits.extend(answer.headers().get("retry-after").cloned());
    }
    assert_eq!(statuses, [200, 503, 200, 429]);
    // Less than the 10,000 seconds from one request to the next, because the time goes on.
    assert_eq!(waits.len(), 1);
    let wait = waits[0].to_str().unwrap();
    let (seconds, fraction) = wait.split_once('.').unwrap();
    assert!((9_000..10_000).contains(&seconds.parse().unwrap()) && fraction.len() == 3, "{wait}");
    let ledger = std::fs::read_to_string(folder.path().join("seen.ndjson")).unwrap();
    assert_eq!(ledger.lines().count(), 4);
    assert!(!ledger.contains(&sim.token), "{ledger}");
    assert_eq!(get(&sim, "/_sim/ledger").await.text().await.unwrap(), ledger);
}

#[tokio::test]
async fn an_export_is_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let export = ["export", "--demo", "--from", "2026-11-19", "--to", "2026-11-19", "--out", "day.ndjson"];
    assert_eq!(run(ialog(folder.path(), &export)).code, Some(0));
    let day = std::fs::read_to_string(folder.path().join("day.ndjson")).unwrap();
    let nameless = r#"{"meta":{"time":"2026-11-19T01:00:00Z"}}"#;
    std::fs::write(folder.path().join("more.ndjson"), format!("{day}{nameless}\n")).unwrap();
    let number = contract().to_string();
    // The seed still decides what goes wrong, and pages have members of their own.
    let arguments = ["--events", "more.ndjson", "--contract", &number, "--seed", "2", "--unknown-members", "100%"];
    let sim = serving(folder.path(), &[&NOW[..], &arguments].concat());
    let served = get(&sim, &format!("/_sim/records/{number}")).await.text().await.unwrap();
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&served), sorted(&format!("{day}{nameless}\n")));
    assert_eq!(page(&sim, "limit=1").await["timed_out"], false);
    for (flag, value) in [
        ("--contracts", "2"),
        ("--dialect", "sdk"),
        ("--uuid", "0"),
        ("--unknown-types", "1"),
        ("--fraction-digits", "6"),
        ("--utc-mark", "offset"),
        ("--amended", "1%:2h"),
    ] {
        let printed = run(ialog(folder.path(), &["sim", "--events", "more.ndjson", flag, value]));
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""));
        assert!(printed.stderr.contains(&format!("--events contradicts {flag}: ")), "{}", printed.stderr);
    }
}

#[test]
fn a_flag_that_cannot_be_read_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.json"), r#"{"rules": [{"fault": "delai"}]}"#).unwrap();
    std::fs::write(folder.path().join("bad.ndjson"), "{}\n").unwrap();
    for (arguments, message) in [
        (
            &["--order", "random"][..],
            "--order cannot be \"random\": known are newest, oldest, unstable-ties, shuffled; see `ialog sim --help`",
        ),
        (&["--uuid", "2"], "\"2\" is no share: give a number from 0 to 1, such as 0.05, or a percentage, such as 5%"),
        (&["--late", "5%"], "\"5%\" is no share with a length: write none, or for instance 1%:2h"),
        (
            &["--ingest-delay", "soon"],
            "\"soon\" is no length of time: write a whole number and ms, s, m, h, d or w, such as 90s",
        ),
        (
            &["--burst", "now"],
            "\"now\" is no burst: write its time, its length and how many events, such as 2026-11-20T09:12:33Z,3ms,900",
        ),
        (&["--rate-limit", "5"], "\"5\" is no limit: write the requests a second and how many at once, such as 5/10"),
        (
            &["--request-id-header", "a b"],
            "\"a b\" cannot be the name of a header: write letters, digits and hyphens, or none",
        ),
        (
            &["--request-id-header", "Content-Type"],
            "the header \"Content-Type\" says something else about an answer: write another name, such as x-request-id, or none",
        ),
        (
            &["--request-id-header", "transfer-encoding"],
            "the header \"transfer-encoding\" says something else about an answer",
        ),
        (&["--max-limit", "0"], "--max-limit cannot be \"0\": 0 is not in 1..=100000"),
        (
            &["--now", "1969-12-31"],
            "--now 1969-12-31 is not a time that can be simulated: give one in the years from 1970 to 2199",
        ),
        (
            &["--now", "2200-01-01"],
            "--now 2200-01-01 is not a time that can be simulated: give one in the years from 1970 to 2199",
        ),
        (&["--still"], "--now <WHEN> is missing: see `ialog sim --help`"),
        (
            &["--now", "2026-11-20", "--still", "--rate-limit", "5/10"],
            "--still contradicts --rate-limit: leave one out",
        ),
        (
            &["--now", "2026-11-20", "--still", "--jwt", "--token-lifetime", "5m"],
            "--still contradicts --token-lifetime: leave one out",
        ),
        (&["--basic", ":s3cret"], "the value of --basic has no user name before its colon: write USER:PASSWORD"),
        (&["--reseller"], "--jwt is missing"),
        (
            &["--faults", "none.json"],
            "none.json cannot be read (No such file or directory (os error 2)): name a file that can",
        ),
        (
            &["--faults", "bad.json"],
            "bad.json: rule 1 of the script of faults, member \"fault\": unknown variant `delai`",
        ),
        (&["--events", "bad.ndjson"], "bad.ndjson: line 1 of the recording is no record with a time"),
        (
            &["--rate-limit", "0/1"],
            "the rate must be between one request a day (1/86400 per second) and 1000000 per second, and it is 0",
        ),
        (&["--ledger", "/"], "/ cannot be written (Is a directory (os error 21)): name a file that can"),
    ] {
        let Printed { code, stdout, stderr } = run(ialog(folder.path(), &[&["sim"], arguments].concat()));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?} {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(message), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    // A password is not repeated.
    let printed = run(ialog(folder.path(), &["sim", "--basic", "s3cret"]));
    assert_eq!(printed.code, Some(2));
    assert_eq!(printed.stderr, "error: the value of --basic has no colon: write USER:PASSWORD\n");
    assert_eq!(names(folder.path()), ["bad.json", "bad.ndjson"]);
}
