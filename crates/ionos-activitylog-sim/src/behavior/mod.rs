//! Settings for everything about the service that is not documented. A client must work with every possible behavior of
//! the service and not only with one guess, so each unknown is a setting with a documented default.
//!
//! If a default follows from evidence, its documentation says so. The other defaults are deliberate guesses.

pub(crate) mod arrival;
pub(crate) mod duration;
pub(crate) mod setting;
pub(crate) mod share;

use chrono::{FixedOffset, Offset, TimeDelta, Utc};
use http::{HeaderName, StatusCode};

use arrival::{AmendedEvents, IngestDelay, LateEvents};
use setting::setting;
use share::Share;

/// Default for [`Behavior::max_limit`].
pub const DEFAULT_MAX_LIMIT: u64 = 1000;

/// Upper bound for [`Behavior::max_limit`]. A page is held in memory, and a page of this size takes 100 MB.
pub const MAX_PAGE_HITS: u64 = 100_000;

/// Default for [`Behavior::window_cap`]: the limit of Elasticsearch, whose answers have the same shape.
pub const DEFAULT_WINDOW_CAP: u64 = 10_000;

/// Maximum of a capped `total`, in hits: the default maximum of Elasticsearch.
pub const TOTAL_CAP: u64 = 10_000;

/// Settings for everything about the service that is not documented.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// Maximum number of hits per page, in [1, [`MAX_PAGE_HITS`]]. A number out of range is replaced by the nearest
    /// bound. Default: [`DEFAULT_MAX_LIMIT`].
    pub max_limit: u64,
    /// Handling of a `limit` above the maximum. Default: the limit is reduced to the maximum.
    pub over_limit: OverLimit,
    /// Handling of a page whose `offset` plus `limit` is above [`Behavior::window_cap`]. Default: the page is served.
    pub deep_offset: DeepOffset,
    /// Maximum of `offset` plus `limit`, in hits. Has an effect only if `deep_offset` is not the default. Default:
    /// [`DEFAULT_WINDOW_CAP`].
    pub window_cap: u64,
    /// The order of hits. Default: newest first.
    pub order: Order,
    /// The JSON type of `total`. Default: a number, as in the vendor's description.
    pub total: TotalShape,
    /// The value of `total`. Default: the exact number of events in the range.
    pub total_value: TotalValue,

    /// The JSON types of scalars whose type varies in public records. Default: the types of the vendor's description.
    pub dialect: Dialect,
    /// The share of records with `@uuid`. Default: all, as in every published sample.
    pub uuid: Share,
    /// The share of pages, hits and records that have undocumented members, chosen at random for each page, hit and
    /// record separately. Default: none.
    pub unknown_members: Share,
    /// The share of records with an event type and action names that are not public. Default: none.
    pub unknown_types: Share,
    /// The number of digits in the fraction of `meta.time`. Default: three, as in the samples.
    pub fraction_digits: FractionDigits,
    /// The notation for UTC in `meta.time`. Default: `Z`, as in the samples.
    pub utc_mark: UtcMark,

    /// The time from an event to its appearance in the log. Default: none.
    pub ingest_delay: IngestDelay,
    /// Events that appear long after the others. Default: none.
    pub late_events: LateEvents,
    /// Events that change some time after they happened. Default: none.
    pub amended_events: AmendedEvents,
    /// The share of events that occur twice. Default: none.
    pub duplicates: Share,
    /// Whether `total` counts duplicates. Default: it does not.
    pub duplicates_counted: bool,
    /// The time for which events stay in the log; `None` if they stay forever. Default: `None`.
    pub retention: Option<TimeDelta>,

    /// The time zone of a date without a time. Such a date means midnight in this zone. Default: UTC, because times in
    /// the log are in UTC.
    pub bare_date_zone: FixedOffset,
    /// The answer to a date that cannot be parsed. Default: status 400.
    pub bad_date: BadDate,
    /// Handling of fractions of a second in `dateStart` and `dateEnd`. Default: the bounds are exact.
    pub query_fractions: QueryFractions,
    /// Whether an event at exactly `dateStart` is in the range. Default: it is, as in the vendor's description.
    pub date_start: DateStart,
    /// Whether an event at exactly `dateEnd` is in the range. Default: it is not, as in the vendor's description.
    pub date_end: DateEnd,

    /// The answer for a contract that the credentials cannot read. Default: status 403, which the vendor documents for
    /// a missing permission.
    pub foreign_contract: ForeignContract,
    /// The header with the id of the request; `None` sends no id. A header that
    /// [is not allowed](crate::is_allowed_request_id_header) is replaced by `None`. Default: `x-request-id`.
    pub request_id_header: Option<HeaderName>,
    /// Handling of a path with a trailing slash. Default: the path is accepted, because public documents have both
    /// forms.
    pub trailing_slash: TrailingSlash,
    /// Whether answers are compressed for clients that accept gzip. Default: they are not.
    pub gzip: bool,
    /// Whether `Content-Type` names the character set. Default: it does not.
    pub charset: bool,
    /// Whether the information about the API requires credentials. Default: it does not, as in the vendor's
    /// description.
    pub info_needs_token: bool,
    /// The status for methods other than GET, from 400 to 599. Default: 405.
    pub other_methods: StatusCode,
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            max_limit: DEFAULT_MAX_LIMIT,
            over_limit: OverLimit::default(),
            deep_offset: DeepOffset::default(),
            window_cap: DEFAULT_WINDOW_CAP,
            order: Order::default(),
            total: TotalShape::default(),
            total_value: TotalValue::default(),
            dialect: Dialect::default(),
            uuid: Share::ALL,
            unknown_members: Share::NONE,
            unknown_types: Share::NONE,
            fraction_digits: FractionDigits::default(),
            utc_mark: UtcMark::default(),
            ingest_delay: IngestDelay::default(),
            late_events: LateEvents::default(),
            amended_events: AmendedEvents::default(),
            duplicates: Share::NONE,
            duplicates_counted: false,
            retention: None,
            bare_date_zone: Utc.fix(),
            bad_date: BadDate::default(),
            query_fractions: QueryFractions::default(),
            date_start: DateStart::default(),
            date_end: DateEnd::default(),
            foreign_contract: ForeignContract::default(),
            request_id_header: Some(HeaderName::from_static("x-request-id")),
            trailing_slash: TrailingSlash::default(),
            gzip: false,
            charset: false,
            info_needs_token: false,
            other_methods: StatusCode::METHOD_NOT_ALLOWED,
        }
    }
}

