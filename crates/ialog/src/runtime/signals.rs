//! Handles signals that end the program. At the first signal, or at the second at the latest, the running command ends
//! in an orderly way: it removes incomplete files, except those from which it can resume. The third signal ends the
//! process at once. The process also ends if the command has not ended soon after the second signal.

use std::time::Duration;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Receives SIGINT, SIGTERM and SIGHUP. On other systems than Unix, receives Ctrl-C.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Option<Signal>,
    #[cfg(unix)]
    terminate: Option<Signal>,
    #[cfg(unix)]
    hangup: Option<Signal>,
}

impl Signals {
    /// Listens from now on. On Unix, a signal between two calls of [`Self::next`] is not lost.
    pub(crate) fn listen() -> Self {
        Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt()).ok(),
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate()).ok(),
            #[cfg(unix)]
            hangup: signal(SignalKind::hangup()).ok(),
        }
    }

    /// Resolves at the next signal, with the exit code that shells use for this signal. Never resolves if signals
    /// cannot be received; in this case a signal ends the process at once.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            () = receive(&mut self.interrupt) => 130,
            () = receive(&mut self.terminate) => 143,
            () = receive(&mut self.hangup) => 129,
        }
    }

    /// Resolves when Ctrl-C is pressed.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}

/// Time from the second signal to the end of the process, if the command has not ended by itself.
const TIME_TO_END: Duration = Duration::from_secs(2);

/// Ends the process at the third signal, or [`TIME_TO_END`] after the second one. A command may notice neither of the
/// first two signals: an endless `--jq` expression never awaits, and a write to a full pipe does not return. The files
/// are left as after a power failure, and every export can resume from this state.
pub(crate) async fn exit_after_two_signals() {
    let mut signals = Signals::listen();
    signals.next().await;
    let second = signals.next().await;
    let code = tokio::time::timeout(TIME_TO_END, signals.next()).await.unwrap_or(second);
    std::process::exit(code.into());
}

/// Installs a handler for SIGXFSZ, which the system sends for a write beyond the maximum file size (`ulimit -f`).
/// Without a handler, this signal would end the process without a message. With the handler, which does nothing, the
/// write fails with an error that the command reports. The handler stays until the process ends.
#[cfg(unix)]
pub(crate) fn refuse_writes_beyond_size_limit() {
    // If the handler cannot be installed, the signal ends the process as before.
    let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
}

/// Has no effect: SIGXFSZ exists on Unix only.
#[cfg(not(unix))]
pub(crate) fn refuse_writes_beyond_size_limit() {}

#[cfg(unix)]
async fn receive(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}
