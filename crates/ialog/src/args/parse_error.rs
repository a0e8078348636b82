//! What was typed and cannot be read is told in one sentence, with the word that was probably meant and what to do. clap
//! tells it in paragraphs, and guesses the words of its own lists only.

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use ionos_activitylog::internal::did_you_mean;

use crate::commands::Cli;
use crate::error::CommandError;

/// The failure of arguments that cannot be read.
pub(crate) fn told(error: &clap::Error, arguments: &[OsString]) -> CommandError {
    let (what, hint) = said(error);
    let help = format!("see `{} --help`", command(arguments));
    CommandError::usage(what, hint.map_or_else(|| help.clone(), |hint| format!("{hint}; {help}")))
}

/// What is wrong, and what to write instead where that can be said.
fn said(error: &clap::Error) -> (String, Option<String>) {
    let words = |kind| words(error, kind);
    let word = |kind| words(kind).into_iter().next().unwrap_or_default();
    let argument = word(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            ("no command was given".to_owned(), None)
        }
        ErrorKind::InvalidSubcommand => {
            let typed = word(ContextKind::InvalidSubcommand);
            let meant = meant(word(ContextKind::SuggestedSubcommand));
            (format!("there is no command {typed:?}{meant}"), None)
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let meant = meant(word(ContextKind::SuggestedArg));
            (format!("there is no flag {argument:?} here{meant}"), None)
        }
        ErrorKind::UnknownArgument => (format!("{argument:?} is one word too many"), None),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => value(error, name(&argument)),
        ErrorKind::MissingRequiredArgument => {
            let missing = listed(&words(ContextKind::InvalidArg));
            (format!("{missing} is missing"), None)
        }
        ErrorKind::ArgumentConflict => {
            let others: Vec<String> = words(ContextKind::PriorArg).iter().map(|other| name(other).to_owned()).collect();
            let argument = name(&argument);
            // A flag that is there twice has no other one.
            if others.iter().all(|other| other == argument) {
                return (format!("{argument} is there more than once"), Some("leave it at one".to_owned()));
            }
            (format!("{argument} contradicts {}", listed(&others)), Some("leave one out".to_owned()))
        }
        _ => (rendered(error), None),
    }
}

/// A value that a flag or a word cannot have.
fn value(error: &clap::Error, argument: &str) -> (String, Option<String>) {
    let typed = words(error, ContextKind::InvalidValue).pop().unwrap_or_default();
    let known = words(error, ContextKind::ValidValue);
    if !known.is_empty() {
        let hint = Some(format!("known are {}", known.join(", ")));
        if typed.is_empty() {
            return (format!("{argument} has no value"), hint);
        }
        let meant = did_you_mean(&typed, known.iter().map(String::as_str));
        return (format!("{argument} cannot be {typed:?}{meant}"), hint);
    }
    let Some(source) = error.source() else {
        return (format!("{argument} has no value"), Some("give one".to_owned()));
    };
    if let Some(source) = source.downcast_ref::<ionos_activitylog::Error>() {
        let hint = source.hint().map(str::to_owned);
        return (format!("{argument}: {}", source.summary()), hint);
    }
    if let Some(InvalidValue { what, hint }) = source.downcast_ref() {
        return (format!("{argument}: {what}"), Some(hint.clone()));
    }
    if source.is::<ParseIntError>() {
        return (format!("{argument} cannot be {typed:?}"), Some("give a whole number".to_owned()));
    }
    (format!("{argument} cannot be {typed:?}: {source}"), None)
}

/// A value that was refused, and what to write instead.
#[derive(Debug)]
pub(crate) struct InvalidValue {
    pub(crate) what: String,
    pub(crate) hint: String,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.hint)
    }
}

impl std::error::Error for InvalidValue {}

/// What clap knows of an error.
fn words(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    }
}

/// `--last` of `--last <LENGTH>`, and `NAME` of `[NAME]`.
fn name(argument: &str) -> &str {
    let name = argument.split([' ', '=']).next().unwrap_or(argument);
    name.trim_matches(['<', '>', '[', ']', '.'])
}

/// Several words in one: a, b and c.
pub(crate) fn listed(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

fn meant(word: String) -> String {
    if word.is_empty() {
        return word;
    }
    format!(" (did you mean {word:?}?)")
}

/// What clap says, without its usage lines.
fn rendered(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text.strip_prefix("error: ").unwrap_or(&text);
    let first = said.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The command that was meant, as it is typed.
fn command(arguments: &[OsString]) -> String {
    let mut command = Cli::shown();
    let mut typed = "ialog".to_owned();
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        if word.starts_with('-') {
            continue;
        }
        let Some(below) = command.find_subcommand(word) else {
            break;
        };
        typed = format!("{typed} {word}");
        command = below.clone();
    }
    typed
}
