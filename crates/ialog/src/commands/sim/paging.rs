//! Flags about pages: limits, order and totals.

use clap::Args;
use ionos_activitylog_sim::{DeepOffset, Order, OverLimit, TotalShape, TotalValue};

use super::one_of;

#[derive(Args)]
pub(crate) struct PagingArgs {
    /// Maximum number of hits per page
    #[arg(long, value_name = "COUNT", default_value_t = ionos_activitylog_sim::DEFAULT_MAX_LIMIT, value_parser = clap::value_parser!(u64).range(1..=ionos_activitylog_sim::MAX_PAGE_HITS))]
    pub(crate) max_limit: u64,

    /// Handling of a request whose limit is above --max-limit
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<OverLimit>(OverLimit::NAMES))]
    pub(crate) over_limit: OverLimit,

    /// Handling of a request whose offset + limit is above --window-cap
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<DeepOffset>(DeepOffset::NAMES))]
    pub(crate) deep_offset: DeepOffset,

    /// Maximum of offset + limit
    #[arg(long, value_name = "COUNT", default_value_t = ionos_activitylog_sim::DEFAULT_WINDOW_CAP)]
    pub(crate) window_cap: u64,

    /// Order of the hits
    #[arg(long, value_name = "ORDER", default_value_t, value_parser = one_of::<Order>(Order::NAMES))]
    pub(crate) order: Order,

    /// JSON type of the total
    #[arg(long, value_name = "SHAPE", default_value_t, value_parser = one_of::<TotalShape>(TotalShape::NAMES))]
    pub(crate) total: TotalShape,

    /// Accuracy of the total
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<TotalValue>(TotalValue::NAMES))]
    pub(crate) total_value: TotalValue,
}
