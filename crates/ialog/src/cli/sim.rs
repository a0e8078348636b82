//! Flags of `ialog sim`: every setting of the simulator, by topic. A flag that is left out is the simulator's default,
//! so that the program and the library simulate the same service.

use std::path::PathBuf;
use std::str::FromStr;

use chrono::{FixedOffset, TimeDelta};
use clap::Args;
use clap::builder::{PossibleValuesParser, StringValueParser, TypedValueParser};
use ionos_activitylog::Moment;
use ionos_activitylog_sim::{
    Amended, BadDate, DeepOffset, Dialect, ForeignContract, FractionDigits, IngestDelay, Late,
    Order, OverLimit, QueryFractions, RetryAfterForm, Share, SwitchError, TotalShape, TotalValue,
    TrailingSlash, UtcMark, may_name_answers, parse_length,
};

use super::mistake::Refused;
use crate::failure::Failure;

#[derive(Args)]
#[command(after_help = "\
The address is printed on standard output once the API is served, and how to reach it on standard error. \
The data is made up from the seed, the same on every machine. Ctrl-C ends it.

Shares are numbers from 0 to 1 or percentages, lengths are whole numbers with ms, s, m, h, d or w.

Beside the API: /_sim/ledger has the requests it saw, /_sim/records/CONTRACT?dateStart=...&dateEnd=... \
the events that a range really holds, one a line.

Examples:
  ialog sim --port 8080
  ialog sim --order shuffled --total object --max-limit 100
  ialog sim --now 2026-11-20T12:00:00Z --still --order unstable-ties
  ialog sim --now 2026-11-20T12:00:00Z --events-per-day 14000 --ingest-delay typical
  ialog sim --faults faults.json --ledger requests.ndjson --rate-limit 5/10")]
pub(crate) struct Sim {
    /// Port to listen on, loopback only; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Taken as by every command; what is served is simulated anyway
    #[arg(long, hide = true)]
    pub(crate) demo: bool,

    #[command(flatten, next_help_heading = "Data")]
    pub(crate) log: Log,

    #[command(flatten, next_help_heading = "Paging and order")]
    pub(crate) paging: Paging,

    #[command(flatten, next_help_heading = "Records")]
    pub(crate) records: Records,

    #[command(flatten, next_help_heading = "Access")]
    pub(crate) who: Who,

    #[command(flatten, next_help_heading = "HTTP")]
    pub(crate) http: Http,

    #[command(flatten, next_help_heading = "Trouble")]
    pub(crate) troubles: Troubles,
}

/// What is chosen of data that is made up: no choice where the data is given. The seed stays, because it decides about
/// faults and order too, and so do unknown members, which pages have besides records.
const DRAWN: [&str; 13] = [
    "contracts",
    "users",
    "services",
    "events_per_day",
    "begin",
    "burst_every",
    "burst",
    "dialect",
    "uuid",
    "unknown_types",
    "fraction_digits",
    "utc_mark",
    "amended",
];