setting! {
    /// Handling of a `limit` above the maximum.
    OverLimit, default Clamp {
        /// The limit is reduced to the maximum.
        Clamp = "clamp",
        /// The answer has status 400.
        Refuse = "refuse",
    }
}

setting! {
    /// Handling of a page beyond the window cap.
    DeepOffset, default Allow {
        /// The page is served.
        Allow = "allow",
        /// The answer has status 400.
        Refuse = "refuse",
        /// The answer has status 500, as from a gateway whose Elasticsearch refuses the request.
        Fail = "fail",
        /// The page is served without hits, and the answer does not say why.
        Empty = "empty",
    }
}

setting! {
    /// The order of hits over all pages of a range.
    Order, default NewestFirst {
        /// Latest time first. Among events of equal time, the later step of an operation comes first.
        NewestFirst = "newest",
        /// Earliest time first.
        OldestFirst = "oldest",
        /// Latest time first; the order of events of equal time differs from request to request.
        UnstableTies = "unstable-ties",
        /// A different random order for every request, so that two pages may repeat hits and miss others.
        Shuffled = "shuffled",
    }
}

setting! {
    /// The JSON type of `total`.
    TotalShape, default Number {
        /// A number, such as `2260`.
        Number = "number",
        /// A string, such as `"2260"`.
        Text = "string",
        /// An object, such as `{"value":2260,"relation":"eq"}`, with the relation `gte` for a capped value, as in
        /// Elasticsearch since version 7.
        Object = "object",
        /// No member `total`.
        Absent = "absent",
    }
}

