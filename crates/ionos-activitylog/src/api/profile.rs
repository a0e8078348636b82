//! Describes the observed limits of a service, so that a program can keep them between two runs. A profile may be
//! outdated or belong to another service, so it is used only to make reading faster: no total comes from a profile, and
//! completeness never depends on a profile.

use serde::{Deserialize, Serialize};

/// Observed behaviour of the service at one address. A field is `None` if the behaviour is unknown.
///
/// [`Client::probe`](crate::Client::probe) measures a profile,
/// [`Client::service_profile`](crate::Client::service_profile) returns the behaviour that reading has shown so far, and
/// [`Client::load_profile`](crate::Client::load_profile) makes a client start from a profile. In the JSON form, each
/// member is optional, and unknown members are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServiceProfile {
    /// Maximum events per page, regardless of the requested size. Also `None` if each page had the requested size.
    pub page_cap: Option<u64>,
    /// Maximum of `offset` plus `limit`. Also `None` if the service has no such limit.
    pub offset_cap: Option<u64>,
    /// Order of the events over all pages of a range.
    pub order: Option<HitOrder>,
    /// Whether all events, including those with equal times, keep their order from one request to the next.
    pub stable: Option<bool>,
    /// JSON form of the reported total.
    pub total: Option<TotalShape>,
    /// Whether the reported total stops at a maximum, such as 10 000.
    pub total_capped: Option<bool>,
    /// Handling of fractions of a second in the dates of a request.
    pub fractions: Option<DateFractions>,
    /// Age of the newest event in seconds: an upper bound of the time until an event appears in the log.
    pub lag_seconds: Option<u64>,
}

/// Order of the events over all pages of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HitOrder {
    /// Latest time first.
    NewestFirst,
    /// Earliest time first.
    OldestFirst,
    /// Not ordered by time.
    Unordered,
}

/// JSON form of the total that the service reports for a range.
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
    /// Any other JSON value.
    Other,
    /// No total, or `null`.
    Absent,
}

/// The service's handling of fractions of a second in the dates of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DateFractions {
    /// Fractions are honoured.
    Taken,
    /// Fractions are silently cut off.
    CutOff,
    /// A request with a fraction fails.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_round_trips_and_unknown_members_are_ignored() {
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
