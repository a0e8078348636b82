//! Watching calls through `tracing`: a span for each call and, at the level of debugging, one for each attempt. They
//! hold no query, no header and no secret. Any subscriber will do; this one prints a line when a span ends.

use std::error::Error;

use ionos_activitylog::PageSize;
use tracing_subscriber::fmt::format::FmtSpan;

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        // So that each run prints the same.
        .without_time()
        .with_ansi(false)
        .init();

    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let contract = support::contract(&simulator);
    let day = support::last_friday()?;
    client.contracts().await?;
    client.page(&contract, day, 0, PageSize::DEFAULT).await?;
    // A call that fails says so in its span.
    let foreign = "31721060".parse()?;
    let refused = client.page(&foreign, day, 0, PageSize::DEFAULT).await;
    if refused.is_ok() {
        return Err("a foreign contract was read".into());
    }
    Ok(())
}
