//! For each operation, a snapshot of the HTTP request that the operation sends.

use ionos_activitylog::{DateRange, PageSize};

use crate::support::scripted::{ScriptedTransport, answer};
use crate::support::snapshot;

fn show(request: &reqwest::Request) -> String {
    let url = request.url();
    let mut text = format!("{} {}\n", request.method(), url.path());
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        text.push_str(&format!("  {pair}\n"));
    }
    let mut headers: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, value)| match value.to_str() {
            Ok(_) if value.is_sensitive() => format!("{name}: [redacted]\n"),
            Ok(value) => format!("{name}: {}\n", value.replace(env!("CARGO_PKG_VERSION"), "[version]")),
            Err(_) => format!("{name}: (not text)\n"),
        })
        .collect();
    headers.sort();
    text + &headers.concat()
}

#[tokio::test]
async fn the_request_of_each_operation_matches_its_snapshot() {
    let (scripted, client) = ScriptedTransport::client([
        answer(200, "{}"),
        answer(200, "[]"),
        answer(200, r#"{"hits":{"total":0}}"#),
        answer(200, "{}"),
    ]);
    client.info().await.unwrap();
    client.contracts().await.unwrap();
    let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
    let contract = "9876543218374837483".parse().unwrap();
    client.page(&contract, range, 2_000, PageSize::DEFAULT).await.unwrap();

    client.cloud_request("r-1").await.unwrap();

    let shown: Vec<String> = scripted.requests().iter().map(show).collect();
    let names = ["get_info", "get_available_contracts", "get_by_contract", "get_request"];
    for (name, request) in names.iter().zip(&shown) {
        snapshot::check("library", &format!("request__{name}"), request);
    }
    assert_eq!(shown.len(), 4);
}

#[tokio::test]
async fn a_range_with_fractions_of_a_second_is_requested_in_whole_seconds() {
    let (scripted, client) = ScriptedTransport::client([answer(200, r#"{"hits":{"total":0}}"#)]);
    let range =
        DateRange::new("2026-11-20T08:00:00.250Z".parse().unwrap(), "2026-11-20T08:00:01.001Z".parse().unwrap());
    let contract = "31721060".parse().unwrap();
    client.page(&contract, range.unwrap(), 0, PageSize::DEFAULT).await.unwrap();
    let requests = scripted.requests();
    let sent: Vec<String> = requests[0]
        .url()
        .query_pairs()
        .filter(|(name, _)| name.starts_with("date"))
        .map(|(_, value)| value.into_owned())
        .collect();
    assert_eq!(sent, ["2026-11-20T08:00:02Z", "2026-11-20T08:00:00Z"]);
}
