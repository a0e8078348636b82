//! How what a command found is shown: the form, for people or for programs, and colours. Every command that shows
//! something has these flags from here, so that they are called the same everywhere and know the same words.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

use crate::args::parse_error::InvalidValue;

/// How a report is shown.
#[derive(Args)]
pub(crate) struct ReportArgs {
    /// table, or json, one object that has everything
    #[arg(short, long, value_name = "FORM", default_value = "table", hide_possible_values = true)]
    pub(crate) output: ReportFormat,

    #[command(flatten)]
    pub(crate) colour: ColorArgs,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// One object
    Json,
}

/// For people who watch.
#[derive(Args)]
pub(crate) struct ColorArgs {
    /// When to use colours: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColorChoice,
}

#[derive(Clone, Copy, ValueEnum)]
enum ColorChoice {
    Auto,
    Always,
    Never,
}

impl ColorArgs {
    /// Whether to use them, where `auto` is what the terminal wants.
    pub(crate) fn used(&self, auto: bool) -> bool {
        match self.color {
            ColorChoice::Auto => auto,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        }
    }
}

/// How many there may be at the most.
pub(crate) fn count(text: &str) -> Result<NonZeroUsize, InvalidValue> {
    text.parse().map_err(|_| InvalidValue {
        what: format!("{text:?} is no number of things to show"),
        hint: "give a whole number above 0".to_owned(),
    })
}

/// Whether a program reads what is printed, which must be known also where the arguments cannot be read.
pub(crate) fn asks_for_json(arguments: &[OsString]) -> bool {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        // Flags of one letter may stand together, as in -qo.
        let letters = word.strip_prefix('-').map(|all| all.trim_start_matches(['q', 'v']));
        let output = match word {
            "--" => return false,
            "--output" => words.next(),
            _ if letters == Some("o") => words.next(),
            word => word.strip_prefix("--output=").or_else(|| letters?.strip_prefix('o')),
        };
        if output.is_some_and(|output| matches!(output.trim_start_matches('='), "json" | "ndjson")) {
            return true;
        }
    }
    false
}
