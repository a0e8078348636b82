//! Runs code that may block, such as reading a pipe, on a thread of its own. The thread of the command stays free, so
//! that a signal ends the command at once; the blocked thread ends with the process.

use crate::error::CommandError;

/// Runs a function that may block. If this future is dropped before the function has returned, nothing waits for the
/// function.
pub(crate) async fn run_blocking<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    let done = tokio::task::spawn_blocking(function).await;
    done.map_err(|error| CommandError::bug(error.to_string()))
}
