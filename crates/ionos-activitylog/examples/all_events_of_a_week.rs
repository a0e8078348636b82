//! Reads all events of a week and counts events and failures per day. If an event is missing, the stream returns an
//! error, so a loop that ends without an error has read all events.

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
        let time = event.time().ok_or("the event has no time")?;
        let day = days.entry(time.date_naive()).or_default();
        day.count(failures.matches(&event));
    }

    for (day, counts) in &days {
        let FilterCounts { seen, kept, .. } = counts;
        println!("{} {seen:>5} events, {kept:>3} failed", day.format("%a %Y-%m-%d"));
    }
    let total: u64 = days.values().map(|counts| counts.seen).sum();
    println!("total          {total:>5} events");
    Ok(())
}
