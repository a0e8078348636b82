//! Reads the newest events of a day, and the total number of events of that day, with one request.

use std::error::Error;

use ionos_activitylog::PageSize;

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let contract = support::contract(&simulator);

    // With a real account, use Client::from_env()?, the number of your contract, and DateRange::last.
    let day = support::last_friday()?;
    let page = client.page(&contract, day, 0, PageSize::new(3)?).await?;

    if let Some(total) = page.total {
        println!("{} of {} events", page.events.len(), total.count);
    }
    for event in &page.events {
        let time = event.time().ok_or("the event has no time")?;
        let details = event.details();
        let user = details.principal().user.unwrap_or("-".into());
        println!("{} {} {user}", time.to_rfc3339(), details.outcome());
    }
    // The record as the service sent it, byte for byte.
    let newest = page.events.first().ok_or("there are no events on Friday")?;
    println!("{}", newest.raw());
    Ok(())
}
