//! Handles errors by kind, and prints the details that a support case needs about an error.

use std::error::Error as StdError;

use ionos_activitylog::{Error, ErrorKind, PageSize};

mod support;

/// The reaction of a program to each kind of error. [`Error::hint`] is a hint for the user.
fn reaction(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Configuration | ErrorKind::Range => "correct the setting; no request was sent",
        ErrorKind::Unauthorized | ErrorKind::TokenExpired => "get a new token",
        ErrorKind::Forbidden => "ask an administrator for the privilege, or check the contract",
        ErrorKind::RateLimited => "wait for retry_after()",
        ErrorKind::Incomplete => "the result is incomplete: read the range again",
        _ if error.is_retryable() => "try again later",
        _ => "report it",
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
    println!("  hint       {:?}", error.hint());
    println!("  reaction   {}", reaction(error));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let simulator = support::simulator();
    let day = support::last_friday()?;

    let unauthorized = support::builder(&simulator).token("not-the-token").build()?;
    match unauthorized.contracts().await {
        Err(error) if error.kind() == ErrorKind::Unauthorized => report(&error),
        other => return Err(format!("expected an error: {other:?}").into()),
    }

    let client = support::client(&simulator)?;
    let foreign = "31721060".parse()?;
    match client.page(&foreign, day, 0, PageSize::DEFAULT).await {
        Err(error) if error.kind() == ErrorKind::Forbidden => report(&error),
        other => return Err(format!("expected an error: {other:?}").into()),
    }

    // This error is detected before any request.
    match PageSize::new(0) {
        Err(error) if error.kind() == ErrorKind::Configuration => report(&error),
        other => return Err(format!("expected an error: {other:?}").into()),
    }
    Ok(())
}
