//! What is not documented about the service is learned while reading, and forgotten when the program ends. So it can be
//! kept between two runs. It is old by then, and may be another service's: nothing in it is needed to be right, and no
//! count is taken from it.

use serde::{Deserialize, Serialize};

/// How the service at one address was seen to behave. A member is none where that is not known.
///
/// [`Client::probe`](crate::Client::probe) measures it, [`Client::service_profile`](crate::Client::service_profile) tells
/// what reading has shown, and [`Client::assume`](crate::Client::assume) begins with it. As JSON, members that are not
/// known are passed over, and each may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServiceProfile {
    /// The most events that a page has, however many are asked for.
    pub page_cap: Option<u64>,
    /// How far `offset` and `limit` may reach together, where that is not as far as the events do.
    pub offset_cap: Option<u64>,
    /// The order of events over all pages of a range.
    pub order: Option<HitOrder>,
    /// Whether all events, also those of one time, keep their places from one request to the next.
    pub stable: Option<bool>,
    /// How the count of a range is written.
    pub total: Option<TotalShape>,
    /// Whether the count of a range ends at some number.
    pub total_capped: Option<bool>,
    /// What becomes of fractions of a second in the dates of a request.
    pub fractions: Option<DateFractions>,
    /// How long an event takes to appear, in seconds, at the most: how old the newest one was.
    pub lag_seconds: Option<u64>,
}

/// The order of events over all pages of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HitOrder {
    /// The latest first.
    NewestFirst,
    /// The earliest first.
    OldestFirst,
    /// None that follows from the times.
    Unordered,
}

/// How the service writes the count of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TotalShape {
    /// `2260`
    Number,
    /// `"2260"`
    Text,
    /// `{"value":2260,"relation":"eq"}`
    Object,
    /// In none of these forms.
    Other,
    /// Not at all.
    Absent,
}

/// What becomes of fractions of a second in the dates of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DateFractions {
    /// They count.
    Taken,
    /// They are cut off, and nothing says so.
    CutOff,
    /// A request with one is an error.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_and_what_is_new_in_it_passed_over() {
        let profile = ServiceProfile {
            page_cap: Some(1000),
            order: Some(HitOrder::NewestFirst),
            fractions: Some(DateFractions::CutOff),
            ..ServiceProfile::default()
        };
        let json = serde_json::to_string(&profile).unwrap();
        assert_eq!(serde_json::from_str::<ServiceProfile>(&json).unwrap(), profile);
        let newer = r#"{"page_cap":1000,"order":"newest-first","fractions":"cut-off","colour":"red"}"#;
        assert_eq!(serde_json::from_str::<ServiceProfile>(newer).unwrap(), profile);
    }
}
