//! Flags about output: format, colors and number of rows. Commands share them, so that all commands use the same names
//! and values.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

use crate::args::parse_error::InvalidValue;
use crate::output::terminal::Terminal;

/// Output options of a report.
#[derive(Args)]
pub(crate) struct ReportArgs {
    /// Output format: table, or json (one object)
    #[arg(short, long, value_name = "FORM", default_value = "table", hide_possible_values = true)]
    pub(crate) output: ReportFormat,

    #[command(flatten)]
    pub(crate) color: ColorArgs,
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// One object
    Json,
}

/// Whether to use colors.
#[derive(Args)]
pub(crate) struct ColorArgs {
    /// Use colors: auto, always or never
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
    /// Applies the flag to the terminal.
    pub(crate) fn apply(&self, terminal: &mut Terminal) {
        match self.color {
            ColorChoice::Auto => {}
            ColorChoice::Always => terminal.colors = true,
            ColorChoice::Never => terminal.colors = false,
        }
    }
}

/// Parses a maximum number of rows.
pub(crate) fn parse_count(text: &str) -> Result<NonZeroUsize, InvalidValue> {
    text.parse().map_err(|_| InvalidValue {
        reason: format!("{text:?} is not a valid number"),
        hint: "use an integer above 0".to_owned(),
    })
}

/// Whether the arguments ask for JSON. If so, error messages are JSON objects. This function does not use clap, because
/// the message about arguments that clap rejects must have this form, too.
pub(crate) fn requests_json(arguments: &[OsString]) -> bool {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        // Flags of one letter may be combined, as in -qo.
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