#[derive(Args)]
pub(crate) struct Log {
    /// Seed of the data, and of all that is left to chance
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// How many contracts the account has
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) contracts: u32,

    /// How many users act in each contract
    #[arg(long, value_name = "COUNT", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) users: u64,

    /// How many services there are
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(5..=1_000_000))]
    pub(crate) services: u64,

    /// Events of a contract on an average day
    #[arg(long, value_name = "COUNT", default_value_t = ionos_activitylog_sim::EVENTS_PER_DAY, value_parser = clap::value_parser!(u64).range(..=ionos_activitylog_sim::MAX_EVENTS_PER_DAY))]
    pub(crate) events_per_day: u64,

    /// When the logs begin: a day or a time
    #[arg(long, value_name = "WHEN", default_value = "2025-01-01")]
    pub(crate) begin: Moment,

    /// One hour in so many has a burst of 900 events within 3 ms; 0 for none
    #[arg(long, value_name = "HOURS", default_value_t = ionos_activitylog_sim::BURST_EVERY)]
    pub(crate) burst_every: u64,

    /// A burst: a time, its length and how many events, such as 2026-11-20T09:12:33Z,3ms,900; may be repeated
    #[arg(long, value_name = "WHEN,LENGTH,COUNT")]
    pub(crate) burst: Vec<BurstAt>,

    /// Serve the events of this export instead: NDJSON, one record a line
    #[arg(long, value_name = "FILE", conflicts_with_all = DRAWN)]
    pub(crate) events: Option<PathBuf>,

    /// Contract of the records in that file that name none
    #[arg(long, value_name = "NUMBER", requires = "events")]
    pub(crate) contract: Option<u64>,

    /// Start at this time, from 1970 to 2199, and go on from there; the machine's time if left out
    #[arg(long, value_name = "WHEN")]
    pub(crate) now: Option<Moment>,

    /// Stand still at that time
    #[arg(long, requires = "now", conflicts_with_all = ["rate_limit", "token_lifetime"])]
    pub(crate) still: bool,
}

#[derive(Args)]
pub(crate) struct Paging {
    /// Hits of a page at the most
    #[arg(long, value_name = "COUNT", default_value_t = ionos_activitylog_sim::MAX_LIMIT, value_parser = clap::value_parser!(u64).range(1..=ionos_activitylog_sim::MAX_PAGE))]
    pub(crate) max_limit: u64,

    /// What happens to a larger limit
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<OverLimit>(OverLimit::WORDS))]
    pub(crate) over_limit: OverLimit,

    /// What happens when offset and limit together pass the window cap
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<DeepOffset>(DeepOffset::WORDS))]
    pub(crate) deep_offset: DeepOffset,

    /// How far offset and limit may reach together
    #[arg(long, value_name = "COUNT", default_value_t = ionos_activitylog_sim::WINDOW_CAP)]
    pub(crate) window_cap: u64,

    /// Order of the hits
    #[arg(long, value_name = "ORDER", default_value_t, value_parser = one_of::<Order>(Order::WORDS))]
    pub(crate) order: Order,

    /// JSON type of the total
    #[arg(long, value_name = "SHAPE", default_value_t, value_parser = one_of::<TotalShape>(TotalShape::WORDS))]
    pub(crate) total: TotalShape,

    /// What the total says
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<TotalValue>(TotalValue::WORDS))]
    pub(crate) total_value: TotalValue,
}

#[derive(Args)]
pub(crate) struct Records {
    /// JSON types of the values whose type drifts
    #[arg(long, value_name = "DIALECT", default_value_t, value_parser = one_of::<Dialect>(Dialect::WORDS))]
    pub(crate) dialect: Dialect,

    /// Records with @uuid
    #[arg(long, value_name = "SHARE", default_value_t = Share::ALL)]
    pub(crate) uuid: Share,

    /// Records and pages with members that nobody has seen yet
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    pub(crate) unknown_members: Share,

    /// Records with event types and actions that nobody has seen yet
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    pub(crate) unknown_types: Share,

    /// Digits of the fraction of a record's time
    #[arg(long, value_name = "DIGITS", default_value_t, value_parser = one_of::<FractionDigits>(FractionDigits::WORDS))]
    pub(crate) fraction_digits: FractionDigits,

    /// How a record's time says that it is UTC
    #[arg(long, value_name = "MARK", default_value_t, value_parser = one_of::<UtcMark>(UtcMark::WORDS))]
    pub(crate) utc_mark: UtcMark,

    /// How long events take to appear: none, typical, a length, or shares such as 90%<2s,10%<1m
    #[arg(long, value_name = "DELAY", default_value = "none")]
    pub(crate) ingest_delay: IngestDelay,

    /// Events that appear much later: none, or a share and a length such as 1%:2h
    #[arg(long, value_name = "SHARE:LENGTH", default_value = "none")]
    pub(crate) late: Late,

