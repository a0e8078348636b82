//! Flags about records: format and delay.

use chrono::TimeDelta;
use clap::Args;
use ionos_activitylog_sim::{
    AmendedEvents, Dialect, FractionDigits, IngestDelay, LateEvents, Share, UtcMark, parse_duration,
};

use super::one_of;

#[derive(Args)]
pub(crate) struct RecordArgs {
    /// JSON types of the values whose type drifts
    #[arg(long, value_name = "DIALECT", default_value_t, value_parser = one_of::<Dialect>(Dialect::NAMES))]
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
    #[arg(long, value_name = "DIGITS", default_value_t, value_parser = one_of::<FractionDigits>(FractionDigits::NAMES))]
    pub(crate) fraction_digits: FractionDigits,

    /// How a record's time says that it is UTC
    #[arg(long, value_name = "MARK", default_value_t, value_parser = one_of::<UtcMark>(UtcMark::NAMES))]
    pub(crate) utc_mark: UtcMark,

    /// How long events take to appear: none, typical, a length, or shares such as 90%<2s,10%<1m
    #[arg(long, value_name = "DELAY", default_value = "none")]
    pub(crate) ingest_delay: IngestDelay,

    /// Events that appear much later: none, or a share and a length such as 1%:2h
    #[arg(long, value_name = "SHARE:LENGTH", default_value = "none")]
    pub(crate) late: LateEvents,

    /// Events that change after they appeared: none, or a share and a length such as 1%:10m
    #[arg(long, value_name = "SHARE:LENGTH", default_value = "none")]
    pub(crate) amended: AmendedEvents,

    /// Events that are there twice
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    pub(crate) duplicates: Share,

    /// The total counts those twice
    #[arg(long, requires = "duplicates")]
    pub(crate) duplicates_counted: bool,

    /// How long events are kept; without end if left out
    #[arg(long, value_name = "LENGTH", value_parser = parse_duration)]
    pub(crate) retention: Option<TimeDelta>,
}
