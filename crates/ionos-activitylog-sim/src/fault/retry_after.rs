//! `Retry-After` comes in two forms by RFC 9110, section 10.2.3, and in a few more from real gateways. A client must
//! live with each of them.

use chrono::{DateTime, Utc};
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::fault::script::Complaint;
use crate::http_date::http_date;

/// What the header `Retry-After` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RetryAfter {
    /// Whole seconds: `120`.
    Seconds(u64),
    /// Seconds with a fraction, which the RFC does not know: `1.5`. From 0 to 1,000,000.
    Fraction(f64),
    /// An HTTP date so many seconds after the time of the simulator's clock, or before it when negative. At most 10
    /// years of seconds either way.
    Date(i64),
    /// Anything else that a header can carry, such as `soon`.
    Text(String),
}

/// Ten years: far enough for any test, and never outside of what a date can say.
const FARTHEST: i64 = 10 * 365 * 86_400;

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;

/// Beyond it a number would be written with an exponent sooner or later.
const LARGEST_FRACTION: f64 = 1e6;

impl RetryAfter {
    pub(super) fn check(&self) -> Result<(), Complaint> {
        let wrong = |message| Err(Complaint::new("fault.respond.retry_after", message));
        match self {
            Self::Fraction(seconds) if !(0.0..=LARGEST_FRACTION).contains(seconds) => wrong(format!(
                "{seconds} is no fraction of seconds that is sent: give a number from 0 to {LARGEST_FRACTION}, or any \
                 other as a text"
            )),
            Self::Date(seconds) if !(-FARTHEST..=FARTHEST).contains(seconds) => {
                wrong(format!("{seconds} seconds from now is too far: give at most {FARTHEST}, either way"))
            }
            Self::Text(text) if HeaderValue::from_str(text).is_err() => wrong(format!(
                "{text:?} cannot be sent in a header: leave out line breaks and other control characters"
            )),
            _ => Ok(()),
        }
    }

    /// As it is sent.
    pub(super) fn text(&self, now: DateTime<Utc>) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            // With a point even when there is nothing behind it.
            Self::Fraction(seconds) => format!("{seconds:?}"),
            Self::Date(seconds) => {
                // Whatever the clock says, a date is between 1970 and the year 9999.
                let time = now.timestamp().saturating_add(*seconds);
                DateTime::from_timestamp(time.clamp(0, LAST_SECOND), 0).and_then(http_date).unwrap_or_default()
            }
            Self::Text(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_written_as_gateways_write_it() {
        let now = "2026-11-20T12:00:00.9Z".parse().unwrap();
        for (retry_after, text) in [
            (RetryAfter::Seconds(120), "120"),
            (RetryAfter::Fraction(1.5), "1.5"),
            (RetryAfter::Fraction(2.0), "2.0"),
            (RetryAfter::Date(60), "Fri, 20 Nov 2026 12:01:00 GMT"),
            (RetryAfter::Date(-86_400), "Thu, 19 Nov 2026 12:00:00 GMT"),
            (RetryAfter::Text("soon".into()), "soon"),
        ] {
            retry_after.check().unwrap();
            assert_eq!(retry_after.text(now), text);
        }
        for clock in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(RetryAfter::Date(1).text(clock).ends_with(" GMT"));
        }
    }
}
