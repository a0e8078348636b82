//! Every event of a week, page after page, counted by day, and how many of them are failures. The stream ends in an
//! error rather than early, so a loop that comes to its end has seen them all.

use std::collections::BTreeMap;
use std::error::Error;

use futures_util::TryStreamExt;
use ionos_activitylog::{Filter, FilterCounts};

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let week = support::last_week()?;

    let failures = Filter::parse(["outcome=failure"])?;

    let mut days = BTreeMap::<_, FilterCounts>::new();
    let mut events = client.events(support::contract(&simulator), week).stream();
    while let Some(event) = events.try_next().await? {
        let time = event.time().ok_or("an event without a time")?;
        let day = days.entry(time.date_naive()).or_default();
        day.count(failures.matches(&event));
    }

    for (day, counts) in &days {
        let FilterCounts { seen, kept, .. } = counts;
        println!("{} {seen:>5} {kept:>3} failed", day.format("%a %Y-%m-%d"));
    }
    let all: u64 = days.values().map(|counts| counts.seen).sum();
    println!("all            {all:>5}");
    Ok(())
}
