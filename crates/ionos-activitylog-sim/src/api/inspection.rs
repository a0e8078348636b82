//! Serves the request log and the records at paths below `/_sim/`, for tests that are not written in Rust. The real
//! service has no such paths. Requests for these paths need no credentials, are not counted or logged, and get no
//! faults.
//!
//! - `/_sim/ledger` returns the request log, one request per line.
//! - `/_sim/records/{contract}?dateStart=…&dateEnd=…` returns the records of a range, one per line, oldest first. A
//!   date without a time means midnight in the time zone of [`Behavior::bare_date_zone`], as in the API. The other
//!   settings for dates, such as `bad_date` and `date_end`, do not apply.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use crate::api::error::ApiError;
use crate::api::query::PageQuery;
use crate::api::service::Service;
use crate::behavior::Behavior;
use crate::data::value::to_json;

/// The common prefix of the paths.
const ROOT: &str = "/_sim/";

/// Maximum number of records per answer. An answer is held in memory, and the largest takes about 40 MB.
const MAX_RECORDS: u64 = 20_000;

/// The response to a request for a path below `/_sim/`. `None` for any other path.
pub(crate) fn response(service: &Service, path: &str, query: Option<&str>) -> Option<Response<Bytes>> {
    let lines = match path.strip_prefix(ROOT)? {
        "ledger" => Ok(join_lines(service.request_log.requests().iter().map(to_json))),
        rest => records(service, rest.strip_prefix("records/"), query),
    };
    Some(match lines {
        Ok(lines) => {
            let mut response = Response::new(Bytes::from(lines));
            let ndjson = HeaderValue::from_static("application/x-ndjson");
            response.headers_mut().insert(CONTENT_TYPE, ndjson);
            response
        }
        Err(error) => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = error.status;
            *response.body_mut() = error.into_json().into();
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
    })
}

/// The records of a contract, each once, oldest first.
fn records(service: &Service, contract: Option<&str>, query: Option<&str>) -> Result<String, ApiError> {
    let contract = contract
        .and_then(|contract| contract.parse().ok())
        .filter(|contract| service.access.contracts.contains(*contract))
        .ok_or_else(ApiError::not_found)?;
    // Dates are parsed strictly, so that a test never gets records of a range other than the intended one.
    let behavior = Behavior { bare_date_zone: service.behavior().bare_date_zone, ..Behavior::default() };
    let query = PageQuery::parse(query.unwrap_or_default(), &behavior)?;
    let view = service.log.view(contract, query.start, query.end, service.now());
    let total = view.total();
    if total > MAX_RECORDS {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "400",
            format!(
                "The range has {total} events, and an answer has at most {MAX_RECORDS}: request smaller ranges with \
                 dateStart (inclusive) and dateEnd (exclusive)"
            ),
        ));
    }
    Ok(join_lines(view.records()))
}

fn join_lines(texts: impl Iterator<Item = String>) -> String {
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
    use crate::{BadDate, LOG_BEGIN, OverLimit, QueryFractions, Share, Simulator};

    fn get(simulator: &Simulator, path: &str) -> (u16, String) {
        let answer = simulator.answer(&Request::get(path).body(()).unwrap());
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        (answer.status().as_u16(), body)
    }

    #[test]
    fn requests_for_the_request_log_and_for_records_are_answered_and_not_logged() {
        let now = LOG_BEGIN + chrono::TimeDelta::days(9);
        let behavior = Behavior { duplicates: Share::ALL, ..Behavior::default() };
        let simulator = Simulator::builder().clock(move || now).behavior(behavior).build();
        let contract = simulator.contracts()[0];
        let _ = get(&simulator, "/activitylog/v1");
        let (status, request_log) = get(&simulator, "/_sim/ledger");
        assert_eq!((status, request_log.lines().count()), (200, 1));
        assert!(request_log.starts_with(r#"{"number":1,"at":"2025-01-10"#), "{request_log}");
        let (status, records) =
            get(&simulator, &format!("/_sim/records/{contract}?dateStart=2025-01-02&dateEnd=2025-01-03"));
        assert_eq!(status, 200);
        let day = LOG_BEGIN + chrono::TimeDelta::days(1);
        let expected = simulator.records(contract, day, day + chrono::TimeDelta::days(1));
        assert!(records.lines().eq(expected));
        assert_eq!(simulator.request_log().len(), 1);
    }

    #[test]
    fn a_bare_date_means_the_same_as_in_the_api_and_is_parsed_strictly() {
        let behavior = Behavior {
            bare_date_zone: chrono::FixedOffset::west_opt(5 * 3600).unwrap(),
            bad_date: BadDate::Ignore,
            query_fractions: QueryFractions::CutOff,
            max_limit: 1,
            over_limit: OverLimit::Refuse,
            ..Behavior::default()
        };
        let simulator =
            Simulator::builder().clock(|| LOG_BEGIN + chrono::TimeDelta::days(9)).behavior(behavior).build();
        let contract = simulator.contracts()[0];
        let records = |query: &str| get(&simulator, &format!("/_sim/records/{contract}?{query}"));
        let day = records("dateStart=2025-01-02&dateEnd=2025-01-03&limit=7");
        assert_eq!(day.0, 200);
        assert_eq!(day, records("dateStart=2025-01-02T05:00:00Z&dateEnd=2025-01-03T05:00:00Z"));
        assert_ne!(day, records("dateStart=2025-01-02T00:00:00Z&dateEnd=2025-01-03T00:00:00Z"));
        assert_eq!(records("dateStart=soon").0, 400);
        let first = simulator.records(contract, LOG_BEGIN, LOG_BEGIN + chrono::TimeDelta::days(1)).next().unwrap();
        let (_, time) = first.split_once(r#""time":""#).unwrap();
        let (time, _) = time.split_once('"').unwrap();
        assert!(!time.ends_with(".000Z"), "{time}");
        assert_eq!(records(&format!("dateEnd={time}")), (200, String::new()));
    }

    #[test]
    fn an_invalid_range_is_an_error() {
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
        let (_, message) = get(&simulator, &format!("/_sim/records/{contract}"));
        assert!(message.contains("an answer has at most 20000"), "{message}");
    }
}
