//! Flags about records: format and delay.

use chrono::TimeDelta;
use clap::Args;
use ionos_activitylog_sim::{
    AmendedEvents, Dialect, FractionDigits, IngestDelay, LateEvents, Share, UtcMark, parse_duration,
};

use super::one_of;

#[derive(Args)]
pub(crate) struct RecordArgs {
    /// JSON types of members whose type differs between the vendor's description, samples and SDKs
    #[arg(long, value_name = "DIALECT", default_value_t, value_parser = one_of::<Dialect>(Dialect::NAMES))]
    pub(crate) dialect: Dialect,

    /// Share of records with @uuid
    #[arg(long, value_name = "SHARE", default_value_t = Share::ALL)]
    pub(crate) uuid: Share,

    /// Share of records and pages with unknown members
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    pub(crate) unknown_members: Share,

    /// Share of records with unknown types and actions
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    pub(crate) unknown_types: Share,

    /// Number of fraction digits in record times
    #[arg(long, value_name = "DIGITS", default_value_t, value_parser = one_of::<FractionDigits>(FractionDigits::NAMES))]
    pub(crate) fraction_digits: FractionDigits,

    /// Form of the UTC designator in record times
    #[arg(long, value_name = "MARK", default_value_t, value_parser = one_of::<UtcMark>(UtcMark::NAMES))]
    pub(crate) utc_mark: UtcMark,

    /// Delay before events appear: none, typical, a duration, or shares such as 90%<2s,10%<1m
    #[arg(long, value_name = "DELAY", default_value = "none")]
    pub(crate) ingest_delay: IngestDelay,

    /// Late events: none, or a share and a delay such as 1%:2h
    #[arg(long, value_name = "SHARE:LENGTH", default_value = "none")]
    pub(crate) late: LateEvents,

    /// Events that change after they appear: none, or a share and a delay such as 1%:10m
    #[arg(long, value_name = "SHARE:LENGTH", default_value = "none")]
    pub(crate) amended: AmendedEvents,

    /// Share of events that occur twice
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    pub(crate) duplicates: Share,

    /// Count duplicates in the total
    #[arg(long, requires = "duplicates")]
    pub(crate) duplicates_counted: bool,

    /// Retention time of events [default: unlimited]
    #[arg(long, value_name = "LENGTH", value_parser = parse_duration)]
    pub(crate) retention: Option<TimeDelta>,
}
