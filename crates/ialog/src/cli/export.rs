//! Flags of `ialog export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ionos_activitylog::Length;
use ionos_activitylog_archive::Compression;

use super::named::{CONTRACT, contract_help};
use super::{Account, Named, Range};

#[derive(Args)]
#[command(after_help = "\
The name of a file says its format, and .gz or .zst behind it its compression: .ndjson is one event a line and .json \
one array of them, each record's bytes as the service sent them; .csv is a table, see `ialog schema flat`. A file \
appears under its name when it is complete, and not before. An export to a file that was interrupted goes on where it \
was when it is started again for the same file and range.

Any other name of --out is the folder of an archive: a folder for each contract and day, with a manifest that says what is in it. \
What it has is not read again, so the same command goes on where the last one ended, however that was; `ialog verify` looks at it.

Examples:
  ialog export --last 7d --out week.ndjson
  ialog export --from 2026-11 --to 2026-11 --out november.ndjson.zst
  ialog export --contract all --from 2025-01-01 --out audit
  ialog export --contract '3172*' --last 30d --out audit
  ialog export --from 2025-01-01 --out audit --dry-run
  ialog export --last 7d --out audit --recount")]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) account: Account,

    #[command(flatten)]
    pub(crate) contracts: Contracts,

    #[command(flatten)]
    pub(crate) range: Range,

    /// File to write: NAME.ndjson, NAME.csv or NAME.json, each with or without .gz or .zst behind it; or the folder of
    /// an archive
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) out: PathBuf,

    /// Replace the file if it exists, and give up an interrupted export of something else to it
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Say what an export to an archive would read and write, and do nothing
    #[arg(long, conflicts_with = "recount")]
    pub(crate) dry_run: bool,

    /// Leave the newest events to the next export, because they may not be in the log yet; 10s if left out, and with
    /// --demo, whose log is complete, nothing
    #[arg(long, value_name = "LENGTH")]
    pub(crate) settle: Option<Length>,

    /// Count what is in the archive again, with one request a day, and add what came late
    #[arg(long)]
    pub(crate) recount: bool,

    /// What the parts of an archive are; ndjson.zst if left out
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

#[derive(Args)]
pub(crate) struct Contracts {
    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("If left out, the only one that the token reads. A file takes one"))]
    pub(crate) contract: Vec<Named>,
}

/// What the parts of an archive are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[value(name = "ndjson.zst")]
    Zstd,
    #[value(name = "ndjson.gz")]
    Gzip,
    #[value(name = "ndjson")]
    Plain,
}

impl From<Format> for Compression {
    fn from(format: Format) -> Self {
        match format {
            Format::Zstd => Self::Zstd,
            Format::Gzip => Self::Gzip,
            Format::Plain => Self::None,
        }
    }
}