    /// Events that change after they appeared: none, or a share and a length such as 1%:10m
    #[arg(long, value_name = "SHARE:LENGTH", default_value = "none")]
    pub(crate) amended: Amended,

    /// Events that are there twice
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    pub(crate) duplicates: Share,

    /// The total counts those twice
    #[arg(long, requires = "duplicates")]
    pub(crate) duplicates_counted: bool,

    /// How long events are kept; without end if left out
    #[arg(long, value_name = "LENGTH", value_parser = parse_length)]
    pub(crate) retention: Option<TimeDelta>,
}

#[derive(Args)]
pub(crate) struct Who {
    /// Plain token that reads every contract
    #[arg(long, value_name = "TEXT", default_value = ionos_activitylog_sim::DEFAULT_TOKEN)]
    pub(crate) token: String,

    /// Print an unsigned JSON Web Token for the first contract, with the vendor's claims, instead of the plain token
    #[arg(long)]
    pub(crate) jwt: bool,

    /// How long that token is good
    #[arg(long, value_name = "LENGTH", requires = "jwt", value_parser = parse_length)]
    pub(crate) token_lifetime: Option<TimeDelta>,

    /// That token is a reseller's and reads every contract
    #[arg(long, requires = "jwt")]
    pub(crate) reseller: bool,

    /// That token lacks the privilege to read the log
    #[arg(long, requires = "jwt")]
    pub(crate) no_privilege: bool,

    /// Accept this user name and password; may be repeated
    #[arg(long, value_name = "USER:PASSWORD", value_parser = StringValueParser::new().map(Pair::from))]
    pub(crate) basic: Vec<Pair>,

    /// Accounts have a second factor, so that user name and password are refused
    #[arg(long)]
    pub(crate) two_factor: bool,

    /// Revoke the plain token after so many requests
    #[arg(long, value_name = "REQUESTS")]
    pub(crate) revoke_after: Option<u64>,

    /// errorCode of every 403
    #[arg(long, value_name = "CODE", default_value = ionos_activitylog_sim::FOREIGN_CONTRACT_CODE)]
    pub(crate) forbidden_code: String,

    /// Answer for a contract that may not be read
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<ForeignContract>(ForeignContract::WORDS))]
    pub(crate) foreign_contract: ForeignContract,

    /// The information about the API needs a token too
    #[arg(long)]
    pub(crate) info_needs_token: bool,
}

#[derive(Args)]
pub(crate) struct Http {
    /// Zone whose midnight a bare date means, such as +02:00
    #[arg(
        long,
        value_name = "OFFSET",
        default_value = "+00:00",
        allow_hyphen_values = true
    )]
    pub(crate) bare_date_zone: FixedOffset,

    /// What a date leads to that cannot be read
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<BadDate>(BadDate::WORDS))]
    pub(crate) bad_date: BadDate,

    /// What becomes of fractions of a second in a date
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<QueryFractions>(QueryFractions::WORDS))]
    pub(crate) query_fractions: QueryFractions,

    /// Header that names an answer, or none
    #[arg(long, value_name = "NAME", default_value = "x-request-id")]
    pub(crate) request_id_header: HeaderOrNone,

    /// What becomes of a path with a slash at its end
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<TrailingSlash>(TrailingSlash::WORDS))]
    pub(crate) trailing_slash: TrailingSlash,

    /// Compress answers for clients that accept it
    #[arg(long)]
    pub(crate) gzip: bool,

    /// Name the character set in the media type
    #[arg(long)]
    pub(crate) charset: bool,

    /// Status for other methods than GET
    #[arg(long, value_name = "STATUS", default_value_t = 405, value_parser = clap::value_parser!(u16).range(400..=599))]
    pub(crate) other_methods: u16,
}

#[derive(Args)]
pub(crate) struct Troubles {
    /// Script of faults, a JSON file
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,

