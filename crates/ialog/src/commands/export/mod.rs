//! `ialog export`: writes all events of a range to a file or to an archive.

mod settle;
mod to_archive;
mod to_file;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ionos_activitylog::Length;
use ionos_activitylog_archive::{Compression, FileTarget};

use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::args::service::ServiceArgs;
use crate::args::time::{RangeArgs, resolve_range};
use crate::error::CommandError;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;
use crate::service::account;

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
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,

    #[command(flatten)]
    pub(crate) contracts: ExportContractArgs,

    #[command(flatten)]
    pub(crate) range: RangeArgs,

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
    pub(crate) format: Option<PartFormat>,
}

#[derive(Args)]
pub(crate) struct ExportContractArgs {
    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("If left out, the only one that the token reads. A file takes one"))]
    pub(crate) contract: Vec<ContractSelector>,
}

/// The format of the parts of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartFormat {
    #[value(name = "ndjson.zst")]
    Zstd,
    #[value(name = "ndjson.gz")]
    Gzip,
    #[value(name = "ndjson")]
    Plain,
}

impl From<PartFormat> for Compression {
    fn from(format: PartFormat) -> Self {
        match format {
            PartFormat::Zstd => Self::Zstd,
            PartFormat::Gzip => Self::Gzip,
            PartFormat::Plain => Self::None,
        }
    }
}

pub(crate) async fn run(args: ExportArgs, context: &mut Context<'_>, resume: &ResumeHint) -> Result<(), CommandError> {
    let started = context.clock.elapsed();
    let now = context.clock.now();
    let range = resolve_range(&args.range, now)?;
    match FileTarget::new(&args.out) {
        Ok(target) => to_file::run(&args, &target, (range, now, started), context, resume).await,
        Err(error) if is_probably_file(&args.out) => Err(error.into()),
        Err(_) => {
            let client = account::connect(&args.service, now, context)?;
            to_archive::run(args, client, range, context).await
        }
    }
}

/// Whether a path that names no supported file is probably not meant as the folder of an archive either.
fn is_probably_file(path: &Path) -> bool {
    const ENDINGS: [&str; 9] = ["gz", "jsonl", "log", "parquet", "txt", "xlsx", "xml", "zip", "zst"];
    let ending = path.extension().and_then(|ending| ending.to_str());
    !path.is_dir() && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}
