//! Responses that are rendered before the first request and sent repeatedly, because the simulator takes longer to make
//! a page than a client takes to read it.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use http::Request;
use http::header::AUTHORIZATION;
use ionos_activitylog_sim::Simulator;

/// Contract number of every request. The responses do not depend on it.
pub(crate) const CONTRACT: u64 = 31_721_060;

/// Events in a page.
pub(crate) const PAGE_SIZE: u64 = 1_000;

/// Number of different pages. Together, they have more bytes than fit into the L1 and L2 caches.
const PAGES: u64 = 10;

/// Range of every request, start inclusive and end exclusive. It holds more events than all pages together.
pub(crate) const RANGE: (&str, &str) = ("2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z");

/// The responses of consecutive pages, each with status line, headers and body.
pub(crate) fn responses() -> Result<Vec<Vec<u8>>> {
    let end: DateTime<Utc> = RANGE.1.parse()?;
    let simulator = Simulator::builder().clock(move || end).build();
    let contract = simulator.contracts().first().context("the simulator has no contract")?;
    (0..PAGES).map(|page| render(&simulator, *contract, page * PAGE_SIZE)).collect()
}

fn render(simulator: &Simulator, contract: u64, offset: u64) -> Result<Vec<u8>> {
    let (start, end) = RANGE;
    let request = Request::get(format!(
        "/activitylog/v1/contracts/{contract}?dateStart={start}&dateEnd={end}&offset={offset}&limit={PAGE_SIZE}"
    ))
    .header(AUTHORIZATION, format!("Bearer {}", simulator.token()))
    .body(())?;
    let response = simulator.answer(&request);
    ensure!(response.status() == 200, "the simulator answered {}", response.status());
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(response.body());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_response_is_a_full_page_with_its_content_length() {
        let responses = responses().unwrap();
        assert_eq!(responses.len() as u64, PAGES);
        for response in responses {
            let text = String::from_utf8(response).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())));
            assert_eq!(body.matches("\"_source\":").count() as u64, PAGE_SIZE);
        }
    }
}
