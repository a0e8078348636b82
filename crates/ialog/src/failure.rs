//! How a command ends when it does not succeed: one sentence on stderr that says what happened and what to do next, and
//! an exit code that a script can act on. There is no failure without a next step.

use std::fmt;
use std::io;
use std::path::Path;

use ionos_activitylog::ErrorKind;
use ionos_activitylog_archive::Archive;

use crate::host::Host;

/// Why a command ended.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    /// What happened.
    message: String,
    /// What to do next.
    hint: String,
    /// Whether it is told to a program.
    json: bool,
    /// What the service called the request, where one failed.
    request_id: Option<String>,
}

impl Failure {
    fn new(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: hint.into(),
            json: false,
            request_id: None,
        }
    }

    /// All of several contracts failed: the code is theirs where they agree.
    pub(crate) fn of_each<T>(failures: &[(T, Self)]) -> Self {
        let code = failures.first().map(|(_, one)| one.code);
        let same = |code: &u8| failures.iter().all(|(_, one)| one.code == *code);
        Self::new(
            code.filter(same).unwrap_or(3),
            format!("each of the {} contracts failed", failures.len()),
            "each was told above with what to do",
        )
    }

    /// Something nobody foresaw.
    pub(crate) fn unexpected(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(1, message, hint)
    }

    /// A fault of this program.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(
            1,
            message,
            "this is a fault of the program, please report it",
        )
    }

    /// What was typed or set cannot be used.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(2, message, hint)
    }

    /// A signal asked the program to end; `code` is what shells give that signal. `resume` is what is left and how to go
    /// on.
    pub(crate) fn interrupted(code: u8, resume: Option<String>) -> Self {
        let how = resume.unwrap_or_else(|| "the same command begins anew".to_owned());
        Self::new(code, "interrupted", how)
    }

    /// What was read is not all, or not proven to be.
    pub(crate) fn incomplete(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(3, message, hint)
    }

    /// The same, with how to go on.
    pub(crate) fn resumable(mut self, resume: Option<String>) -> Self {
        if let Some(how) = resume {
            self.hint = format!("{}; {how}", self.hint);
        }
        self
    }

    /// The same with something else to do besides.
    pub(crate) fn or_else(mut self, hint: &str) -> Self {
        self.hint = format!("{}; {hint}", self.hint);
        self
    }

    /// The same in something that was typed or named, such as a file.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// A command ended in a way that others have told, or because it was asked to, and its code is theirs.
    pub(crate) fn stopped(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, message, hint)
    }

    /// An archive is not as it was written.
    pub(crate) fn integrity(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(6, message, hint)
    }

    /// Nothing matched, and it was asked to say so.
    pub(crate) fn nothing_matched() -> Self {
        Self::new(
            7,
            "nothing matched",
            "look in another time, or leave out a filter",
        )
    }

    /// The same as an object of JSON.
    pub(crate) fn into_json(mut self) -> Self {
        self.json = true;
        self
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// Says the sentence and gives the exit code.
    pub(crate) fn report(&self, host: &mut Host<'_>) -> u8 {
        if self.json {
            let mut error = serde_json::json!({
                "code": self.code, "message": self.message, "hint": self.hint
            });
            if let (Some(error), Some(id)) = (error.as_object_mut(), &self.request_id) {
                error.insert("request_id".to_owned(), id.as_str().into());
            }
            host.insist(serde_json::json!({ "error": error }));
        } else {
            host.insist(format_args!("error: {self}"));
        }
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.hint)
    }
}

impl From<ionos_activitylog::Error> for Failure {
    fn from(error: ionos_activitylog::Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Configuration | ErrorKind::Range => 2,
            ErrorKind::Incomplete => 3,
            ErrorKind::Unauthorized
            | ErrorKind::TokenExpired
            | ErrorKind::TokenProvider
            | ErrorKind::Forbidden => 4,
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
        let hint = error.hint().unwrap_or(match code {
            2 => "correct it",
            _ => "-vv shows what was asked and answered",
        });
        Self {
            request_id: error.request_id().map(str::to_owned),
            ..Self::new(code, error.summary(), hint)
        }
    }
}

impl From<ionos_activitylog_archive::Error> for Failure {
    fn from(error: ionos_activitylog_archive::Error) -> Self {
        use ionos_activitylog_archive::Error;
        if let Some(failure) = of_disk(&error) {
            return failure;
        }
        let (what, hint) = (error.summary(), error.hint());
        match error {
            Error::Read(error) => error.into(),
            Error::Exists(_) => {
                Self::usage(what, "choose another name, or replace it with --overwrite")
            }
            Error::Unfinished { .. } => Self::usage(
                what,
                "finish that one first, choose another name, or give it up with --overwrite",
            ),
            Error::Empty(_) => {
                Self::usage(what, "name the folder that `ialog export --out` wrote to")
            }
            Error::UnknownFormat(_)
            | Error::NotAFile(_)
            | Error::Create(..)
            | Error::Foreign { .. }
            | Error::Newer { .. }
            | Error::Locked(..)
            | Error::Open(..) => Self::usage(what, hint),
            Error::Damaged(..) | Error::StateLost(..) => Self::integrity(what, hint),
            _ => Self::unexpected(what, hint),
        }
    }
}

/// What cannot be written for a reason that is not the file's, which another name would not change.
fn of_disk(error: &ionos_activitylog_archive::Error) -> Option<Failure> {
    use ionos_activitylog_archive::Error;
    let (Error::Create(path, cause) | Error::Write(path, cause)) = error else {
        return None;
    };
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(Failure::unexpected(
            error.summary(),
            "the same command goes on once there is room",
        )),
        io::ErrorKind::FileTooLarge => Some(Failure::unexpected(
            error.summary(),
            "the same command goes on once files may be larger, see `ulimit -f` and what the file system takes",
        )),
        // It was there, or its folder was, when it was begun.
        io::ErrorKind::NotFound if matches!(error, Error::Write(..)) => Some(Failure::unexpected(
            format!(
                "{}; somebody else has removed it, or its folder, meanwhile",
                error.summary()
            ),
            "the same command tries again",
        )),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            // It was to be made in the innermost folder that is there.
            let folder = path.ancestors().find(|folder| folder.is_dir());
            let folder = folder.unwrap_or(Path::new("."));
            Some(Failure::usage(
                format!(
                    "the folder {} cannot be written to ({cause})",
                    Archive::at(folder)
                ),
                "make it one that you may write to, or choose another",
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_disk_refuses_is_not_a_matter_of_the_name() {
        use ionos_activitylog_archive::Error;
        let told = |kind: io::ErrorKind, path: &str| {
            let failure = Failure::from(Error::Create(path.into(), kind.into()));
            (failure.code(), failure.to_string())
        };
        let refused = io::ErrorKind::PermissionDenied;
        for (kind, path, code, expected) in [
            (
                refused,
                "src/missing/_state.lock",
                2,
                "the folder src cannot be written to (permission denied): make it one that you may write \
                 to, or choose another",
            ),
            (
                refused,
                "a.csv",
                2,
                "the folder . cannot be written to (permission denied): make it one that you may write to, or choose \
                 another",
            ),
            (
                io::ErrorKind::StorageFull,
                "a.csv",
                1,
                "a.csv cannot be created: no storage space: the same command goes on once there is room",
            ),
            (
                io::ErrorKind::NotADirectory,
                "a.csv",
                2,
                "a.csv cannot be created: not a directory: choose another name",
            ),
        ] {
            assert_eq!(told(kind, path), (code, expected.to_owned()));
        }
    }
}
