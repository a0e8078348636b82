//! A call that failed may succeed a moment later, and a service in trouble must not be hammered. When to try again,
//! after how long, and when to stop is decided here and nowhere else; all operations only read, so any may be
//! repeated.

mod budget;
mod policy;
mod retry_after;

pub(crate) use budget::Budget;
pub use policy::{RetryPolicy, RetryPolicyBuilder};
pub(crate) use retry_after::parse as parse_retry_after;
