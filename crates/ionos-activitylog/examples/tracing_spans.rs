//! Traces calls: a span for each call and, at level DEBUG, a span for each attempt. Spans contain no query, no secret,
//! and no header except the request id. The subscriber here prints a line at the end of each span.

use std::error::Error;

use ionos_activitylog::PageSize;
use tracing_subscriber::fmt::format::FmtSpan;

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        // Without times and colours, each run prints the same output.
        .without_time()
        .with_ansi(false)
        .init();

    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let contract = support::contract(&simulator);
    let day = support::last_friday()?;
    client.contracts().await?;
    client.page(&contract, day, 0, PageSize::DEFAULT).await?;
    // The span of a failed call contains the error.
    let foreign = "31721060".parse()?;
    let refused = client.page(&foreign, day, 0, PageSize::DEFAULT).await;
    if refused.is_ok() {
        return Err("expected an error for a contract of another account".into());
    }
    Ok(())
}
