//! A test that is not written in Rust must be able to ask what a client did and what it should have found. So what the
//! library tells is served too, beside the API, at paths that the real service will never have. These requests need no
//! credentials, are not counted, and nothing goes wrong with them.
//!
//! - `/_sim/ledger` has the requests that were seen, one a line.
//! - `/_sim/records/{contract}?dateStart=…&dateEnd=…` has the records that a range really holds, one a line, oldest
//!   first. A bare date means the midnight that it means to the service; other switches about dates do not count here.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use crate::Simulator;
use crate::service::query::Query;
use crate::service::refusal::Refusal;
use crate::switches::Switches;
use crate::world::record::json;

/// Where all of this is.
const ROOT: &str = "/_sim/";

/// The truth about more events than this is not told at once, because it is held in memory: some 40 MB.
const MOST_EVENTS: u64 = 20_000;

/// The answer, if the path is one of these.
pub(crate) fn answer(simulator: &Simulator, path: &str, query: Option<&str>) -> Option<Response<Bytes>> {
    let told = match path.strip_prefix(ROOT)? {
        "ledger" => Ok(lines(simulator.ledger().iter().map(json))),
        rest => truth(simulator, rest.strip_prefix("records/"), query),
    };
    Some(match told {
        Ok(lines) => {
            let mut response = Response::new(Bytes::from(lines));
            let ndjson = HeaderValue::from_static("application/x-ndjson");
            response.headers_mut().insert(CONTENT_TYPE, ndjson);
            response
        }
        Err(refusal) => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = refusal.status;
            *response.body_mut() = refusal.body().into();
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
    })
}

/// What the log of a contract really holds, each event once, oldest first.
fn truth(simulator: &Simulator, contract: Option<&str>, query: Option<&str>) -> Result<String, Refusal> {
    let contract = contract
        .and_then(|contract| contract.parse().ok())
        .filter(|contract| simulator.contracts().contains(contract))
        .ok_or_else(Refusal::not_found)?;
    // Whoever asks for the truth means what they write, so of the switches only the one counts that gives a date its
    // meaning: what is not understood is refused.
    let switches = Switches { bare_date_zone: simulator.switches().bare_date_zone, ..Switches::default() };
    let query = Query::parse(query.unwrap_or_default(), &switches)?;
    let view = simulator.log().view(contract, query.start, query.end, simulator.now());
    let total = view.total();
    if total > MOST_EVENTS {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "400",
            format!(
                "The range holds {total} events, and at most {MOST_EVENTS} are told at once: ask for parts of it, one \
                 after the other, with dateStart (inclusive) and dateEnd (exclusive)"
            ),
        ));
    }
    Ok(lines(view.records()))
}

fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.fold(String::new(), |mut lines, text| {
        lines.push_str(&text);
        lines.push('\n');
        lines
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::{BadDate, LOG_BEGIN, OverLimit, QueryFractions, Share};

    fn get(simulator: &Simulator, path: &str) -> (u16, String) {
        let answer = simulator.answer(&Request::get(path).body(()).unwrap());
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        (answer.status().as_u16(), body)
    }

    #[test]
    fn the_ledger_and_the_truth_are_served_and_are_no_requests_themselves() {
        let now = LOG_BEGIN + chrono::TimeDelta::days(9);
        let switches = Switches { duplicates: Share::ALL, ..Switches::default() };
        let simulator = Simulator::builder().clock(move || now).switches(switches).build();
        let contract = simulator.contracts()[0];
        let _ = get(&simulator, "/activitylog/v1");
        let (status, ledger) = get(&simulator, "/_sim/ledger");
        assert_eq!((status, ledger.lines().count()), (200, 1));
        assert!(ledger.starts_with(r#"{"number":1,"at":"2025-01-10"#), "{ledger}");
        let (status, records) =
            get(&simulator, &format!("/_sim/records/{contract}?dateStart=2025-01-02&dateEnd=2025-01-03"));
        assert_eq!(status, 200);
        let day = LOG_BEGIN + chrono::TimeDelta::days(1);
        let expected = simulator.records(contract, day, day + chrono::TimeDelta::days(1));
        assert!(records.lines().eq(expected));
        assert_eq!(simulator.ledger().len(), 1);
    }

    #[test]
    fn a_date_means_what_it_means_to_the_service_and_is_read_strictly() {
        let switches = Switches {
            bare_date_zone: chrono::FixedOffset::west_opt(5 * 3600).unwrap(),
            bad_date: BadDate::Ignore,
            query_fractions: QueryFractions::CutOff,
            max_limit: 1,
            over_limit: OverLimit::Refuse,
            ..Switches::default()
        };
        let simulator =
            Simulator::builder().clock(|| LOG_BEGIN + chrono::TimeDelta::days(9)).switches(switches).build();
        let contract = simulator.contracts()[0];
        let told = |query: &str| get(&simulator, &format!("/_sim/records/{contract}?{query}"));
        let day = told("dateStart=2025-01-02&dateEnd=2025-01-03&limit=7");
        assert_eq!(day.0, 200);
        assert_eq!(day, told("dateStart=2025-01-02T05:00:00Z&dateEnd=2025-01-03T05:00:00Z"));
        assert_ne!(day, told("dateStart=2025-01-02T00:00:00Z&dateEnd=2025-01-03T00:00:00Z"));
        assert_eq!(told("dateStart=soon").0, 400);
        let first = simulator.records(contract, LOG_BEGIN, LOG_BEGIN + chrono::TimeDelta::days(1)).next().unwrap();
        let (_, time) = first.split_once(r#""time":""#).unwrap();
        let (time, _) = time.split_once('"').unwrap();
        assert!(!time.ends_with(".000Z"), "{time}");
        assert_eq!(told(&format!("dateEnd={time}")), (200, String::new()));
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let simulator =
            Simulator::builder().events_per_day(100_000).clock(|| LOG_BEGIN + chrono::TimeDelta::days(9)).build();
        let contract = simulator.contracts()[0];
        for (path, status) in [
            ("/_sim/".to_owned(), 404),
            ("/_sim/records/7".to_owned(), 404),
            (format!("/_sim/records/{contract}?dateStart=x"), 400),
            (format!("/_sim/records/{contract}"), 400),
        ] {
            assert_eq!(get(&simulator, &path).0, status, "{path}");
        }
        let (_, told) = get(&simulator, &format!("/_sim/records/{contract}"));
        assert!(told.contains("at most 20000 are told at once"), "{told}");
    }
}
