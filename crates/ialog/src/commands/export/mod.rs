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
The file extension selects the format and the compression (.gz or .zst): .ndjson is one record per line and .json is an \
array, each record byte for byte as the service sent it; .csv is a table, see `ialog schema flat`. A file appears under its \
final name only when it is complete. To resume an interrupted export, run the command again with the same file and range.

Any other --out is the folder of an archive, with one folder per contract and day, and a chain of manifests per contract. Ranges that are \
already in the archive are not read again, so running the same command again resumes it. `ialog verify` checks an archive.

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

    /// File to write: NAME.ndjson, NAME.csv or NAME.json, optionally followed by .gz or .zst; or the folder of an
    /// archive
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) out: PathBuf,

    /// Replace an existing file, and discard an unfinished export of a different range
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Print what an export to an archive would read and write, without doing it
    #[arg(long, conflicts_with_all = ["recount", "reread"])]
    pub(crate) dry_run: bool,

    /// Exclude events newer than this, because the log may still be incomplete; the next export reads them [default:
    /// 10s; 0s with --demo]
    #[arg(long, value_name = "LENGTH")]
    pub(crate) settle: Option<Length>,

    /// Compare the number of archived events with the count of the service, one request per day, and read days that
    /// differ again to add late events
    #[arg(long)]
    pub(crate) recount: bool,

    /// Read archived days again and compare the ids and contents of all events, to add late and amended events
    #[arg(long)]
    pub(crate) reread: bool,

    /// Format of the parts of an archive [default: ndjson.zst]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<PartFormat>,
}

#[derive(Args)]
pub(crate) struct ExportContractArgs {
    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("the only contract of the token"))]
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

/// Whether a path with an unsupported file name extension is probably meant as a file and not as the folder of an
/// archive.
fn is_probably_file(path: &Path) -> bool {
    const ENDINGS: [&str; 9] = ["gz", "jsonl", "log", "parquet", "txt", "xlsx", "xml", "zip", "zst"];
    let ending = path.extension().and_then(|ending| ending.to_str());
    !path.is_dir() && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}
