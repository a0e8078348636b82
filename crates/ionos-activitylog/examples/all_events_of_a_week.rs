//! Every event of a week, page after page, counted by day. The stream ends in an error rather than early, so a loop
//! that comes to its end has seen them all.

use std::collections::BTreeMap;
use std::error::Error;

use futures_util::TryStreamExt;

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let week = support::last_week()?;

    let mut days = BTreeMap::<_, u32>::new();
    let mut events = client.events(support::contract(&simulator), week).stream();
    while let Some(event) = events.try_next().await? {
        let time = event.time().ok_or("an event without a time")?;
        *days.entry(time.date_naive()).or_default() += 1;
    }

    for (day, count) in &days {
        println!("{} {count:>5}", day.format("%a %Y-%m-%d"));
    }
    println!("all            {:>5}", days.values().sum::<u32>());
    Ok(())
}
