//! Much of what the service does is not documented, and a client that was tested against one guess is not tested at
//! all. So every unknown is a switch with a documented default, and all of them are in one place.
//!
//! Where a default follows from evidence, its documentation says so; the others are guesses on purpose.

mod arrival;
mod share;
mod words;

use chrono::{FixedOffset, Offset, TimeDelta, Utc};
use http::{HeaderName, StatusCode};

pub use arrival::{Amended, IngestDelay, Late, parse_length};
pub use share::Share;
pub use words::SwitchError;

pub(crate) use words::words;

/// How many hits a page has at most by default.
pub const MAX_LIMIT: u64 = 1000;

/// No page has more hits than this, whatever is chosen: a page is written in memory, and this one needs 100 MB of it.
pub const MAX_PAGE: u64 = 100_000;

/// How far `offset` and `limit` together reach by default where there is a cap: what Elasticsearch, whose answers have
/// this shape, allows.
pub const WINDOW_CAP: u64 = 10_000;

/// What an object-shaped or capped `total` says at most: what Elasticsearch counts to by default.
pub const TOTAL_CAP: u64 = 10_000;

/// The settings of everything about the service that is not known. Each field says its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Switches {
    /// How many hits a page has at most, in [1, [`MAX_PAGE`]]; another number is taken for the nearest one of them.
    /// [`MAX_LIMIT`].
    pub max_limit: u64,
    /// What happens to a larger `limit`. It is clamped.
    pub over_limit: OverLimit,
    /// What happens when `offset` and `limit` together are above [`Switches::window_cap`]. Nothing.
    pub deep_offset: DeepOffset,
    /// How far `offset` and `limit` together may reach, where it matters. [`WINDOW_CAP`].
    pub window_cap: u64,
    /// The order of hits. Newest first.
    pub order: Order,
    /// The JSON type of `total`. A number, as the description has it.
    pub total: TotalShape,
    /// What `total` counts. Exactly the events of the range.
    pub total_value: TotalValue,

    /// The JSON types of scalars whose type drifts in public records. Those of the description.
    pub dialect: Dialect,
    /// The share of records with `@uuid`. All, as in every published sample.
    pub uuid: Share,
    /// The share of records, and of pages, with members that nobody has seen yet. None.
    pub unknown_members: Share,
    /// The share of records whose event type and action names are not public. None.
    pub unknown_types: Share,
    /// The digits of the fraction of `meta.time`. Three, as in the samples.
    pub fraction_digits: FractionDigits,
    /// How `meta.time` says that it is UTC. With a `Z`, as in the samples.
    pub utc_mark: UtcMark,

    /// How long events take to appear. Not at all.
    pub ingest_delay: IngestDelay,
    /// Events that appear long after the others. None.
    pub late: Late,
    /// Events that change after they have appeared. None.
    pub amended: Amended,
    /// The share of events that are there twice. None.
    pub duplicates: Share,
    /// Whether `total` counts what is there twice. It does not.
    pub duplicates_counted: bool,
    /// How long events are kept. Without end.
    pub retention: Option<TimeDelta>,

    /// The time zone whose midnight a bare date means. UTC, since times in the log are.
    pub bare_date_zone: FixedOffset,
    /// What a date that cannot be read leads to. 400.
    pub bad_date: BadDate,
    /// What becomes of fractions of a second in `dateStart` and `dateEnd`. They count.
    pub query_fractions: QueryFractions,

    /// What a contract is answered with that the credentials do not read. 403, as the vendor documents for a missing
    /// permission.
    pub foreign_contract: ForeignContract,
    /// The header that names an answer. `x-request-id`.
    pub request_id_header: Option<HeaderName>,
    /// What becomes of a path with a slash at its end. It is accepted: public documents have both forms.
    pub trailing_slash: TrailingSlash,
    /// Whether answers are compressed for clients that accept it. They are not.
    pub gzip: bool,
    /// Whether the media type names its character set. It does not.
    pub charset: bool,
    /// Whether the information about the API needs credentials. It does not, as the description has it.
    pub info_needs_token: bool,
    /// The status for other methods than GET, from 400 to 599. 405.
    pub other_methods: StatusCode,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            max_limit: MAX_LIMIT,
            over_limit: OverLimit::default(),
            deep_offset: DeepOffset::default(),
            window_cap: WINDOW_CAP,
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
            late: Late::default(),
            amended: Amended::default(),
            duplicates: Share::NONE,
            duplicates_counted: false,
            retention: None,
            bare_date_zone: Utc.fix(),
            bad_date: BadDate::default(),
            query_fractions: QueryFractions::default(),
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

