//! Whoever ends the program, with Ctrl-C, by closing the terminal or as a service manager does, must not find a
//! half-written file afterwards. So these signals end the command, and not the process under it.

use tokio::signal::unix::{Signal, SignalKind, signal};

#[cfg(unix)]

/// The signals that ask the program to end, from when they are listened to.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on, so that none is missed between two.
    pub(crate) fn listen() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hangup: signal(SignalKind::hangup()).ok(),
        }
    }

    /// Resolves at the next signal, with the exit code that shells give it. Never where signals cannot be listened to;
    /// then they end the process at once.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            () = received(&mut self.interrupt) => 130,
            () = received(&mut self.terminate) => 143,
            () = received(&mut self.hangup) => 129,
        }
    }
}

/// Ends the process at the third signal, wherever it is: what computes and never waits, such as an endless `--jq`, does
/// not hear of the first two. Files are left as if the machine had failed, which every export goes on from.
pub(crate) async fn end_at_the_third() {
    let mut signals = Signals::listen();
    signals.next().await;
    signals.next().await;
    let code = signals.next().await;
    std::process::exit(code.into());
}

#[cfg(unix)]
async fn received(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen() -> Self {
        Self
    }

    /// Resolves when Ctrl-C is pressed.
    pub(crate) async fn next(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}