setting! {
    /// The value of `total`.
    TotalValue, default Exact {
        /// The number of events in the range.
        Exact = "exact",
        /// The number of events in the range, but at most [`TOTAL_CAP`].
        Capped = "capped",
        /// A number that differs from the number of events by up to 3, drawn for each request.
        Drifting = "drifting",
    }
}

setting! {
    /// The JSON types of `contractNumber`, `auditVersion`, `httpStatus` and `queueRefId`.
    Dialect, default Description {
        /// The types of the vendor's description: string, number, number, number.
        Description = "description",
        /// The types of the vendor's Go SDK: all numbers.
        Sdk = "sdk",
        /// The types of the vendor's published samples and its first SDK: string, string, string, number.
        Docs = "docs",
        /// Each member is a number or a string, drawn for each record.
        Mixed = "mixed",
    }
}

setting! {
    /// Digits after the decimal point in `meta.time`. The number of digits is also the precision of the time. For
    /// example, without digits the time is in whole seconds.
    FractionDigits, default Three {
        /// No fraction, such as `2026-11-20T09:12:33Z`.
        None = "0",
        /// Milliseconds, such as `2026-11-20T09:12:33.394Z`.
        Three = "3",
        /// Microseconds, such as `2026-11-20T09:12:33.394001Z`.
        Six = "6",
        /// Nanoseconds, such as `2026-11-20T09:12:33.394000001Z`.
        Nine = "9",
        /// 0, 3, 6 or 9 digits, drawn for each operation.
        Mixed = "mixed",
    }
}

setting! {
    /// The notation for UTC at the end of `meta.time`.
    UtcMark, default Z {
        /// The letter `Z`.
        Z = "z",
        /// The offset `+00:00`.
        Offset = "offset",
    }
}

setting! {
    /// The answer to a `dateStart` or `dateEnd` that cannot be parsed.
    BadDate, default Refuse {
        /// The answer has status 400.
        Refuse = "refuse",
        /// The parameter is ignored.
        Ignore = "ignore",
        /// The answer has status 500.
        Fail = "fail",
    }
}

setting! {
    /// Handling of fractions of a second in `dateStart` and `dateEnd`.
    QueryFractions, default Count {
        /// The bounds are exact to the nanosecond.
        Count = "count",
        /// Bounds are rounded down to the second.
        CutOff = "cut-off",
        /// A bound with a fraction other than zero counts as a date that cannot be parsed.
        Refuse = "refuse",
    }
}

setting! {
    /// Whether an event at exactly `dateStart` is in the range. The total of the range follows the same rule.
    DateStart, default Inclusive {
        /// The event is in the range.
        Inclusive = "inclusive",
        /// The event is not in the range. A range that ends at the time of the event has the event only if `dateEnd`
        /// is inclusive.
        Exclusive = "exclusive",
    }
}

setting! {
    /// Whether an event at exactly `dateEnd` is in the range. The total of the range follows the same rule.
    DateEnd, default Exclusive {
        /// The event is not in the range.
        Exclusive = "exclusive",
        /// The event is in the range. A range that starts at the time of the event has the event, too, if `dateStart`
        /// is inclusive.
        Inclusive = "inclusive",
    }
}

setting! {
    /// The answer for a contract that the credentials cannot read, or that does not exist.
    ForeignContract, default Forbidden {
        /// Status 403.
        Forbidden = "403",
        /// Status 404.
        NotFound = "404",
        /// Status 200 and a page without hits.
        Empty = "empty",
    }
}

setting! {
    /// Handling of a path with a trailing slash.
    TrailingSlash, default Accept {
        /// The slash is ignored.
        Accept = "accept",
        /// The answer has status 404.
        Refuse = "refuse",
        /// The answer has status 301 and the path without the slash as its location.
        Redirect = "redirect",
    }
}

#[cfg(test)]
mod tests;
