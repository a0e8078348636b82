//! The values of the header `Retry-After`: the two forms of RFC 9110, section 10.2.3, and others that real gateways
//! send.

use chrono::{DateTime, Utc};
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::fault::error::ScriptError;
use crate::headers::http_date;

/// The value of the header `Retry-After`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RetryAfter {
    /// Whole seconds: `120`.
    Seconds(u64),
    /// Seconds with a fraction, which the RFC does not define: `1.5`. From 0 to 1,000,000.
    Fraction(f64),
    /// An HTTP date this many seconds after the time of the simulator's clock, or before this time if the number is
    /// negative. At most 10 years in either direction.
    Date(i64),
    /// Any other text that a header can carry, such as `soon`.
    Text(String),
}

/// Ten years, in seconds, which is enough for any test.
const MAX_DATE_OFFSET: i64 = 10 * 365 * 86_400;

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;

/// Maximum of [`RetryAfter::Fraction`], in seconds: about 11.6 days, which is enough for any test.
const MAX_FRACTION: f64 = 1e6;

impl RetryAfter {
    pub(super) fn check(&self) -> Result<(), ScriptError> {
        let invalid = |message| Err(ScriptError::new("fault.respond.retry_after", message));
        match self {
            Self::Fraction(seconds) if !(0.0..=MAX_FRACTION).contains(seconds) => invalid(format!(
                "{seconds} is out of range: give a number from 0 to {MAX_FRACTION}, or use text for any other value"
            )),
            Self::Date(seconds) if !(-MAX_DATE_OFFSET..=MAX_DATE_OFFSET).contains(seconds) => invalid(format!(
                "{seconds} seconds from now is too far: give at most {MAX_DATE_OFFSET} in either direction"
            )),
            Self::Text(text) if HeaderValue::from_str(text).is_err() => {
                invalid(format!("{text:?} cannot be sent in a header: remove line breaks and other control characters"))
            }
            _ => Ok(()),
        }
    }

    /// The header value if the time of the clock is `now`.
    pub(super) fn to_text(&self, now: DateTime<Utc>) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Fraction(seconds) if seconds.fract() == 0.0 => format!("{seconds:.1}"),
            // `to_string` writes even very small numbers without an exponent.
            Self::Fraction(seconds) => seconds.to_string(),
            Self::Date(seconds) => {
                // The clock may return any time, but the date stays between 1970 and 9999.
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
    fn each_form_is_written_as_gateways_send_it() {
        let now = "2026-11-20T12:00:00.9Z".parse().unwrap();
        for (retry_after, text) in [
            (RetryAfter::Seconds(120), "120"),
            (RetryAfter::Fraction(1.5), "1.5"),
            (RetryAfter::Fraction(2.0), "2.0"),
            (RetryAfter::Fraction(0.000_01), "0.00001"),
            (RetryAfter::Date(60), "Fri, 20 Nov 2026 12:01:00 GMT"),
            (RetryAfter::Date(-86_400), "Thu, 19 Nov 2026 12:00:00 GMT"),
            (RetryAfter::Text("soon".into()), "soon"),
        ] {
            retry_after.check().unwrap();
            assert_eq!(retry_after.to_text(now), text);
        }
        for clock in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(RetryAfter::Date(1).to_text(clock).ends_with(" GMT"));
        }
    }
}
