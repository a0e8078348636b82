//! Supplies tokens from the program's own source. Each token expires, and the client requests the next one in time.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::{AccessToken, Client, TokenFuture, TokenProvider};

mod support;

/// Issues tokens that are valid for an hour.
struct Vault {
    clock: Arc<VirtualClock>,
    issued: AtomicU32,
    secret: String,
}

impl TokenProvider for Vault {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async move {
            let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
            let expiry = self.clock.now() + TimeDelta::hours(1);
            let token = AccessToken::new(&self.secret)?.expires_at(expiry);
            // Printing a token shows [redacted].
            println!("token {number}, valid until {}: {token}", expiry.to_rfc3339());
            Ok(token)
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    // A clock that the example advances. A real program uses the default clock.
    let clock = Arc::new(VirtualClock::starting_at(support::now()));
    let vault =
        Arc::new(Vault { clock: clock.clone(), issued: AtomicU32::new(0), secret: simulator.token().to_owned() });
    let client = Client::builder()
        .token_provider(vault.clone())
        .clock(clock.clone())
        .transport(simulator.transport())
        .build()?;

    for _ in 0..4 {
        let contracts = client.contracts().await?.len();
        println!("{}: {contracts} contract", clock.now().to_rfc3339());
        // Tokens are refreshed five minutes before they expire. At the third call, the token expires in four minutes.
        clock.advance(Duration::from_secs(28 * 60));
    }
    println!("4 calls, {} tokens", vault.issued.load(Ordering::Relaxed));
    Ok(())
}
