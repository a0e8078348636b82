//! `ialog export`: writes all events of a range to a file or to an archive.

mod to_archive;
mod to_file;

use std::path::{Path, PathBuf, is_separator};

use clap::{Args, ValueEnum};
use ionos_activitylog::Length;
use ionos_activitylog_archive::{Archive, Compression, Error, FileTarget};

use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::args::service::ServiceArgs;
use crate::args::time::{RangeArgs, RequestedRange, resolve_whole_seconds};
use crate::error::CommandError;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;
use crate::service::account;

#[derive(Args)]
#[command(after_help = "\
The file extension selects the format: .ndjson has one record per line, .json is an array with one record per line, and \
.csv is a table (see `ialog schema flat`). In .ndjson and .json, each record is byte for byte as the service sent it (see \
`ialog help schemas`). A further extension .gz or .zst selects the compression. A file appears under its final name only when it is complete. To resume an \
interrupted export, run the same command again. With --last or without --to, the resumed export completes the range of the \
first run. Events newer than the --settle time, by the clock of the service, are not read. If --to is in the past, but by \
less than the --settle time, the end of the range is not read, and the exit code is 3.

A name that ends with / or has no file extension is the folder of an archive, with one folder per contract and day, and a \
chain of manifests per contract. Ranges that are already in the archive are not read again, so running the same command \
again resumes an interrupted export. `ialog verify` checks an archive.

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

    /// Compare the number of archived events with the count of the service, one request per day; if a day differs, read
    /// the day again to add late events
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
    let range = resolve_whole_seconds(&args.range, now)?;
    match FileTarget::new(&args.out) {
        Ok(target) => to_file::run(&args, &target, (range, now, started), context, resume).await,
        Err(error) => {
            require_folder_name(&args.out, error)?;
            let client = account::connect(&args.service, now, context)?;
            let requested = RequestedRange { range, has_past_end: args.range.has_past_end(now) };
            to_archive::run(args, client, requested, context).await
        }
    }
}

/// Checks that a path without a supported file extension is the folder of an archive: the path ends with a separator,
/// has no file extension at all, or is an archive already. Otherwise fails, because a typo in a file extension must not
/// create a folder. `not_a_file` is the error for an unsupported file extension.
fn require_folder_name(path: &Path, not_a_file: Error) -> Result<(), CommandError> {
    if path.as_os_str() == "-" {
        return Err(CommandError::usage(
            "export does not write to standard output, because it could not be resumed",
            "use --out NAME.ndjson, or print events with `ialog query -o ndjson`",
        ));
    }
    if path.exists() && !path.is_dir() {
        let archive = Archive::new(path);
        return Err(CommandError::usage(
            format!("{archive} is a file, not the folder of an archive"),
            "choose another name",
        ));
    }
    let ends_with_separator = path.as_os_str().as_encoded_bytes().last().is_some_and(|&b| is_separator(b.into()));
    let is_archive = || Archive::new(path).contracts().is_ok_and(|contracts| !contracts.is_empty());
    if ends_with_separator || path.extension().is_none() || is_archive() {
        return Ok(());
    }
    let folder = "or end the name with / for the folder of a new archive";
    Err(CommandError::from(not_a_file).with_hint(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_may_be_a_misspelled_file_name_is_not_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("audit.2026");
        std::fs::create_dir_all(archive.join("contract=7")).unwrap();
        std::fs::create_dir_all(folder.path().join("empty.d")).unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        for (name, expected) in [
            ("audit", true),
            ("audit/", true),
            ("audit.2026", true),
            ("new.2026/", true),
            (".hidden", true),
            (".", true),
            ("..", true),
            ("empty.d", false),
            ("empty.d/", true),
            ("october.CSV2", false),
            ("x.tsv", false),
            ("a.ndjson.xz", false),
            ("a.ndjson ", false),
            ("nov.", false),
            ("a.parquet", false),
            ("file", false),
        ] {
            let path = folder.path().join(name);
            let path = if name.starts_with("..") || name == "." { Path::new(name) } else { &path };
            let error = FileTarget::new(path).unwrap_err();
            assert_eq!(require_folder_name(path, error).is_ok(), expected, "{name}");
        }
        let error = FileTarget::new("-").unwrap_err();
        let error = require_folder_name(Path::new("-"), error).unwrap_err();
        assert!(error.to_string().contains("standard output"), "{error}");
    }
}
