//! Flags about the HTTP behavior of the API.

use std::str::FromStr;

use chrono::FixedOffset;
use clap::Args;
use ionos_activitylog_sim::{BadDate, QueryFractions, TrailingSlash, is_allowed_request_id_header};

use super::{invalid_value, one_of};
use crate::args::parse_error::InvalidValue;

#[derive(Args)]
pub(crate) struct HttpArgs {
    /// UTC offset for dates without a time
    #[arg(long, value_name = "OFFSET", default_value = "+00:00", allow_hyphen_values = true)]
    pub(crate) bare_date_zone: FixedOffset,

    /// Handling of an invalid date
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<BadDate>(BadDate::NAMES))]
    pub(crate) bad_date: BadDate,

    /// Handling of fractions of a second in a date
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<QueryFractions>(QueryFractions::NAMES))]
    pub(crate) query_fractions: QueryFractions,

    /// Exclude the events at exactly the start date of a range
    #[arg(long)]
    pub(crate) exclusive_start: bool,

    /// Include the events at exactly the end date of a range
    #[arg(long)]
    pub(crate) inclusive_end: bool,

    /// Header with the request ID of an answer, or none
    #[arg(long, value_name = "NAME", default_value = "x-request-id")]
    pub(crate) request_id_header: OptionalHeader,

    /// Handling of a path with a trailing slash
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<TrailingSlash>(TrailingSlash::NAMES))]
    pub(crate) trailing_slash: TrailingSlash,

    /// Compress answers for clients that accept gzip
    #[arg(long)]
    pub(crate) gzip: bool,

    /// Add a charset to the Content-Type of answers
    #[arg(long)]
    pub(crate) charset: bool,

    /// Status for methods other than GET
    #[arg(long, value_name = "STATUS", default_value_t = 405, value_parser = clap::value_parser!(u16).range(400..=599))]
    pub(crate) other_methods: u16,
}

/// The name of a header, or `none`.
#[derive(Clone)]
pub(crate) struct OptionalHeader(pub(crate) Option<http::HeaderName>);

impl FromStr for OptionalHeader {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text == "none" {
            return Ok(Self(None));
        }
        let name = text.parse().map_err(|_| {
            invalid_value(format!("{text:?} is not a valid header name"), "use letters, digits and hyphens, or none")
        })?;
        if !is_allowed_request_id_header(&name) {
            return Err(invalid_value(
                format!("the header {text:?} already has a meaning in HTTP"),
                "use another name, such as x-request-id, or none",
            ));
        }
        Ok(Self(Some(name)))
    }
}
