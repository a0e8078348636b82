//! One record of the log. What arrives is what is kept: the record is its bytes, and everything typed is a view
//! that may find fault with them but never changes or drops them.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use ionos_activitylog_client as wire;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One event of the log.
#[derive(Clone, Debug)]
pub struct Event {
    json: Box<RawValue>,
    envelope: Option<Issue>,
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

impl Event {
    /// Takes the record out of its envelope. An envelope without one is kept whole in its place.
    pub(crate) fn from_wire(hit: wire::Raw<wire::types::Hit>) -> Self {
        let issue = match hit.parse() {
            // A derived struct is read from a list too, and the list's first item would pass for the record.
            _ if !hit.get().starts_with('{') => {
                "the hit is no object, so it is kept itself".to_owned()
            }
            Ok(wire::types::Hit {
                source: Some(record),
            }) => {
                return Self {
                    json: record.into_json(),
                    envelope: None,
                };
            }
            Ok(_) => "the hit holds no record, so the hit itself is kept".to_owned(),
            Err(error) => format!("the hit cannot be read ({error}), so the hit itself is kept"),
        };
        Self {
            json: hit.into_json(),
            envelope: Some(Issue(issue)),
        }
    }

    /// The record's JSON text, byte for byte as the service sent it.
    #[must_use]
    pub fn raw(&self) -> &str {
        self.json.get()
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
        if let Some(issue) = &self.envelope {
            return vec![issue.clone()];
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
