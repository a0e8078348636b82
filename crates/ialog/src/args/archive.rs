//! Selection of an archive, and of events in it, for commands that read only archives.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::args::time::TimeArgs;
use crate::args::zone::ZoneArgs;
use crate::error::CommandError;

/// The archive to read.
#[derive(Args)]
pub(crate) struct ArchiveRootArgs {
    /// Folder of the archive
    #[arg(value_name = "ROOT", required_unless_present = "demo")]
    root: Option<PathBuf>,

    /// Without ROOT, use a temporary archive of a simulated account (one contract, 7 days)
    #[arg(long)]
    demo: bool,
}

impl ArchiveRootArgs {
    /// The folder of the archive; `None` for a demo. Fails if both a folder and `--demo` are given.
    pub(crate) fn folder(&self) -> Result<Option<&Path>, CommandError> {
        let root = self.root.as_deref().filter(|_| !self.is_filter());
        match root {
            Some(root) if self.demo => Err(demo_and_folder_error(root)),
            root => Ok(root),
        }
    }

    /// Whether the first argument (ROOT) is a filter. This is possible only with `--demo`, which needs no folder:
    /// `ialog cat --demo outcome=failure`.
    fn is_filter(&self) -> bool {
        let word = self.root.as_deref().and_then(Path::to_str);
        self.demo && word.is_some_and(|word| word.contains('=') && !Path::new(word).exists())
    }
}

/// The error for `--demo` together with a folder.
pub(crate) fn demo_and_folder_error(root: &Path) -> CommandError {
    CommandError::usage(format!("--demo cannot be combined with the archive {}", root.display()), "remove one of them")
}

#[derive(Args)]
pub(crate) struct ArchiveSelection {
    #[command(flatten)]
    pub(crate) root: ArchiveRootArgs,

    /// Only include events that match KEY=VALUE or KEY!=VALUE; * matches any text. Keys: type, status, method, service,
    /// user, ip, outcome, mutations, resource-type, resource-id, action, text. Several values of one key are
    /// alternatives
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("all contracts of the archive"))]
    pub(crate) contract: Vec<ContractSelector>,

    #[command(flatten, next_help_heading = "Time")]
    pub(crate) time: TimeArgs,

    #[command(flatten, next_help_heading = "Time")]
    pub(crate) zone: ZoneArgs,
}

impl ArchiveSelection {
    /// The filters as they were typed.
    pub(crate) fn filters(&self) -> impl Iterator<Item = &str> {
        let first = self.root.root.as_deref().and_then(Path::to_str);
        let first = first.filter(|_| self.root.is_filter());
        first.into_iter().chain(self.filter.iter().map(String::as_str))
    }
}
