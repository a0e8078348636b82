//! Errors about the arguments. Each error is one sentence: what is wrong, a similar valid word if there is one, and
//! what to do next. The sentence replaces the message of clap, which has several paragraphs and suggests a word only if
//! clap has a list of valid words.

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use ionos_activitylog::internal::{REDACTED, did_you_mean, redact_value};

use crate::error::CommandError;

/// The usage error for arguments that clap rejected. `program` describes the visible commands.
pub(crate) fn usage_error(error: &clap::Error, arguments: &[OsString], program: &clap::Command) -> CommandError {
    let (message, hint) = describe(error);
    let help = format!("see `{} --help`", typed_command(arguments, program));
    CommandError::usage(message, hint.map_or_else(|| help.clone(), |hint| format!("{hint}; {help}")))
}

/// The message of a parse error, and its hint. The hint is `None` if the reference to `--help` is enough.
fn describe(error: &clap::Error) -> (String, Option<String>) {
    let values = |kind| context_values(error, kind);
    let value = |kind| values(kind).into_iter().next().unwrap_or_default();
    let argument = value(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            ("no command given".to_owned(), None)
        }
        ErrorKind::InvalidSubcommand => {
            let typed = value(ContextKind::InvalidSubcommand);
            let suggestion = format_suggestion(value(ContextKind::SuggestedSubcommand));
            (format!("unknown command {:?}{suggestion}", redact_value(&typed)), None)
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let suggestion = format_suggestion(value(ContextKind::SuggestedArg));
            (format!("unknown option {:?}{suggestion}", redact_value(&argument)), None)
        }
        ErrorKind::UnknownArgument => (format!("unexpected argument {:?}", redact_value(&argument)), None),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let argument = bare_name(&argument);
            let (message, hint) = invalid_value(error, argument);
            // Most messages quote the value, which may be a secret that was typed in the wrong place.
            let typed = value(ContextKind::InvalidValue);
            let is_secret = redact_value(&typed) != typed;
            (if is_secret { format!("invalid value {REDACTED:?} for {argument}") } else { message }, hint)
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = join_words(&values(ContextKind::InvalidArg));
            (format!("missing required argument {missing}"), None)
        }
        ErrorKind::ArgumentConflict => {
            let others: Vec<String> =
                values(ContextKind::PriorArg).iter().map(|other| bare_name(other).to_owned()).collect();
            let argument = bare_name(&argument);
            // A repeated flag conflicts with itself.
            if others.iter().all(|other| other == argument) {
                return (format!("{argument} cannot be given more than once"), Some("remove one".to_owned()));
            }
            (
                format!("{argument} cannot be combined with {}", join_words(&others)),
                Some("remove one of them".to_owned()),
            )
        }
        _ => (clap_message(error), None),
    }
}

/// Describes a value that an argument does not accept.
fn invalid_value(error: &clap::Error, argument: &str) -> (String, Option<String>) {
    let typed = context_values(error, ContextKind::InvalidValue).pop().unwrap_or_default();
    let known = context_values(error, ContextKind::ValidValue);
    if !known.is_empty() {
        let hint = Some(format!("valid values are {}", known.join(", ")));
        if typed.is_empty() {
            return (format!("{argument} needs a value"), hint);
        }
        let suggestion = did_you_mean(&typed, known.iter().map(String::as_str));
        return (format!("invalid value {typed:?} for {argument}{suggestion}"), hint);
    }
    let Some(source) = error.source() else {
        return (format!("{argument} needs a value"), Some("add one".to_owned()));
    };
    if let Some(source) = source.downcast_ref::<ionos_activitylog::Error>() {
        let hint = source.hint().map(str::to_owned);
        return (format!("{argument}: {}", source.summary()), hint);
    }
    if let Some(InvalidValue { reason, hint }) = source.downcast_ref() {
        return (format!("{argument}: {reason}"), Some(hint.clone()));
    }
    if source.is::<ParseIntError>() {
        return (format!("invalid value {typed:?} for {argument}"), Some("use an integer".to_owned()));
    }
    (format!("invalid value {typed:?} for {argument}: {source}"), None)
}

/// Why a value of an argument is invalid, and what to write instead.
#[derive(Debug)]
pub(crate) struct InvalidValue {
    pub(crate) reason: String,
    pub(crate) hint: String,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.hint)
    }
}

impl std::error::Error for InvalidValue {}

/// The values of one kind that clap attached to an error.
fn context_values(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    }
}

/// The bare name of an argument: `--last` for `--last <LENGTH>`, `NAME` for `[NAME]`.
fn bare_name(argument: &str) -> &str {
    let name = argument.split([' ', '=']).next().unwrap_or(argument);
    name.trim_matches(['<', '>', '[', ']', '.'])
}

/// Joins words to `a, b and c`.
pub(crate) fn join_words(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

fn format_suggestion(word: String) -> String {
    if word.is_empty() {
        return word;
    }
    format!(" (did you mean {word:?}?)")
}

/// The message of clap, without the usage lines after it.
fn clap_message(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let message = text.strip_prefix("error: ").unwrap_or(&text);
    let first = message.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The command that the arguments name, such as `ialog state show`.
fn typed_command(arguments: &[OsString], program: &clap::Command) -> String {
    let mut command = program;
    let mut typed = "ialog".to_owned();
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        if word.starts_with('-') {
            continue;
        }
        let Some(subcommand) = command.find_subcommand(word) else {
            break;
        };
        typed = format!("{typed} {word}");
        command = subcommand;
    }
    typed
}
