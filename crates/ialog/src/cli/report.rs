//! How what a command found is shown: the form, for people or for programs, and colours. Every command that shows
//! something has these flags from here, so that they are called the same everywhere and know the same words.

use clap::{Args, ValueEnum};

/// How a report is shown.
#[derive(Args)]
pub(crate) struct Report {
    /// table, or json, one object that has everything
    #[arg(short, long, value_name = "FORM", default_value = "table", hide_possible_values = true)]
    pub(crate) output: ReportOutput,

    #[command(flatten)]
    pub(crate) colour: Colour,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportOutput {
    /// For people
    Table,
    /// One object
    Json,
}

/// For people who watch.
#[derive(Args)]
pub(crate) struct Colour {
    /// When to use colours: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColourWhen,
}

#[derive(Clone, Copy, ValueEnum)]
enum ColourWhen {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether to use them, where `auto` is what the terminal wants.
    pub(crate) fn used(&self, auto: bool) -> bool {
        match self.color {
            ColourWhen::Auto => auto,
            ColourWhen::Always => true,
            ColourWhen::Never => false,
        }
    }
}
