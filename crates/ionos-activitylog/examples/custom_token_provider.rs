//! Tokens from a place of the program's own: each has an end, and the client asks for the next one before it comes.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::{AccessToken, Client, TokenFuture, TokenProvider};

mod support;

/// Hands out tokens that live for an hour.
struct Vault {
    clock: Arc<VirtualClock>,
    handed_out: AtomicU32,
    secret: String,
}

impl TokenProvider for Vault {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async move {
            let number = self.handed_out.fetch_add(1, Ordering::Relaxed) + 1;
            let end = self.clock.now() + TimeDelta::hours(1);
            // The vault knows which token it hands out; nobody can print it.
            let token = AccessToken::new(&self.secret)?.expires_at(end);
            println!("token {number}, good until {}: {token}", end.to_rfc3339());
            Ok(token)
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    // A clock that the example moves; a program leaves it out.
    let clock = Arc::new(VirtualClock::at(support::now()));
    let vault =
        Arc::new(Vault { clock: clock.clone(), handed_out: AtomicU32::new(0), secret: simulator.token().to_owned() });
    let client = Client::builder()
        .token_provider(vault.clone())
        .clock(clock.clone())
        .transport(simulator.transport())
        .build()?;

    for _ in 0..4 {
        let contracts = client.contracts().await?.len();
        println!("{}: {contracts} contract", clock.now().to_rfc3339());
        // The third call comes four minutes before the token ends, and that is too close.
        clock.advance(Duration::from_secs(28 * 60));
    }
    println!("4 calls, {} tokens", vault.handed_out.load(Ordering::Relaxed));
    Ok(())
}
