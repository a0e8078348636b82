//! The simulator takes longer to think of a page than a client to read it. So some pages are rendered before the
//! first request, as whole answers, and sent again and again.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use http::Request;
use http::header::AUTHORIZATION;
use ionos_activitylog_sim::Simulator;

/// The contract number in every request; the canned answers are for any.
pub(crate) const CONTRACT: u64 = 31_721_060;

/// Events of a page.
pub(crate) const PAGE: u64 = 1_000;

/// How many different pages there are: more than fit into a processor's nearest caches.
const PAGES: u64 = 10;

/// The range in every request, long enough for the pages.
pub(crate) const RANGE: (&str, &str) = ("2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z");

/// Whole answers, head and body, of pages that follow one another.
pub(crate) fn answers() -> Result<Vec<Vec<u8>>> {
    let end: DateTime<Utc> = RANGE.1.parse()?;
    let simulator = Simulator::builder().clock(move || end).build();
    let contract = simulator.contracts().first().context("no contract")?;
    (0..PAGES).map(|page| answer(&simulator, *contract, page * PAGE)).collect()
}

fn answer(simulator: &Simulator, contract: u64, offset: u64) -> Result<Vec<u8>> {
    let (start, end) = RANGE;
    let request = Request::get(format!(
        "/activitylog/v1/contracts/{contract}?dateStart={start}&dateEnd={end}&offset={offset}&limit={PAGE}"
    ))
    .header(AUTHORIZATION, format!("Bearer {}", simulator.token()))
    .body(())?;
    let answer = simulator.answer(&request);
    ensure!(answer.status() == 200, "the simulator answers {}", answer.status());
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in answer.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(answer.body());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_full_and_says_how_long_it_is() {
        let answers = answers().unwrap();
        assert_eq!(answers.len() as u64, PAGES);
        for answer in answers {
            let text = String::from_utf8(answer).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())));
            assert_eq!(body.matches("\"_source\":").count() as u64, PAGE);
        }
    }
}
