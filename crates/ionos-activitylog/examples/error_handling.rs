//! Telling failures apart by what to do about them, and what an error knows for a support request.

use std::error::Error as StdError;

use ionos_activitylog::{Error, ErrorKind, PageSize};

mod support;

/// What a program may do about it. The error's own text says it in a sentence, too.
fn hint(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Configuration | ErrorKind::Range => "correct it; nothing was sent",
        ErrorKind::Unauthorized | ErrorKind::TokenExpired => "get a new token",
        ErrorKind::Forbidden => "ask an administrator for the privilege, or check the contract",
        ErrorKind::RateLimited => "wait as long as retry_after() says",
        ErrorKind::Incomplete => "what was read is not all: read the range again",
        _ if error.is_retryable() => "try again later",
        _ => "look into it",
    }
}

fn report(error: &Error) {
    println!("{error}");
    println!("  kind       {:?}", error.kind());
    println!("  status     {:?}", error.status());
    for message in error.messages() {
        println!("  message    {message}");
    }
    println!("  request id {:?}", error.request_id());
    println!("  hint       {}", hint(error));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let simulator = support::simulator();
    let day = support::last_friday()?;

    let stranger = support::builder(&simulator).token("not-the-token").build()?;
    match stranger.contracts().await {
        Err(error) if error.kind() == ErrorKind::Unauthorized => report(&error),
        other => return Err(format!("expected a refusal: {other:?}").into()),
    }

    let client = support::client(&simulator)?;
    let foreign = "31721060".parse()?;
    match client.page(&foreign, day, 0, PageSize::DEFAULT).await {
        Err(error) if error.kind() == ErrorKind::Forbidden => report(&error),
        other => return Err(format!("expected a refusal: {other:?}").into()),
    }

    // Found before anything is sent.
    match PageSize::new(0) {
        Err(error) if error.kind() == ErrorKind::Configuration => report(&error),
        other => return Err(format!("expected a refusal: {other:?}").into()),
    }
    Ok(())
}