words! {
    /// What happens to a `limit` above the cap.
    OverLimit, default Clamp {
        /// It is taken for the cap.
        Clamp = "clamp",
        /// 400.
        Refuse = "refuse",
    }
}

words! {
    /// What happens to a page that lies behind the window cap.
    DeepOffset, default Allow {
        /// It is served.
        Allow = "allow",
        /// 400.
        Refuse = "refuse",
        /// 500, as Elasticsearch's refusal looks behind a gateway.
        Fail = "fail",
        /// It is served without hits, and nothing says why.
        Empty = "empty",
    }
}

words! {
    /// The order of hits over all pages of a range.
    Order, default NewestFirst {
        /// Latest time first; of equal times the later step of an operation.
        NewestFirst = "newest",
        /// Earliest time first.
        OldestFirst = "oldest",
        /// Latest time first; hits of equal time change places from request to request.
        UnstableTies = "unstable-ties",
        /// Anew for every request, so that two pages of a range may hold the same hit, and neither a third.
        Shuffled = "shuffled",
    }
}

words! {
    /// The JSON type of `total`.
    TotalShape, default Number {
        /// `2260`
        Number = "number",
        /// `"2260"`
        Text = "string",
        /// `{"value":2260,"relation":"eq"}`, or `gte` when it is capped, as Elasticsearch has it since version 7.
        Object = "object",
        /// There is none.
        Absent = "absent",
    }
}

words! {
    /// What `total` says.
    TotalValue, default Exact {
        /// How many events the range holds.
        Exact = "exact",
        /// The same, but never more than [`TOTAL_CAP`].
        Capped = "capped",
        /// Up to 3 more or fewer, anew for every request.
        Drifting = "drifting",
    }
}

words! {
    /// The JSON types of `contractNumber`, `auditVersion`, `httpStatus` and `queueRefId`.
    Dialect, default Description {
        /// As in the vendor's description: text, number, number, number.
        Description = "description",
        /// As in the vendor's Go SDK: all numbers.
        Sdk = "sdk",
        /// As in the vendor's published samples and its first SDK: text, text, text, number.
        Docs = "docs",
        /// Each as a number or as text, anew for every record.
        Mixed = "mixed",
    }
}

words! {
    /// Digits after the second in `meta.time`. Without three of them the time itself is a whole second; with more, it
    /// has that precision.
    FractionDigits, default Three {
        /// `2026-11-20T09:12:33Z`
        None = "0",
        /// `2026-11-20T09:12:33.394Z`
        Three = "3",
        /// Microseconds.
        Six = "6",
        /// Nanoseconds.
        Nine = "9",
        /// Any of these, anew for every operation.
        Mixed = "mixed",
    }
}

words! {
    /// The end of `meta.time`.
    UtcMark, default Z {
        /// `Z`
        Z = "z",
        /// `+00:00`
        Offset = "offset",
    }
}

words! {
    /// What a `dateStart` or `dateEnd` leads to that cannot be read.
    BadDate, default Refuse {
        /// 400.
        Refuse = "refuse",
        /// The range is taken to have no such bound.
        Ignore = "ignore",
        /// 500.
        Fail = "fail",
    }
}

words! {
    /// What becomes of fractions of a second in a query.
    QueryFractions, default Count {
        /// They count.
        Count = "count",
        /// They are cut off.
        CutOff = "cut-off",
        /// A date with one cannot be read.
        Refuse = "refuse",
    }
}

words! {
    /// The answer for a contract that the credentials do not read, or that is nobody's.
    ForeignContract, default Forbidden {
        /// 403.
        Forbidden = "403",
        /// 404.
        NotFound = "404",
        /// 200, and a page without hits.
        Empty = "empty",
    }
}

words! {
    /// What becomes of a path with a slash at its end.
    TrailingSlash, default Accept {
        /// It means the same.
        Accept = "accept",
        /// 404.
        Refuse = "refuse",
        /// 301 to the path without it.
        Redirect = "redirect",
    }
}

#[cfg(test)]
mod tests;
