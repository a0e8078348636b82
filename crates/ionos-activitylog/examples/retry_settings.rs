//! Sets the number of attempts and the waits between them. In this example, the service is unavailable for the first
//! two requests. The clock is virtual, so the example does not wait; a test can use a virtual clock too.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;
use ionos_activitylog::RetryPolicy;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::{Exchange, Transport};

mod support;

/// Answers 503 a few times, then forwards requests to the next transport.
struct UnavailableAtFirst {
    remaining: AtomicU32,
    next: Arc<dyn Transport>,
}

impl Transport for UnavailableAtFirst {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let decrement = |remaining: u32| remaining.checked_sub(1);
        if self.remaining.fetch_update(Ordering::Relaxed, Ordering::Relaxed, decrement).is_err() {
            return self.next.send(operation, request);
        }
        let mut answer = http::Response::new("");
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        Box::pin(async move { Ok(answer.into()) })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let clock = Arc::new(VirtualClock::starting_at(support::now()));
    let patient = RetryPolicy::builder()
        .attempts(8)
        .base(Duration::from_secs(1))
        .cap(Duration::from_secs(30))
        .deadline(Duration::from_secs(600))
        .build()?;
    let client = support::builder(&simulator)
        .retry(patient)
        .clock(clock.clone())
        .transport(Arc::new(UnavailableAtFirst { remaining: AtomicU32::new(2), next: simulator.transport() }))
        .build()?;

    let contracts = client.contracts().await?;
    println!("{} contract after {} attempts", contracts.len(), contracts.meta().attempts());
    for wait in clock.waits() {
        println!("waited {wait:?}");
    }
    Ok(())
}
