//! Uses the client without an async `main`: creates a tokio runtime and blocks on each call. The client needs tokio's
//! timer, and tokio's I/O for network connections.

use std::error::Error;

use ionos_activitylog::PageSize;
use tokio::runtime;

mod support;

fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;

    let contracts = runtime.block_on(client.contracts())?.into_inner();
    for contract in contracts {
        let page = client.page(&contract.number, support::last_friday()?, 0, PageSize::new(100)?);
        let page = runtime.block_on(page)?;
        let total = page.total.ok_or("the page has no total")?;
        println!("contract {}: {} of {} events", contract.number, page.events.len(), total.count);
    }
    Ok(())
}
