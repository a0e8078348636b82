//! Whoever ends the program, with Ctrl-C, by closing the terminal or as a service manager does, must not find a
//! half-written file afterwards. So these signals end the command, and not the process under it.

/// Resolves at the first signal that asks the program to end, with the exit code that shells give it. Never where
/// signals cannot be listened to; then they end the process at once.
#[cfg(unix)]
pub(crate) async fn next() -> u8 {
    use tokio::signal::unix::SignalKind;
    tokio::select! {
        () = received(SignalKind::interrupt()) => 130,
        () = received(SignalKind::terminate()) => 143,
        () = received(SignalKind::hangup()) => 129,
    }
}

#[cfg(unix)]
async fn received(kind: tokio::signal::unix::SignalKind) {
    if let Ok(mut signal) = tokio::signal::unix::signal(kind)
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// Resolves when Ctrl-C is pressed.
#[cfg(not(unix))]
pub(crate) async fn next() -> u8 {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    130
}