    /// Requests a second and contract, and how many at once, such as 5/10; no limit if left out
    #[arg(long, value_name = "RATE/BURST")]
    pub(crate) rate_limit: Option<Rate>,

    /// How a 429 says when to come back
    #[arg(long, value_name = "FORM", default_value_t, value_parser = one_of::<RetryAfterForm>(RetryAfterForm::WORDS), requires = "rate_limit")]
    pub(crate) retry_after: RetryAfterForm,

    /// Write every request to this file as it comes, one a line, without secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}

/// One of the words for a switch.
fn one_of<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = SwitchError> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse())
}

fn refused(what: impl Into<String>, hint: impl Into<String>) -> Refused {
    Refused {
        what: what.into(),
        hint: hint.into(),
    }
}

/// A burst: when, how long, how many events.
#[derive(Clone)]
pub(crate) struct BurstAt {
    pub(crate) begin: Moment,
    pub(crate) length: TimeDelta,
    pub(crate) events: u64,
}

impl FromStr for BurstAt {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let parts: Vec<&str> = text.split(',').collect();
        let [begin, length, events] = parts[..] else {
            return Err(refused(
                format!("{text:?} is no burst"),
                "write its time, its length and how many events, such as 2026-11-20T09:12:33Z,3ms,900",
            ));
        };
        Ok(Self {
            begin: begin.parse().map_err(|error: ionos_activitylog::Error| {
                refused(error.summary(), error.hint().unwrap_or_default())
            })?,
            length: parse_length(length)
                .map_err(|error| refused(error.to_string(), "write one such as 3ms"))?,
            events: events
                .parse()
                .ok()
                .filter(|events| (1..=ionos_activitylog_sim::MAX_BURST).contains(events))
                .ok_or_else(|| {
                    let most = ionos_activitylog_sim::MAX_BURST;
                    refused(
                        format!("{events:?} is no number of events"),
                        format!("a burst has from 1 to {most}"),
                    )
                })?,
        })
    }
}

/// A user name and a password as they were typed. Checked later, because a message about an argument repeats it. Without
/// `Debug`, so that it cannot be shown.
#[derive(Clone)]
pub(crate) struct Pair(String);

impl Pair {
    /// The user name and the password.
    pub(crate) fn parts(&self) -> Result<(&str, &str), Failure> {
        match self.0.split_once(':') {
            None => Err(Failure::usage(
                "the value of --basic has no colon",
                "write USER:PASSWORD",
            )),
            Some(("", _)) => Err(Failure::usage(
                "the value of --basic has no user name before its colon",
                "write USER:PASSWORD",
            )),
            Some(pair) => Ok(pair),
        }
    }
}

impl From<String> for Pair {
    fn from(typed: String) -> Self {
        Self(typed)
    }
}

/// The name of a header, if there is to be one.
#[derive(Clone)]
pub(crate) struct HeaderOrNone(pub(crate) Option<http::HeaderName>);

impl FromStr for HeaderOrNone {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        if text == "none" {
            return Ok(Self(None));
        }
        let name = text.parse().map_err(|_| {
            refused(
                format!("{text:?} cannot be the name of a header"),
                "write letters, digits and hyphens, or none",
            )
        })?;
        if !may_name_answers(&name) {
            return Err(refused(
                format!("the header {text:?} says something else about an answer"),
                "write another name, such as x-request-id, or none",
            ));
        }
        Ok(Self(Some(name)))
    }
}

/// A rate and a burst.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) burst: u32,
}

impl FromStr for Rate {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let read = || {
            let (rate, burst) = text.split_once('/')?;
            Some((rate.parse().ok()?, burst.parse().ok()?))
        };
        let (per_second, burst) = read().ok_or_else(|| {
            refused(
                format!("{text:?} is no limit"),
                "write the requests a second and how many at once, such as 5/10",
            )
        })?;
        Ok(Self { per_second, burst })
    }
}
