//! Flags for the HTTP behaviour of the simulator: dates, headers, compression, faults, rate limits and the request log.

use super::{NOW, client, get, page, start, total};
use crate::support::program::start_simulator;

#[tokio::test]
async fn http_details_follow_the_flags() {
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
async fn the_bounds_of_a_range_follow_the_flags() {
    let burst = ["--events-per-day", "0", "--burst-every", "0", "--burst", "2026-11-20T09:12:33Z,1ms,9"];
    let (from, to) = ("dateStart=2026-11-20T09:12:33Z", "dateStart=2026-11-20&dateEnd=2026-11-20T09:12:33Z");
    for (flags, at_start, at_end) in [
        (&[][..], 9, 0),
        (&["--exclusive-start"], 0, 0),
        (&["--inclusive-end"], 9, 9),
        (&["--exclusive-start", "--inclusive-end"], 0, 9),
    ] {
        let sim = start(&[&burst[..], flags].concat());
        assert_eq!((total(&sim, from).await, total(&sim, to).await), (at_start, at_end), "{flags:?}");
    }
}

#[tokio::test]
async fn faults_follow_the_script_and_every_request_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"{"rules": [{"when": {"requests": [2]}, "fault": {"respond": {"status": 503}}}]}"#;
    std::fs::write(folder.path().join("faults.json"), script).unwrap();
    let arguments =
        ["--faults", "faults.json", "--rate-limit", "0.0001/2", "--retry-after", "fraction", "--ledger", "seen.ndjson"];
    let sim = start_simulator(folder.path(), &[&NOW[..2], &arguments].concat());
    let (mut statuses, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let answer = get(&sim, "/activitylog/v1/contracts?x=1").await;
        statuses.push(answer.status().as_u16());
        waits.extend(answer.headers().get("retry-after").cloned());
    }
    assert_eq!(statuses, [200, 503, 200, 429]);
    // The rate limit allows one request per 10,000 s. The clock runs, so the service asks for a wait of less than
    // 10,000 s.
    assert_eq!(waits.len(), 1);
    let wait = waits[0].to_str().unwrap();
    let (seconds, fraction) = wait.split_once('.').unwrap();
    assert!((9_000..10_000).contains(&seconds.parse().unwrap()) && fraction.len() == 3, "{wait}");
    let request_log = std::fs::read_to_string(folder.path().join("seen.ndjson")).unwrap();
    assert_eq!(request_log.lines().count(), 4);
    assert!(!request_log.contains(&sim.token), "{request_log}");
    assert_eq!(get(&sim, "/_sim/ledger").await.text().await.unwrap(), request_log);
}

#[tokio::test]
async fn the_request_log_hides_a_credential_in_every_part_of_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &["--ledger", "seen.ndjson"]);
    let secret = "unknown-planted-secret";
    let client = client();
    for path in
        [format!("/v1/{secret}"), format!("/v1?x={secret}"), "/token/planted".to_owned(), "/v1?key=planted".to_owned()]
    {
        let request = client.get(format!("{}{path}", sim.url)).bearer_auth(secret).header("x-note", secret);
        request.send().await.unwrap();
    }
    let ledger = std::fs::read_to_string(folder.path().join("seen.ndjson")).unwrap();
    assert_eq!(ledger.lines().count(), 4);
    assert!(!ledger.contains("planted"), "{ledger}");
}
