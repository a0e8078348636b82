//! `Retry-After` comes as seconds, as a fraction of seconds, or as a date (RFC 9110, 10.2.3); the vendor's own
//! clients read seconds only and hammer on at a date.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// The longest time that is believed, a year; a longer one is cut to it.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// How long the service asks to wait, counted from `now`. A date in the past is no time; nonsense is none.
pub(crate) fn parse(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        let seconds: f64 = value.parse().ok()?;
        // No exponent and nothing else that a float may have.
        let plain = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        return plain.then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST));
    }
    let date: DateTime<Utc> = httpdate::parse_http_date(value).ok()?.into();
    Some((date - now).to_std().unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let cases = [
            ("0", Some(0)),
            ("30", Some(30_000)),
            (" 1.5 ", Some(1_500)),
            ("99999999999999999999999", Some(366 * 86_400_000)),
            ("Fri, 20 Nov 2026 12:00:10 GMT", Some(10_000)),
            ("Fri, 20 Nov 2026 11:00:00 GMT", Some(0)),
            ("Friday, 20-Nov-26 12:01:00 GMT", Some(60_000)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("1e3", None),
            ("5 minutes", None),
        ];
        for (value, millis) in cases {
            assert_eq!(parse(value, now), millis.map(Duration::from_millis), "{value}");
        }
    }
}
