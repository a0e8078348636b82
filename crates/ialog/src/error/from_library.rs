//! Exit codes and next steps for errors of the libraries.

use std::io;
use std::path::Path;

use ionos_activitylog::ErrorKind;
use ionos_activitylog_archive::Archive;

use crate::error::CommandError;

impl From<ionos_activitylog::Error> for CommandError {
    fn from(error: ionos_activitylog::Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Configuration | ErrorKind::Range => 2,
            ErrorKind::Incomplete => 3,
            ErrorKind::Unauthorized | ErrorKind::TokenExpired | ErrorKind::TokenProvider | ErrorKind::Forbidden => 4,
            ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::BadGateway
            | ErrorKind::Unavailable
            | ErrorKind::GatewayTimeout
            | ErrorKind::ConnectTimeout
            | ErrorKind::AttemptTimeout
            | ErrorKind::CallTimeout
            | ErrorKind::Connection
            | ErrorKind::Tls
            | ErrorKind::InterruptedBody => 5,
            _ if error.is_retryable() => 5,
            _ => 1,
        };
        if error.exceeds_retry_after_ceiling() {
            let hint = "try again after that time, or allow longer waits with --max-retry-after and --timeout";
            return Self {
                request_id: error.request_id().map(str::to_owned),
                ..Self::new(code, error.summary(), hint)
            };
        }
        let hint = error.hint().unwrap_or(match code {
            2 => "correct the setting or argument",
            _ => "use -vv to see requests and answers",
        });
        Self { request_id: error.request_id().map(str::to_owned), ..Self::new(code, error.summary(), hint) }
    }
}

impl From<ionos_activitylog_archive::Error> for CommandError {
    fn from(error: ionos_activitylog_archive::Error) -> Self {
        use ionos_activitylog_archive::Error;
        if let Some(failure) = from_disk(&error) {
            return failure;
        }
        let (what, hint) = (error.to_string(), error.hint());
        match error {
            Error::Read { source } => source.into(),
            Error::AlreadyExists { .. } => Self::usage(
                what,
                "a file under its final name is complete; choose another name, or use --overwrite to replace it",
            ),
            Error::Unfinished { .. } => {
                Self::usage(what, "finish that export first, choose another name, or use --overwrite to discard it")
            }
            Error::NoArchive { .. } => Self::usage(what, "use the folder that `ialog export --out` wrote to"),
            Error::UnknownFormat { path: _ }
            | Error::NotAFile { .. }
            | Error::Create { .. }
            | Error::IdentityMismatch { .. }
            | Error::UnsupportedVersion { .. }
            | Error::Locked { .. }
            | Error::Open { .. } => Self::usage(what, hint),
            Error::Damaged { .. } | Error::StateLost { .. } | Error::UnnamedFiles { .. } => Self::integrity(what, hint),
            _ => Self::unexpected(what, hint),
        }
    }
}

/// Whether the error is a disk error whose hint says to run the same command again. The command should then add to the
/// hint how much progress is kept.
pub(crate) fn is_repeatable(error: &ionos_activitylog_archive::Error) -> bool {
    use ionos_activitylog_archive::Error;
    match error {
        Error::Write { .. } => true,
        Error::Create { source, .. } => is_full(source.kind()),
        _ => false,
    }
}

fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// Converts an error that the disk or a folder caused. The hint does not suggest another file name, because another
/// name would not help. The command adds to the hint how much progress is kept. Returns `None` for any other error.
fn from_disk(error: &ionos_activitylog_archive::Error) -> Option<CommandError> {
    use ionos_activitylog_archive::Error;
    let (Error::Create { path, source: cause } | Error::Write { path, source: cause }) = error else {
        return None;
    };
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some(CommandError::unexpected(error.to_string(), "free some space, then run the same command again"))
        }
        io::ErrorKind::FileTooLarge => Some(CommandError::unexpected(
            error.to_string(),
            "raise the file size limit (`ulimit -f`, or that of the file system), then run the same command again",
        )),
        // The file or its folder existed when the export began, so another program removed it.
        io::ErrorKind::NotFound if matches!(error, Error::Write { .. }) => Some(CommandError::unexpected(
            error.to_string(),
            "check whether another program removes files there, then run the same command again",
        )),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            // The innermost folder that exists.
            let folder = path.ancestors().find(|folder| folder.is_dir());
            let folder = folder.unwrap_or(Path::new("."));
            Some(CommandError::usage(
                format!("cannot write to the folder {} ({cause})", Archive::new(folder)),
                "change its permissions, or choose another folder",
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_is_suggested_only_if_it_can_help() {
        use ionos_activitylog_archive::Error;
        let error = |kind: io::ErrorKind, path: &str| {
            let failure = CommandError::from(Error::Create { path: path.into(), source: kind.into() });
            (failure.code(), failure.to_string())
        };
        let refused = io::ErrorKind::PermissionDenied;
        for (kind, path, code, expected) in [
            (
                refused,
                "src/missing/_state.lock",
                2,
                "cannot write to the folder src (permission denied): change its permissions, or choose another folder",
            ),
            (
                refused,
                "a.csv",
                2,
                "cannot write to the folder . (permission denied): change its permissions, or choose another folder",
            ),
            (
                io::ErrorKind::StorageFull,
                "a.csv",
                1,
                "a.csv cannot be created: no storage space: free some space, then run the same command again",
            ),
            (io::ErrorKind::NotADirectory, "a.csv", 2, "a.csv cannot be created: not a directory: choose another name"),
        ] {
            assert_eq!(error(kind, path), (code, expected.to_owned()));
        }
    }
}
