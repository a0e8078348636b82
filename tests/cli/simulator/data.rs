//! Flags for the events of the simulated log, the form of the records and their order.

use std::path::Path;

use ionos_activitylog_sim::Simulator;
use serde_json::Value;
use xtask::simulator_process::SimulatorProcess;

use super::{NOW, contract, get, page, records, start, total};
use crate::support::program::{ialog, run, start_simulator};

#[tokio::test]
async fn a_simulator_without_flags_serves_the_default_log_of_the_library() {
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
async fn the_amount_of_data_follows_the_flags() {
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
async fn page_limits_event_order_and_totals_follow_the_flags() {
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
async fn records_follow_the_flags() {
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
async fn delays_retention_and_duplicates_follow_the_flags() {
    const DAY_AGO: &str = "2026-11-19T12:00:00Z";
    let older = format!("dateEnd={DAY_AGO}");
    let newer = format!("dateStart={DAY_AGO}");
    let counts = async |flags: &[&str]| {
        let sim = start(&[&["--begin", "2026-11-16"][..], flags].concat());
        (total(&sim, &older).await, total(&sim, &newer).await)
    };
    let (old, new) = counts(&[]).await;
    assert!(old > 500 && new > 200, "{old} old events, {new} new events");

    // Some events of the last day are delayed. Earlier events are not delayed.
    let (delayed_old, delayed_new) = counts(&["--ingest-delay", "90%<2s,10%<1d"]).await;
    assert_eq!(delayed_old, old);
    assert!((new * 8 / 10..new).contains(&delayed_new), "{delayed_new} of {new} events");
    assert_eq!(counts(&["--late", "100%:1d"]).await, (old, 0));
    let (_, some) = counts(&["--late", "50%:1d"]).await;
    assert!((new * 3 / 10..new * 7 / 10).contains(&some), "{some} of {new} events");
    assert_eq!(counts(&["--retention", "1d"]).await, (0, new));

    let twice = ["--duplicates", "50%"];
    assert_eq!(counts(&twice).await, (old, new));
    let (counted, _) = counts(&[&twice[..], &["--duplicates-counted"]].concat()).await;
    assert!((old * 13 / 10..old * 17 / 10).contains(&counted), "the total is {counted} for {old} events");
    let sim = start(&twice);
    let shown = page(&sim, "limit=100").await;
    let texts: std::collections::BTreeSet<String> = records(&shown).iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 100);
    assert!((130..170).contains(&records(&shown).len()), "{} records", records(&shown).len());
}

#[tokio::test]
async fn the_simulated_clock_stands_still_only_with_the_flag_still() {
    let when = async |sim: &SimulatorProcess| {
        let _ = get(sim, "/").await;
        let request_log = get(sim, "/_sim/ledger").await.text().await.unwrap();
        let seen: Value = serde_json::from_str(request_log.lines().last().unwrap()).unwrap();
        seen["at"].as_str().unwrap().to_owned()
    };
    let running = start_simulator(Path::new("/"), &NOW[..2]);
    let first = when(&running).await;
    assert!(first.starts_with("2026-11-20T12:0"), "{first}");
    // Waits for the next millisecond.
    while when(&running).await == first {}
    assert!(when(&running).await > first);
    let still = start(&[]);
    for _ in 0..2 {
        assert_eq!(when(&still).await, "2026-11-20T12:00:00.000Z");
    }
}

#[tokio::test]
async fn relative_times_refer_to_the_simulated_clock() {
    let sim = start(&["--begin", "2h", "--burst", "1h,1ms,500"]);
    assert_eq!(total(&sim, "dateEnd=2026-11-20T10:00:00Z").await, 0);
    let burst = "dateStart=2026-11-20T11:00:00Z&dateEnd=2026-11-20T11:00:00.001Z";
    assert!(total(&sim, burst).await >= 500);
}

#[tokio::test]
async fn an_exported_file_can_be_served() {
    let folder = tempfile::tempdir().unwrap();
    let export = ["export", "--demo", "--from", "2026-11-19", "--to", "2026-11-19", "--out", "day.ndjson"];
    assert_eq!(run(ialog(folder.path(), &export)).code, Some(0));
    let day = std::fs::read_to_string(folder.path().join("day.ndjson")).unwrap();
    let nameless = r#"{"meta":{"time":"2026-11-19T01:00:00Z"}}"#;
    std::fs::write(folder.path().join("more.ndjson"), format!("{day}{nameless}\n")).unwrap();
    let number = contract().to_string();
    // `--events` replaces the generated events. The seed and the flags for pages still apply.
    let arguments = ["--events", "more.ndjson", "--contract", &number, "--seed", "2", "--unknown-members", "100%"];
    let sim = start_simulator(folder.path(), &[&NOW[..], &arguments].concat());
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
        assert!(printed.stderr.contains(&format!("--events cannot be combined with {flag}: ")), "{}", printed.stderr);
    }
}
