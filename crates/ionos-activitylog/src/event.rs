//! One record of the log. What arrives is what is kept: the record is its bytes, and everything typed is a view
//! that may find fault with them but never changes or drops them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use chrono::{DateTime, Utc};
use ionos_activitylog_client as wire;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One event of the log.
#[derive(Clone, Debug)]
pub struct Event {
    /// The hit as it came. The record is a part of it, so that it need not be copied.
    hit: Box<RawValue>,
    /// Where the record is in the hit, in bytes.
    record: Range<usize>,
}

/// Something about a record that does not fit the model of an event. The record itself is kept all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue(String);

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// No more of the record than its time.
#[derive(Deserialize)]
struct Timed<'a> {
    #[serde(borrow)]
    meta: TimedMeta<'a>,
}

#[derive(Deserialize)]
struct TimedMeta<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
}

/// No more of the hit than its record. The generated type would copy it.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, rename = "_source")]
    record: Option<&'a RawValue>,
}

impl Event {
    /// Finds the record in its envelope. An envelope without one is kept whole in its place.
    pub(crate) fn from_wire(hit: wire::Raw<wire::types::Hit>) -> Self {
        let hit = hit.into_json();
        let record = record_in(hit.get()).unwrap_or(0..hit.get().len());
        Self { hit, record }
    }

    /// The record's JSON text, byte for byte as the service sent it.
    #[must_use]
    pub fn raw(&self) -> &str {
        // The range was cut out of this very text.
        self.hit.get().get(self.record.clone()).unwrap_or_default()
    }

    /// When it happened; none when the record has no time or one that cannot be read as RFC 3339.
    #[must_use]
    pub fn time(&self) -> Option<DateTime<Utc>> {
        let timed: Timed<'_> = serde_json::from_str(self.raw()).ok()?;
        let time = DateTime::parse_from_rfc3339(&timed.meta.time).ok()?;
        Some(time.to_utc())
    }

    /// What does not fit the model of an event; empty for a record that fits.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        // Only a whole hit can be one without a record, so most events are not looked at twice.
        if self.record.len() == self.hit.get().len()
            && let Err(issue) = record_in(self.hit.get())
        {
            return vec![Issue(issue)];
        }
        let mut issues = Vec::new();
        if let Err(error) = serde_json::from_str::<wire::types::Event>(self.raw()) {
            issues.push(Issue(format!("the record does not fit the model: {error}")));
        }
        if self.time().is_none() {
            issues.push(Issue("the record has no readable time".to_owned()));
        }
        issues
    }
}

/// Where the record is in a hit.
fn record_in(hit: &str) -> Result<Range<usize>, String> {
    // A derived struct is read from a list too, and the list's first item would pass for the record.
    if !hit.starts_with('{') {
        return Err("the hit is no object, so it is kept itself".to_owned());
    }
    match serde_json::from_str(hit) {
        Ok(Envelope {
            record: Some(record),
        }) => {
            let record = record.get();
            // Borrowed from the hit, so it begins within it.
            let start = record.as_ptr() as usize - hit.as_ptr() as usize;
            Ok(start..start + record.len())
        }
        Ok(Envelope { record: None }) => {
            Err("the hit holds no record, so the hit itself is kept".to_owned())
        }
        Err(error) => Err(format!(
            "the hit cannot be read ({error}), so the hit itself is kept"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(hit: &str) -> Event {
        Event::from_wire(serde_json::from_str(hit).unwrap())
    }

    #[test]
    fn a_record_that_fits_is_kept_as_it_came() {
        let event = event(
            r#"{"_id": 1, "_source": {"meta" : {"time":"2026-11-20T10:00:00.5+01:00"}, "new": 1.10}}"#,
        );
        assert_eq!(
            event.raw(),
            r#"{"meta" : {"time":"2026-11-20T10:00:00.5+01:00"}, "new": 1.10}"#
        );
        assert_eq!(
            event.time(),
            Some("2026-11-20T09:00:00.5Z".parse().unwrap())
        );
        assert_eq!(event.issues(), []);
    }

    #[test]
    fn a_record_that_does_not_fit_is_kept_and_says_why() {
        let cases = [
            (
                r#"{"_source": {"meta": 7}}"#,
                r#"{"meta": 7}"#,
                "does not fit the model",
            ),
            (
                r#"{"_source": {"meta": {}}}"#,
                r#"{"meta": {}}"#,
                "no readable time",
            ),
            (
                r#"{"_source": {"meta": {"time": "soon"}}}"#,
                r#"{"meta": {"time": "soon"}}"#,
                "no readable time",
            ),
            (
                r#"{"_source": "text"}"#,
                r#""text""#,
                "does not fit the model",
            ),
            (
                r#"{"_id": "a"}"#,
                r#"{"_id": "a"}"#,
                "the hit itself is kept",
            ),
            (
                r#"{"_source": null}"#,
                r#"{"_source": null}"#,
                "the hit itself is kept",
            ),
            ("null", "null", "is no object"),
            ("[1e400]", "[1e400]", "is no object"),
            (
                r#"{"_source": 1, "_source": 2}"#,
                r#"{"_source": 1, "_source": 2}"#,
                "duplicate field",
            ),
        ];
        for (hit, raw, issue) in cases {
            let event = event(hit);
            assert_eq!(event.raw(), raw);
            assert!(
                event.issues()[0].to_string().contains(issue),
                "{hit}: {:?}",
                event.issues()
            );
        }
    }
}
